"""The tables of results of the demo: what laboratories and other departments bring, as the files they bring."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lichen.demo.made import draw, gamma_hours
from lichen.demo.points import parties, places
from lichen.demo.sections import section_values, sections
from lichen.elements import ELEMENT_BY_SLUG
from lichen.pipeline.sheets.template import heads_of
from lichen.vocab.clock import HOUR_MS, beijing
from lichen.vocab.periods import Period

#: How much a laboratory's number varies from one time to the next, as part of it.
_VARIES = 0.03
_SECTION_HOURS, _GAMMA_HOURS = 96, 14 * 24

#: Point, time [ms since 1970 UTC], cells by parameter.
Row = tuple[str, int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class File:
    """A file to be brought: its name and bytes, of which element, what its results stand for, whose account."""

    name: str
    body: bytes
    element: str
    period: Period
    by: str


def files_of(started: int) -> tuple[File, ...]:
    """Every file of a demo first started at that instant. [ms since 1970 UTC] The same instant gives the same bytes.

    >>> len(files_of(1_780_000_000_000)) > 8
    True
    """
    laboratory = next(party.account for party in parties() if party.kind == "laboratory")
    found = [_file("国家地表水断面4小时数据.csv", "surface_water", Period.HOUR, "water-department", _sections(started))]
    rows = [
        (place.element, place.id, sample.time, _cells(place.id, sample.time, sample.values))
        for place in places()
        for sample in place.samples(started)
    ]
    rows.sort(key=lambda row: row[0])
    for element, mine in groupby(rows, key=lambda row: row[0]):
        name = f"{ELEMENT_BY_SLUG[element].name_zh}监测结果（示范）.csv"
        found.append(_file(name, element, Period.SAMPLE, laboratory, [row[1:] for row in mine]))
    for place in places():
        if place.hours:
            hours = gamma_hours(place.id, started, _GAMMA_HOURS)
            name = f"{ELEMENT_BY_SLUG[place.element].name_zh}小时值（示范）.csv"
            of_hours: list[Row] = [(place.id, time, values) for time, values in hours]
            found.append(_file(name, place.element, Period.HOUR, laboratory, of_hours))
    return tuple(found)


def _sections(started: int) -> Iterable[Row]:
    last = started // HOUR_MS * HOUR_MS
    for section in sections():
        if section.road != "table":
            continue
        values = section_values(section.id, started)
        for at in range(last - _SECTION_HOURS * HOUR_MS, last, HOUR_MS):
            if (hour := values.hour(at)) and not values.is_maintained(at):
                yield section.id, at, hour


def _cells(point: str, time: int, values: Mapping[str, str | float]) -> Mapping[str, str]:
    """Numbers as a laboratory writes them; those of ``points.toml`` that stand for all times vary a little."""
    cells = {}
    for slug, value in values.items():
        if isinstance(value, float | int):
            varied = value * (1 + _VARIES * draw(point, slug, beijing(time).date()))
            cells[slug] = f"{varied:.{_decimals(value)}f}"
        else:
            cells[slug] = value
    return cells


def _decimals(value: float) -> int:
    """As many as the number was given with; one at least below 100."""
    return max(len(f"{value:g}".partition(".")[2]), 0 if abs(value) >= 100 else 1)


def _file(name: str, element: str, period: Period, by: str, rows: Iterable[Row]) -> File:
    rows = sorted(rows, key=lambda row: (row[1], row[0]))
    there = {slug for _, _, cells in rows for slug in cells}
    slugs: Sequence[str] = [slug for slug in ELEMENT_BY_SLUG[element].parameters if slug in there]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads_of(ELEMENT_BY_SLUG[element], slugs))
    for point, time, cells in rows:
        writer.writerow([point, f"{beijing(time):%Y-%m-%d %H:%M}", *(cells.get(slug, "") for slug in slugs)])
    return File(name, ("\ufeff" + out.getvalue()).encode(), element, period, by)
