"""The canonical encoding of what came in: the bytes the ledger seals.

An entry is the raw frame with its receipt. The encoding is fixed for ever (a change would be a new magic):

    "L1"                        2 bytes, format
    received                    8 bytes, unsigned big-endian, ms since 1970 UTC
    door length, door           1 byte, then ASCII: which way in ("hj212")
    peer length, peer           1 byte, then UTF-8: who delivered it ("203.0.113.7:41022")
    station length, station     1 byte, then UTF-8: the registered sender the receiver bound it to, or empty
    verdict length, verdict     1 byte, then ASCII: "ok", or why the receiver would not trust it ("crc", "unknown")
    body                        the rest: the bytes exactly as received

C2SP tlog-tiles entry bundles prefix each entry with a 16-bit length, so an encoded entry is at most 65,535 bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAGIC = b"L1"
MAX_ENTRY = 65_535
_HEAD = struct.Struct(">2sQ")
_LENGTH = struct.Struct(">H")


class EntryError(ValueError):
    """Bytes that are no entry, or an entry that cannot be encoded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that came in, as it came in.

    `received` is in ms since 1970 UTC; `body` is untouched; the rest is the receiver's own receipt.
    """

    received: int
    door: str
    peer: str
    station: str
    verdict: str
    body: bytes

    def encode(self) -> bytes:
        """The canonical bytes.

        Raises
        ------
        EntryError
            A text field is longer than 255 bytes or the whole longer than 65,535.

        Examples
        --------
        >>> e = Entry(5, "hj212", "203.0.113.7:9", "010000A8900016F000169DC0", "ok", b"##0000")
        >>> Entry.decode(e.encode()) == e
        True
        """
        parts = [_HEAD.pack(MAGIC, self.received)]
        for text in (self.door, self.peer, self.station, self.verdict):
            raw = text.encode()
            if len(raw) > 255:
                raise EntryError(f"entry text field of {len(raw)} bytes; at most 255")
            parts.append(bytes((len(raw),)) + raw)
        parts.append(self.body)
        encoded = b"".join(parts)
        if len(encoded) > MAX_ENTRY:
            raise EntryError(f"entry of {len(encoded)} bytes; at most {MAX_ENTRY}: cut the body before sealing")
        return encoded

    @classmethod
    def decode(cls, encoded: bytes) -> Entry:
        """The entry of canonical bytes; raises `EntryError` if they are not one."""
        try:
            magic, received = _HEAD.unpack_from(encoded)
            if magic != MAGIC:
                raise EntryError(f"entry begins with {magic!r}; known: {MAGIC!r}")
            at = _HEAD.size
            texts = []
            for _ in range(4):
                end = at + 1 + encoded[at]
                if end > len(encoded):
                    raise EntryError("entry ends inside a text field")
                texts.append(encoded[at + 1 : end].decode())
                at = end
        except (struct.error, IndexError, UnicodeDecodeError) as broken:
            raise EntryError(f"not an entry: {broken}") from broken
        return cls(received, texts[0], texts[1], texts[2], texts[3], bytes(encoded[at:]))


def receipt(encoded: bytes) -> tuple[int, bytes, bytes, bytes, bytes]:
    """`received`, `door`, `station`, `verdict` and `body` of canonical bytes, as bytes: for reading very many.

    Raises
    ------
    EntryError
        The bytes are no entry.

    Examples
    --------
    >>> receipt(Entry(5, "hj212", "203.0.113.7:9", "X1", "ok", b"##0000").encode())
    (5, b'hj212', b'X1', b'ok', b'##0000')
    """
    try:
        magic, received = _HEAD.unpack_from(encoded)
        door = _HEAD.size + 1
        peer = door + encoded[door - 1] + 1
        station = peer + encoded[peer - 1] + 1
        verdict = station + encoded[station - 1] + 1
        body = verdict + encoded[verdict - 1]
    except (struct.error, IndexError) as broken:
        raise EntryError(f"not an entry: {broken}") from broken
    if magic != MAGIC:
        raise EntryError(f"entry begins with {magic!r}; known: {MAGIC!r}")
    if body > len(encoded):
        raise EntryError("entry ends inside a text field")
    return (
        received, encoded[door : peer - 1], encoded[station : verdict - 1], encoded[verdict:body], encoded[body:],
    )  # fmt: skip


def pack(entries: Iterable[bytes]) -> bytes:
    """Many encoded entries as one message: each with its 16-bit length before it (also the entry-bundle format).

    >>> list(unpack(pack([b"a", b"bc"])))
    [b'a', b'bc']
    """
    return b"".join(_LENGTH.pack(len(entry)) + entry for entry in entries)


def unpack(message: bytes) -> Iterator[bytes]:
    """The encoded entries of a packed message; raises `EntryError` where it is cut short."""
    at = 0
    while at < len(message):
        if at + 2 > len(message):
            raise EntryError(f"packed entries end inside a length at byte {at}")
        (length,) = _LENGTH.unpack_from(message, at)
        at += 2
        if at + length > len(message):
            raise EntryError(f"packed entries end inside an entry at byte {at}")
        yield message[at : at + length]
        at += length
