"""Drinking water, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date

from lichen.elements.descriptor import Aggregation, Element
from lichen.elements.drinking_water.quality import (
    CLASSES,
    DISINFECTANT,
    INPUTS,
    STAGE,
    STAGES,
    SUPPLY_SCALE,
    drinking_water,
    limits,
    limits_of_point,
)
from lichen.elements.drinking_water.supply_chain import REPORTS
from lichen.elements.folder import checks, symbols
from lichen.vocab.periods import Period


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """None: GB 5749 judges samples, and says nothing of means."""
    return ()


DRINKING_WATER = Element(
    slug="drinking_water",
    name_zh="饮用水",
    name_en="drinking water",
    parameters=tuple(symbols("drinking_water")),
    point_kinds=STAGES,
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={Period.SAMPLE: drinking_water},
    inputs={Period.SAMPLE: INPUTS},
    checks=checks("drinking_water"),
    options=(STAGE, DISINFECTANT, SUPPLY_SCALE),
    limits=limits,
    limits_of_point=limits_of_point,
    reports=REPORTS,
    deciding_zh="不合格项目",
    deciding_en="items that do not meet the standard",
)
