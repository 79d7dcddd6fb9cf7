"""Observations on a regular grid: point × parameter × interval, as charts and places need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lichen.store import Store
from lichen.vocab.batch import Batch
from lichen.vocab.flags import is_usable
from lichen.vocab.periods import WIDTH_MS, Period, Source

#: Where nothing was computed at all; every flag is smaller.
NOTHING = 255


@dataclass(frozen=True, slots=True)
class Grid:
    """Values of some points.

    Attributes
    ----------
    points, parameters : tuple of str
    time : ndarray (n,) int64
        Start of each interval, rising. [ms since 1970 UTC]
    value : ndarray (points, parameters, n) float64
        NaN = none. [each parameter's unit]
    flag : ndarray (points, parameters, n) uint8
        In force; `NOTHING` where there is no row.
    """

    points: tuple[str, ...]
    parameters: tuple[str, ...]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    flag: NDArray[np.uint8]

    @property
    def usable(self) -> NDArray[np.float64]:
        """`value` where it counts, else NaN; same shape."""
        counts = np.array([flag != NOTHING and is_usable(flag) for flag in range(256)])
        return np.where(counts[self.flag], self.value, np.nan)


def grid_of(
    store: Store, points: Sequence[str], parameters: Sequence[str], period: Period, start: int, stop: int,
    source: Source = Source.COMPUTED,
) -> Grid:  # fmt: skip
    """The values of some points from `start` until `stop`, which are starts of intervals; one question to the store."""
    found = store.range(start, stop, points=points, parameters=parameters, periods=[period], sources=[source])
    return laid_out(found, points, parameters, period, start, stop)


def laid_out(
    batch: Batch, points: Sequence[str], parameters: Sequence[str], period: Period, start: int, stop: int
) -> Grid:
    """A batch on the grid; rows beside it are left out."""
    time = np.arange(start, stop, WIDTH_MS[period], dtype=np.int64)
    shape = (len(points), len(parameters), len(time))
    value, flag = np.full(shape, np.nan), np.full(shape, NOTHING, np.uint8)
    if len(batch) and len(time):
        at_point = {point: number for number, point in enumerate(points)}
        at_parameter = {slug: number for number, slug in enumerate(parameters)}
        row = np.array([at_point.get(one.point, -1) for one in batch.series])[batch.code]
        column = np.array([at_parameter.get(one.parameter, -1) for one in batch.series])[batch.code]
        place, beside = np.divmod(batch.time - start, WIDTH_MS[period])
        inside = (row >= 0) & (column >= 0) & (beside == 0) & (place >= 0) & (place < len(time))
        where = row[inside], column[inside], place[inside]
        value[where], flag[where] = batch.value[inside], batch.flag[inside]
    return Grid(tuple(points), tuple(parameters), time, value, flag)
