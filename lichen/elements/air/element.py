"""Ambient air, as the rest of Lichen sees it."""

from __future__ import annotations

from datetime import date
from functools import cache, partial

from lichen.elements.air.aqi import CHECKS, CLASSES, aqi, inputs
from lichen.elements.air.place import limit_lines, place_mean
from lichen.elements.air.shelf import SHELF
from lichen.elements.air.words import PARAMETERS
from lichen.elements.descriptor import Aggregation, Element
from lichen.standards import Edition, Row, find_limit, limits
from lichen.vocab.periods import Period

_CHAIN = (
    (Period.MINUTE, Period.HOUR), (Period.HOUR, Period.DAY), (Period.DAY, Period.MONTH), (Period.DAY, Period.YEAR)
)  # fmt: skip
_FEBRUARY = 2


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """How means are made of finer ones on a day (GB 3095 table 4; daily ozone: HJ 663, 6.1.2), in the order of work.

    Before the first edition its counts are used: means of old data are means too, only no index is given for them.

    >>> [f"{a.source}→{a.target} {a.method} {a.needed}" for a in aggregations(date(2026, 3, 1)) if "o3" in a.parameters]
    ['minute→hour mean 45', 'hour→h8 running_mean 6']
    """
    return _aggregations(*(_edition(number, on) for number in ("GB 3095", "HJ 663")), on)


def _edition(number: str, on: date) -> Edition:
    return SHELF.in_force(number, max(on, SHELF.of(number)[0].start))


@cache
def _aggregations(validity: Edition, assessment: Edition, on: date) -> tuple[Aggregation, ...]:
    rows = validity.table("validity")
    found = {
        (source, target): tuple(
            Aggregation(_slugs(row), None, source, target, row["method"], int(row["needed"]), _clause(validity, row))
            for row in rows.select(source=source.value, period=target.value)
            if _holds(row, target, on)
        )
        for source, target in _CHAIN
    }
    eight = rows.one(parameters="o3", period=Period.H8.value)
    rules = {row["rule"]: row for row in assessment.table("rules")}
    needed = rules["mda8_needed"]
    limit = find_limit(limits(validity, "table1", max(on, validity.start), {"grade2": "2"}), "o3_8h", "day", "2")
    return (
        *found[Period.MINUTE, Period.HOUR],
        *found[Period.HOUR, Period.DAY],
        Aggregation(
            ("o3",), None, Period.HOUR, Period.H8, eight["method"], int(eight["needed"]), _clause(validity, eight)
        ),
        Aggregation(
            ("o3_8h",), "o3", Period.H8, Period.DAY, "max", int(needed["value"]), _clause(assessment, needed),
            first_hour=int(rules["mda8_first_end_hour"]["value"]), last_hour=int(rules["mda8_last_end_hour"]["value"]),
            exceeds=float(limit.value),
        ),
        *found[Period.DAY, Period.MONTH],
        *found[Period.DAY, Period.YEAR],
    )  # fmt: skip


def _holds(row: Row, target: Period, on: date) -> bool:
    """Whether a row speaks of the interval that begins on a day; days to be spread evenly are not counted here."""
    if row["note"] == "evenly spread":
        return False
    return target is not Period.MONTH or (row["note"] == "february") == (on.month == _FEBRUARY)


def _slugs(row: Row) -> tuple[str, ...]:
    return tuple(slug for slug in PARAMETERS if slug in row["parameters"].split(" "))


def _clause(edition: Edition, row: Row) -> str:
    return f"{edition.id} {row['clause']}"


AIR = Element(
    slug="air",
    name_zh="环境空气",
    name_en="ambient air",
    parameters=PARAMETERS,
    point_kinds={
        "urban": ("城市评价点", "urban assessment station"),
        "background": ("背景点（对照点）", "background (reference) station"),
        "regional": ("区域点", "regional station"),
        "traffic": ("路边交通点", "roadside station"),
        "township": ("乡镇站", "township station"),
        "grid": ("网格微站", "grid micro-station"),
        "dust": ("扬尘监测点", "construction-dust monitor"),
    },
    classes=CLASSES,
    aggregations=aggregations,
    evaluators={period: partial(aqi, period=period) for period in (Period.HOUR, Period.DAY)},
    inputs={period: inputs(period) for period in (Period.HOUR, Period.DAY)},
    checks=CHECKS,
    index_name="AQI",
    deciding_zh="首要污染物",
    deciding_en="primary pollutants",
    limits=limit_lines,
    place_mean=place_mean,
)
