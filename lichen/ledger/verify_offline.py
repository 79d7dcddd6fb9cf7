"""Check a proof bundle without Lichen: 离线验证一条封存记录的证明。

    python verify_offline.py BUNDLE [--key KEY]... [--lang zh|en]

This one file needs only Python 3.9 or later and the `cryptography` package. It shares no line with the program that
wrote the bundle, so that a fault of the one does not hide in the other. It reads the bundle, and nothing else.

What is checked, in this order:

1. the entry's hash (RFC 6962: SHA-256 over 0x00 and the entry) leads along the proof to the checkpoint's root;
2. the checkpoint is the one the bundle speaks of, and carries a right signature of the log (Ed25519 or SM2);
3. no signature of a known key is wrong; every key given with --key has signed.

A bundle carries the keys it was signed with. They only show that it is whole: to know that it comes from the log it
names, give the log's published keys, and those of witnesses, with --key.

Exit code: 0 proven, 1 not proven, 2 the file or an argument is unusable.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "lichen-ledger-proof/1"
ED25519, COSIGNATURE, SM2 = b"\x01", b"\x04", b"\xffGB/T 32918.2 SM2-SM3\n"
ALGORITHMS = {ED25519: ("Ed25519", 32), COSIGNATURE: ("Ed25519 cosignature/v1", 32), SM2: ("SM2/SM3", 65)}
BEIJING = timezone(timedelta(hours=8))


class Refusal(Exception):
    """Why a bundle is not accepted, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Unproven(Refusal):
    """The proof does not hold."""


class Unusable(Refusal):
    """The bundle or a key cannot be read."""


@dataclass(frozen=True)
class Key:
    """A public key: name, suite, key id, the bytes of the key, and whether the reader gave it."""

    name: str
    suite: bytes
    key_id: bytes
    public: bytes
    given: bool

    @property
    def algorithm(self) -> str:
        return ALGORITHMS[self.suite][0]


@dataclass(frozen=True)
class Signed:
    """A right signature: by which key, and when (cosignatures only, s since 1970)."""

    key: Key
    seconds: int | None


@dataclass(frozen=True)
class Proven:
    """What a good bundle shows."""

    origin: str
    index: int
    size: int
    root: bytes
    entry: bytes
    signatures: tuple[Signed, ...]

    @property
    def trusted(self) -> bool:
        """Whether a key that the reader gave has signed."""
        return any(signed.key.given for signed in self.signatures)


def verify(bundle: Any, keys: list[str] | tuple[str, ...] = ()) -> Proven:
    """Check a bundle.

    Parameters
    ----------
    bundle : dict
        The parsed JSON.
    keys : list of str
        Verifier strings that the reader trusts; every one of them must have signed.

    Raises
    ------
    Unproven
        The proof does not hold.
    Unusable
        The bundle or a key is malformed.
    """
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        raise Unusable(f"这不是证明文件：缺少 format={FORMAT}。", f"not a proof bundle: no format={FORMAT}")
    try:
        origin, index, size = str(bundle["origin"]), int(bundle["index"]), int(bundle["size"])
        entry = base64.b64decode(bundle["entry"], validate=True)
        proof = [base64.b64decode(text, validate=True) for text in bundle["proof"]]
        note = str(bundle["checkpoint"])
        own = [str(text) for text in bundle["verifiers"]]
    except (KeyError, TypeError, ValueError) as broken:
        raise Unusable(
            f"证明文件的字段缺失或不可读：{broken!r}。", f"field missing or unreadable: {broken!r}"
        ) from broken
    known = [parse_key(text, given=True) for text in keys]
    for text in own:
        key = parse_key(text, given=False)
        if not any((key.name, key.key_id) == (other.name, other.key_id) for other in known):
            known.append(key)

    text, signature_lines = split_note(note)
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != origin or lines[1] != str(size):
        raise Unproven(
            f"检查点不是日志 {origin} 在 {size} 条时的检查点。",
            f"the checkpoint is not that of log {origin} at {size} entries",
        )
    try:
        root = base64.b64decode(lines[2], validate=True)
    except ValueError as broken:
        raise Unusable("检查点的根哈希不可读。", "the root of the checkpoint is unreadable") from broken
    leads_to = climb(hashlib.sha256(b"\x00" + entry).digest(), index, size, proof)
    if leads_to != root:
        raise Unproven(
            f"第 {index} 条记录的哈希不能沿证明到达检查点的根：记录、序号或证明被改动过。",
            f"entry {index} does not lead to the root of the checkpoint: entry, index or proof was altered",
        )
    return Proven(origin, index, size, root, entry, check_signatures(text, signature_lines, known))


def climb(running: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    """The root that a leaf hash and its audit path lead to (RFC 9162, 2.1.3.2); None if the path's length is wrong."""
    if not 0 <= index < size:
        return None
    at, last = index, size - 1
    for sibling in proof:
        if last == 0:
            return None
        if at % 2 or at == last:
            running = hashlib.sha256(b"\x01" + sibling + running).digest()
            while at and at % 2 == 0:
                at, last = at // 2, last // 2
        else:
            running = hashlib.sha256(b"\x01" + running + sibling).digest()
        at, last = at // 2, last // 2
    return None if last else running


def split_note(note: str) -> tuple[str, list[str]]:
    """Text and signature lines of a signed note."""
    body, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise Unusable("检查点没有签名行。", "the checkpoint has no signature lines")
    return body + "\n", lines[:-1].split("\n")


def parse_key(text: str, *, given: bool) -> Key:
    """The key of a verifier string ``name+id+base64``."""
    parts = text.strip().split("+", 2)
    try:
        name, identity, encoded = parts
        material = base64.b64decode(encoded, validate=True)
        suite = next(suite for suite in ALGORITHMS if material.startswith(suite))
    except (ValueError, StopIteration) as broken:
        raise Unusable(f"无法识别的公钥：{text[:60]}", f"not a known kind of verifier key: {text[:60]}") from broken
    key_id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    public = material[len(suite) :]
    if key_id.hex() != identity or len(public) != ALGORITHMS[suite][1]:
        raise Unusable(f"公钥 {name} 与其编号不符。", f"verifier key of {name} does not fit its id")
    return Key(name, suite, key_id, public, given)


def check_signatures(text: str, lines: list[str], known: list[Key]) -> tuple[Signed, ...]:
    """The right signatures of known keys; raises `Unproven` for a wrong one, or one that is asked for and absent."""
    found: list[Signed] = []
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raw = b""
        if dash != "\u2014" or len(raw) < 5:
            raise Unproven("检查点含有不可读的签名行。", "the checkpoint holds an unreadable signature line")
        for key in known:
            if (key.name, key.key_id) == (name, raw[:4]):
                if not right(key, text.encode(), raw[4:]):
                    raise Unproven(
                        f"{name}（{key.algorithm}）的签名不正确：检查点被改动过。",
                        f"the signature of {name} ({key.algorithm}) is wrong: the checkpoint was altered",
                    )
                seconds = int.from_bytes(raw[4:12], "big") if key.suite == COSIGNATURE else None
                found.append(Signed(key, seconds))
    for key in known:
        if key.given and not any(signed.key == key for signed in found):
            raise Unproven(
                f"检查点没有公钥 {key.name}（{key.algorithm}）的签名。",
                f"the checkpoint is not signed by the given key of {key.name} ({key.algorithm})",
            )
    if not any(signed.key.suite != COSIGNATURE for signed in found):
        raise Unproven("检查点没有日志自己的有效签名。", "the checkpoint carries no signature of the log itself")
    return tuple(found)


def right(key: Key, text: bytes, signature: bytes) -> bool:
    """Whether a signature on a note's text is the key's."""
    if key.suite == SM2:
        return sm2_right(key.public, text, signature)
    if key.suite == COSIGNATURE:
        text = b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[:8], "big") + text
        signature = signature[8:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


# SM2 (GB/T 32918.2-2016, clause 7) on the curve of GB/T 32918.5-2017, in textbook form.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
SM2_ID = b"1234567812345678"


def sm3(data: bytes) -> bytes:
    """SM3 digest."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def sm2_right(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether 64 bytes r, s are the SM2 signature of a 65-byte public key."""
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    on_curve = public[0] == 4 and x < P and y < P and (y * y - x * x * x - A * x - B) % P == 0
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % N
    if not on_curve or len(signature) != 64 or not (0 < r < N and 0 < s < N and t):
        return False
    curve = b"".join(number.to_bytes(32, "big") for number in (A, B, *G, x, y))
    z = sm3((8 * len(SM2_ID)).to_bytes(2, "big") + SM2_ID + curve)
    point = plus(times(G, s), times((x, y), t))
    return point is not None and (int.from_bytes(sm3(z + message), "big") + point[0]) % N == r


def plus(left: tuple[int, int] | None, right: tuple[int, int] | None) -> tuple[int, int] | None:
    """Sum of two points; None is the point at infinity."""
    if left is None or right is None:
        return left or right
    (x1, y1), (x2, y2) = left, right
    if x1 == x2:
        if (y1 + y2) % P == 0:
            return None
        slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) % P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P) % P
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(point: tuple[int, int], factor: int) -> tuple[int, int] | None:
    """`factor` times a point."""
    total = None
    step: tuple[int, int] | None = point
    while factor:
        if factor & 1:
            total = plus(total, step)
        step = plus(step, step)
        factor >>= 1
    return total


# What is said


def when(milliseconds: int) -> str:
    """An instant in Beijing time."""
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)  # noqa: UP017
    return moment.astimezone(BEIJING).isoformat(timespec="milliseconds")


def receipt(entry: bytes) -> dict[str, str]:
    """What the receiver wrote around the bytes it sealed, or nothing if the entry is of a kind we do not know."""
    if entry[:2] != b"L1" or len(entry) < 10:
        return {}
    try:
        at, texts = 10, []
        for _ in range(4):
            end = at + 1 + entry[at]
            texts.append(entry[at + 1 : end].decode())
            at = end
        received = when(int.from_bytes(entry[2:10], "big"))
    except (IndexError, UnicodeDecodeError, OverflowError):
        return {}
    body = entry[at:].decode("utf-8", "backslashreplace")
    return dict(zip(("received", "door", "peer", "station", "verdict", "body"), (received, *texts, body)))  # noqa: B905


WORDS = {
    "zh": {
        "proven": "证明成立：日志 {origin} 的第 {index} 条记录在封存之后没有被改动。",
        "head": "检查点：共 {size} 条，根哈希 {root}",
        "signed": "签名：{name}（{algorithm}），{how}",
        "cosigned": "见证：{name}（{algorithm}），{time}，{how}",
        "given": "与给定的公钥相符",
        "own": "与文件自带的公钥相符",
        "untrusted": "注意：没有用 --key 给出公钥，以上只说明文件本身前后一致。请用日志公布的公钥再验证一次。",
        "refused": "证明不成立：{why}",
        "unusable": "无法验证：{why}",
        "received": "接收时间",
        "door": "入口",
        "peer": "对端",
        "station": "站点",
        "verdict": "接收判定",
        "body": "原文",
    },
    "en": {
        "proven": "Proven: entry {index} of log {origin} has not been altered since it was sealed.",
        "head": "Checkpoint: {size} entries, root {root}",
        "signed": "Signed by {name} ({algorithm}), {how}",
        "cosigned": "Witnessed by {name} ({algorithm}) at {time}, {how}",
        "given": "a key you gave",
        "own": "a key from the bundle",
        "untrusted": "Note: no --key was given, so this only shows that the bundle is whole. "
        "Verify it again with the keys that the log publishes.",
        "refused": "Not proven: {why}",
        "unusable": "Cannot verify: {why}",
        "received": "received",
        "door": "door",
        "peer": "peer",
        "station": "station",
        "verdict": "verdict",
        "body": "body",
    },
}


def describe(proven: Proven, lang: str = "zh") -> list[str]:
    """What a good bundle shows, as lines of text."""
    words = WORDS[lang]
    lines = [words["proven"].format(origin=proven.origin, index=proven.index)]
    lines += [f"  {words[name]}: {value}" for name, value in receipt(proven.entry).items()]
    lines.append(words["head"].format(size=proven.size, root=proven.root.hex()))
    for signed in proven.signatures:
        words_for = words["signed" if signed.seconds is None else "cosigned"]
        lines.append(
            words_for.format(
                name=signed.key.name,
                algorithm=signed.key.algorithm,
                how=words["given" if signed.key.given else "own"],
                time="" if signed.seconds is None else when(signed.seconds * 1000),
            )
        )
    if not proven.trusted:
        lines.append(words["untrusted"])
    return lines


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(description="离线验证一条封存记录的证明。Check a proof bundle offline.")
    parser.add_argument("bundle", help="证明文件（JSON），- 表示标准输入 / proof bundle, - for standard input")
    parser.add_argument("--key", action="append", default=[], help="可信公钥 name+id+base64，可多次给出 / trusted key")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="输出语言 / language, default zh")
    options = parser.parse_args(arguments)
    words = WORDS[options.lang]
    try:
        raw = sys.stdin.read() if options.bundle == "-" else Path(options.bundle).read_text(encoding="utf-8")
        lines, code = describe(verify(json.loads(raw), options.key), options.lang), 0
    except Unproven as refusal:
        lines, code = [words["refused"].format(why=getattr(refusal, options.lang))], 1
    except Unusable as refusal:
        lines, code = [words["unusable"].format(why=getattr(refusal, options.lang))], 2
    except (OSError, ValueError) as broken:
        lines, code = [words["unusable"].format(why=f"{options.bundle}: {broken}")], 2
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
