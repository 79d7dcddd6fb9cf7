"""Vibration, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date

from lichen.elements import folder
from lichen.elements.descriptor import Aggregation, Element
from lichen.elements.vibration.compliance import CHECKS, CLASSES, LIMIT_DAY, LIMIT_NIGHT, QUANTITY, SYMBOL, evaluate
from lichen.vocab.periods import Period

_RULES = folder.shelf("vibration").edition("measuring-rules")
_AGGREGATIONS = tuple(
    Aggregation(
        (row["parameters"],), None, Period(row["source"]), Period(row["period"]), row["method"], int(row["needed"]),
        f"{_RULES.id}: {row['clause']}",
    )
    for row in _RULES.table("validity")
)  # fmt: skip
_INPUTS = tuple(SYMBOL)


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """The largest level of hours and days; of the other quantities no rule is at hand."""
    return _AGGREGATIONS


VIBRATION = Element(
    slug="vibration",
    name_zh="环境振动",
    name_en="vibration",
    parameters=_INPUTS,
    point_kinds={
        "area": ("区域环境振动监测点", "area vibration point"),
        "railway": ("铁路、轨道交通振动监测点", "railway vibration point"),
        "boundary": ("厂界、施工场界振动监测点", "boundary of a source"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={Period.HOUR: evaluate, Period.SAMPLE: evaluate},
    inputs={Period.HOUR: _INPUTS, Period.SAMPLE: _INPUTS},
    checks=CHECKS,
    options=(QUANTITY, LIMIT_DAY, LIMIT_NIGHT),
    deciding_zh="超标项目",
    deciding_en="exceeding",
)
