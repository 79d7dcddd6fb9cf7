"""Packets to send: header, content, splitting, encryption, frame.

What we send keeps to the standard even where what we accept does not: at most 1024 bytes of data segment and 950 of
content, capitals in the CRC, CR LF at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from lichen.hj212.content import Reading
from lichen.hj212.crc import crc16
from lichen.hj212.editions import EDITIONS, VERSION_BITS, Edition
from lichen.hj212.errors import ComposeError
from lichen.hj212.frame import MAX_DECLARED
from lichen.hj212.sm4 import encrypt
from lichen.vocab.clock import format_digits, parse_digits

SEGMENT_LIMIT = 1024  # [bytes] HJ 212-2017 table 2; HJ 212-2025 table 2
CONTENT_LIMIT = 950  # [bytes] HJ 212-2017 table 3; HJ 212-2025 table 3

_HEADER_VALUE = re.compile(r"[!-~]*")
_NAME = re.compile(r"[^;,=&\s]+")


def is_encrypted_command(cn: str) -> bool:
    """Whether HJ 212-2025, 6.4.4 wants the content encrypted: site data 2000-2999, 1014 and 3020.

    >>> [is_encrypted_command(cn) for cn in ("2011", "1014", "3020", "9014")]
    [True, True, True, False]
    """
    return cn in ("1014", "3020") or (len(cn) == 4 and cn[0] == "2")


def items_of(values: Iterable[Reading]) -> list[str]:
    """The item texts of readings: readings of one factor that follow each other share an item, its extras and its mark.

    >>> items_of([Reading("a01011", "Min", 1.0, "1.00", "N"), Reading("a01011", "Max", 2.0, "2.0", "N")])
    ['a01011-Min=1.00,a01011-Max=2.0,a01011-Flag=N']
    """
    items: list[str] = []
    pairs: list[str] = []
    last: Reading | None = None
    used: set[str] = set()
    for reading in values:
        _check_name(reading.factor)
        _check_name(reading.stat)
        if (
            last is None
            or (reading.factor, reading.mark, reading.extra) != (last.factor, last.mark, last.extra)
            or reading.stat in used
        ):
            if last is not None:
                items.append(_closed(pairs, last))
            used = set()
            pairs = [f"{reading.factor}-{suffix}={_checked(text)}" for suffix, text in reading.extra]
        used.add(reading.stat)
        pairs.append(f"{reading.factor}-{reading.stat}={_checked(reading.text)}")
        last = reading
    if last is not None:
        items.append(_closed(pairs, last))
    return items


def _closed(pairs: list[str], last: Reading) -> str:
    if last.mark is not None:
        pairs = [*pairs, f"{last.factor}-Flag={_checked(last.mark)}"]
    return ",".join(pairs)


def compose(
    *,
    cn: str,
    mn: str,
    st: str,
    pw: str = "123456",
    qn: int | str | None,
    edition: str = "2017",
    needs_answer: bool = False,
    backfill: bool = False,
    time_ms: int | None = None,
    fields: Mapping[str, str] | None = None,
    values: Sequence[Reading] = (),
    items: Sequence[str] = (),
    field_separator: str = ";",
    flag: int | None = None,
    key: bytes | None = None,
    limit: int = SEGMENT_LIMIT,
) -> list[bytes]:
    """The frames of one packet: one, or several if it does not fit (HJ 212-2017, C.47 to C.50).

    Sub-packets each have their own QN (one millisecond apart), repeat DataTime and the plain fields, and carry PNUM
    and PNO. Items are never cut.

    Parameters
    ----------
    cn, mn, st, pw : str
        Header fields. `mn` is empty only before a 2025 logger is activated.
    qn : int, str or None
        The instant [ms since 1970 UTC] or the digits; None leaves QN out (2005 only).
    edition : {"2005", "2017", "2025", "surface-water"}
    needs_answer : bool
        Sets the answer bit.
    backfill : bool
        RF=1; edition 2025 only.
    time_ms : int, optional
        DataTime. [ms since 1970 UTC]
    fields : mapping, optional
        Plain fields, written after DataTime in their order.
    values : sequence of Reading; items : sequence of str
        The data, as readings or as finished item texts (``a34004-Rtd=1,a34004-Flag=N``); readings come first.
    field_separator : {";", ","}
        Between plain fields; 2025 prints a comma in 1014 and 3011.
    flag : int, optional
        Overrides the Flag computed from the above.
    key : bytes, optional
        SM4 key of 16 bytes: the content is encrypted (see `is_encrypted_command` for when it must be).
    limit : int
        Largest data segment. [bytes]

    Returns
    -------
    list of bytes

    Raises
    ------
    ComposeError
        A value holds a separator outside ``//…//``, an item alone is longer than a packet, or the edition lacks the
        field.

    Examples
    --------
    >>> compose(cn="1062", st="32", pw="100000", mn="010000A8900016F000169DC0", qn="20160801085857223",
    ...         needs_answer=True, fields={"RtdInterval": "30"})[0][-22:]
    b'RtdInterval=30&&1C80\\r\\n'
    """
    if edition not in EDITIONS:
        raise ComposeError(f"edition {edition!r}; known: {', '.join(EDITIONS)}")
    if backfill and edition != "2025":
        raise ComposeError(f"RF=1 exists in edition 2025 only, not in {edition}")
    for name, value in (("CN", cn), ("MN", mn), ("ST", st), ("PW", pw)):
        if not _HEADER_VALUE.fullmatch(value) or set(value) & set(";,=&#"):
            raise ComposeError(f"{name}={value!r}; letters and digits only")
    plain = _plain_fields(time_ms, fields)
    texts = items_of(values) + list(items)
    bits = VERSION_BITS[_known(edition)] << 2 | int(needs_answer)
    tail = "RF=1;" if backfill else ""

    def segment(pieces: Sequence[str], number: int, total: int) -> bytes:
        moment = "" if qn is None else f"QN={_qn(qn, number - 1 if total > 1 else 0)};"
        own_flag = flag if flag is not None else bits | (2 if total > 1 else 0)
        split = f"PNUM={total};PNO={number};" if total > 1 else ""
        head = f"{moment}ST={st};CN={cn};PW={pw};MN={mn};Flag={own_flag};{split}{tail}CP=&&"
        text = ";".join(part for part in (field_separator.join(plain), *pieces) if part)
        content = text.encode("utf-8")
        return head.encode("ascii") + content + b"&&"

    whole = segment(texts, 1, 1)
    content_limit = CONTENT_LIMIT if limit <= SEGMENT_LIMIT else limit
    if len(whole) <= limit and len(whole) - whole.index(b"CP=&&") - 7 <= content_limit:
        return [_framed(whole, key)]
    packets = _split(texts, plain, field_separator, content_limit, limit - len(segment((), 9999, 9999)))
    return [_framed(segment(pieces, at, len(packets)), key) for at, pieces in enumerate(packets, 1)]


def _split(
    texts: Sequence[str], plain: Sequence[str], separator: str, content_limit: int, room: int
) -> list[list[str]]:
    """Items by sub-packet; `room` is what a data segment has left beside header and plain fields. [bytes]"""
    room = min(room, content_limit - len(separator.join(plain).encode("utf-8")))
    packets: list[list[str]] = []
    left = 0
    for text in texts:
        size = len(text.encode("utf-8")) + 1
        if size > room:
            raise ComposeError(f"item of {size - 1} bytes ({text[:40]}…); a packet has room for {max(room - 1, 0)}")
        if size > left:
            packets.append([])
            left = room
        packets[-1].append(text)
        left -= size
    if len(packets) < 2:
        raise ComposeError(f"plain fields leave room for {max(room, 0)} bytes: they cannot be split over packets")
    return packets


def _framed(segment: bytes, key: bytes | None) -> bytes:
    if len(segment) > MAX_DECLARED:
        raise ComposeError(f"data segment of {len(segment)} bytes; the length field holds at most {MAX_DECLARED}")
    crc = crc16(segment)  # over the plain segment, also when it is sent encrypted
    if key is not None:
        start = segment.index(b"CP=&&") + 5
        segment = segment[:start] + encrypt(segment[start:-2], key) + segment[-2:]
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc)


def _known(edition: str) -> Edition:
    return next(name for name in EDITIONS if name == edition)


def _qn(qn: int | str, later: int) -> str:
    if isinstance(qn, int):
        return format_digits(qn + later, 17)
    if not later:
        return qn
    moment = parse_digits(qn)
    if moment is None or len(qn) != 17:
        raise ComposeError(f"QN={qn!r}; sub-packets need 17 digits to count on from")
    return format_digits(moment + later, 17)


def _plain_fields(time_ms: int | None, fields: Mapping[str, str] | None) -> list[str]:
    plain = [] if time_ms is None else [f"DataTime={format_digits(time_ms)}"]
    for name, value in (fields or {}).items():
        _check_name(name)
        plain.append(f"{name}={_checked(value)}")
    return plain


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ComposeError(f"name {name!r}; no blanks, ';', ',', '=' or '&' in it")


def _checked(value: str) -> str:
    """The value, if a reader will find its end again."""
    if value.startswith("//"):
        if len(value) < 4 or not value.endswith("//") or re.search(r"//\s*[;,]", value[2:-1]):
            raise ComposeError(f"log text {value[:40]!r}; it stands between // and // and holds no // before ; or ,")
        return value
    if any(mark in value for mark in ";,=&") or value != value.strip():
        raise ComposeError(f"value {value[:40]!r}; ';', ',', '=', '&' only inside //…//, no blanks around it")
    return value
