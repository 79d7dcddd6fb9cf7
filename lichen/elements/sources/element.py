"""Pollution sources, as the rest of Lichen sees them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import cache, partial
from math import ceil

from lichen.elements.descriptor import Aggregation, Derivation, Element
from lichen.elements.folder import checks
from lichen.elements.sources.limits import limit_lines
from lichen.elements.sources.options import CONVERTED, FURNACE, GAS, OPTIONS, PARAMETERS, WATER
from lichen.elements.sources.reports import REPORTS
from lichen.elements.sources.shelf import SHELF, rules
from lichen.elements.sources.verdict import CLASSES, converted_hours, verdict
from lichen.vocab.periods import Period

#: What is read continuously, beside what the limits of automatic monitoring name.
_GAS_STATE = (
    "stack_oxygen", "stack_moisture", "stack_temperature", "stack_pressure", "stack_velocity", "waste_gas_flow",
)  # fmt: skip
_CONTINUOUS_GAS = (
    "smoke_dust", "stack_so2", "stack_nox", "stack_co", "hcl", "hydrogen_fluoride", "hg_compounds", "stack_nh3", "nmhc",
    *_GAS_STATE,
)  # fmt: skip
_CONTINUOUS_WATER = ("ph", "cod", "nh3n", "tp", "tn", "water_temperature", "sewage_flow")


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """How means of outlets are made on a day, the same before the first edition.

    Gas: HJ 76-2017 appendix B. Water: arithmetic means, the second method of HJ 212-2017 D.1, with the counts of
    HJ 356-2019; the flow-weighted day mean that HJ 356 asks for is `lichen.elements.sources.water.flow_weighted`.

    >>> day = aggregations(date(2026, 2, 3))
    >>> [f"{a.source}→{a.target} {a.method} {a.needed}" for a in day if "stack_so2" in a.parameters]
    ['minute→hour mean 45', 'hour→day mean 20', 'day→month mean 23']
    """
    return _aggregations(on.month == 2, monthrange(on.year, on.month)[1])


@cache
def _aggregations(february: bool, days: int) -> tuple[Aggregation, ...]:
    validity = SHELF.edition("HJ 76-2017").table("validity")
    needed = {row["period"]: int(row["needed"]) for row in validity}
    clause = "HJ 76-2017 附录B；HJ 212-2017 附录D.2"
    share = rules("HJ 356-2019")
    water = "HJ 356-2019（应获数据的75%）；HJ 212-2017 附录D.1（算术平均）"
    hours, month_days = ceil(share["day_share"] * share["hours_due"]), ceil(share["month_share"] * days)
    month = needed["february" if february else "month"]
    return (
        Aggregation(_CONTINUOUS_GAS, None, Period.MINUTE, Period.HOUR, "mean", needed["hour"], clause),
        Aggregation(_CONTINUOUS_GAS, None, Period.HOUR, Period.DAY, "mean", needed["day"], clause),
        Aggregation(tuple(CONVERTED.values()), None, Period.HOUR, Period.DAY, "mean", needed["day"], clause),
        Aggregation(_CONTINUOUS_GAS, None, Period.DAY, Period.MONTH, "mean", month, clause),
        # HJ 212 sets no count for the hour of water (one to six values of ten minutes).
        Aggregation(_CONTINUOUS_WATER, None, Period.MINUTE, Period.HOUR, "mean", 1, water),
        Aggregation(_CONTINUOUS_WATER, None, Period.HOUR, Period.DAY, "mean", hours, water),
        Aggregation(_CONTINUOUS_WATER, None, Period.DAY, Period.MONTH, "mean", month_days, water),
    )


_GAS_INPUTS = (*GAS, *CONVERTED.values(), *_GAS_STATE, "pressure")
_WATER_INPUTS = (*WATER, "water_temperature", "sewage_flow")

SOURCES = Element(
    slug="sources",
    name_zh="污染源",
    name_en="pollution sources",
    parameters=PARAMETERS,
    point_kinds={
        "gas_outlet": ("废气排放口", "gas outlet"),
        "water_outlet": ("废水排放口", "wastewater outlet"),
        "fence": ("厂界监控点", "fence-line monitor"),
        "workshop_outlet": ("车间或车间处理设施排放口", "outlet of a workshop or its treatment unit"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={period: partial(verdict, period=period) for period in (Period.HOUR, Period.DAY, Period.SAMPLE)},
    inputs={
        Period.HOUR: _GAS_INPUTS,
        Period.DAY: (*_GAS_INPUTS, *FURNACE, *_WATER_INPUTS),
        Period.SAMPLE: (*_GAS_INPUTS, *_WATER_INPUTS),
    },
    checks=checks("sources"),
    options=OPTIONS,
    limits_of_point=limit_lines,
    derivations=(
        Derivation(Period.HOUR, _GAS_INPUTS, tuple(CONVERTED.values()), converted_hours, "HJ 212-2017 附录D.2 式(28)"),
    ),
    reads_marks=True,
    reports=REPORTS,
    deciding_zh="占标率最高的因子",
    deciding_en="largest share of its limit",
)
