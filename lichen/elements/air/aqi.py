"""Air quality index (AQI, 空气质量指数), hourly and daily, by the edition of HJ 633 in force on the day.

What the editions ask for is in ``tables/hj633-*``; the rules that differ between them:

===============================  ==================================  =========================================
case                             HJ 633-2012                         HJ 633-2026
===============================  ==================================  =========================================
daily items                      seven, with the day's maximum O3 h  six
concentration before the index   as given                            rounded by GB/T 8170 (4.2.2)
SO2 1 h above 800                no 1 h sub-index                    200
O3 8 h above 800                 no 8 h sub-index, the 1 h one       300
an item is missing               the index of the others             only if that is above 100 (5.3.1)
exceeding                        sub-index above 100                 above grade 2 of GB 3095, see `Evaluation`
===============================  ==================================  =========================================

The hourly index takes the one-hour value of all six pollutants, particles on the daily breakpoints: the rule since
2026, and what the national feed did before. Primary pollutants (`deciding`) are named above an index of 50.

HJ 633-2026 has no exceeding pollutant (超标污染物) any more; GB 3095 judges attainment. `exceeding` therefore says that
the concentration is above grade 2 of GB 3095 over the same mean, or, as for particles of one hour, which GB 3095 does
not limit, that the sub-index is above 100. Until 2030-12-31 both say the same; from 2031 the limits are tighter.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from lichen.elements.air.shelf import SHELF
from lichen.elements.air.words import PARAMETERS, SYMBOL
from lichen.elements.descriptor import Check, Evaluation, Flags, Floats, ResultClass, Samples
from lichen.standards import Breakpoints, Edition, limits
from lichen.vocab.clock import day_start_ms
from lichen.vocab.parameters import PARAMETERS as ALL_PARAMETERS
from lichen.vocab.periods import Period
from lichen.vocab.rounding import round_half_even
from lichen.vocab.units import text_of

NUMBER = "HJ 633"
_LIMITS = "GB 3095"
_GRADE = "2"
#: Sub-index above which a pollutant exceeds. Printed by the 2012 edition; see the module's docstring for 2026.
_EXCEEDING = SHELF.edition("HJ 633-2012").table("rules").one(rule="exceeding_above")["value"]

# What there is to say of one item of a sample; the codes of all items make up the code of its note.
_FINE, _MISSING, _NEGATIVE, _AS_ZERO, _ABOVE = range(5)
_BITS = 3


def _checks() -> tuple[Check, ...]:
    text = resources.files("lichen.elements.air").joinpath("checks.csv").read_text(encoding="utf-8")
    return tuple(
        Check(
            row["parameter"], float(row["low"]), float(row["high"]), int(row["stuck_count"]), row["source"],
            row["status"],
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


#: Of reported values; below zero and above `low` is what an instrument in clean air may say.
CHECKS = _checks()
_LOW = {check.parameter: check.low for check in CHECKS} | {
    "o3_8h": next(check.low for check in CHECKS if check.parameter == "o3")
}


@dataclass(frozen=True, slots=True)
class _Bound:
    """A limit of GB 3095 that holds from an instant to another. [ms since 1970 UTC]"""

    start: float
    stop: float
    value: float


@dataclass(frozen=True, slots=True)
class _Item:
    """A pollutant of the index.

    `above` is the sub-index beyond the last breakpoint (NaN: none), `decimals` what the concentration is rounded to
    before (None: not).
    """

    parameter: str
    breakpoints: Breakpoints
    above: float
    above_zh: str
    decimals: int | None
    bounds: tuple[_Bound, ...]

    @property
    def bit(self) -> np.uint64:
        return np.uint64(1 << PARAMETERS.index(self.parameter))

    @property
    def last(self) -> float:
        return self.breakpoints.last


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one edition asks of one period."""

    items: tuple[_Item, ...]
    lowest: float
    primary_above: float
    incomplete_above: float | None


@cache
def _rules(edition: str, period: Period) -> _Rules:
    one = SHELF.edition(edition)
    decimals = {row["parameter"]: int(row["decimals"]) for row in one.tables.get("rounding", ())}
    items = []
    for row in one.table("items").select(period=period.value):
        slug = row["parameter"]
        items.append(
            _Item(
                slug, Breakpoints.from_rows(one.table("breakpoints").select(parameter=slug, mean=row["mean"])),
                np.nan if row["above"] == "none" else float(row["above"]), row["above_zh"], decimals.get(slug),
                _bounds(one, slug, period),
            )
        )  # fmt: skip
    rules = one.table("rules")
    incomplete = rules.select(rule="incomplete_above")
    return _Rules(
        tuple(items), float(rules.one(rule="index_lowest")["value"]), float(rules.one(rule="primary_above")["value"]),
        float(incomplete[0]["value"]) if incomplete else None,
    )  # fmt: skip


def _bounds(edition: Edition, parameter: str, period: Period) -> tuple[_Bound, ...]:
    """The limits of GB 3095 that go with an edition. The first and last phase reach on, if it is asked for by name."""
    standard = SHELF.in_force(_LIMITS, edition.start)
    phases = standard.phases or (standard.phase(standard.start),)
    # A day's O3 in the 2012 edition is the maximum hour.
    over = "hour" if parameter == "o3" else period.value
    found = []
    for number, phase in enumerate(phases):
        for limit in limits(standard, "table1", phase.start, {"grade2": _GRADE}):
            if (limit.parameter, limit.period) == (parameter, over):
                start = -np.inf if number == 0 else day_start_ms(phase.start)
                stop = np.inf
                if phase.end is not None and number < len(phases) - 1:
                    stop = day_start_ms(phase.end + timedelta(days=1))
                found.append(_Bound(start, stop, float(limit.value)))
    return tuple(found)


CLASSES = tuple(
    ResultClass(
        row["class_zh"], row["class_en"], row["numeral_zh"], (int(row["red"]), int(row["green"]), int(row["blue"]))
    )
    for row in SHELF.edition("HJ 633-2026").table("levels")
)
_HIGHEST = np.array([float(row["high"]) for row in SHELF.edition("HJ 633-2026").table("levels")])


def inputs(period: Period) -> tuple[str, ...]:
    """The parameters that any edition reads for the index of a period, in the element's order."""
    read = {row["parameter"] for edition in SHELF.of(NUMBER) for row in edition.table("items").select(period=period)}
    return tuple(slug for slug in PARAMETERS if slug in read)


@cache
def _clause(period: Period) -> str:
    """Of every edition: the words must not depend on which samples happen to be judged together."""
    found = []
    for edition in SHELF.of(NUMBER):
        items = edition.table("items").select(period=period)
        said = [row["clause"] for row in items]
        said += [row["clause"] for row in edition.table("rules").select(rule="incomplete_above")]
        found.append(f"{edition.id} {'; '.join(dict.fromkeys(said))}")
    return " | ".join(found)


def aqi(samples: Samples, *, period: Period) -> Evaluation:
    """AQI, class and primary pollutants of n samples.

    Parameters
    ----------
    samples : Samples
        Columns, hour: one-hour means of so2, no2, co, o3, pm10, pm25. Day: 24 h means, ``o3_8h`` = the day's largest
        8 h mean, ``o3`` = its largest hour (2012 edition only). [µg/m³; co mg/m³] Slightly negative values, which an
        instrument in clean air may give, count as 0; values below the range of ``checks.csv`` count as missing; the
        note says so. Edition: ``HJ 633-2026``, ``2026`` …; where none is in force, no index is given and the note
        says so.
    period : Period
        HOUR or DAY.

    Raises
    ------
    UnknownEdition
        The message lists the editions there are.

    Notes
    -----
    Interpolation is done in integers and rounded up (HJ 633, formula 1), so that an index that is exactly 100 stays
    100. Editions: see the module.

    Examples
    --------
    >>> from lichen.vocab.clock import day_start_ms
    >>> from datetime import date
    >>> days = np.array([day_start_ms(date(2026, 2, 28)), day_start_ms(date(2026, 3, 1))])
    >>> same = {"so2": 8, "no2": 30, "co": 0.6, "o3": 100, "pm10": 90, "pm25": 61}
    >>> samples = Samples({slug: np.full(2, float(x)) for slug, x in same.items()}, days)
    >>> verdict = aqi(samples, period=Period.HOUR)
    >>> verdict.index.tolist(), [CLASSES[k].word for k in verdict.klass]
    ([83.0, 101.0], ['良', '轻度污染'])
    """
    if samples.edition is None:
        editions, code = SHELF.codes_at(NUMBER, samples.time)
    else:
        editions, code = (SHELF.edition(samples.edition, NUMBER),), np.zeros(len(samples), np.int64)
    into = _Verdicts(len(samples), inputs(period))
    for number, one in enumerate(editions):
        chosen = code == number
        if chosen.any():
            rows = slice(None) if chosen.all() else np.flatnonzero(chosen)
            into.judge(_rules(one.id, period), samples.columns, samples.time, rows)
    into.say("当日没有现行有效的 HJ 633，未评价；可指定版本", code < 0)
    return Evaluation(
        into.klass, into.index, _columns(into.deciding), _columns(into.exceeding), into.sub, into.note,
        tuple(into.notes),
        (*(one.id for one in editions), ""), np.where(code < 0, len(editions), code).astype(np.uint16), _clause(period),
    )  # fmt: skip


def _columns(masks: NDArray[np.uint64]) -> dict[str, Flags]:
    """A column for each parameter that occurs in bit masks."""
    there = int(np.bitwise_or.reduce(masks, initial=0))
    return {
        slug: (masks >> np.uint64(bit) & np.uint64(1)).astype(np.bool_)
        for bit, slug in enumerate(PARAMETERS)
        if there >> bit & 1
    }


class _Verdicts:
    """The columns of an `Evaluation`, filled edition by edition."""

    def __init__(self, n: int, items: tuple[str, ...]) -> None:
        self.klass = np.full(n, -1, np.int8)
        self.index = np.full(n, np.nan)
        self.deciding = np.zeros(n, np.uint64)
        self.exceeding = np.zeros(n, np.uint64)
        self.sub = {slug: np.full(n, np.nan) for slug in items}
        self.note = np.zeros(n, np.uint16)
        self.notes = [""]

    def judge(
        self,
        rules: _Rules,
        columns: Mapping[str, Floats],
        time: NDArray[np.int64],
        rows: NDArray[np.int64] | slice,
    ) -> None:
        """Judge some of the samples by the rules of one edition."""
        time = time[rows]
        index = np.full(len(time), np.nan)
        exceeding = np.zeros(len(time), np.uint64)
        missing = np.zeros(len(time), bool)
        said = np.zeros(len(time), np.int32)
        subs = []
        for number, item in enumerate(rules.items):
            given = columns[item.parameter][rows] if item.parameter in columns else np.full(len(time), np.nan)
            value, state = _usable(given, item)
            sub = item.breakpoints.round_up(value, item.above)
            index = np.fmax(index, sub)
            missing |= np.isnan(value)
            exceeding |= np.where(_exceeds(value, sub, time, item), item.bit, np.uint64(0))
            said |= state << (_BITS * number)
            self.sub[item.parameter][rows] = sub
            subs.append(sub)
        index = np.maximum(index, rules.lowest)
        if rules.incomplete_above is not None:
            index = np.where(missing & (index <= rules.incomplete_above), np.nan, index)
        there = ~np.isnan(index)
        deciding = np.zeros(len(time), np.uint64)
        named = index > rules.primary_above
        for item, sub in zip(rules.items, subs, strict=True):
            deciding |= np.where(named & (sub == index), item.bit, np.uint64(0))
        said |= there.astype(np.int32) << (_BITS * len(rules.items))
        self.index[rows] = index
        self.klass[rows] = np.where(there, np.searchsorted(_HIGHEST, index), -1)
        self.deciding[rows] = deciding
        self.exceeding[rows] = exceeding
        distinct, which = np.unique(said, return_inverse=True)
        codes = np.array([self._code(_note(rules, one)) for one in distinct.tolist()], np.uint16)
        self.note[rows] = codes[which]

    def say(self, text: str, rows: NDArray[np.bool_]) -> None:
        """The same note for some of the samples."""
        if rows.any():
            self.note[rows] = self._code(text)

    def _code(self, text: str) -> int:
        if text not in self.notes:
            self.notes.append(text)
        return self.notes.index(text)


def _usable(given: Floats, item: _Item) -> tuple[Floats, NDArray[np.int32]]:
    """The concentration that enters the index, rounded where the edition says so, and what is to be said about it."""
    low = given < _LOW[item.parameter]
    below = (given < 0) & ~low
    value = np.where(low, np.nan, np.where(below, 0.0, given))
    if item.decimals is not None:
        value = round_half_even(value, item.decimals)
    state = np.where(value > item.last, _ABOVE, _FINE)
    state[np.isnan(given)] = _MISSING
    state[low] = _NEGATIVE
    state[below] = _AS_ZERO
    return value, state.astype(np.int32)


def _exceeds(value: Floats, sub: Floats, time: NDArray[np.int64], item: _Item) -> NDArray[np.bool_]:
    above: NDArray[np.bool_] = sub > float(_EXCEEDING)
    for bound in item.bounds:
        above |= (value > bound.value) & (time >= bound.start) & (time < bound.stop)
    return above


def _note(rules: _Rules, said: int) -> str:
    """The Chinese note behind a code."""
    state = [said >> (_BITS * number) & ((1 << _BITS) - 1) for number in range(len(rules.items))]
    there = bool(said >> (_BITS * len(rules.items)))

    def symbols(*wanted: int) -> str:
        return "、".join(SYMBOL[i.parameter] for i, one in zip(rules.items, state, strict=True) if one in wanted)

    parts = []
    if all(one in (_MISSING, _NEGATIVE) for one in state):
        parts.append("各项均缺测，无AQI")
    elif gone := symbols(_MISSING, _NEGATIVE):
        parts.append(f"{gone}缺测，{_incomplete(rules, there)}")
    if bad := symbols(_NEGATIVE):
        parts.append(f"{bad}的负值超出仪器性能范围，按缺测计")
    if zero := symbols(_AS_ZERO):
        parts.append(f"{zero}为负值，在仪器性能范围内，按0计")
    for item, one in zip(rules.items, state, strict=True):
        if one == _ABOVE:
            unit = text_of(ALL_PARAMETERS[item.parameter].unit)
            parts.append(f"{SYMBOL[item.parameter]}高于{item.last:g} {unit}，{item.above_zh}")
    return "；".join(parts)


def _incomplete(rules: _Rules, there: bool) -> str:
    if rules.incomplete_above is None:
        return "AQI取自其余项目" if there else "其余项目不计算分指数，无AQI"
    if there:
        return f"其余项目的指数大于{rules.incomplete_above:g}，仍发布AQI（5.3.1）"
    return f"其余项目的指数不大于{rules.incomplete_above:g}，不发布AQI（5.3.1）"
