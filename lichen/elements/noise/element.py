"""Noise, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date

from lichen.elements.descriptor import Aggregation, Element
from lichen.elements.noise.compliance import CHECKS, CLASSES, DAY_INPUTS, SPOT_INPUTS, evaluate_day, evaluate_spot
from lichen.elements.noise.limits import PEAK, SUBJECT, ZONE, limits_of_point
from lichen.elements.noise.reports import REPORTS
from lichen.elements.noise.shelf import SHELF, SYMBOL
from lichen.vocab.periods import Period

_RULES = SHELF.edition("monitoring-rules")
_AGGREGATIONS = tuple(
    Aggregation(
        (row["parameters"],), row["source_parameter"] or None, Period(row["source"]), Period(row["period"]),
        row["method"], int(row["needed"]), f"{_RULES.id}: {row['clause']}", first_hour=int(row["first_hour"]),
        last_hour=int(row["last_hour"]),
    )
    for row in _RULES.table("validity")
)  # fmt: skip


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """Hours of minutes, and the day and night levels of hours, on any day; how many are enough is ours.

    >>> [(a.first_hour, a.last_hour, a.needed) for a in aggregations(date(2026, 3, 1)) if a.parameters == ("ln",)]
    [(23, 6, 6)]
    """
    return _AGGREGATIONS


NOISE = Element(
    slug="noise",
    name_zh="声环境",
    name_en="noise",
    parameters=tuple(SYMBOL),
    point_kinds={
        "functional_zone": ("功能区声环境监测点", "functional-zone station"),
        "regional": ("区域声环境监测点", "regional grid point"),
        "road": ("道路交通声环境监测点", "road-traffic point"),
        "boundary": ("厂界噪声监测点", "boundary of a source"),
        "construction": ("建筑施工场界监测点", "construction-site boundary"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={Period.HOUR: evaluate_spot, Period.DAY: evaluate_day, Period.SAMPLE: evaluate_spot},
    inputs={Period.HOUR: SPOT_INPUTS, Period.DAY: DAY_INPUTS, Period.SAMPLE: SPOT_INPUTS},
    checks=CHECKS,
    options=(SUBJECT, ZONE, PEAK),
    limits_of_point=limits_of_point,
    reports=REPORTS,
    deciding_zh="超标项目",
    deciding_en="exceeding",
)
