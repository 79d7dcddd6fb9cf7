"""What an outlet is, as far as its limits depend on it: choices of ``choices.csv`` and numbers."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from types import MappingProxyType

from lichen.elements.descriptor import Option
from lichen.elements.folder import symbols
from lichen.vocab.parameters import PARAMETERS as VOCABULARY
from lichen.vocab.units import text_of


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("lichen.elements.sources").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


_CHOICES = _rows("choices.csv")
_PARAMETERS = _rows("parameters.csv")

#: Every parameter of an outlet by slug, in the order of ``parameters.csv``, with its symbol.
SYMBOL = symbols("sources")
PARAMETERS = tuple(SYMBOL)


def _kind(kind: str) -> tuple[str, ...]:
    return tuple(row["parameter"] for row in _PARAMETERS if row["kind"] == kind)


#: What is limited in gas and in water, and what is measured beside it.
GAS, WATER, FURNACE = _kind("gas"), _kind("water"), _kind("furnace")
#: The parameter → that of its converted concentration.
CONVERTED: Mapping[str, str] = MappingProxyType(
    {slug: f"{slug}_converted" for slug in GAS if f"{slug}_converted" in PARAMETERS}
)


@dataclass(frozen=True, slots=True)
class Standard:
    """Where the limits of a choice of ``standard`` are: numbers of standards, "" = none."""

    number: str
    ultra_low: str


STANDARDS: Mapping[str, Standard] = MappingProxyType(
    {row["value"]: Standard(row["number"], row["ultra_low"]) for row in _CHOICES if row["option"] == "standard"}
)


def _choice(slug: str, name_zh: str, name_en: str, default: str = "") -> Option:
    choices = {row["value"]: (row["name_zh"], row["name_en"]) for row in _CHOICES if row["option"] == slug}
    return Option(slug, name_zh, name_en, choices, default)


def _number(slug: str, name_zh: str, name_en: str, unit: str) -> Option:
    return Option(slug, name_zh, name_en, default=float("nan"), unit=unit)


STANDARD = replace(
    _choice("standard", "执行标准", "standard"),
    accepts={of.number: value for value, of in STANDARDS.items() if of.number},  # GB 13223
)
CATEGORY = _choice("category", "排放源类别", "category of source", "other")
# Where nothing is said, the choice with the stricter limits stands.
BUILT = _choice("built", "建设时段", "built", "new")
LEVEL = _choice("level", "限值级别", "level of limits", "general")
GRADE = _choice("grade", "污水排放级别", "grade of discharge")
REGION = _choice("region", "所在地区", "region", "other")
FURNACE_TYPE = _choice("furnace", "炉型", "type of furnace", "ordinary")
SIZE = _choice("size", "锅炉规模", "size of boiler", "large")
AIR_ZONE = _choice("air_zone", "环境空气功能区", "air quality zone", "class2")
STACK_TOP = _choice("stack_top", "排气筒与周围建筑", "stack above buildings", "clear")
BASIS = _choice("basis", "浓度状态", "state of concentrations", "dry_standard")
OXYGEN_BASIS = _choice("oxygen_basis", "含氧量状态", "state of the oxygen content", "dry")
STACK_HEIGHT = _number("stack_height", "排气筒高度", "stack height", "m")
AMBIENT_PRESSURE = _number("ambient_pressure", "环境大气压", "ambient pressure", "kPa")
REFERENCE_O2 = _number("reference_o2", "基准含氧量", "reference oxygen content", "%")

#: What selects a row of a limit table.
SELECTORS = (CATEGORY, BUILT, GRADE, REGION, FURNACE_TYPE, SIZE)


def _limit(source: str, name_zh: str, name_en: str) -> Mapping[str, Option]:
    return MappingProxyType(
        {
            row["parameter"]: _number(
                f"{source}_{row['parameter']}", f"{name_zh}：{VOCABULARY[row['parameter']].name_zh}",
                f"{name_en}: {VOCABULARY[row['parameter']].name_en}", text_of(VOCABULARY[row["parameter"]].unit),
            )
            for row in _PARAMETERS
            if row[source] == "yes"
        }
    )  # fmt: skip


#: Limits of the permit (许可排放浓度) and of the local standard, by parameter.
PERMIT = _limit("permit", "许可排放浓度", "permitted concentration")
LOCAL = _limit("local", "地方标准限值", "limit of the local standard")

OPTIONS = (
    STANDARD, LEVEL, *SELECTORS, AIR_ZONE, STACK_TOP, STACK_HEIGHT, BASIS, OXYGEN_BASIS, AMBIENT_PRESSURE,
    REFERENCE_O2, *PERMIT.values(), *LOCAL.values(),
)  # fmt: skip
