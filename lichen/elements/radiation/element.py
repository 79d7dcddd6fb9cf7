"""Radiation, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date

from lichen.elements.descriptor import Aggregation, Element
from lichen.elements.radiation.judgement import (
    CHECKS,
    CLASSES,
    GAMMA_INPUTS,
    OPTIONS,
    WATER_INPUTS,
    evaluate,
    limits_of_point,
)
from lichen.elements.radiation.reports import REPORTS
from lichen.elements.radiation.shelf import SHELF, SYMBOL
from lichen.vocab.periods import Period

_RULES = SHELF.edition("monitoring-rules")
_AGGREGATIONS = tuple(
    Aggregation(
        (row["parameters"],), None, Period(row["source"]), Period(row["period"]), row["method"], int(row["needed"]),
        f"{_RULES.id}: {row['clause']}",
    )
    for row in _RULES.table("validity")
)  # fmt: skip


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """Hours of minutes and days of hours, on any day; how many are enough is ours."""
    return _AGGREGATIONS


RADIATION = Element(
    slug="radiation",
    name_zh="辐射环境",
    name_en="radiation",
    parameters=tuple(SYMBOL),
    point_kinds={
        "gamma_station": ("辐射环境自动监测站", "automatic gamma station"),
        "gamma_field": ("陆地γ辐射监测点", "terrestrial gamma point"),
        "radioactive_water": ("水体放射性监测点", "radioactivity of water"),
        "facility": ("核与辐射设施外围监测点", "point around a facility"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={Period.HOUR: evaluate, Period.DAY: evaluate, Period.SAMPLE: evaluate},
    inputs={Period.HOUR: GAMMA_INPUTS, Period.DAY: GAMMA_INPUTS, Period.SAMPLE: (*GAMMA_INPUTS, *WATER_INPUTS)},
    checks=CHECKS,
    options=OPTIONS,
    limits_of_point=limits_of_point,
    reports=REPORTS,
    deciding_zh="升高项目",
    deciding_en="raised",
)
