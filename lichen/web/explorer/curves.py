"""The curves of a chart: the values in force, thinned where there are too many, with what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.store import AsOf, Store
from lichen.vocab.batch import Series
from lichen.vocab.flags import LAST_USABLE
from lichen.vocab.periods import Period
from lichen.vocab.registry import Snapshot
from lichen.web.explorer.asked import key_of
from lichen.web.explorer.thinning import thinned
from lichen.web.readings import words


@dataclass(frozen=True, slots=True)
class Curve:
    """One series over the span; arrays of n rows. `flag` is the one in force, `step` the width of an interval or,
    where none is known, 0. [ms]"""

    series: Series
    name: str
    unit: str
    step: int
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    flag: NDArray[np.uint8]
    version: NDArray[np.uint64]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which rows count."""
        return (self.flag <= LAST_USABLE) & ~np.isnan(self.value)

    @property
    def summary(self) -> dict[str, Any]:
        """Count, smallest, mean and largest of the values that count, as text."""
        counted = self.value[self.usable]
        slug = self.series.parameter
        least, mean, most = (
            words.number(slug, float(of(counted)) if len(counted) else None) for of in (np.min, np.mean, np.max)
        )
        return {
            "rows": len(self.time), "counted": len(counted), "least": least, "mean": mean, "most": most,
            "thinned": len(thinned(self.time, self.value)) < len(self.time),
        }  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """What the chart draws: the line (usable values, null elsewhere) and the others beside it."""
        usable = self.usable
        time, line = with_gaps(self.time, np.where(usable, self.value, np.nan), self.step)
        kept = thinned(time, line)
        wrong = np.flatnonzero(~usable & ~np.isnan(self.value))
        return {
            "key": key_of(self.series),
            "name": self.name,
            "unit": self.unit,
            "apart": self.series.period is Period.SAMPLE,
            "rows": len(self.time),
            "drawn": min(len(kept), len(self.time)),
            "line": _pairs(time[kept], line[kept]),
            "wrong": [
                [int(time), float(value), words.flag(int(flag))]
                for time, value, flag in zip(
                    *(of[wrong][:2000] for of in (self.time, self.value, self.flag)), strict=True
                )
            ],
        }


def with_gaps(
    time: NDArray[np.int64], value: NDArray[np.float64], step: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The same with a row without value where intervals are missing, so that a line breaks there.

    >>> times, values = with_gaps(np.array([0, 10, 50]), np.array([1.0, 2.0, 3.0]), 10)
    >>> times.tolist(), values.tolist()
    ([0, 10, 20, 50], [1.0, 2.0, nan, 3.0])
    """
    if not step or len(time) < 2:
        return time, value
    before = np.flatnonzero(np.diff(time) > 1.5 * step)
    return np.insert(time, before + 1, time[before] + step), np.insert(value, before + 1, np.nan)


def _pairs(time: NDArray[np.int64], value: NDArray[np.float64]) -> list[list[int | float | None]]:
    return [
        [moment, None if number != number else number]
        for moment, number in zip(time.tolist(), value.tolist(), strict=True)
    ]


def curves(
    store: Store, snapshot: Snapshot, series: tuple[Series, ...], start: int, stop: int, known: AsOf | None
) -> Iterator[Curve]:
    """The curves in the order asked for, one question to the store each."""
    for one in series:
        found = store.range(
            start, stop, points=[one.point], parameters=[one.parameter], periods=[one.period], sources=[one.source],
            stats=[one.stat], as_of=known,
        )  # fmt: skip
        step = words.width(one.period, one.point, start, snapshot)
        yield Curve(
            one, name_of(one, snapshot), words.unit(one.parameter), step, found.time, found.value, found.flag,
            found.version,
        )  # fmt: skip


def name_of(series: Series, snapshot: Snapshot) -> str:
    """A series for people."""
    point = snapshot.point_by_id.get(series.point)
    parts = [
        words.point_name(point) if point else series.point,
        words.parameter_name(series.parameter),
        words.period(series.period),
    ]
    if series.stat != "avg":
        parts.append(words.stat(series.stat))
    return " · ".join(parts)
