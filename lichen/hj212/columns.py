"""Text in columns: digits, decimals and words at many places of one byte buffer, eight bytes to a step.

Every function takes places (ndarray of int64) into a `Buffer` and gives one answer a place. A 64-bit load at place p
holds byte p in its low end, so "the first k bytes" are its low k*8 bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]

#: Room before the first and after the last body, so that no load leaves the buffer. [bytes]
MARGIN = 160
#: No moment: what `moments` answers where the digits name none.
NO_TIME = np.iinfo(np.int64).min

_U = np.uint64
_MASKS: Words = np.array([(1 << (8 * k)) - 1 for k in range(9)], dtype=np.uint64)
_ZEROS = _U(0x3030303030303030)
_HIGH_NIBBLES = _U(0xF0F0F0F0F0F0F0F0)
_SIXES = _U(0x0606060606060606)
_DOTS = _U(0x2E2E2E2E2E2E2E2E)
_ONES = _U(0x0101010101010101)
_TOPS = _U(0x8080808080808080)
_POWERS = 10.0 ** np.arange(17)


class Buffer:
    """Bodies laid end to end, with a margin on both sides.

    Attributes
    ----------
    bytes : ndarray (m,) uint8
    start, stop : ndarray (n,) int64
        Where each body lies.
    """

    def __init__(self, bodies: Sequence[bytes]) -> None:
        size = np.fromiter(map(len, bodies), np.int64, len(bodies))
        self.bytes = np.frombuffer(b"".join((bytes(MARGIN), *bodies, bytes(MARGIN + 8))), np.uint8)
        self.stop: Places = MARGIN + np.cumsum(size)
        self.start: Places = self.stop - size
        usable = len(self.bytes) // 8 * 8
        self._loads = np.lib.stride_tricks.as_strided(
            self.bytes[:usable].view("<u8"), shape=(usable - 7,), strides=(1,), writeable=False
        )

    def load(self, place: Places) -> Words:
        """The eight bytes from each place."""
        found: Words = self._loads[place]
        return found

    def first(self, place: Places, count: Places) -> Words:
        """The first `count` bytes from each place (clipped to 0 to 8), the others zero."""
        found: Words = self._loads[place] & _MASKS[np.clip(count, 0, 8)]
        return found

    def last(self, stop: Places, count: Places) -> Words:
        """The `count` bytes before each stop (clipped to 0 to 8), at the high end; the others are the digit 0."""
        own = ~_MASKS[8 - np.clip(count, 0, 8)]
        found: Words = (self._loads[stop - 8] & own) | (_ZEROS & ~own)
        return found


def are_digits(words: Words) -> Bools:
    """Whether all eight bytes are decimal digits."""
    found: Bools = ((words & _HIGH_NIBBLES) == _ZEROS) & (((words + _SIXES) & _HIGH_NIBBLES) == _ZEROS)
    return found


def eight_digits(words: Words) -> Words:
    """The number eight digits write (the first in the low byte); nonsense unless `are_digits`.

    >>> int(eight_digits(np.frombuffer(b"20160801", "<u8"))[0])
    20160801
    """
    pairs = (words & ~_HIGH_NIBBLES) * _U(10) + ((words & ~_HIGH_NIBBLES) >> _U(8))
    fours = (pairs & _U(0x00FF00FF00FF00FF)) * _U(100) + ((pairs & _U(0x00FF00FF00FF00FF)) >> _U(16))
    low = fours & _U(0x0000FFFF0000FFFF)
    return (low * _U(10_000) + (low >> _U(32))) & _U(0xFFFFFFFF)


def decimals(buffer: Buffer, start: Places, stop: Places) -> tuple[NDArray[np.float64], Bools]:
    """The numbers written between each start and stop, and whether they could be read here.

    Read are ``-12.50``, ``7``, ``.5`` and the like with at most 15 digits: then digits and power of ten are exact in
    float64 and their quotient is the nearest float64, the same as ``float`` gives.

    >>> buffer = Buffer([b"-12.50", b"0.1", b"1e3"])
    >>> decimals(buffer, buffer.start, buffer.stop)
    (array([-12.5,   0.1,   nan]), array([ True,  True, False]))
    """
    negative = buffer.bytes[start] == ord("-")
    size = stop - start - negative
    low = buffer.last(stop, size)
    high = buffer.last(stop - 8, size - 8)
    low, dot_low = _without_dot(low)
    high, dot_high = _without_dot(high)
    has_dot = (dot_low >= 0) | (dot_high >= 0)
    # Digits behind the dot: the places between it and the end.
    behind = np.where(dot_low >= 0, 7 - dot_low, np.where(dot_high >= 0, 15 - dot_high, 0))
    fine = are_digits(low) & are_digits(high) & (size >= 1 + has_dot) & (size <= 15 + has_dot)
    fine &= ~((dot_low >= 0) & (dot_high >= 0))
    written = eight_digits(high).astype(np.float64) * 1e8 + eight_digits(low).astype(np.float64)
    # With the dot counted as a digit 0, what stands before it is ten times too large.
    fraction = np.mod(written, _POWERS[behind])
    whole = np.where(has_dot, (written - fraction) / 10.0 + fraction, written)
    values = whole / _POWERS[behind]
    return np.where(fine, np.where(negative, -values, values), np.nan), fine


def _without_dot(words: Words) -> tuple[Words, NDArray[np.int64]]:
    """The words with the first dot made a digit 0, and the place of that dot (0 to 7) or -1."""
    unlike = words ^ _DOTS
    found = (unlike - _ONES) & ~unlike & _TOPS
    lowest = found & (~found + _U(1))
    place = np.where(found != 0, np.bitwise_count(lowest - _U(1)).astype(np.int64) >> 3, -1)
    return words ^ ((lowest >> _U(7)) * _U(0x2E ^ 0x30)), place


def moments(buffer: Buffer, place: Places) -> Places:
    """The instants of the 14 Beijing-time digits at each place, or `NO_TIME`. [ms since 1970 UTC]

    >>> buffer = Buffer([b"19700101080001", b"20230229000000"])
    >>> moments(buffer, buffer.start).tolist() == [1000, NO_TIME]
    True
    """
    left, right = buffer.load(place), buffer.load(place + 6)
    fine = are_digits(left) & are_digits(right)
    date = np.where(fine, eight_digits(left), _U(0)).astype(np.int64)
    clock = np.where(fine, eight_digits(right), _U(0)).astype(np.int64) % 1_000_000
    year, month, day = date // 10_000, date // 100 % 100, date % 100
    hour, minute, second = clock // 10_000, clock // 100 % 100, clock % 100
    fine &= (year >= 1) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60) & (day >= 1)
    months = np.where(fine, (year - 1970) * 12 + month - 1, 0)
    first = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    following = (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    fine &= day <= following - first
    seconds = (first + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second - 8 * 3_600
    found: Places = np.where(fine, seconds * 1000, NO_TIME)
    return found


def distinct(columns: Sequence[Words]) -> tuple[NDArray[np.intp], NDArray[np.intp], Bools]:
    """Which rows of a table of words are equal.

    Parameters
    ----------
    columns : sequence of ndarray (n,) uint64

    Returns
    -------
    representative : ndarray (k,) intp
        One row of each group.
    group : ndarray (n,) intp
    certain : ndarray (n,) bool
        False where a row only shares the hash of its group's representative.
    """
    mixed = np.zeros_like(columns[0])
    for column in columns:
        mixed = (mixed ^ column) * _U(0x9E3779B97F4A7C15)
        mixed ^= mixed >> _U(29)
    _, representative, group = np.unique(mixed, return_index=True, return_inverse=True)
    certain = np.ones(len(mixed), np.bool_)
    for column in columns:
        certain &= column == column[representative][group]
    return representative, group, certain


def ranges(start: Places, count: Places) -> Places:
    """start[0], start[0]+1, … count[0] of them, then those of start[1], ….

    >>> ranges(np.array([5, 9]), np.array([2, 1])).tolist()
    [5, 6, 9]
    """
    total = int(count.sum())
    before = np.cumsum(count) - count
    places: Places = np.arange(total) + np.repeat(start - before, count)
    return places
