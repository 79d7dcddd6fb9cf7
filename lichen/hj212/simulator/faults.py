"""What goes wrong on the wire: every malformed kind seen in published packets, by name and on a seed.

Each kind takes good frames and spoils them. `Kind.error` is what a frame reader must say about the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lichen.hj212.crc import crc16, crc16_modbus
from lichen.hj212.frame import build_frame


class Fault(StrEnum):
    """The malformed kinds."""

    WRONG_CRC = "wrong_crc"
    MODBUS_CRC = "modbus_crc"
    ZERO_CRC = "zero_crc"
    SHORT_CRC = "short_crc"
    NO_CRC = "no_crc"
    LOWER_CASE_CRC = "lower_case_crc"
    LF_TAIL = "lf_tail"
    NO_TAIL = "no_tail"
    STUCK_TOGETHER = "stuck_together"
    NO_HEADER = "no_header"
    SIX_DIGIT_LENGTH = "six_digit_length"
    WRONG_LENGTH = "wrong_length"
    TRUNCATED = "truncated"
    JUNK_BEFORE = "junk_before"
    OVERSIZE = "oversize"
    MISSING_AMPERSAND = "missing_ampersand"
    DUPLICATE = "duplicate"
    NO_QN = "no_qn"
    NO_FLAG = "no_flag"
    CAPITAL_FLAG = "capital_flag"
    EMPTY_PASSWORD = "empty_password"
    HEADER_ORDER = "header_order"
    STRAY_COMMA = "stray_comma"
    TRAILING_SEMICOLON = "trailing_semicolon"
    BLANKS = "blanks"
    TIME_13_DIGITS = "time_13_digits"
    QN_14_DIGITS = "qn_14_digits"
    TIME_16_DIGITS = "time_16_digits"
    QN_18_DIGITS = "qn_18_digits"
    DOUBLED_SUFFIX = "doubled_suffix"
    BARE_FLAG = "bare_flag"
    PRIVATE_FACTOR = "private_factor"
    PRIVATE_FIELD = "private_field"
    REPEATED_FACTOR = "repeated_factor"
    GBK_TEXT = "gbk_text"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault is in words, how it spoils a frame, and what a reader must make of it.

    `error` is the error of the first damaged frame (``crc``, ``length``, ``structure``), or None where the frame is
    still readable. `warning` is the code of a deviation a reader must name, "" = none. `plain_only`: it rewrites the
    segment, which cannot be done to an encrypted one.
    """

    zh: str
    en: str
    error: str | None
    warning: str
    spoil: Callable[[bytes], bytes]
    plain_only: bool = False


def spoil(fault: Fault, frame: bytes) -> bytes:
    """The bytes sent in place of a good `frame` (header, segment, CRC, CR LF).

    >>> frame = build_frame(b"ST=22;CN=2011;CP=&&DataTime=20260301080000&&")
    >>> spoil(Fault.LF_TAIL, frame) == frame[:-2] + b"\\n"
    True
    """
    return KINDS[fault].spoil(frame)


@dataclass(frozen=True)
class FaultPlan:
    """How often which fault happens: probabilities by kind, drawn from a seed.

    The nth packet of a device always meets the same fault, whatever happened before.

    Raises
    ------
    ValueError
        A probability outside 0 to 1, or probabilities that add up to more than 1.

    Examples
    --------
    >>> plan = FaultPlan({Fault.WRONG_CRC: 1.0}, seed="s")
    >>> plan.pick("A", 1)
    <Fault.WRONG_CRC: 'wrong_crc'>
    >>> FaultPlan().pick("A", 1) is None
    True
    """

    probabilities: Mapping[Fault, float] = field(default_factory=dict)
    seed: str = ""

    def __post_init__(self) -> None:
        for fault, share in self.probabilities.items():
            if not 0 <= share <= 1:
                raise ValueError(f"fault {fault}: probability {share}; allowed 0 to 1")
        if sum(self.probabilities.values()) > 1 + 1e-9:
            raise ValueError(f"fault probabilities add up to {sum(self.probabilities.values())}; at most 1")

    def pick(self, mn: str, number: int, *, encrypted: bool = False) -> Fault | None:
        """The fault of the device's packet of that number, or None."""
        if not self.probabilities:
            return None
        drawn = hashlib.blake2b(f"fault {self.seed} {mn} {number}".encode(), digest_size=8).digest()
        left = int.from_bytes(drawn, "big") / 2**64
        for fault, share in self.probabilities.items():
            left -= share
            if left < 0:
                return None if encrypted and KINDS[fault].plain_only else fault
        return None


def _segment(frame: bytes) -> bytes:
    return frame[6:-6]


def _recrc(crc_text: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Another CRC text in the place of the right one."""
    return lambda frame: frame[:-6] + crc_text(frame) + b"\r\n"


def _rewrite(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """A changed segment in a frame that fits it."""
    return lambda frame: build_frame(change(_segment(frame)))


def _wrong_crc(frame: bytes) -> bytes:
    """A CRC that could occur, but not for this segment: that of another first byte."""
    segment = _segment(frame)
    return b"%04X" % crc16(bytes((segment[0] ^ 1,)) + segment[1:])


def _modbus_crc(frame: bytes) -> bytes:
    return b"%04x" % crc16_modbus(_segment(frame))


def _field(name: bytes) -> Callable[[bytes], bytes]:
    """Drops a header field."""

    def drop(segment: bytes) -> bytes:
        head, mark, rest = segment.partition(b"CP=&&")
        kept = [item for item in head.split(b";") if not item.startswith(name + b"=")]
        return b";".join(kept) + mark + rest

    return drop


def _digits(name: bytes, digits: int) -> Callable[[bytes], bytes]:
    """Cuts the time after `name` to so many digits, or lengthens it with zeros."""

    def change(segment: bytes) -> bytes:
        head, mark, rest = segment.partition(name + b"=")
        end = next((i for i, byte in enumerate(rest) if not 48 <= byte <= 57), len(rest))
        return head + mark + rest[:end][:digits].ljust(digits, b"0") + rest[end:] if mark else segment

    return change


def _content(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """Changes the items of the data section."""

    def rewritten(segment: bytes) -> bytes:
        head, mark, rest = segment.partition(b"CP=&&")
        return head + mark + b";".join(change(rest[:-2].split(b";"))) + b"&&"

    return rewritten


def _double_suffix(items: list[bytes]) -> list[bytes]:
    changed = list(items)
    for i, item in enumerate(items):
        name, equals, value = item.partition(b"=")
        if b"-" in name:
            changed[i] = name + b"-" + name.rpartition(b"-")[2] + equals + value
            break
    return changed


def _bare_flag(items: list[bytes]) -> list[bytes]:
    without = [b",".join(part for part in item.split(b",") if b"-Flag=" not in part) for item in items]
    return [*without, b"Flag=N"]


def _oversize(items: list[bytes]) -> list[bytes]:
    return items + [b"a9%03d-Rtd=1.0,a9%03d-Flag=N" % (i, i) for i in range(40)]


def _swap_header(segment: bytes) -> bytes:
    """ST and CN before QN, as some loggers write."""
    head, mark, rest = segment.partition(b"CP=&&")
    fields = head.split(b";")
    return b";".join(sorted(fields[:3], key=lambda item: item[:2], reverse=True) + fields[3:]) + mark + rest


def _ending(added: bytes) -> Callable[[bytes], bytes]:
    """Something more at the end of the data section."""
    return lambda segment: segment[:-2] + added + b"&&"


def _empty_password(segment: bytes) -> bytes:
    head, mark, rest = segment.partition(b"PW=")
    return head + mark + b";" + rest.partition(b";")[2]


def _replace(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda segment: segment.replace(old, new, 1)


def _readable(zh: str, en: str, warning: str, change: Callable[[bytes], bytes]) -> Kind:
    """A kind that rewrites the segment and frames it rightly: readable, with a warning."""
    return Kind(zh, en, None, warning, _rewrite(change), plain_only=True)


_NO_TAIL = "tail-missing"
_GBK_LOG = b"i21001-Info=//" + "更换滤膜".encode("gbk") + b"//"

KINDS: Mapping[Fault, Kind] = {
    Fault.WRONG_CRC: Kind("CRC 错误", "wrong CRC", "crc", "crc", _recrc(_wrong_crc)),
    Fault.MODBUS_CRC: Kind("误用 MODBUS 的 CRC", "the CRC of MODBUS", "crc", "crc-modbus", _recrc(_modbus_crc)),
    Fault.ZERO_CRC: Kind("CRC 恒为 0000", "CRC always 0000", "crc", "crc", _recrc(lambda frame: b"0000")),
    Fault.SHORT_CRC: Kind("CRC 只有两位", "two-character CRC", "crc", "crc-short", _recrc(lambda f: f[-6:-4])),
    Fault.NO_CRC: Kind("没有 CRC", "no CRC", "crc", "crc-missing", _recrc(lambda frame: b"")),
    Fault.LOWER_CASE_CRC: Kind("CRC 小写", "lower-case CRC", None, "crc-case", _recrc(lambda f: f[-6:-2].lower())),
    Fault.LF_TAIL: Kind("包尾只有 LF", "tail is LF only", None, "tail-lf", lambda frame: frame[:-2] + b"\n"),
    Fault.NO_TAIL: Kind("没有包尾", "no tail", None, _NO_TAIL, lambda frame: frame[:-2]),
    Fault.STUCK_TOGETHER: Kind("两包相连", "two packets, no tail between", None, _NO_TAIL, lambda f: f[:-2] + f),
    Fault.NO_HEADER: Kind("没有包头 ##", "no ##", "structure", "structure", lambda frame: frame[2:]),
    Fault.SIX_DIGIT_LENGTH: Kind(
        "长度写成六位", "six-digit length", "length", "length-digits", lambda frame: frame[:2] + b"00" + frame[2:]
    ),
    Fault.WRONG_LENGTH: Kind(
        "长度错误", "wrong length", "length", "length", lambda frame: b"##%04d" % (int(frame[2:6]) - 6) + frame[6:]
    ),
    Fault.TRUNCATED: Kind("包被截断", "cut in the middle", "length", "length", lambda frame: frame[: len(frame) // 2]),
    Fault.JUNK_BEFORE: Kind(
        "包前有杂字节", "junk before the packet", "structure", "noise", lambda frame: b"\x00\xffAT+OK\r\n" + frame
    ),
    Fault.DUPLICATE: Kind("重复发送", "the same packet twice", None, "", lambda frame: frame + frame),
    Fault.MISSING_AMPERSAND: Kind(
        "CP 后少一个 &", "one & missing after CP", "structure", "structure", _rewrite(_replace(b"CP=&&", b"CP=&"))
    ),
    Fault.OVERSIZE: _readable("超过 1024 字节", "longer than 1024 bytes", "length-over-limit", _content(_oversize)),
    Fault.NO_QN: _readable("没有 QN", "no QN", "qn-missing", _field(b"QN")),
    Fault.NO_FLAG: _readable("没有 Flag", "no Flag", "flag-missing", _field(b"Flag")),
    Fault.CAPITAL_FLAG: _readable("FLAG 全大写", "FLAG in capitals", "header-case", _replace(b";Flag=", b";FLAG=")),
    Fault.EMPTY_PASSWORD: _readable("PW 为空", "empty PW", "pw-form", _empty_password),
    Fault.HEADER_ORDER: _readable("包头字段顺序不同", "header fields in another order", "header-order", _swap_header),
    Fault.STRAY_COMMA: _readable("多余的逗号", "stray comma", "separator-trailing", _ending(b",")),
    Fault.TRAILING_SEMICOLON: _readable("末尾多一个分号", "trailing semicolon", "separator-trailing", _ending(b";")),
    Fault.BLANKS: _readable("&& 后有空格", "blank after &&", "blank", _replace(b"CP=&&", b"CP=&& ")),
    Fault.TIME_13_DIGITS: _readable("数据时间 13 位", "13-digit time", "datatime-invalid", _digits(b"DataTime", 13)),
    Fault.TIME_16_DIGITS: _readable("数据时间 16 位", "16-digit time", "datatime-digits", _digits(b"DataTime", 16)),
    Fault.QN_14_DIGITS: _readable("QN 14 位", "14-digit QN", "qn-digits", _digits(b"QN", 14)),
    Fault.QN_18_DIGITS: _readable("QN 18 位", "18-digit QN", "qn-digits", _digits(b"QN", 18)),
    Fault.DOUBLED_SUFFIX: _readable("后缀重复", "doubled suffix", "suffix-doubled", _content(_double_suffix)),
    Fault.BARE_FLAG: _readable("全包只有一个标记", "one Flag for the whole packet", "flag-bare", _content(_bare_flag)),
    Fault.PRIVATE_FACTOR: _readable(
        "私有因子编码", "private factor code", "", _ending(b";zq9x1-Rtd=1.25,zq9x1-Flag=N")
    ),
    Fault.PRIVATE_FIELD: _readable("私有字段", "private field", "suffix-unknown", _ending(b",a34004-ValidNum=10")),
    Fault.REPEATED_FACTOR: _readable("因子重复", "factor repeated", "", _content(lambda items: [*items, items[-1]])),
    Fault.GBK_TEXT: _readable("中文用 GBK 编码", "Chinese text in GBK", "text-gbk", _ending(b";" + _GBK_LOG)),
}
