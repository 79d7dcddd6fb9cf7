"""Weather and hydrology, which support the other elements: values without verdicts."""

from __future__ import annotations

from datetime import date

from lichen.elements import folder
from lichen.elements.descriptor import Aggregation, Element
from lichen.vocab.periods import Period

PARAMETERS = tuple(folder.symbols("weather"))
_RULES = folder.shelf("weather").edition("aggregation-rules")
_AGGREGATIONS = tuple(
    Aggregation(
        tuple(row["parameters"].split(" ")), None, Period(row["source"]), Period(row["period"]), row["method"],
        int(row["needed"]), f"{_RULES.id}: {row['clause']}",
    )
    for row in _RULES.table("validity")
)  # fmt: skip


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """Hours of minutes and days of hours, on any day.

    >>> [(a.source.value, a.method) for a in aggregations(date(2026, 3, 1)) if "precipitation" in a.parameters]
    [('minute', 'sum'), ('hour', 'sum')]
    """
    return _AGGREGATIONS


WEATHER = Element(
    slug="weather",
    name_zh="气象水文",
    name_en="weather and hydrology",
    parameters=PARAMETERS,
    point_kinds={
        "weather": ("气象站", "weather station"),
        "hydrology": ("水文站", "gauging station"),
    },
    classes=(),
    aggregations=aggregations,
    evaluators={},
    inputs={},
    checks=folder.checks("weather"),
)
