"""Sealed entries as a reader sees them: the receipt, and the bytes as text where they are text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lichen.hj212.password import starred_bytes
from lichen.vocab.clock import from_ms
from lichen.vocab.entry import Entry, EntryError, receipt

#: How many entries a filtered page looks at before it shows what it has found and offers to look further.
LOOKED_AT = 8192
_STRIDE = 256
_HEX_ROW = 16
_BLANKS = "\r\n\t"


class Readable(Protocol):
    """What is asked of a log here."""

    def read(self, start: int, stop: int) -> list[bytes]: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry for a page.

    Attributes
    ----------
    index : int
        In its log.
    entry : Entry or None
        None where the bytes are no entry of a kind we know.
    size : int
        Of the body, or of the whole where it is no entry. [bytes]
    text : str
        The body as text, else as rows of hexadecimal digits.
    is_text : bool
        Which of the two `text` is.
    hides_password : bool
        Whether `text` has stars where the sealed bytes have a device's password.
    """

    index: int
    entry: Entry | None
    size: int
    text: str
    is_text: bool
    hides_password: bool

    @property
    def received(self) -> datetime | None:
        """When it came in."""
        return None if self.entry is None else from_ms(self.entry.received)


@dataclass(frozen=True, slots=True)
class Window:
    """Entries of a page, the newest first; those from `start` until `stop` were looked at."""

    rows: tuple[Shown, ...]
    start: int
    stop: int


def shown(index: int, encoded: bytes) -> Shown:
    """An encoded entry for a page.

    >>> shown(0, Entry(0, "hj212", "", "", "ok", b"##0000").encode()).text
    '##0000'
    >>> shown(0, bytes(3)).text
    '00000000  00 00 00'
    """
    try:
        entry = Entry.decode(encoded)
    except EntryError:
        return Shown(index, None, len(encoded), hex_rows(encoded), False, False)
    body = starred_bytes(entry.body) if entry.door == "hj212" else entry.body
    text = as_text(body)
    return Shown(
        index, entry, len(body), hex_rows(body) if text is None else text, text is not None, body != entry.body
    )


def as_text(body: bytes) -> str | None:
    r"""The bytes as text, or None where that would hide something from the reader.

    >>> as_text("大气".encode()), as_text(b"\xff"), as_text(b"a\x00")
    ('大气', None, None)
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if all(character.isprintable() or character in _BLANKS for character in text) else None


def hex_rows(body: bytes) -> str:
    """The bytes in hexadecimal, sixteen a row, each row after its offset."""
    rows = range(0, len(body), _HEX_ROW)
    return "\n".join(f"{at:08x}  {body[at : at + _HEX_ROW].hex(' ')}" for at in rows)


def window(
    log: Readable, stop: int, *, limit: int, station: str = "", verdict: str = "", contains: str = ""
) -> Window:  # fmt: skip
    """The newest entries before `stop` that fit, at most `limit` of `LOOKED_AT`.

    Parameters
    ----------
    log : Readable
    stop : int
        Not beyond the log's size.
    limit : int
    station, verdict : str
        Only entries whose receipt says so; "" = any.
    contains : str
        Only entries with this in their bytes. Not for packets: whoever searches those finds passwords out.

    Raises
    ------
    LedgerError
        A bundle is missing or malformed.
    """
    fits = _filter(station.encode(), verdict.encode(), contains.encode())
    rows: list[Shown] = []
    start = stop
    while start > 0 and len(rows) < limit and stop - start < LOOKED_AT:
        begin = max(0, start - _STRIDE)
        for encoded in reversed(log.read(begin, start)):
            start -= 1
            if fits(encoded):
                rows.append(shown(start, encoded))
                if len(rows) == limit:
                    break
    return Window(tuple(rows), start, stop)


def _filter(station: bytes, verdict: bytes, contains: bytes) -> Callable[[bytes], bool]:
    def fits(encoded: bytes) -> bool:
        try:
            _, _, sender, judged, _ = receipt(encoded)
        except EntryError:
            return not station and not verdict and contains in encoded
        return contains in encoded and (not station or sender == station) and (not verdict or judged == verdict)

    return fits
