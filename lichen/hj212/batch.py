"""Many packets at once, as columns: what the pipeline reads.

Packets written exactly as the standard prints them are read here, all together, with every check of the single path:
length, CRC, structure, times, every value as a number. A packet with any peculiarity goes to
`lichen.hj212.message.parse` instead, so that both always agree; its message is in `DecodedBatch.slow`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lichen.hj212.columns import (
    NO_TIME,
    Bools,
    Buffer,
    Places,
    Words,
    are_digits,
    decimals,
    distinct,
    eight_digits,
    moments,
    ranges,
)
from lichen.hj212.content import NUMBER_SUFFIXES, _split_name
from lichen.hj212.crc import crc16_many
from lichen.hj212.frame import LIMIT, Frame, frame_of
from lichen.hj212.message import Message, parse

#: What `DecodedBatch.error` counts: 0 = none.
ERRORS = (None, "crc", "length", "structure")

_HEADER_MOST = 128  # [bytes] longer headers, without QN, are read singly
_NAME_MOST = 24  # [bytes] likewise factor-Suffix
_TIME, _MARK, _VALUE, _OTHER = range(4)


@dataclass(frozen=True, slots=True)
class DecodedBatch:
    """n packets and their m numbers.

    Codes are indices into the tuples of words beside them; -1 = not sent.

    Attributes
    ----------
    ok : ndarray (n,) bool
    error : ndarray (n,) uint8
        Index into `ERRORS`.
    time : ndarray (n,) int64
        DataTime [ms since 1970 UTC]; `NO_TIME` = none.
    flag, pnum, pno, rf : ndarray (n,) int32
        -1 = not sent.
    mn, st, cn, edition : ndarray (n,) int32
        Codes into `mns`, `sts`, `cns`, `editions`.
    frame : ndarray (m,) int32
        Which packet each value stands in; ascending.
    factor, stat, mark : ndarray (m,) int32
        Codes into `factors`, `stats`, `marks`, as sent.
    value : ndarray (m,) float64
        NaN where the text is no number; `slow` then has the text.
    warnings : mapping of int to tuple of str
        Of packets that have any.
    slow : mapping of int to Message
        Packets that were read singly, with their fields, texts and extras.
    """

    ok: Bools
    error: NDArray[np.uint8]
    time: Places
    flag: NDArray[np.int32]
    pnum: NDArray[np.int32]
    pno: NDArray[np.int32]
    rf: NDArray[np.int32]
    mn: NDArray[np.int32]
    st: NDArray[np.int32]
    cn: NDArray[np.int32]
    edition: NDArray[np.int32]
    mns: tuple[str, ...]
    sts: tuple[str, ...]
    cns: tuple[str, ...]
    editions: tuple[str, ...]
    frame: NDArray[np.int32]
    factor: NDArray[np.int32]
    stat: NDArray[np.int32]
    value: NDArray[np.float64]
    mark: NDArray[np.int32]
    factors: tuple[str, ...]
    stats: tuple[str, ...]
    marks: tuple[str, ...]
    warnings: Mapping[int, tuple[str, ...]]
    slow: Mapping[int, Message]

    def __len__(self) -> int:
        return len(self.ok)


class _Words:
    """A growing vocabulary."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def code(self, word: str | None) -> int:
        return -1 if word is None else self.codes.setdefault(word, len(self.codes))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.codes)


def decode_batch(
    bodies: Sequence[bytes],
    keys: Mapping[str, tuple[bytes | None, bytes | None]] | None = None,
    registered: Mapping[str, str] | None = None,
) -> DecodedBatch:
    """The columns of many packets.

    Parameters
    ----------
    bodies : sequence of bytes
        One packet each, as `Frame.raw` gave it out.
    keys : mapping, optional
        MN → current and previous SM4 key (16 bytes each, or None).
    registered : mapping, optional
        MN → the edition the station is registered for.

    Returns
    -------
    DecodedBatch

    Examples
    --------
    >>> body = (b"##0134QN=20160801085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
    ...         b"CP=&&DataTime=20160801085857;w01018-Rtd=1.1&&9240\\r\\n")
    >>> found = decode_batch([body, b"noise"])
    >>> found.ok.tolist(), [ERRORS[e] for e in found.error], found.value.tolist(), found.factors
    ([False, False], ['length', 'structure'], [1.1], ('w01018',))
    """
    return _Decoder(bodies, keys or {}, registered or {}).decoded()


class _Decoder:
    def __init__(
        self,
        bodies: Sequence[bytes],
        keys: Mapping[str, tuple[bytes | None, bytes | None]],
        registered: Mapping[str, str],
    ) -> None:
        self.bodies, self.keys, self.registered = bodies, keys, registered
        count = len(bodies)
        self.done = np.zeros(count, np.bool_)
        self.error = np.zeros(count, np.uint8)
        self.time = np.full(count, NO_TIME, np.int64)
        # flag, pnum, pno, rf, mn, st, cn, edition
        self.header = np.full((count, 8), -1, np.int32)
        self.mns, self.sts, self.cns, self.editions = _Words(), _Words(), _Words(), _Words()
        self.factors, self.stats, self.marks = _Words(), _Words(), _Words()
        self.rows: list[tuple[NDArray[np.int32], NDArray[np.float64]]] = []  # (frame, factor, stat, mark), value
        self.warnings: dict[int, tuple[str, ...]] = {}
        self.slow: dict[int, Message] = {}

    def decoded(self) -> DecodedBatch:
        if self.bodies:
            self._together()
            self._singly()
        codes = np.concatenate([codes for codes, _ in self.rows]) if self.rows else np.empty((0, 4), np.int32)
        values = np.concatenate([values for _, values in self.rows]) if self.rows else np.empty(0)
        if self.slow and len(self.rows) > 1:
            order = np.argsort(codes[:, 0], kind="stable")
            codes, values = codes[order], values[order]
        flag, pnum, pno, rf, mn, st, cn, edition = self.header.T
        return DecodedBatch(
            self.error == 0, self.error, self.time, flag, pnum, pno, rf, mn, st, cn, edition,
            self.mns.words, self.sts.words, self.cns.words, self.editions.words,
            codes[:, 0], codes[:, 1], codes[:, 2], values, codes[:, 3],
            self.factors.words, self.stats.words, self.marks.words, self.warnings, self.slow,
        )  # fmt: skip

    # -- packets with any peculiarity ------------------------------------------------------------------------------

    def _singly(self) -> None:
        codes: list[tuple[int, int, int, int]] = []
        values: list[float] = []
        for at in np.flatnonzero(~self.done).tolist():
            message = self._parse(frame_of(self.bodies[at]))
            self.slow[at] = message
            if message.warnings:
                self.warnings[at] = message.warnings
            self.error[at] = ERRORS.index(message.error)
            if message.time_ms is not None:
                self.time[at] = message.time_ms
            self.header[at] = self._header_codes(message)
            for reading in message.values:
                codes.append(
                    (
                        at,
                        self.factors.code(reading.factor),
                        self.stats.code(reading.stat),
                        self.marks.code(reading.mark),
                    )
                )
                values.append(np.nan if reading.value is None else reading.value)
        if codes:
            self.rows.append((np.array(codes, np.int32), np.array(values)))

    def _parse(self, frame: Frame) -> Message:
        message = parse(frame)
        mn = message.mn or ""
        key, previous = self.keys.get(mn, (None, None))
        edition = self.registered.get(mn)
        if key is None and previous is None and edition is None:
            return message
        return parse(frame, key=key, previous_key=previous, registered=edition)

    def _header_codes(self, message: Message) -> tuple[int, ...]:
        numbers = (message.flag, message.pnum, message.pno, message.rf)
        return (
            *(-1 if number is None else number for number in numbers),
            self.mns.code(message.mn), self.sts.code(message.st), self.cns.code(message.cn),
            self.editions.code(message.edition),
        )  # fmt: skip

    # -- packets exactly as the standard prints them, together -----------------------------------------------------

    def _together(self) -> None:
        buffer = Buffer(self.bodies)
        usual, content, content_stop = _usual_frames(buffer)
        at = np.flatnonzero(usual)
        if not len(at):
            return
        at = at[self._headers(buffer, at, content[at])]
        pairs = _Pairs(buffer, content[at], content_stop[at])
        fine = pairs.fine
        name_kind, name_factor, name_stat = self._names(pairs)
        fine &= pairs.check(name_kind, name_factor)
        kind = name_kind[pairs.name]
        # Times
        timed = np.flatnonzero(kind == _TIME)
        time = np.full(len(at), NO_TIME, np.int64)
        moment = moments(buffer, pairs.value_start[timed])
        moment[pairs.value_stop[timed] - pairs.value_start[timed] != 14] = NO_TIME
        time[pairs.frame[timed]] = moment
        pairs.spoil(fine, timed[moment == NO_TIME])
        # Marks, one an item
        mark_of_item = self._item_marks(pairs, np.flatnonzero(kind == _MARK), fine)
        # Values
        valued = np.flatnonzero(kind == _VALUE)
        values, readable = decimals(buffer, pairs.value_start[valued], pairs.value_stop[valued])
        pairs.spoil(fine, valued[~readable])
        items_with_values = np.zeros(pairs.items, np.bool_)
        items_with_values[pairs.item[valued]] = True
        pairs.spoil(fine, np.flatnonzero((kind == _MARK) & ~items_with_values[pairs.item]))

        keep = fine[pairs.frame[valued]]
        kept = valued[keep]
        codes = np.empty((len(kept), 4), np.int32)
        codes[:, 0] = at[pairs.frame[kept]]
        codes[:, 1] = name_factor[pairs.name[kept]]
        codes[:, 2] = name_stat[pairs.name[kept]]
        codes[:, 3] = mark_of_item[pairs.item[kept]]
        self.rows.append((codes, values[keep]))
        self.time[at[fine]] = time[fine]
        self.done[at[fine]] = True
        self.header[at[~fine]] = -1
        for unread in at[~fine].tolist():
            self.warnings.pop(unread, None)

    def _headers(self, buffer: Buffer, at: Places, content: Places) -> Bools:
        """Reads each distinct header (without its QN) once; says which frames are served by it."""
        start = buffer.start[at] + 27
        size = content - start
        columns = [buffer.first(start + 8 * k, size - 8 * k) for k in range((int(size.max()) + 7) // 8)]
        representative, group, certain = distinct(columns)
        served = np.zeros(len(representative), np.bool_)
        codes = np.full((len(representative), 8), -1, np.int32)
        for number, row in enumerate(representative.tolist()):
            head = buffer.bytes[start[row] : start[row] + size[row]].tobytes()
            message = _header(head, None)
            if message is not None and (edition := self.registered.get(message.mn or "")) is not None:
                message = _header(head, edition)
            if message is None:
                continue
            served[number] = True
            codes[number] = self._header_codes(message)
            if message.warnings:
                same = np.flatnonzero((group == number) & certain)
                self.warnings.update(dict.fromkeys(at[same].tolist(), message.warnings))
        taken: Bools = served[group] & certain
        self.header[at[taken]] = codes[group[taken]]
        return taken

    def _names(self, pairs: _Pairs) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.int32]]:
        """What each distinct pair name is; factor -2 = DataTime."""
        count = len(pairs.names)
        kind = np.full(count, _OTHER, np.int8)
        factor, stat = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
        for number, name in enumerate(pairs.names):
            known = _name_kind(name)
            if known is None:
                continue
            kind[number] = known[0]
            factor[number] = -2 if known[0] == _TIME else self.factors.code(known[1])
            stat[number] = self.stats.code(known[2]) if known[0] == _VALUE else -1
        return kind, factor, stat

    def _item_marks(self, pairs: _Pairs, marked: Places, fine: Bools) -> NDArray[np.int32]:
        found = np.full(pairs.items, -1, np.int32)
        if not len(marked):
            return found
        start, stop = pairs.value_start[marked], pairs.value_stop[marked]
        word = pairs.buffer.first(start, stop - start)
        distinct_words, group = np.unique(word, return_inverse=True)
        codes = np.full(len(distinct_words), -1, np.int32)
        for number, one in enumerate(distinct_words.tolist()):
            text = one.to_bytes(8, "little").rstrip(b"\0").decode("ascii")
            if text.isalnum():
                codes[number] = self.marks.code(text)
        pairs.spoil(fine, marked[(codes[group] < 0) | (stop - start > 8)])
        found[pairs.item[marked]] = codes[group]
        return found


def _usual_frames(buffer: Buffer) -> tuple[Bools, Places, Places]:
    """Frames with right length, CRC, tail, a 17-digit QN in front and one content in printable ASCII; where it lies."""
    start, stop = buffer.start, buffer.stop
    size = stop - start
    head = buffer.load(start)
    declared_digits = (head >> np.uint64(16) << np.uint64(32)) | np.uint64(0x30303030)
    usual = (size >= 12 + 27 + 7) & (size <= LIMIT + 12)
    usual &= (head & np.uint64(0xFFFF) == 0x2323) & are_digits(declared_digits)
    usual &= eight_digits(declared_digits).astype(np.int64) + 12 == size
    tail = buffer.load(stop - 8)
    usual &= tail >> np.uint64(48) == 0x0A0D
    # The standard's four ampersands, no more: two before the content, two after it, at the segment's end.
    ampersands = np.flatnonzero(buffer.bytes == ord("&"))
    first = np.searchsorted(ampersands, start)
    usual &= np.searchsorted(ampersands, stop) - first == 4
    ampersands = np.concatenate((ampersands, np.zeros(4, np.int64)))
    opening, content_stop = ampersands[first], ampersands[np.minimum(first + 2, len(ampersands) - 1)]
    content = opening + 2
    usual &= (ampersands[np.minimum(first + 1, len(ampersands) - 1)] == opening + 1) & (content_stop == stop - 8)
    usual &= ampersands[np.minimum(first + 3, len(ampersands) - 1)] == stop - 7
    opening = np.where(usual, opening, start + 6)
    usual &= buffer.load(opening - 3) & np.uint64(0xFFFFFF) == int.from_bytes(b"CP=", "little")
    usual &= (opening - 3 > start + 27) & (opening - start - 27 <= _HEADER_MOST)
    # Blanks, controls and anything but ASCII are somebody else's work; CR and LF of the tail are the two exceptions.
    odd = np.flatnonzero(buffer.bytes - np.uint8(0x21) > 0x7E - 0x21)
    usual &= np.searchsorted(odd, stop) - np.searchsorted(odd, start) == 2
    usual &= buffer.load(start + 6) & np.uint64(0xFFFFFF) == int.from_bytes(b"QN=", "little")
    usual &= (buffer.bytes[start + 26] == ord(";")) & (moments(buffer, start + 9) != NO_TIME)
    usual &= are_digits(buffer.load(start + 18))
    candidates = np.flatnonzero(usual)
    crcs = crc16_many(buffer.bytes, start[candidates] + 6, stop[candidates] - 6)
    sent = (tail[candidates] >> np.uint64(16)) & np.uint64(0xFFFFFFFF)
    usual[candidates] = sent == _CRC_DIGITS[crcs]
    return usual, content, content_stop


class _Pairs:
    """The name=value pairs of many contents, in order.

    `fine` says of each frame whether its content is made of well-formed pairs; the other arrays are per pair.
    """

    def __init__(self, buffer: Buffer, start: Places, stop: Places) -> None:
        self.buffer = buffer
        count = len(start)
        equals = np.flatnonzero(buffer.bytes == ord("="))
        separators = np.flatnonzero((buffer.bytes == ord(";")) | (buffer.bytes == ord(",")))
        first_equals, first_separator = np.searchsorted(equals, start), np.searchsorted(separators, start)
        pairs = np.searchsorted(equals, stop) - first_equals
        cuts = np.searchsorted(separators, stop) - first_separator
        self.fine = (pairs == cuts + 1) | ((start == stop) & (pairs == 0))
        pairs, cuts = np.where(self.fine, pairs, 0), np.where(self.fine & (pairs > 0), cuts, 0)
        total = int(pairs.sum())
        self.frame = np.repeat(np.arange(count), pairs)
        ends = np.cumsum(pairs)[pairs > 0]
        last = np.zeros(total, np.bool_)
        last[ends - 1] = True
        self.is_first = np.zeros(total, np.bool_)
        self.is_first[ends - pairs[pairs > 0]] = True
        cut = separators[ranges(first_separator, cuts)]
        self.start = np.empty(total, np.int64)
        self.start[self.is_first] = start[pairs > 0]
        self.start[~self.is_first] = cut + 1
        self.value_stop = np.empty(total, np.int64)
        self.value_stop[last] = stop[pairs > 0]
        self.value_stop[~last] = cut
        equal = equals[ranges(first_equals, pairs)]
        self.value_start = equal + 1
        size = equal - self.start
        wrong = (size <= 0) | (size > _NAME_MOST) | (self.value_start >= self.value_stop)
        self.spoil(self.fine, np.flatnonzero(wrong))
        size = np.where(wrong, 0, size)
        columns = [buffer.first(self.start + 8 * k, size - 8 * k) for k in range(_NAME_MOST // 8)]
        if total:
            representative, self.name, certain = distinct(columns)
            self.spoil(self.fine, np.flatnonzero(~certain))
        else:
            representative, self.name = np.empty(0, np.intp), np.empty(0, np.intp)
        self.names = [
            buffer.bytes[self.start[row] : self.start[row] + size[row]].tobytes().decode("ascii")
            for row in representative.tolist()
        ]
        self.item = np.empty(0, np.intp)
        self.items = 0

    def spoil(self, fine: Bools, pairs: NDArray[np.intp]) -> None:
        """Takes the frames of these pairs out of the fast path."""
        fine[self.frame[pairs]] = False

    def check(self, name_kind: NDArray[np.int8], name_factor: NDArray[np.int32]) -> Bools:
        """Cuts pairs into items; whether each frame has known names, items of one factor each, and no name twice."""
        fine = np.ones(len(self.fine), np.bool_)
        kind, factor = name_kind[self.name], name_factor[self.name]
        self.spoil(fine, np.flatnonzero((kind == _OTHER) | ((kind == _TIME) & ~self.is_first)))
        comma = (self.buffer.bytes[self.start - 1] == ord(",")) & ~self.is_first
        same = np.zeros(len(factor), np.bool_)
        same[1:] = factor[1:] == factor[:-1]
        self.spoil(fine, np.flatnonzero((comma != same) & ~self.is_first))
        opens = ~comma
        self.item = np.cumsum(opens) - 1
        self.items = int(opens.sum())
        longest = int(np.bincount(self.item).max()) if len(self.item) else 0
        for distance in range(1, longest):
            again = self.name[distance:] == self.name[:-distance]
            again &= self.item[distance:] == self.item[:-distance]
            self.spoil(fine, np.flatnonzero(again) + distance)
        return fine


@lru_cache(maxsize=16_384)
def _header(head: bytes, registered: str | None) -> Message | None:
    """What a header says, without its QN and up to ``CP=&&``; None if it takes the single path to say it.

    A station's header is the same in every packet of one command: it is read once.
    """
    segment = b"QN=20000101000000000;" + head + b"&&"
    message = parse(Frame(segment, segment, len(segment), "0000", True, None, ()), registered=registered)
    usual = message.ok and not message.fields and message.qn == "20000101000000000"
    return message if usual else None


@lru_cache(maxsize=4096)
def _name_kind(name: str) -> tuple[int, str, str] | None:
    """Kind, factor and suffix of a name the fast path reads, else None."""
    if name == "DataTime":
        return _TIME, "", ""
    if "-" not in name or name[0] == "-":
        return None
    factor, suffix, note = _split_name(name)
    if note is not None or not (suffix == "Flag" or suffix in NUMBER_SUFFIXES):
        return None
    return (_MARK if suffix == "Flag" else _VALUE), factor, suffix


def _crc_digits() -> Words:
    crcs = np.arange(65_536, dtype=np.uint64)
    digits = np.frombuffer(b"0123456789ABCDEF", np.uint8).astype(np.uint64)
    found: Words = np.zeros(65_536, np.uint64)
    for place in range(4):
        nibble = (crcs >> np.uint64(4 * (3 - place))) & np.uint64(15)
        found |= digits[nibble] << np.uint64(8 * place)
    return found


#: The four digits of each CRC as a little-endian word.
_CRC_DIGITS = _crc_digits()
