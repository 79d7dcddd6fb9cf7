"""The sea, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date

from lichen.elements.descriptor import Aggregation, Element
from lichen.elements.folder import checks, symbols
from lichen.elements.sea.areas import REPORTS
from lichen.elements.sea.quality import CLASSES, INPUTS, OPTIONS, limits, sea_class
from lichen.vocab.periods import Period


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """None: GB 3097 judges samples; what a survey's means are made of is said by its reports."""
    return ()


SEA = Element(
    slug="sea",
    name_zh="海水",
    name_en="the sea",
    parameters=tuple(symbols("sea")),
    point_kinds={
        "national": ("国控点位", "national point"),
        "provincial": ("省控点位", "provincial point"),
        "bathing": ("海水浴场", "bathing beach"),
        "outfall": ("入海排污口邻近海域", "waters near an outfall"),
        "mariculture": ("海水增养殖区", "mariculture area"),
        "buoy": ("海洋浮标", "buoy"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={Period.SAMPLE: sea_class},
    inputs={Period.SAMPLE: INPUTS},
    checks=checks("sea"),
    options=OPTIONS,
    limits=limits,
    reports=REPORTS,
)
