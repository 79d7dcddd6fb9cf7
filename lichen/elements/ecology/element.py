"""Ecology, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date

from lichen.elements.descriptor import Aggregation, Element
from lichen.elements.ecology.grades import CLASSES
from lichen.elements.ecology.judgement import CHECKS, INPUTS, evaluate
from lichen.elements.ecology.reports import REPORTS
from lichen.elements.ecology.shelf import SYMBOL
from lichen.vocab.periods import Period

#: What is recorded at any time of a year (a survey, a published index) counts for that year.
_YEARS = Aggregation(INPUTS, None, Period.SAMPLE, Period.YEAR, "mean", 1, "a value recorded in a year is that year's")


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """The values of a year from what was recorded in it; HJ 192 and the EQI measure speak of years only."""
    return (_YEARS,)


ECOLOGY = Element(
    slug="ecology",
    name_zh="生态",
    name_en="ecology",
    parameters=tuple(SYMBOL),
    point_kinds={
        "region": ("评价区域", "evaluated region"),
        "county": ("国家重点生态功能区县域", "county of a key ecological function zone"),
        "plot": ("生态样地", "ecological plot"),
        "water_life": ("水生生物监测点", "aquatic-life site"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={Period.YEAR: evaluate},
    inputs={Period.YEAR: INPUTS},
    checks=CHECKS,
    index_name="EQI/EI",
    reports=REPORTS,
)
