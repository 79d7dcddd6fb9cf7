"""Observations as Polars frames: the form in which the steps group and join them.

Frames have the columns ``point`` and ``parameter`` (numbers, see `Names`), ``time`` [ms since 1970 UTC, start of the
interval], and where they hold observations ``value``, ``flag`` and ``below`` (the value is a detection limit).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen.vocab.batch import Batch, Series
from lichen.vocab.clock import DAY_MS
from lichen.vocab.marks import BELOW_DETECTION
from lichen.vocab.periods import Period, Source

KEY = ["point", "parameter", "time"]
_KEY_SCHEMA = {"point": pl.Int32, "parameter": pl.Int32, "time": pl.Int64}
#: Times further apart than this are read separately: one late packet must not make us read a year. [ms]
_GAP_MS = 2 * DAY_MS


class Names:
    """Numbers for words, given out as the words come."""

    def __init__(self) -> None:
        self._code: dict[str, int] = {}
        self._words: list[str] = []

    def code(self, word: str) -> int:
        code = self._code.get(word)
        if code is None:
            code = self._code[word] = len(self._words)
            self._words.append(word)
        return code

    def codes(self, words: Iterable[str]) -> list[int]:
        return [self.code(word) for word in words]

    def __getitem__(self, code: int) -> str:
        return self._words[code]

    def words(self, codes: Iterable[int]) -> list[str]:
        return [self._words[code] for code in codes]


def no_keys() -> pl.DataFrame:
    """A frame of intervals without rows."""
    return pl.DataFrame(schema=_KEY_SCHEMA)


def keys(point: NDArray[np.int32], parameter: NDArray[np.int32], time: NDArray[np.int64]) -> pl.DataFrame:
    """A frame of intervals."""
    return pl.DataFrame({"point": point, "parameter": parameter, "time": time}, schema=_KEY_SCHEMA)


def frame(batch: Batch, names: Names) -> pl.DataFrame:
    """The observations of a batch; period, source and statistic must not matter any more."""
    point = np.array(names.codes(series.point for series in batch.series), dtype=np.int32)
    parameter = np.array(names.codes(series.parameter for series in batch.series), dtype=np.int32)
    return pl.DataFrame(
        {
            "point": point[batch.code],
            "parameter": parameter[batch.code],
            "time": batch.time,
            "value": batch.value,
            "flag": batch.flag,
            "below": np.array([mark == BELOW_DETECTION for mark in batch.marks], dtype=bool)[batch.mark],
        },
        schema={**_KEY_SCHEMA, "value": pl.Float64, "flag": pl.UInt8, "below": pl.Boolean},
    )


def batch(rows: pl.DataFrame, names: Names, period: Period, version: int) -> Batch:
    """The computed observations of a frame."""
    distinct = rows.select("point", "parameter").unique(maintain_order=True).with_row_index("code")
    series = tuple(
        Series(names[point], names[parameter], period, Source.COMPUTED)
        for point, parameter in distinct.select("point", "parameter").iter_rows()
    )
    n = len(rows)
    code = rows.join(distinct, on=["point", "parameter"], how="left", maintain_order="left")["code"].to_numpy()
    return Batch(
        series, code.astype(np.int32), rows["time"].to_numpy(), rows["value"].to_numpy(), rows["flag"].to_numpy(),
        ("",), np.zeros(n, np.uint16), np.full(n, version, np.uint64),
    )  # fmt: skip


def runs(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows in groups that lie close together in time."""
    if not len(rows):
        return
    ordered = rows.sort("time")
    time = ordered["time"].to_numpy()
    cuts = [0, *(np.flatnonzero(np.diff(time) > _GAP_MS) + 1).tolist(), len(time)]
    for start, stop in pairwise(cuts):
        yield ordered[start:stop]


def close_together(times: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """First and last of each group of times that lie close together."""
    ordered = np.unique(times)
    cuts = np.flatnonzero(np.diff(ordered) > _GAP_MS) + 1
    for group in np.split(ordered, cuts):
        if len(group):
            yield int(group[0]), int(group[-1])
