"""Observations as columns: what travels between the pipeline and the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lichen.vocab.periods import Period, Source

#: Versions at or above this were set by a person and outrank every device and every recomputation.
#: Below: ``ledger index + 1`` of the raw log (reported) or the number of entries and acts the worker had
#: taken in (computed). At or above: ``PERSON + index`` in the acts log.
PERSON = 1 << 62


class Series(NamedTuple):
    """What a column of values is: where, of what, over which interval, by whom, which statistic.

    `stat` is ``avg`` (mean, also a real-time reading), ``min``, ``max``, ``cou`` (sum) or a
    lower-cased HJ 212 suffix (``zsavg``).
    """

    point: str
    parameter: str
    period: Period
    source: Source
    stat: str = "avg"


@dataclass(frozen=True, slots=True)
class Batch:
    """n observations of any number of series.

    Attributes
    ----------
    series : tuple of Series, length k
    code : ndarray (n,) int32
        Which series each row belongs to.
    time : ndarray (n,) int64
        Start of the interval. [ms since 1970 UTC]
    value : ndarray (n,) float64
        In the parameter's unit; NaN where there is no value (the flag then is MISSING or BAD).
    flag : ndarray (n,) uint8
        `lichen.vocab.flags.Flag`.
    marks : tuple of str; mark : ndarray (n,) uint16
        The sender's own mark, kept as sent ("N", "Td", ""), and each row's index into it.
    version : ndarray (n,) uint64
        The newest version of a (series, time) is the one in force. See `PERSON` for what it says.
    """

    series: tuple[Series, ...]
    code: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    flag: NDArray[np.uint8]
    marks: tuple[str, ...]
    mark: NDArray[np.uint16]
    version: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.time)

    def where(self, keep: NDArray[np.bool_]) -> Batch:
        """The rows for which `keep` is true, in order."""
        return replace(
            self, code=self.code[keep], time=self.time[keep], value=self.value[keep], flag=self.flag[keep],
            mark=self.mark[keep], version=self.version[keep],
        )  # fmt: skip

    @classmethod
    def empty(cls) -> Batch:
        """A batch without rows."""
        return cls(
            (), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.uint8),
            ("",), np.empty(0, np.uint16), np.empty(0, np.uint64),
        )  # fmt: skip


def ledger_index(version: int) -> int:
    """The raw-log index of a reported observation's version.

    >>> ledger_index(8)
    7
    """
    if version >= PERSON:
        raise ValueError(f"version {version} was set by a person: see entry {version - PERSON} of the acts log")
    return version - 1
