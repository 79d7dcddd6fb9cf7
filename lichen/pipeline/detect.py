"""Step 6: what somebody should hear of. Values out, no calls up: whoever wants them gives the worker a function.

The same event may come again, after a crash or when late data touch an interval anew; `key` says which are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lichen.store import Findings, Results
from lichen.vocab.batch import Batch
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period


@dataclass(frozen=True, slots=True)
class Observed:
    """New observations of a point are in the store; `newest` is the latest interval. [ms since 1970 UTC]"""

    point: str
    period: Period
    newest: int
    count: int


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts were reached (anew)."""

    results: Results


@dataclass(frozen=True, slots=True)
class Exceedance:
    """A verdict says that a limit is exceeded (超标).

    `parameters` exceed; `klass` is an index into the element's classes, `index` NaN where the element has none.
    """

    point: str
    element: str
    period: Period
    time: int
    parameters: tuple[str, ...]
    klass: int
    index: float
    edition: str
    clause: str
    version: int

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for the same exceedance."""
        return ("exceedance", self.element, self.point, self.period, str(self.time))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong with the data of a point.

    Attributes
    ----------
    kind : str
        ``mark`` (the sender marked its values unusable), ``range``, ``stuck``, ``clock`` (DataTime after receipt),
        ``missing`` (too few valid values for an interval that is over), ``silent`` (nothing since `start`).
    point, parameter : str
        `parameter` "" = all.
    period : Period or None
    start, stop : int
        First and last interval concerned. [ms since 1970 UTC]
    detail : str
        The mark, or the lead of the clock [ms].
    """

    kind: str
    point: str
    parameter: str
    period: Period | None
    start: int
    stop: int
    detail: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for the same fault."""
        return ("fault", self.kind, self.point, self.parameter, self.period or "", str(self.start), self.detail)


Event = Observed | Judged | Exceedance | Fault


def observed(batch: Batch) -> Iterator[Observed]:
    """What came in, by point and period."""
    found: dict[tuple[str, Period], tuple[int, int]] = {}
    if not len(batch):
        return
    count = np.bincount(batch.code, minlength=len(batch.series))
    newest = np.zeros(len(batch.series), dtype=np.int64)
    np.maximum.at(newest, batch.code, batch.time)
    for code, series in enumerate(batch.series):
        if count[code]:
            seen, so_far = found.get((series.point, series.period), (0, 0))
            found[series.point, series.period] = seen + int(count[code]), max(so_far, int(newest[code]))
    for (point, period), (seen, last) in found.items():
        yield Observed(point, period, last, seen)


def exceedances(results: Results) -> Iterator[Exceedance]:
    """The verdicts that exceed."""
    for row, names in enumerate(results.exceeding):
        if not names:
            continue
        yield Exceedance(
            results.points[results.point[row]], results.element, results.period, int(results.time[row]),
            names, int(results.klass[row]), float(results.index[row]),
            results.edition[row], results.clause[row], int(results.version[row]),
        )  # fmt: skip


def faults(kind: str, batch: Batch, rows: NDArray[np.int64]) -> Iterator[Fault]:
    """Rows of a batch as faults, one for each series and mark."""
    span: dict[tuple[int, int], tuple[int, int]] = {}
    for row in rows.tolist():
        key = int(batch.code[row]), int(batch.mark[row])
        time = int(batch.time[row])
        first, last = span.get(key, (time, time))
        span[key] = min(first, time), max(last, time)
    for (code, mark), (first, last) in span.items():
        series = batch.series[code]
        yield Fault(kind, series.point, series.parameter, series.period, first, last, batch.marks[mark])


def marked(batch: Batch) -> NDArray[np.int64]:
    """The rows whose sender said that they are no good."""
    said = np.array([bool(mark) for mark in batch.marks], dtype=bool)[batch.mark]
    return np.flatnonzero(said & (batch.flag >= Flag.SUSPECT))


def stuck(found: Iterable[Findings]) -> Iterator[Fault]:
    """Values that stayed equal too long."""
    for findings in found:
        batch = findings.as_batch()
        yield from faults("stuck", batch, np.flatnonzero(batch.flag > Flag.GOOD))


def clocks(ahead: Mapping[str, int], received: int) -> Iterator[Fault]:
    """Points whose clock is ahead, and how far. [ms]"""
    for point, lead in ahead.items():
        yield Fault("clock", point, "", None, received, received, str(lead))


def missing(batch: Batch) -> Iterator[Fault]:
    """Computed intervals for which there were too few valid values."""
    return faults("missing", batch, np.flatnonzero(batch.flag == Flag.MISSING))


def silent(latest: Batch, expected: Iterable[str], since: int) -> Iterator[Fault]:
    """Points that should send and have sent nothing since an instant.

    Parameters
    ----------
    latest : Batch
        The newest reported observation of each series.
    expected : iterable of str
        Points with a device in service.
    since : int
        [ms since 1970 UTC]
    """
    last: dict[str, int] = {}
    for code, time in zip(latest.code.tolist(), latest.time.tolist(), strict=True):
        point = latest.series[code].point
        last[point] = max(last.get(point, 0), time)
    for point in expected:
        if last.get(point, 0) < since:
            yield Fault("silent", point, "", None, last.get(point, 0), since)
