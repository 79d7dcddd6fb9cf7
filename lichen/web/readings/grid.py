"""Observations on a grid: point × parameter × interval (or sample), as charts and places need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lichen.pipeline.samples import made_by
from lichen.store import Store
from lichen.vocab.batch import Batch
from lichen.vocab.flags import is_usable
from lichen.vocab.marks import BELOW_DETECTION
from lichen.vocab.periods import Period, Source
from lichen.web.readings import spans

#: Where nothing was computed at all; every flag is smaller.
NOTHING = 255


@dataclass(frozen=True, slots=True)
class Grid:
    """Values of some points.

    Attributes
    ----------
    points, parameters : tuple of str
    time : ndarray (n,) int64
        Start of each interval, or instants of samples, rising. [ms since 1970 UTC]
    value : ndarray (points, parameters, n) float64
        NaN = none. [each parameter's unit]
    flag : ndarray (points, parameters, n) uint8
        In force; `NOTHING` where there is no row.
    below : ndarray (points, parameters, n) bool
        Where the value is a detection limit that was not reached.
    """

    points: tuple[str, ...]
    parameters: tuple[str, ...]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    flag: NDArray[np.uint8]
    below: NDArray[np.bool_]

    @property
    def usable(self) -> NDArray[np.float64]:
        """`value` where it counts, else NaN; same shape."""
        counts = np.array([flag != NOTHING and is_usable(flag) for flag in range(256)])
        return np.where(counts[self.flag], self.value, np.nan)


def grid_of(
    store: Store, points: Sequence[str], parameters: Sequence[str], period: Period, start: int, stop: int,
    source: Source | None = None,
) -> Grid:  # fmt: skip
    """The values of some points from `start` until `stop`, which are starts of intervals; one question to the store.

    `source` None: what is judged (`lichen.pipeline.evaluate.made_by`).
    """
    found = store.range(
        start, stop, points=points, parameters=parameters, periods=[period], sources=[source or made_by(period)]
    )
    return laid_out(found, points, parameters, times_of(found, period, start, stop))


def times_of(batch: Batch, period: Period, start: int, stop: int) -> NDArray[np.int64]:
    """Every interval from `start` until `stop`; of samples those that there are, (n,). [ms since 1970 UTC]"""
    return spans.starts(period, start, stop) if spans.has_intervals(period) else np.unique(batch.time)


def laid_out(batch: Batch, points: Sequence[str], parameters: Sequence[str], time: NDArray[np.int64]) -> Grid:
    """A batch on the grid; rows beside it are left out."""
    shape = (len(points), len(parameters), len(time))
    value, flag, below = np.full(shape, np.nan), np.full(shape, NOTHING, np.uint8), np.zeros(shape, np.bool_)
    if len(batch) and len(time):
        at_point = {point: number for number, point in enumerate(points)}
        at_parameter = {slug: number for number, slug in enumerate(parameters)}
        row = np.array([at_point.get(one.point, -1) for one in batch.series])[batch.code]
        column = np.array([at_parameter.get(one.parameter, -1) for one in batch.series])[batch.code]
        place = np.minimum(np.searchsorted(time, batch.time), len(time) - 1)
        inside = (row >= 0) & (column >= 0) & (time[place] == batch.time)
        where = row[inside], column[inside], place[inside]
        value[where], flag[where] = batch.value[inside], batch.flag[inside]
        below[where] = np.array([mark == BELOW_DETECTION for mark in batch.marks], np.bool_)[batch.mark[inside]]
    return Grid(tuple(points), tuple(parameters), time, value, flag, below)
