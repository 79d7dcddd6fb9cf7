"""The list of stations: each point with its newest verdict, filtered and sorted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lichen.elements import ELEMENT_BY_SLUG, ELEMENTS
from lichen.elements.descriptor import Element, ResultClass
from lichen.store import Store
from lichen.vocab.clock import DAY_MS
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point, Snapshot
from lichen.web.readings import spans, words
from lichen.web.readings.addresses import Place
from lichen.web.readings.colours import swatch

#: A verdict is late when this many more intervals have ended since.
LATE_AFTER = 2
#: How many intervals before a verdict the pace of its point is looked for.
_PACES_OF = 24
#: Verdicts that show a pace: one gap alone is no habit.
_LEAST = 3
#: Points whose newest verdicts lie further apart are not looked at together. [ms]
_PACES_APART = 2 * DAY_MS
#: In the filter by class: stations without a class.
NO_CLASS = "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict as pages show it.

    Attributes
    ----------
    time, lasts : int
        Start and length of the interval judged; a sample lasts 0. [ms]
    index : float
        NaN = none.
    klass : int
        Index into the element's classes; -1 = none.
    deciding : tuple of str
        Parameters.
    note, edition : str
    exceeding : tuple of str
        Parameters beyond their limit.
    multiples : mapping slug → float
        By how many times its limit each of them exceeds it, where the standard gives that.
    """

    element: Element
    point: str
    period: Period
    time: int
    index: float
    klass: int
    deciding: tuple[str, ...]
    note: str
    edition: str
    exceeding: tuple[str, ...] = ()
    multiples: Mapping[str, float] = field(default_factory=dict)

    @property
    def lasts(self) -> int:
        return spans.lasts(self.period, self.time)

    @property
    def end(self) -> int:
        """End of the interval. [ms since 1970 UTC]"""
        return self.time + self.lasts

    @property
    def is_judged(self) -> bool:
        """Whether there is a class."""
        return self.klass >= 0

    @property
    def result_class(self) -> ResultClass | None:
        return self.element.classes[self.klass] if self.is_judged else None

    @property
    def class_word(self) -> str:
        """The official word of the class."""
        return words.class_name(self.element.classes[self.klass]) if self.is_judged else ""

    @property
    def swatch(self) -> str:
        """The style class of the official colour."""
        return swatch(self.element.slug, self.klass) if self.is_judged else ""

    @property
    def index_text(self) -> str:
        return words.index(self.index)

    @property
    def figure(self) -> str:
        """What stands for the verdict where there is room for little: the index, else the word of the class."""
        return self.class_word or words.NOTHING if math.isnan(self.index) else self.index_text

    @property
    def deciding_text(self) -> str:
        return words.joined(self.deciding)

    @property
    def note_text(self) -> str:
        """Why there is no verdict, or which rule was taken; ``note`` is what is stored."""
        return words.note(self.element, self.note)

    @property
    def exceeding_text(self) -> str:
        """The parameters beyond their limit, with the times."""
        return words.exceeding(self.exceeding, self.multiples)

    @property
    def deciding_word(self) -> str:
        """What the element calls the deciding parameters."""
        return words.deciding(self.element)

    @property
    def interval(self) -> str:
        """Which hour, day, month or sample, from when to when."""
        return words.interval(self.time, self.lasts)

    @property
    def url(self) -> str:
        """The page that explains it."""
        return Place(self.point, self.element.slug, self.period, self.time).url


@dataclass(frozen=True, slots=True)
class Station:
    """A point and its newest verdict, None before the first.

    `pace` is the usual time between its verdicts where that is known: stations of water measure every four hours. [ms]
    """

    point: Point
    verdict: Verdict | None
    now: int
    pace: int = 0

    @property
    def name(self) -> str:
        return words.point_name(self.point)

    @property
    def city(self) -> str:
        return words.city_name(self.point)

    @property
    def district(self) -> str:
        return words.district_name(self.point)

    @property
    def element(self) -> str:
        """Name of its element."""
        known = ELEMENT_BY_SLUG.get(self.point.element)
        return words.element_name(known) if known else self.point.element

    @property
    def age(self) -> str:
        """How long ago the interval judged ended."""
        return words.age(self.now - self.verdict.end) if self.verdict else ""

    @property
    def is_late(self) -> bool:
        """Whether newer verdicts should be there by now; nobody knows when the next sample will be taken."""
        verdict = self.verdict
        if verdict is None or not verdict.lasts:
            return False
        return self.now > verdict.end + LATE_AFTER * max(verdict.lasts, self.pace)

    @property
    def has_ended(self) -> bool:
        """Whether the point is out of service."""
        return self.point.valid_until is not None and self.point.valid_until <= self.now


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants to see of the list; "" = everything."""

    q: str = ""
    element: str = ""
    city: str = ""
    district: str = ""
    klass: str = ""
    ended: bool = False


def latest(store: Store, snapshot: Snapshot, now: int, slug: str = "") -> list[Station]:
    """Every point (of an element) with its newest verdict; questions to the store for each element, not each point."""
    verdicts: dict[str, Verdict] = {}
    paces: dict[str, int] = {}
    of = snapshot.point_by_id
    points = [point for point in snapshot.points if slug in ("", point.element)]
    for element in elements_present(snapshot):
        mine = [point.id for point in points if point.element == element.slug]
        found = newest(store, element, mine) if mine else {}
        late = [verdict for verdict in found.values() if Station(of[verdict.point], verdict, now).is_late]
        paces |= _paces(store, element, late)
        verdicts |= found
    return [Station(point, verdicts.get(point.id), now, paces.get(point.id, 0)) for point in points]


def _paces(store: Store, element: Element, verdicts: Sequence[Verdict]) -> dict[str, int]:
    """The usual time between the verdicts of points that seem late, from those before. [ms]"""
    found: dict[str, int] = {}
    for period in {verdict.period for verdict in verdicts if spans.is_even(verdict.period)}:
        newest_of = {verdict.point: verdict.time for verdict in verdicts if verdict.period is period}
        first, last = min(newest_of.values()), max(newest_of.values())
        if last - first > _PACES_APART:  # those that have been silent for long are late whatever their pace
            first = last - _PACES_APART
        results = store.results(
            element.slug, period, spans.back(first, period, _PACES_OF), last + 1, points=sorted(newest_of)
        )
        for code in np.unique(results.point).tolist():
            times = np.sort(results.time[results.point == code])
            if len(times) >= _LEAST:
                found[results.points[code]] = int(np.median(np.diff(times)))
    return found


def newest(store: Store, element: Element, points: Sequence[str]) -> dict[str, Verdict]:
    """The newest verdict on each point over the shortest period that it is judged over; points without one lack.

    A question to the store for each period, until every point has one.
    """
    found: dict[str, Verdict] = {}
    for period in spans.periods_judged(element):
        lacking = [point for point in points if point not in found]
        if not lacking:
            break
        results = store.latest_results(element.slug, period, points=lacking)
        found |= {verdict.point: verdict for verdict in verdicts_of(element, results)}
    return found


def replaces(new: Verdict, old: Verdict | None) -> bool:
    """Whether pages show a verdict instead of an older one: over a shorter period, or not before it."""
    if old is None:
        return True
    places = [spans.ORDER.index(one.period) for one in (new, old)]
    return places[0] < places[1] or (places[0] == places[1] and new.time >= old.time)


def verdicts_of(element: Element, results: Any) -> Iterable[Verdict]:
    """The rows of `lichen.store.Results` as verdicts."""
    multiples: dict[int, dict[str, float]] = {}
    for slug, column in results.multiples.items():
        for row in np.flatnonzero(~np.isnan(column)).tolist():
            multiples.setdefault(row, {})[slug] = float(column[row])
    for row in range(len(results)):
        yield Verdict(
            element, results.points[results.point[row]], results.period, int(results.time[row]),
            float(results.index[row]), int(results.klass[row]), results.deciding[row],
            results.note[row], results.edition[row], results.exceeding[row], multiples.get(row, {}),
        )  # fmt: skip


def chosen(stations: Iterable[Station], wanted: Wanted) -> list[Station]:
    """The stations a reader wants to see, by city, district and name."""
    found = [station for station in stations if _fits(station, wanted)]
    return sorted(found, key=lambda station: (station.city, station.district, station.name))


def index_of(station: Station) -> float | None:
    """The index of the newest verdict, None without one."""
    if station.verdict is None or math.isnan(station.verdict.index):
        return None
    return station.verdict.index


def klass_of(station: Station) -> int | None:
    """The place of the class among the element's, None without one."""
    return station.verdict.klass if station.verdict is not None and station.verdict.is_judged else None


def time_of(station: Station) -> int | None:
    """Start of the interval judged, None before the first verdict. [ms]"""
    return station.verdict.time if station.verdict else None


def _fits(station: Station, wanted: Wanted) -> bool:
    point = station.point
    text = wanted.q.casefold()
    return (
        (not text or any(text in name.casefold() for name in (point.id, point.name_zh, point.name_en, point.city)))
        and wanted.element in ("", point.element)
        and wanted.city in ("", point.city)
        and wanted.district in ("", point.district)
        and wanted.klass in ("", class_key(station))
        and (wanted.ended or not station.has_ended)
    )


def class_key(station: Station) -> str:
    """How the filter names a station's class.

    >>> class_key(Station(Point("p", "", "", "air", "urban", ""), None, 0))
    'none'
    """
    verdict = station.verdict
    return f"{verdict.element.slug}-{verdict.klass}" if verdict is not None and verdict.is_judged else NO_CLASS


def class_choices(snapshot: Snapshot) -> list[tuple[str, str]]:
    """The classes a reader can ask for, in their order."""
    elements = elements_present(snapshot)
    return [
        (
            f"{element.slug}-{number}",
            words.class_name(klass)
            if len(elements) == 1
            else f"{words.element_name(element)} {words.class_name(klass)}",
        )
        for element in elements
        for number, klass in enumerate(element.classes)
    ]


def places(snapshot: Snapshot) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The cities and the districts there are, each as (value, shown)."""
    cities = {point.city: words.city_name(point) for point in snapshot.points if point.city}
    districts = {point.district: words.district_name(point) for point in snapshot.points if point.district}
    return sorted(cities.items()), sorted(districts.items())


def elements_present(snapshot: Snapshot) -> list[Element]:
    """The elements that have a point, in the order of `ELEMENTS`."""
    present = {point.element for point in snapshot.points}
    return [element for element in ELEMENTS if element.slug in present]


def replays(stations: Sequence[Station]) -> list[tuple[str, int]]:
    """What must be said about replayed points, and of how many."""
    said: dict[str, int] = {}
    for station in stations:
        text, _ = words.replay(station.point)
        if text:
            said[text] = said.get(text, 0) + 1
    return list(said.items())
