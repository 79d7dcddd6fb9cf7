"""Groundwater, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date

from lichen.elements.descriptor import Aggregation, Element
from lichen.elements.folder import checks, symbols
from lichen.elements.groundwater.quality import CLASSES, INPUTS, TARGET, groundwater_class, limits
from lichen.elements.groundwater.reports import REPORTS
from lichen.vocab.periods import Period

_PARAMETERS = tuple(symbols("groundwater"))


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """None: GB/T 14848 judges samples, and says nothing of means."""
    return ()


GROUNDWATER = Element(
    slug="groundwater",
    name_zh="地下水",
    name_en="groundwater",
    parameters=_PARAMETERS,
    point_kinds={
        "regional": ("区域监测井", "regional well"),
        "source": ("饮用水水源井", "drinking-water well"),
        "site": ("污染源监控井", "well at a pollution source"),
        "background": ("背景井", "background well"),
        "spring": ("泉", "spring"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={Period.SAMPLE: groundwater_class},
    inputs={Period.SAMPLE: INPUTS},
    checks=checks("groundwater"),
    options=(TARGET,),
    limits=limits,
    reports=REPORTS,
)
