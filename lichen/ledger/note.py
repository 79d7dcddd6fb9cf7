"""Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature.

A signature line is ``— <key name> <base64 of 4 bytes key id and the signature>``. Signature lines of keys that the
reader does not know are no fault; one of a known key that does not verify spoils the whole note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lichen.ledger.errors import NoteError

#: More than any honest note carries, few enough to bound the work.
MAX_SIGNATURES = 64
MAX_NOTE = 256 * 1024

_DASH = "\u2014 "


class Verifier(Protocol):
    """A public key: who it is, and whether a signature is its own."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    @property
    def vkey(self) -> str: ...

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether `signature` (without its key id) is this key's on `text`."""
        ...


class Signer(Protocol):
    """A private key."""

    @property
    def verifier(self) -> Verifier: ...

    def sign(self, text: bytes) -> bytes:
        """The signature on `text`, without the key id."""
        ...


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: key name, 4-byte key id, signature."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """The line with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """The signature of a line without its newline; raises `NoteError`."""
        name, _, value = line.removeprefix(_DASH).partition(" ")
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as broken:
            raise NoteError(f"signature line of {name!r}: not base64: {broken}") from broken
        canonical = base64.b64encode(raw).decode() == value  # a digit before the padding has bits that say nothing
        if not canonical or not line.startswith(_DASH) or not is_key_name(name) or len(raw) < 5:
            raise NoteError(f"not a signature line: {line[:80]!r}; expected '\u2014 <name> <base64>'")
        return cls(name, raw[:4], raw[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ending in a newline, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """The note of some bytes; nothing is verified yet.

        Raises
        ------
        NoteError
            The bytes are not a signed note, or carry more than `MAX_SIGNATURES` signatures.
        """
        if len(data) > MAX_NOTE:
            raise NoteError(f"note of {len(data)} bytes; at most {MAX_NOTE}")
        try:
            whole = data.decode()
        except UnicodeDecodeError as broken:
            raise NoteError(f"note is not UTF-8: {broken}") from broken
        if any(character < " " and character != "\n" for character in whole):
            raise NoteError("note holds a control character other than newline")
        body, gap, lines = whole.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            raise NoteError("note lacks the empty line and the signature lines after its text")
        rows = lines[:-1].split("\n")
        if len(rows) > MAX_SIGNATURES:
            raise NoteError(f"note with {len(rows)} signatures; at most {MAX_SIGNATURES}")
        return cls(body + "\n", tuple(Signature.parse(row) for row in rows))

    def verified_by(self, verifiers: Iterable[Verifier]) -> tuple[Verifier, ...]:
        """Which of the given keys signed.

        Raises
        ------
        NoteError
            A known key's signature is wrong, or no known key signed.
        """
        known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
        text = self.text.encode()
        found: dict[tuple[str, bytes], Verifier] = {}
        for signature in self.signatures:
            who = signature.name, signature.key_id
            verifier = known.get(who)
            if verifier is None or who in found:
                continue
            if not verifier.verify(text, signature.value):
                raise NoteError(f"signature of {signature.name}+{signature.key_id.hex()} is wrong")
            found[who] = verifier
        if not found:
            names = ", ".join(f"{name}+{key_id.hex()}" for name, key_id in known) or "none"
            raise NoteError(f"note is signed by none of the known keys ({names})")
        return tuple(found.values())

    def joined(self, signatures: Iterable[Signature]) -> Note:
        """The note with further signatures, each at most once."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *signatures))))


def sign(text: str, signers: Sequence[Signer]) -> Note:
    """The note that the signers make of a text.

    Raises
    ------
    NoteError
        The text does not end in a newline, or there is no signer.
    """
    if not text.endswith("\n") or not signers:
        raise NoteError("a note needs a text that ends in a newline, and a signer")
    raw = text.encode()
    return Note(text, tuple(signature_of(signer, raw) for signer in signers))


def signature_of(signer: Signer, text: bytes) -> Signature:
    """One signer's signature line on a text."""
    return Signature(signer.verifier.name, signer.verifier.key_id, signer.sign(text))


def is_key_name(name: str) -> bool:
    """Whether a key may be called so: not empty, no space of any kind, no plus.

    >>> is_key_name("lichen.local/raw"), is_key_name("a+b"), is_key_name("a b")
    (True, False, False)
    """
    return bool(name) and not any(character.isspace() or character == "+" for character in name)


def key_id(name: str, material: bytes) -> bytes:
    """The 4-byte id of a key: SHA-256 over name, newline, type byte and public key.

    `material` is the type byte followed by the public key.
    """
    return hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]


def encode_vkey(name: str, material: bytes) -> str:
    """The verifier string ``<name>+<hex id>+<base64 material>`` of a public key."""
    return f"{name}+{key_id(name, material).hex()}+{base64.b64encode(material).decode()}"


def decode_vkey(text: str) -> tuple[str, bytes]:
    """Name and material of a verifier string.

    Raises
    ------
    NoteError
        It is none, or its id does not belong to its key.

    Examples
    --------
    >>> name, material = decode_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    >>> name, material[0], len(material)
    ('PeterNeumann', 1, 33)
    """
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not is_key_name(parts[0]):
        raise NoteError(f"not a verifier key: {text[:80]!r}; expected <name>+<8 hex digits>+<base64>")
    name, identity, encoded = parts
    try:
        material = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as broken:
        raise NoteError(f"verifier key of {name}: not base64: {broken}") from broken
    if not material or key_id(name, material).hex() != identity:
        raise NoteError(f"verifier key of {name}: id {identity} does not belong to this key")
    return name, material
