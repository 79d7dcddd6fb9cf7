"""Surface water, as the rest of Lichen sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from lichen.elements import folder
from lichen.elements.descriptor import Element, LimitLine
from lichen.elements.site_reports import option_on
from lichen.elements.surface_water.classify import (
    AUTO_ITEMS,
    CLASSES,
    NUMBER,
    RULES,
    SATURATION,
    TARGET,
    WATER_BODY,
    class_table,
    inputs,
    single_factor,
)
from lichen.elements.surface_water.reports import REPORTS
from lichen.elements.surface_water.shelf import PARAMETERS, SHELF
from lichen.elements.surface_water.statistics import aggregations
from lichen.standards import NoStandardInForce
from lichen.vocab.periods import Period

_JUDGED = (Period.HOUR, Period.DAY, Period.MONTH, Period.QUARTER, Period.YEAR, Period.SAMPLE)
#: Items of which GB 3838 prints one row for rivers and another for lakes.
_BY_WATER_BODY = frozenset(
    row["parameter"] for edition in SHELF.of(NUMBER) for row in edition.table("table1") if row["water"]
)


def limit_lines(on: date) -> tuple[LimitLine, ...]:
    """The limits of the items of automatic stations that are alike in rivers and lakes; a limit that classes share is
    drawn once, for the worst of them. Before the first edition: none.

    >>> [(line.value, line.grade_zh) for line in limit_lines(date(2026, 1, 1))
    ...  if (line.parameter, line.period) == ("nh3n", Period.DAY)]
    [(0.15, 'Ⅰ类'), (0.5, 'Ⅱ类'), (1.0, 'Ⅲ类'), (1.5, 'Ⅳ类'), (2.0, 'Ⅴ类')]
    """
    return tuple(line for line in _lines("river", on) if line.parameter not in _BY_WATER_BODY)


def limits_of_point(attributes: Mapping[str, Any], on: date) -> tuple[LimitLine, ...]:
    """The limits of the items that depend on the type of the water, as it is registered on a day; a type that is none
    of the known has none.

    >>> [(line.value, line.grade_zh) for line in limits_of_point({"water_body": "湖库"}, date(2026, 1, 1))
    ...  if line.period == Period.DAY][:3]
    [(0.01, 'Ⅰ类'), (0.025, 'Ⅱ类'), (0.05, 'Ⅲ类')]
    """
    code = option_on(WATER_BODY, attributes, on)
    if code < 0:
        return ()
    return tuple(line for line in _lines(tuple(WATER_BODY.choices)[code], on) if line.parameter in _BY_WATER_BODY)


def _lines(water_body: str, on: date) -> tuple[LimitLine, ...]:
    try:
        edition = SHELF.in_force(NUMBER, on)
    except NoStandardInForce:
        return ()
    found = []
    for item in class_table(edition.id, water_body).only(AUTO_ITEMS).items:
        lines: dict[float, int] = {}
        for position, (low, high) in enumerate(zip(item.low, item.high, strict=True)):
            bounds = {"max": (high,), "min": (low,), "range": (low, high)}[item.direction]
            lines |= dict.fromkeys(bounds, position)
        for value, position in lines.items():
            one = CLASSES[position]
            found += [
                LimitLine(
                    item.parameter, period, value, f"{one.word}类", f"class {one.name_en}",
                    f"{edition.id} {item.clause}", item.status,
                )
                for period in _JUDGED
            ]  # fmt: skip
    return tuple(found)


SURFACE_WATER = Element(
    slug="surface_water",
    name_zh="地表水",
    name_en="surface water",
    parameters=PARAMETERS,
    point_kinds={
        "automatic_station": ("水质自动站", "automatic station"),
        "section": ("手工监测断面", "section sampled by hand"),
        "lake_point": ("湖库点位", "point in a lake or reservoir"),
        "drinking_source": ("饮用水水源地", "drinking-water source"),
        "urban_water": ("城市水体点位", "point in an urban water"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators=dict.fromkeys(_JUDGED, single_factor),
    inputs=dict.fromkeys(_JUDGED, inputs()),
    checks=folder.checks("surface_water"),
    options=(WATER_BODY, TARGET, RULES, SATURATION),
    limits=limit_lines,
    limits_of_point=limits_of_point,
    reports=REPORTS,
)
