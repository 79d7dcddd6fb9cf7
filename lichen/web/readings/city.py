"""A city: its own value from its stations' (by the element's rule for places), the ranking, the districts, the days."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.utils.translation import gettext as _

from lichen.elements.descriptor import Element, Evaluation, PlaceMean, ResultClass, Samples, word_sets
from lichen.pipeline.samples import made_by
from lichen.store import Store
from lichen.vocab.clock import beijing_day, day_start_ms, format_digits
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point, Snapshot
from lichen.web.readings import map_frames, spans, words
from lichen.web.readings.addresses import Place
from lichen.web.readings.grid import NOTHING, Grid, grid_of
from lichen.web.readings.rules import Citation, citations
from lichen.web.readings.stations import Station, Verdict, elements_present, newest, verdicts_of
from lichen.web.readings.table import Cell

#: How far back the newest interval that could be judged is looked for.
LOOK_BACK = 48


@dataclass(frozen=True, slots=True)
class Judged:
    """A place over n intervals: its values, and a verdict for each, None where nothing could be said."""

    mean: PlaceMean
    evaluation: Evaluation
    verdicts: tuple[Verdict | None, ...]

    def last(self) -> int:
        """Which is the newest with a class; -1 = none."""
        return max((at for at, one in enumerate(self.verdicts) if one is not None and one.is_judged), default=-1)


@dataclass(frozen=True, slots=True)
class PlaceValue:
    """A value of a place in one interval, and how many stations it is made of."""

    slug: str
    value: float
    valid: int
    needed: int

    @property
    def text(self) -> str:
        return words.number(self.slug, self.value)


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A city or a district in one interval; `district` is its registered name, "" of a city."""

    name: str
    stations: int
    verdict: Verdict | None
    values: tuple[PlaceValue, ...]
    district: str = ""


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station in the ranking; equal indices (without an index: classes) share a `rank`, 0 = not ranked."""

    rank: int
    point: Point
    verdict: Verdict | None
    cells: tuple[Cell, ...]
    counts: bool

    @property
    def name(self) -> str:
        return words.point_name(self.point)

    @property
    def district(self) -> str:
        return words.district_name(self.point)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the city."""

    time: int
    verdict: Verdict
    values: tuple[PlaceValue, ...]

    @property
    def iso(self) -> str:
        return beijing_day(self.time).isoformat()

    @property
    def digits(self) -> str:
        """As addresses name it."""
        return format_digits(self.time)


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many days had a class."""

    klass: ResultClass
    number: int
    days: int

    @property
    def word(self) -> str:
        return words.class_name(self.klass)


@dataclass(frozen=True, slots=True)
class City:
    """What the page of a city shows of one element.

    `row` is None where the element has no value of a place or no station counts; `time` is the interval compared, None
    where each station is shown by its own newest verdict.
    """

    name: str
    element: Element
    period: Period | None
    time: int | None
    parameters: tuple[str, ...]
    row: PlaceRow | None
    districts: tuple[PlaceRow, ...]
    ranking: tuple[StationRow, ...]
    citations: tuple[Citation, ...]
    year: int
    days: tuple[Day, ...]
    counts: tuple[ClassCount, ...]

    @property
    def interval(self) -> str:
        if self.time is None or self.period is None:
            return _("newest results")
        return words.interval(self.time, spans.lasts(self.period, self.time))

    @property
    def digits(self) -> str:
        """The interval compared, as addresses name it."""
        return "" if self.time is None else format_digits(self.time)

    @property
    def has_place_value(self) -> bool:
        """Whether the element makes a value of the city of those of its stations."""
        return self.element.place_mean is not None

    @property
    def rank_name(self) -> str:
        return self.element.index_name or words.element_name(self.element)

    @property
    def has_districts(self) -> bool:
        """Whether any station says in which district it stands."""
        return any(row.point.district for row in self.ranking)

    @property
    def is_any_judged(self) -> bool:
        """Whether there is a day with a class."""
        return self.without_class < len(self.days)

    @property
    def without_class(self) -> int:
        """Days with values that could not be judged."""
        return sum(not day.verdict.is_judged for day in self.days)

    @property
    def summary(self) -> tuple[str, ...]:
        """The city in a sentence or two."""
        told = {"city": self.name, "interval": self.interval, "index_name": self.rank_name, "year": self.year}
        said = []
        if self.element.place_mean is None:
            known = [Station(row.point, row.verdict, 0) for row in self.ranking]
            return tuple(one.text for one in map_frames.summaries(known, map_frames.newest_time(known)))
        verdict = self.row.verdict if self.row else None
        if self.row is not None and verdict is not None and verdict.is_judged:
            told |= {"index": verdict.index_text, "klass": verdict.class_word, "deciding": verdict.deciding_text}
            if verdict.deciding:
                said.append(
                    _("%(city)s, %(interval)s: %(index_name)s %(index)s, %(klass)s; deciding: %(deciding)s.") % told
                )
            else:
                said.append(_("%(city)s, %(interval)s: %(index_name)s %(index)s, %(klass)s.") % told)
            said.append(_("Made from the values of %(stations)s stations.") % {"stations": self.row.stations})
        elif self.row is not None:
            said.append(_("%(city)s, %(interval)s: too few stations were valid for a value of the city.") % told)
        else:
            said.append(_("%(city)s has no station whose values count for the city.") % told)
        if judged := sum(day.verdict.is_judged for day in self.days):
            classes = (", " if words.in_english() else "、").join(
                f"{one.word} {one.days}" for one in self.counts if one.days
            )
            told |= {"days": judged, "classes": classes}
            said.append(_("Days judged in %(year)s: %(days)s (%(classes)s).") % told)
        return tuple(said)


def points_of(snapshot: Snapshot, city: str, now: int) -> list[Point]:
    """The points in service in a city, named in Chinese or English; empty where there is none."""
    wanted = city.casefold()
    return [
        point
        for point in snapshot.points
        if point.city
        and wanted in (point.city.casefold(), str(point.attributes.get("city_en", "")).casefold())
        and (point.valid_until is None or point.valid_until > now)
    ]


def elements_of(snapshot: Snapshot, points: Sequence[Point]) -> list[Element]:
    """The elements measured there."""
    present = {point.element for point in points}
    return [element for element in elements_present(snapshot) if element.slug in present]


def judge(element: Element, grid: Grid, points: Sequence[Point], period: Period) -> Judged | None:
    """The values and verdicts of a place, of those stations in `points`; None where none counts."""
    if element.place_mean is None or not points:
        return None
    rows = [grid.points.index(point.id) for point in points]
    usable = grid.usable
    columns = {slug: usable[rows, number] for number, slug in enumerate(grid.parameters)}
    mean = element.place_mean(columns, [point.kind for point in points], grid.time)
    if mean is None:
        return None
    found = element.evaluators[period](Samples(mean.columns, grid.time))
    sets, code = word_sets(found.deciding, len(grid.time))
    there = np.any([~np.isnan(mean.columns[slug]) for slug in grid.parameters], axis=0)
    verdicts = tuple(
        Verdict(
            element, "", period, time, float(found.index[at]), int(found.klass[at]),
            sets[code[at]], found.notes[found.note[at]], found.edition[found.edition_code[at]],
        )
        if there[at]
        else None
        for at, time in enumerate(grid.time.tolist())
    )  # fmt: skip
    return Judged(mean, found, verdicts)


def row_of(name: str, judged: Judged, at: int, parameters: Sequence[str], district: str = "") -> PlaceRow:
    """One interval of a place."""
    mean = judged.mean
    values = tuple(
        PlaceValue(slug, float(mean.columns[slug][at]), int(mean.valid[slug][at]), int(mean.needed[at]))
        for slug in parameters
    )
    return PlaceRow(name, int(mean.counted.sum()), judged.verdicts[at], values, district)


def days_of(store: Store, element: Element, points: Sequence[Point], year: int, now: int) -> tuple[Day, ...]:
    """The days of a year of which there are values, the oldest first; one question to the store."""
    if Period.DAY not in element.evaluators:
        return ()
    start = day_start_ms(date(year, 1, 1))
    stop = min(day_start_ms(date(year + 1, 1, 1)), spans.start_of(now, Period.DAY))
    if stop <= start:
        return ()
    grid = grid_of(store, [point.id for point in points], element.inputs[Period.DAY], Period.DAY, start, stop)
    judged = judge(element, grid, points, Period.DAY)
    if judged is None:
        return ()
    rows = (row_of("", judged, at, grid.parameters) for at in range(len(grid.time)))
    return tuple(Day(row.verdict.time, row.verdict, row.values) for row in rows if row.verdict is not None)


def city_of(store: Store, element: Element, points: Sequence[Point], year: int, now: int) -> City:
    """All that the page of a city says of one element; a few questions to the store, however many stations."""
    periods = [period for period in spans.periods_judged(element) if spans.is_even(period)]
    if element.place_mean is None or not periods:
        return _stations_alone(store, element, points, year)
    period = periods[0]
    stop = spans.start_of(now, period)
    ids = [point.id for point in points]
    grid = grid_of(store, ids, element.inputs[period], period, spans.back(stop, period, LOOK_BACK), stop)
    judged = judge(element, grid, points, period)
    at = _interval_compared(grid, judged)
    time = int(grid.time[at])
    parameters = (
        tuple(slug for number, slug in enumerate(grid.parameters) if (grid.flag[:, number] != NOTHING).any())
        or grid.parameters
    )
    verdicts = {
        verdict.point: verdict
        for verdict in verdicts_of(element, store.results(element.slug, period, time, time + 1, points=ids))
    }
    days = days_of(store, element, points, year, now)
    return City(
        name=words.city_name(points[0]), element=element, period=period, time=time, parameters=parameters,
        row=row_of(words.city_name(points[0]), judged, at, parameters) if judged else None,
        districts=tuple(_districts(element, grid, points, period, at, parameters)),
        ranking=ranked(points, verdicts, grid, period, at, parameters, judged),
        citations=citations(element, judged.mean.clause) if judged else (),
        year=year, days=days,
        counts=tuple(
            ClassCount(klass, number, sum(day.verdict.klass == number for day in days))
            for number, klass in enumerate(element.classes)
        ),
    )  # fmt: skip


def _stations_alone(store: Store, element: Element, points: Sequence[Point], year: int) -> City:
    """A city of which there is no value of its own: each station with its newest verdict and the values judged."""
    verdicts = newest(store, element, [point.id for point in points])
    values: dict[tuple[str, str], Cell] = {}
    for period in {verdict.period for verdict in verdicts.values()}:
        mine = {verdict.point: verdict.time for verdict in verdicts.values() if verdict.period is period}
        grid = grid_of(
            store, sorted(mine), spans.inputs_of(element, period), period, min(mine.values()),
            spans.end_of(period, max(mine.values())),
        )  # fmt: skip
        for row, point in enumerate(grid.points):
            at = int(np.searchsorted(grid.time, mine[point]))
            if at == len(grid.time) or grid.time[at] != mine[point]:
                continue
            for column in np.flatnonzero(grid.flag[row, :, at] != NOTHING).tolist():
                slug = grid.parameters[column]
                values[point, slug] = Cell(
                    Place(point, slug, period, mine[point], made_by(period)), float(grid.value[row, column, at]),
                    int(grid.flag[row, column, at]), bool(grid.below[row, column, at]),
                )  # fmt: skip
    parameters = tuple(slug for slug in element.parameters if any(slug == of for _point, of in values))
    rows = [
        (rank, point, tuple(values.get((point.id, slug)) or _nothing(point, slug) for slug in parameters))
        for rank, point in _ranks(points, verdicts)
    ]
    return City(
        name=words.city_name(points[0]), element=element, period=None, time=None, parameters=parameters, row=None,
        districts=(),
        ranking=tuple(StationRow(rank, point, verdicts.get(point.id), cells, False) for rank, point, cells in rows),
        citations=(), year=year, days=(), counts=(),
    )  # fmt: skip


def _nothing(point: Point, slug: str) -> Cell:
    return Cell(Place(point.id, slug, Period.SAMPLE, 0), math.nan, None)


def _ranks(points: Sequence[Point], verdicts: dict[str, Verdict]) -> list[tuple[int, Point]]:
    """From the best class, or the lowest index, to the worst; equal ones share a rank, those without come last."""

    def place(point: Point) -> tuple[float, float]:
        verdict = verdicts.get(point.id)
        if verdict is None or not verdict.is_judged:
            return math.inf, math.inf
        return (verdict.klass, 0.0) if math.isnan(verdict.index) else (0.0, verdict.index)

    ordered = sorted(points, key=lambda point: (place(point), words.point_name(point)))
    places = [place(point) for point in ordered]
    return [
        (0 if math.isinf(one[0]) else places.index(one) + 1, point) for point, one in zip(ordered, places, strict=True)
    ]


def _interval_compared(grid: Grid, judged: Judged | None) -> int:
    """The newest interval in which the city has a class, else in which anything was computed, else the last."""
    if judged is not None and judged.last() >= 0:
        return judged.last()
    anything = np.flatnonzero((grid.flag != NOTHING).any(axis=(0, 1)))
    return int(anything[-1]) if len(anything) else len(grid.time) - 1


def _districts(
    element: Element, grid: Grid, points: Sequence[Point], period: Period, at: int, parameters: Sequence[str]
) -> Iterator[PlaceRow]:
    for district in sorted({point.district for point in points if point.district}):
        mine = [point for point in points if point.district == district]
        judged = judge(element, grid, mine, period)
        if judged is not None:
            yield row_of(words.district_name(mine[0]), judged, at, parameters, district)


def ranked(
    points: Sequence[Point], verdicts: dict[str, Verdict], grid: Grid, period: Period, at: int,
    parameters: Sequence[str], judged: Judged | None,
) -> tuple[StationRow, ...]:  # fmt: skip
    """From the lowest index to the highest; stations without one come last."""
    counted = judged.mean.counted if judged is not None else np.zeros(len(points), np.bool_)
    time = int(grid.time[at])
    columns = [grid.parameters.index(slug) for slug in parameters]

    def index(number: int) -> float:
        verdict = verdicts.get(points[number].id)
        return math.inf if verdict is None or math.isnan(verdict.index) else verdict.index

    order = sorted(range(len(points)), key=lambda number: (index(number), words.point_name(points[number])))
    ordered = [index(number) for number in order]
    found = []
    for number in order:
        point = points[number]
        flags = grid.flag[number, columns, at].tolist()
        values = grid.value[number, columns, at].tolist()
        cells = tuple(
            Cell(Place(point.id, slug, period, time), value, None if flag == NOTHING else flag)
            for slug, value, flag in zip(parameters, values, flags, strict=True)
        )
        rank = 0 if math.isinf(index(number)) else ordered.index(index(number)) + 1
        found.append(StationRow(rank, point, verdicts.get(point.id), cells, bool(counted[number])))
    return tuple(found)
