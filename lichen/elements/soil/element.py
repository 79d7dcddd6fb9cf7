"""Soil, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date

from lichen.elements.descriptor import Aggregation, Element
from lichen.elements.folder import checks
from lichen.elements.soil.reports import REPORTS
from lichen.elements.soil.risk import CLASSES, INPUTS, LAND_USE, SOIL_TYPE, limits_of_point, soil_risk
from lichen.elements.soil.shelf import SYMBOL
from lichen.vocab.periods import Period


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """None: soil is sampled, and every survey stands for itself."""
    return ()


SOIL = Element(
    slug="soil",
    name_zh="土壤",
    name_en="soil",
    parameters=tuple(SYMBOL),
    point_kinds={
        "farmland": ("农用地点位", "farmland plot"),
        "development": ("建设用地地块", "development-land plot"),
        "background": ("背景点位", "background plot"),
        "source": ("重点风险监控点", "plot near a source of risk"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={Period.SAMPLE: soil_risk},
    inputs={Period.SAMPLE: INPUTS},
    checks=checks("soil"),
    index_name="内梅罗指数",
    options=(LAND_USE, SOIL_TYPE),
    limits_of_point=limits_of_point,
    reports=REPORTS,
    deciding_zh="超过筛选值的项目",
    deciding_en="items above the screening value",
)
