"""The limits of an outlet: of its standard on the day, of the local standard, of its permit; the stricter counts.

Order of lookup: permit (许可排放浓度), local standard, ultra-low and special national limits, general national limits.
Whichever is strictest decides, since a permit cannot allow what the standard forbids, nor the reverse; equal ones are
named in that order. A row of a table applies where all its conditions (column ``when``) are what the outlet is; of
several rows the one with most conditions does, of equally many the strictest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import LimitLine, Option
from lichen.elements.sources.options import (
    CATEGORY,
    CONVERTED,
    GRADE,
    LEVEL,
    LOCAL,
    PERMIT,
    REFERENCE_O2,
    SELECTORS,
    STANDARD,
    STANDARDS,
    WATER,
)
from lichen.elements.sources.shelf import SHELF
from lichen.standards import Edition, Row, TableError
from lichen.vocab.clock import beijing_day, day_start_ms
from lichen.vocab.parameters import PARAMETERS as VOCABULARY
from lichen.vocab.periods import Period
from lichen.vocab.registry import attribute_at
from lichen.vocab.units import exact_factor

Conditions = Mapping[str, frozenset[str]]

#: Seasons of GB 18918 (ammonia nitrogen) and states of an incinerator: no attributes, but measured or marked.
SEASON, CONDITION = "season", "condition"
#: The category of points that measure what leaves without a stack (无组织排放).
FENCE = "fence"
PERMIT_NAME, LOCAL_NAME = "排污许可证", "地方标准"
_LEVEL_ZH = {value: words[0] for value, words in LEVEL.choices.items()}
#: Of the national levels, in which equal limits are named.
_ORDER = ("ultra_low", "special", "general")
_OPEN = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit of a standard.

    Attributes
    ----------
    parameter, level : str
    period : Period
        Of the mean that it limits; SAMPLE: one manual result, or the mean of several.
    low, high : float
        In the parameter's unit; infinite: none on that side.
    exclusive : bool
        The limit itself does not attain it (``>3``).
    when : mapping option → values
        All must be met.
    start, stop : int
        From and before which instant it holds. [ms since 1970 UTC]
    edition, clause, status, note : str
    """

    parameter: str
    level: str
    period: Period
    low: float
    high: float
    exclusive: bool
    when: Conditions
    start: int
    stop: int
    edition: str
    clause: str
    status: str
    note: str

    @property
    def text(self) -> str:
        """The limit as people read it, in the parameter's unit."""
        if np.isfinite(self.low) and np.isfinite(self.high):
            return f"{self.low:g}~{self.high:g}"
        if np.isfinite(self.high):
            return f"{self.high:g}"
        return f"{'>' if self.exclusive else '≥'}{self.low:g}"


@dataclass(frozen=True, slots=True)
class Oxygen:
    """A reference oxygen content; `percent` NaN: the standard sets none. [%]"""

    when: Conditions
    percent: float


@dataclass(frozen=True, slots=True)
class OutletLimit:
    """The limit that counts at an outlet, and why.

    Attributes
    ----------
    bound : Bound
        The one that counts; `level` ``permit`` or ``local`` where it is no national one.
    reference_o2 : float
        What the concentration is converted to; NaN: it is not. [%]
    reason_zh : str
        Why this one, naming the others.
    """

    bound: Bound
    reference_o2: float
    reason_zh: str


def conditions(text: str) -> Conditions:
    """The conditions of a table's cell.

    >>> sorted(conditions("category=coal_boiler|oil_boiler built=new")["category"])
    ['coal_boiler', 'oil_boiler']
    """
    parts = (part.partition("=") for part in text.split())
    return {option: frozenset(values.split("|")) for option, _, values in parts}


def met(when: Conditions, outlet: Mapping[str, str]) -> bool:
    """Whether an outlet is what the conditions ask for."""
    return all(outlet.get(option) in values for option, values in when.items())


def _bound(edition: Edition, row: Row) -> Bound:
    slug = row["parameter"]
    if slug not in VOCABULARY:
        raise TableError(f"{edition.id}, limits: no parameter {slug!r} in vocab/parameters.csv; add it there first")
    factor = exact_factor(row["unit"], VOCABULARY[slug].unit, slug)
    start = max(edition.start, date.fromisoformat(row["from"])) if row["from"] else edition.start
    stop = _OPEN if edition.end is None else day_start_ms(date.fromordinal(edition.end.toordinal() + 1))
    return Bound(
        slug, row["level"], Period(row["period"]),
        float(row["low"]) * float(factor) if row["low"] else -np.inf,
        float(row["high"]) * float(factor) if row["high"] else np.inf,
        row["exclusive"] == "yes", conditions(row["when"]), day_start_ms(start), stop,
        edition.id, row["clause"], row["status"], row["note"],
    )  # fmt: skip


@cache
def bounds(edition: str) -> tuple[Bound, ...]:
    """Every limit of an edition, in the units of the parameters."""
    found = SHELF.edition(edition)
    return tuple(_bound(found, row) for row in found.table("limits"))


@cache
def oxygen(edition: str) -> tuple[Oxygen, ...]:
    """The reference oxygen contents of an edition."""
    rows = SHELF.edition(edition).tables.get("oxygen", ())
    return tuple(Oxygen(conditions(row["when"]), float(row["reference_o2"])) for row in rows)


@cache
def turns() -> NDArray[np.int64]:
    """Every instant at which some limit begins or ends to hold, ascending. [ms since 1970 UTC]"""
    instants = set()
    for edition in SHELF.editions:
        if "limits" in edition.tables:
            instants |= {instant for one in bounds(edition.id) for instant in (one.start, one.stop) if instant < _OPEN}
    return np.array(sorted(instants), np.int64)


@dataclass(frozen=True, slots=True)
class National:
    """The national limits of one kind of outlet over one mean.

    Attributes
    ----------
    bounds : mapping parameter → tuple of Bound
        Strictest first.
    edition : str
        Of the outlet's standard; "" = none.
    reference_o2 : float
        NaN: none. [%]
    has_furnace : bool
        Whether it is an incinerator's, judged by the day.
    lacks_grade : bool
        Whether some limits depend on a grade of discharge that is not known.
    """

    bounds: Mapping[str, tuple[Bound, ...]]
    edition: str
    reference_o2: float
    has_furnace: bool
    lacks_grade: bool


#: No limits at all.
NO_LIMITS = National({}, "", float("nan"), False, False)


def _editions(standard: str, level: str, instant: int | None, named: str | None) -> list[Edition]:
    """The editions that apply, the one of the standard itself first."""
    if named is not None:
        return [SHELF.edition(named)]
    assert instant is not None
    of = STANDARDS[standard]
    numbers = [of.number, of.ultra_low if level == "ultra_low" else ""]
    day = beijing_day(instant)
    return [edition for number in numbers if number for edition in SHELF.of(number) if edition.covers(day)]


def periods_of(parameter: str, period: Period) -> tuple[Period, ...]:
    """The means whose limits judge a value: a manual sample is held against the hour's in gas, the day's in water."""
    if period is not Period.SAMPLE:
        return (period,)
    return (Period.SAMPLE, Period.DAY if parameter in WATER else Period.HOUR)


def national(outlet: Mapping[str, str], period: Period, instant: int | None, named: str | None = None) -> National:
    """The national limits that hold for an outlet.

    Parameters
    ----------
    outlet : mapping option → value
        ``standard``, ``level`` and the options of `SELECTORS`; beside them `SEASON` and `CONDITION`.
    period : Period
    instant : int or None
        Picks the editions. [ms since 1970 UTC]
    named : str, optional
        The edition to be taken instead, whatever the day.
    """
    standard, level = outlet.get("standard", ""), outlet.get("level", "general")
    editions = _editions(standard, level, instant, named) if standard or named else []
    # Only the notices on ultra-low emission have such rows: whoever names one means them.
    levels = {level, "general", *(("ultra_low",) if named is not None else ())}
    applying: dict[tuple[str, str], Bound] = {}
    for edition in editions:
        for one in bounds(edition.id):
            holds = named is not None or one.start <= (instant or 0) < one.stop
            if one.level not in levels or one.period not in periods_of(one.parameter, period):
                continue
            # What holds for any outlet does not hold at the fence.
            if (FENCE in one.when.get(CATEGORY.slug, ())) != (outlet.get(CATEGORY.slug) == FENCE):
                continue
            if holds and met(one.when, outlet):
                key = (one.parameter, one.level)
                if key not in applying or _rank(one) > _rank(applying[key]):
                    applying[key] = one
    found: dict[str, list[Bound]] = {}
    for one in applying.values():
        found.setdefault(one.parameter, []).append(one)
    sorted_bounds = {
        slug: tuple(sorted(some, key=lambda one: (one.high, -one.low, _ORDER.index(one.level))))
        for slug, some in found.items()
    }
    reference = [one.percent for edition in editions for one in oxygen(edition.id) if met(one.when, outlet)]
    return National(
        sorted_bounds, editions[0].id if editions else "", reference[0] if reference else float("nan"),
        any("furnace" in edition.tables for edition in editions),
        not outlet.get(GRADE.slug) and any(GRADE.slug in one.when for e in editions for one in bounds(e.id)),
    )  # fmt: skip


def _rank(one: Bound) -> tuple[int, float]:
    return len(one.when), -one.high


def permit_period(parameter: str, has_furnace: bool) -> Period:
    """The mean that a permitted or local concentration limits: the day's in water and of incinerators, else the hour's.

    The permit says so itself; this is the usual (memory).
    """
    return Period.DAY if parameter in WATER or has_furnace else Period.HOUR


def outlet_limits(attributes: Mapping[str, Any], on: date, period: Period) -> tuple[OutletLimit, ...]:
    """The limits of one outlet on a day, each with the reason why it is the one that counts.

    Parameters
    ----------
    attributes : mapping
        As registered, by the slugs of `lichen.elements.sources.options.OPTIONS`; they may change by date.
    on : date
    period : Period

    Returns
    -------
    tuple of OutletLimit
        Ammonia nitrogen of GB 18918 occurs for both seasons.

    Examples
    --------
    >>> boiler = {"standard": "gb13223", "category": "coal_boiler", "permit_stack_so2": 35}
    >>> found = {one.bound.parameter: one for one in outlet_limits(boiler, date(2024, 1, 1), Period.HOUR)}
    >>> found["stack_so2"].bound.text, found["stack_so2"].reason_zh, found["stack_so2"].reference_o2
    ('35', '排污许可证的35，严于GB 13223-2011表1的100', 6.0)
    """
    instant = day_start_ms(on)
    outlet = {option.slug: _said(attributes, option, instant) for option in (STANDARD, LEVEL, *SELECTORS)}
    reference = _number(attributes, REFERENCE_O2, instant)
    found: dict[tuple[str, str], OutletLimit] = {}
    for season in ("warm", "cold"):
        rules = national({**outlet, SEASON: season, CONDITION: "normal"}, period, instant)
        own = rules.reference_o2 if np.isnan(reference) else reference
        slugs = dict.fromkeys((*PERMIT, *LOCAL, *rules.bounds))
        for slug in slugs:
            several = [*_registered(attributes, slug, period, instant, rules.has_furnace), *rules.bounds.get(slug, ())]
            if not several:
                continue
            best = min(several, key=lambda one: one.high)
            others = [one for one in several if one is not best]
            limit = OutletLimit(best, own if slug not in WATER else float("nan"), _reason(best, others))
            found.setdefault((slug, best.text), limit)
    return tuple(found.values())


def _said(attributes: Mapping[str, Any], option: Option, instant: int) -> str:
    value = attribute_at(attributes, option.slug, np.array([instant]))[0]
    code = option.code(str(option.default if value in (None, "") else value))
    return tuple(option.choices)[code] if code >= 0 else ""


def _number(attributes: Mapping[str, Any], option: Option, instant: int) -> float:
    value = attribute_at(attributes, option.slug, np.array([instant]))[0]
    return float("nan") if value in (None, "") else float(value)


def _registered(
    attributes: Mapping[str, Any], slug: str, period: Period, instant: int, has_furnace: bool
) -> list[Bound]:
    """The limits of the permit and of the local standard, as the outlet was registered."""
    if permit_period(slug, has_furnace) not in periods_of(slug, period):
        return []
    found = []
    for options, level, name in ((PERMIT, "permit", PERMIT_NAME), (LOCAL, "local", LOCAL_NAME)):
        if slug in options and not np.isnan(value := _number(attributes, options[slug], instant)):
            found.append(
                Bound(slug, level, period, -np.inf, value, False, {}, instant, _OPEN, name, "", "verified", "")
            )
    return found


def _named(one: Bound) -> str:
    level = "" if one.level in ("permit", "local", "general") else f"（{_LEVEL_ZH[one.level]}）"
    return f"{one.edition}{one.clause}{level}的{one.text}"


def _reason(best: Bound, others: list[Bound]) -> str:
    laxer = [_named(one) for one in others if one.high > best.high]
    equal = [_named(one) for one in others if one.high == best.high]
    parts = [_named(best)]
    if laxer:
        parts.append(f"严于{'、'.join(laxer)}")
    if equal:
        parts.append(f"与{'、'.join(equal)}相同")
    return "，".join(parts)


def limit_lines(attributes: Mapping[str, Any], on: date) -> tuple[LimitLine, ...]:
    """The limit lines of one outlet's charts: of hour and day means, of the converted concentration where there is one.

    Limits that are no maximum (pH) are left out.
    """
    return tuple(
        LimitLine(
            CONVERTED.get(one.bound.parameter, one.bound.parameter) if not np.isnan(one.reference_o2)
            else one.bound.parameter,
            period, one.bound.high, one.reason_zh, one.bound.level.replace("_", " "),
            f"{one.bound.edition} {one.bound.clause}".strip(), one.bound.status,
        )
        for period in (Period.HOUR, Period.DAY)
        for one in outlet_limits(attributes, on, period)
        if np.isfinite(one.bound.high) and not np.isfinite(one.bound.low)
    )  # fmt: skip
