"""The table of one station: an interval a row, the newest first, with its verdict and the values judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lichen.elements.descriptor import Element
from lichen.store import Store
from lichen.vocab.clock import DAY_MS, HOUR_MS, floor_ms, now_ms
from lichen.vocab.flags import is_usable
from lichen.vocab.periods import WIDTH_MS, Period, Source
from lichen.vocab.registry import Point
from lichen.web.readings import words
from lichen.web.readings.addresses import Place
from lichen.web.readings.stations import Verdict, verdicts_of

#: How many rows a reader may ask for, by period; the first is the usual one.
ROWS = {Period.HOUR: (24, 72), Period.DAY: (31, 92)}


@dataclass(frozen=True, slots=True)
class Cell:
    """A computed value; `flag` None: there is none at all."""

    place: Place
    value: float
    flag: int | None

    @property
    def text(self) -> str:
        """The value with its parameter's decimals, else what is wrong in a word."""
        if self.flag is None:
            return words.NOTHING
        return words.number(self.place.name, self.value) if is_usable(self.flag) else words.flag(self.flag)

    @property
    def is_usable(self) -> bool:
        return self.flag is not None and is_usable(self.flag)

    @property
    def url(self) -> str:
        return self.place.url


@dataclass(frozen=True, slots=True)
class Row:
    """An interval. `cells` are in the order of `Table.parameters`."""

    time: int
    lasts: int
    verdict: Verdict | None
    cells: tuple[Cell, ...]

    @property
    def interval(self) -> str:
        return words.interval(self.time, self.lasts)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows from `start` until `stop`, the newest first. [ms since 1970 UTC]"""

    element: Element
    period: Period
    start: int
    stop: int
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


def end_of(store: Store, element: Element, period: Period, point: str) -> int:
    """Where the newest rows end: after the newest verdict, or with the interval that has just ended."""
    newest = store.latest_results(element.slug, period, points=[point])
    if len(newest):
        return int(newest.time[0]) + WIDTH_MS[period]
    return floor(now_ms(), period)


def floor(instant: int, period: Period) -> int:
    """The start of the interval that holds the instant.

    >>> floor(HOUR_MS + 1, Period.HOUR) == HOUR_MS
    True
    """
    return int(floor_ms(np.array([instant]), HOUR_MS if period is Period.HOUR else DAY_MS)[0])


def table_of(store: Store, point: Point, element: Element, period: Period, stop: int, count: int) -> Table:
    """The `count` intervals before `stop`, three questions to the store."""
    lasts = WIDTH_MS[period]
    start = stop - count * lasts
    verdicts = {
        verdict.time: verdict
        for verdict in verdicts_of(element, store.results(element.slug, period, start, stop, points=[point.id]))
    }
    parameters = element.inputs[period]
    found = store.range(
        start, stop, points=[point.id], parameters=parameters, periods=[period], sources=[Source.COMPUTED]
    )
    values = {
        (found.series[code].parameter, time): (value, flag)
        for code, time, value, flag in zip(
            found.code.tolist(), found.time.tolist(), found.value.tolist(), found.flag.tolist(), strict=True
        )
    }
    rows = []
    for time in range(stop - lasts, start - 1, -lasts):
        cells = []
        for slug in parameters:
            value, flag = values.get((slug, time), (float("nan"), None))
            cells.append(Cell(Place(point.id, slug, period, time), value, flag))
        rows.append(Row(time, lasts, verdicts.get(time), tuple(cells)))
    used = (
        tuple(slug for at, slug in enumerate(parameters) if any(row.cells[at].flag is not None for row in rows))
        or parameters
    )
    kept = [parameters.index(slug) for slug in used]
    trimmed = tuple(Row(row.time, row.lasts, row.verdict, tuple(row.cells[at] for at in kept)) for row in rows)
    return Table(element, period, start, stop, used, trimmed)


def reasons(table: Table) -> list[tuple[str, str]]:
    """The legend: each mark in the table and what it means."""
    return [(words.flag(flag), words.flag_meaning(flag)) for flag in table.flags]
