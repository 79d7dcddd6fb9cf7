"""The table of one station: an interval (or sample) a row, the newest first, with verdict and the values judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Element
from lichen.pipeline.samples import made_by
from lichen.store import Store
from lichen.vocab.clock import now_ms
from lichen.vocab.flags import is_usable
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point
from lichen.web.readings import spans, words
from lichen.web.readings.addresses import Place
from lichen.web.readings.grid import NOTHING, Grid, laid_out
from lichen.web.readings.stations import Verdict, newest, verdicts_of

#: How many rows a reader may ask for, by period; the first is the usual one.
ROWS = {
    Period.HOUR: (24, 72), Period.H8: (30, 90), Period.DAY: (31, 92), Period.SAMPLE: (24, 96),
    Period.MONTH: (24, 60), Period.QUARTER: (12, 40), Period.YEAR: (10, 30),
}  # fmt: skip
#: No value of ours begins later. [ms since 1970 UTC]
_FOREVER = 1 << 52


@dataclass(frozen=True, slots=True)
class Cell:
    """A value; `flag` None: there is none at all. `is_below`: it is a detection limit that was not reached."""

    place: Place
    value: float
    flag: int | None
    is_below: bool = False

    @property
    def text(self) -> str:
        """The value with its parameter's decimals, else what is wrong in a word."""
        if self.flag is None:
            return words.NOTHING
        if not is_usable(self.flag):
            return words.flag(self.flag)
        return ("<" + words.exact(self.value)) if self.is_below else words.number(self.place.name, self.value)

    @property
    def is_usable(self) -> bool:
        return self.flag is not None and is_usable(self.flag)

    @property
    def url(self) -> str:
        return self.place.url


@dataclass(frozen=True, slots=True)
class Row:
    """An interval or a sample. `cells` are in the order of `Table.parameters`."""

    time: int
    lasts: int
    verdict: Verdict | None
    cells: tuple[Cell, ...]

    @property
    def interval(self) -> str:
        return words.interval(self.time, self.lasts)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows from `start` until `stop`, the newest first; `newer` is where the next ones end, None: these are the newest.

    [ms since 1970 UTC]
    """

    element: Element
    period: Period
    start: int
    stop: int
    newer: int | None
    parameters: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def flags(self) -> tuple[int, ...]:
        """The flags that make values unusable here, for the legend."""
        seen = {cell.flag for row in self.rows for cell in row.cells if cell.flag is not None and not cell.is_usable}
        return tuple(sorted(seen))

    @property
    def has_gaps(self) -> bool:
        """Whether anything is not there at all."""
        return any(cell.flag is None for row in self.rows for cell in row.cells)

    @property
    def has_limits_not_reached(self) -> bool:
        """Whether a value is a detection limit."""
        return any(cell.is_below for row in self.rows for cell in row.cells)

    @property
    def is_any_exceeding(self) -> bool:
        """Whether any parameter was beyond its limit."""
        return any(row.verdict and row.verdict.exceeding for row in self.rows)


def usual_period(store: Store, element: Element, point: str) -> tuple[Period, Verdict | None]:
    """The period a station is shown by, and its newest verdict over it; without one, of what it has measured."""
    verdict = newest(store, element, [point]).get(point)
    if verdict is not None:
        return verdict.period, verdict
    periods = spans.periods_of(element)
    measured = {series.period for series in store.series(points=[point])}
    return next((period for period in periods if period in measured), periods[0]), None


def end_of(store: Store, element: Element, period: Period, point: str, verdict: Verdict | None = None) -> int:
    """Where the newest rows end: after the newest verdict, else value, else with the interval that has just ended."""
    if verdict is not None:
        return spans.end_of(period, verdict.time)
    if period in element.evaluators:
        results = store.latest_results(element.slug, period, points=[point])
        if len(results):
            return spans.end_of(period, int(results.time[0]))
    values = store.latest(points=[point], periods=[period], sources=[made_by(period)])
    return spans.end_of(period, int(values.time.max())) if len(values) else spans.start_of(now_ms(), period)


def table_of(store: Store, point: Point, element: Element, period: Period, stop: int, count: int) -> Table:
    """The `count` intervals, or samples, before `stop`; three questions to the store at most."""
    parameters = spans.inputs_of(element, period)
    # The samples of a point are few: they are read whole, so that it is known which lie before and after.
    first, last = (spans.back(stop, period, count), stop) if spans.has_intervals(period) else (0, _FOREVER)
    found = store.range(
        first, last, points=[point.id], parameters=parameters, periods=[period], sources=[made_by(period)]
    )
    verdicts: dict[int, Verdict] = {}
    if period in element.evaluators:
        results = store.results(element.slug, period, first, last, points=[point.id])
        verdicts = {verdict.time: verdict for verdict in verdicts_of(element, results)}
    if spans.has_intervals(period):
        times, newer = spans.starts(period, first, stop), _after(stop, period, count)
    else:
        every = np.union1d(found.time, np.array(list(verdicts), np.int64))
        times, newer = _samples(every, stop, count)
    grid = laid_out(found, [point.id], parameters, times)
    there = [slug for at, slug in enumerate(parameters) if (grid.flag[0, at] != NOTHING).any()]
    used = tuple(there) or parameters
    columns = [parameters.index(slug) for slug in used]
    source = made_by(period)
    rows = []
    for row, time in reversed(list(enumerate(times.tolist()))):
        cells = (_cell(Place(point.id, parameters[at], period, time, source), grid, at, row) for at in columns)
        rows.append(Row(time, spans.lasts(period, time), verdicts.get(time), tuple(cells)))
    start = first if spans.has_intervals(period) else int(times[0]) if len(times) else stop
    return Table(element, period, start, stop, newer, used, tuple(rows))


def _cell(place: Place, grid: Grid, column: int, row: int) -> Cell:
    flag = int(grid.flag[0, column, row])
    value = float(grid.value[0, column, row])
    return Cell(place, value, None if flag == NOTHING else flag, bool(grid.below[0, column, row]))


def _after(stop: int, period: Period, count: int) -> int | None:
    newer = min(spans.back(stop, period, -count), spans.start_of(now_ms(), period))
    return newer if newer > stop else None


def _samples(every: NDArray[np.int64], stop: int, count: int) -> tuple[NDArray[np.int64], int | None]:
    """The `count` samples before `stop`, and where the next ones end."""
    end = int(np.searchsorted(every, stop))
    following = every[end : end + count]
    return every[max(0, end - count) : end], int(following[-1]) + 1 if len(following) else None


def reasons(table: Table) -> list[tuple[str, str]]:
    """The legend: each mark in the table and what it means."""
    return [(words.flag(flag), words.flag_meaning(flag)) for flag in table.flags]
