"""Does an outlet keep to its limits? Hour means of gas, day means of water and incinerators, manual samples of both.

A value is judged where its mark says normal, where the working condition does not exclude it, and, if its limit is one
at a reference oxygen content, where it can be converted (`lichen.elements.sources.gas`). Everything else is left out
and the note says why. Limits: `lichen.elements.sources.limits`; the value itself attains its limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Evaluation, Flags, Floats, Option, ResultClass, Samples, word_sets
from lichen.elements.single_factor import NOTHING
from lichen.elements.sources import gas, marks, options
from lichen.elements.sources.limits import (
    CONDITION,
    LOCAL_NAME,
    NO_LIMITS,
    PERMIT_NAME,
    SEASON,
    National,
    national,
    periods_of,
    permit_period,
    turns,
)
from lichen.elements.sources.shelf import SHELF, rules
from lichen.elements.sources.stack_rate import EDITION as RATE_EDITION
from lichen.elements.sources.stack_rate import permitted_rate, rate_curve
from lichen.standards import Shelf
from lichen.vocab.periods import Period

#: Words of the rules, colours of ours: the standards have none.
CLASSES = (
    ResultClass("达标", "compliant", "达标", (0, 153, 102)),
    ResultClass("超标", "exceeding", "超标", (204, 0, 51)),
)
CLAUSE = "执行标准的限值表；排污许可证；HJ 212-2017 附录D.2（折算）"

NO_STANDARD = "排放口未登记执行标准和许可限值"
NO_LIMIT = "没有适用于该排放口、日期和均值时段的限值"
NO_GRADE = "排放口未登记污水排放级别"
OTHER_EDITION = "指定的标准不是排放口的执行标准"
MARKED = "带无效标记的数据不参与判定"
STOPPED = "停运，不判定"
OVER_RANGE = "超量程数据高于限值，须核实"
EXCLUDED = "工况或设备标记时段，不判定"
NEGATIVE = "负值按缺测处理"
NEAR_AIR = "含氧量接近21%，不折算、不判定"
HIGH_OXYGEN = "含氧量偏高，折算值放大"
NO_OXYGEN = "缺少含氧量，无法折算"
NO_STATE = "缺少烟气温度、压力或湿度，无法换算到标准状态干烟气"
NO_TEMPERATURE = "缺少水温，氨氮限值不能确定"
OF_MEANS = "由浓度和含氧量的日均值折算"
OF_SAMPLE = "单次样品对照日均值限值，仅供参考"
BY_PERMIT = "部分因子按排污许可证限值判定（严于标准）"
BY_LOCAL = "部分因子按地方标准限值判定（严于国家标准）"
UNSURE = "所依限值待核"
RATE = "排放速率超过允许值"
NO_AIR_ZONE = "环境空气功能区不明，排放速率未评价"

#: Two numbers this close, relative to the limit, are equal: what a conversion adds to a binary fraction is no excess.
_EQUAL = 1e-12
#: GB 18918 has two limits for it, by the temperature of the water.
_SEASONAL = "nh3n"
_COLD_UP_TO = rules("GB 18918-2002")["cold_water_up_to"]
#: Where the standards are silent.
_DEFAULTS = rules("lichen-2026")
#: The editions a person may name.
_WITH_LIMITS = Shelf([edition for edition in SHELF.editions if "limits" in edition.tables])
_SEASONS = ("warm", "cold")
_STATES = ("normal", "exempt")


@dataclass
class _Case:
    """n samples on their way to verdicts."""

    samples: Samples
    period: Period
    kinds: tuple[National, ...]
    cold: tuple[National, ...]  # the same kinds in the cold season
    outlets: tuple[Mapping[str, str], ...]
    kind: NDArray[np.intp]
    excluded: Flags
    remarks: dict[str, Flags] = field(default_factory=dict)

    def remark(self, text: str, where: Flags) -> None:
        """Say something of the samples."""
        if where.any():
            self.remarks[text] = self.remarks[text] | where if text in self.remarks else where

    def spread(self, of_kind: Callable[[National], float]) -> Floats:
        """A number of each sample's kind of outlet, (n,)."""
        return np.array([of_kind(one) for one in self.kinds], np.float64)[self.kind]


def _case(samples: Samples, period: Period) -> _Case:
    n = len(samples)
    chosen = (options.STANDARD, options.LEVEL, *options.SELECTORS, options.AIR_ZONE)
    codes = [samples.choice(option).astype(np.int64) + 1 for option in chosen]
    sizes = [len(option.choices) + 1 for option in chosen]
    condition = samples.marks.get(marks.WORKING_CONDITION)
    excluded = exempt = np.zeros(n, np.bool_)
    if condition is not None:
        excluded = marks.condition_excludes(condition, samples.time)
        exempt = excluded & marks.in_budget(condition, samples.time)
    temperature = samples.columns.get("water_temperature", np.full(n, np.nan))
    turn = np.searchsorted(turns(), samples.time, side="right")
    for column, size in ((temperature <= _COLD_UP_TO, 2), (exempt, 2), (turn, len(turns()) + 1)):
        codes.append(column.astype(np.int64))
        sizes.append(size)
    key = np.zeros(n, np.int64)
    for code, size in zip(codes, sizes, strict=True):
        key = key * size + code
    distinct, kind = np.unique(key, return_inverse=True)
    named = None if samples.edition is None else _WITH_LIMITS.edition(samples.edition).id
    kinds, cold, outlets = [], [], []
    for parts in zip(*np.unravel_index(distinct, sizes), strict=True):
        outlet = {option.slug: _value(option, int(part) - 1) for option, part in zip(chosen, parts, strict=False)}
        outlet[SEASON], outlet[CONDITION] = _SEASONS[parts[-3]], _STATES[parts[-2]]
        instant = int(turns()[parts[-1] - 1]) if parts[-1] else None
        kinds.append(_rules(outlet, period, instant, named))
        cold.append(_rules({**outlet, SEASON: "cold"}, period, instant, named))
        outlets.append(outlet)
    return _Case(samples, period, tuple(kinds), tuple(cold), tuple(outlets), kind, excluded)


def _value(option: Option, code: int) -> str:
    return tuple(option.choices)[code] if code >= 0 else ""


def _rules(outlet: Mapping[str, str], period: Period, instant: int | None, named: str | None) -> National:
    standard = outlet[options.STANDARD.slug]
    if named is not None and standard:
        of = options.STANDARDS[standard]
        if SHELF.edition(named).number not in (of.number, of.ultra_low):
            return NO_LIMITS
    if named is None and instant is None:
        return NO_LIMITS
    return national(outlet, period, instant, named)


def _dry_standard(case: _Case, column: Floats) -> Floats:
    """A concentration in dry gas at the standard state, of whatever state the outlet's are in."""
    basis = case.samples.choice(options.BASIS)
    actual, wet = (basis == options.BASIS.code(one) for one in ("wet_actual", "wet_standard"))
    if not (actual | wet).any():
        return column
    column = np.where(actual, _at_standard_state(case, column), column)
    found = np.where(actual | wet, gas.dry(column, _column(case, "stack_moisture")), column)
    case.remark(NO_STATE, (actual | wet) & np.isnan(found) & ~np.isnan(column))
    return found


def _at_standard_state(case: _Case, column: Floats) -> Floats:
    ambient = case.samples.number(options.AMBIENT_PRESSURE)
    pressure = _column(case, "pressure")
    found = gas.standard_state(
        column, _column(case, "stack_temperature"), _column(case, "stack_pressure"),
        np.where(np.isnan(pressure), ambient, pressure),
    )  # fmt: skip
    actual = case.samples.choice(options.BASIS) == options.BASIS.code("wet_actual")
    case.remark(NO_STATE, actual & np.isnan(found) & ~np.isnan(column))
    return found


def _column(case: _Case, slug: str) -> Floats:
    found = case.samples.columns.get(slug)
    return np.full(len(case.samples), np.nan) if found is None else found


def _oxygen(case: _Case) -> Floats:
    """Oxygen content of the dry gas, (n,); NaN where it is marked invalid. [%]"""
    column = _column(case, "stack_oxygen")
    mark = case.samples.marks.get("stack_oxygen")
    if mark is not None:
        column = np.where(marks.usable(mark), column, np.nan)
    wet = case.samples.choice(options.OXYGEN_BASIS) == options.OXYGEN_BASIS.code("wet")
    return np.where(wet, gas.dry(column, _column(case, "stack_moisture")), column) if wet.any() else column


def _reference(case: _Case) -> Floats:
    """The reference oxygen content, (n,): of the outlet, else of its standard; NaN: none. [%]"""
    own = case.samples.number(options.REFERENCE_O2)
    return np.where(np.isnan(own), case.spread(lambda kind: kind.reference_o2), own)


def _valid(case: _Case, slug: str, column: Floats) -> Floats:
    """A column with NaN where the value may not be judged."""
    negative = column < 0
    case.remark(NEGATIVE, negative)
    good = ~negative
    mark = case.samples.marks.get(slug)
    if mark is not None:
        usable, stopped = marks.usable(mark), marks.stopped(mark)
        case.remark(MARKED, ~usable & ~stopped)
        case.remark(STOPPED, stopped)
        good &= usable
    return column if good.all() else np.where(good, column, np.nan)


@dataclass(frozen=True, slots=True)
class _Limits:
    """What limits one parameter in each sample, (n,); infinite: nothing on that side."""

    low: Floats
    high: Floats
    exclusive: Flags
    unsure: Flags
    by_permit: Flags
    by_local: Flags
    when_excluded: Flags  # it is made for the intervals that others are not judged in

    @property
    def there(self) -> Flags:
        return np.isfinite(self.low) | np.isfinite(self.high)


def _permit_fits(case: _Case, slug: str, kinds: tuple[National, ...]) -> Flags:
    """Where a permitted or local concentration limits the mean that is judged, (n,)."""
    over = periods_of(slug, case.period)
    return np.array([permit_period(slug, one.has_furnace) in over for one in kinds], np.bool_)[case.kind]


def _limits(case: _Case, slug: str, kinds: tuple[National, ...]) -> _Limits:
    n = len(case.samples)
    best = [one.bounds[slug][0] if slug in one.bounds else None for one in kinds]
    low, high = (
        np.array([empty if one is None else getattr(one, side) for one in best])[case.kind]
        for side, empty in (("low", -np.inf), ("high", np.inf))
    )
    exclusive, unsure, exempt = (
        np.array(column, np.bool_)[case.kind]
        for column in (
            [one is not None and one.exclusive for one in best],
            [one is not None and one.status != "verified" for one in best],
            [one is not None and CONDITION in one.when for one in best],
        )
    )
    registered = []
    fits = _permit_fits(case, slug, kinds)
    for known in (options.LOCAL, options.PERMIT):  # of equal ones the permit is named
        value = case.samples.number(known[slug]) if slug in known else np.full(n, np.nan)
        tighter = fits & (value <= high)
        high = np.where(tighter, value, high)
        unsure &= ~tighter
        exclusive &= ~tighter
        registered.append(tighter)
    return _Limits(low, high, exclusive, unsure, registered[1], registered[0] & ~registered[1], exempt)


def _concentration(case: _Case, slug: str, oxygen: Floats, reference: Floats, wanted: Flags) -> Floats:
    """What is held against the limit, (n,): the converted concentration where there is a reference."""
    measured = _valid(case, slug, case.samples.halved(slug))
    if slug not in case.samples.columns or slug == "ringelmann":
        found = measured
    else:
        measured = _dry_standard(case, measured)
        bound = _DEFAULTS["oxygen_not_converted_from"]
        found = gas.converted(measured, oxygen, reference, not_from=bound)
        asked = wanted & ~np.isnan(measured) & ~np.isnan(reference)
        case.remark(NEAR_AIR, asked & (oxygen >= bound))
        case.remark(HIGH_OXYGEN, asked & (oxygen >= _DEFAULTS["oxygen_suspect_from"]) & (oxygen < bound))
        case.remark(NO_OXYGEN, asked & ~(oxygen >= 0))
    given = options.CONVERTED.get(slug)
    if given is not None and given in case.samples.columns:
        own = _valid(case, given, case.samples.columns[given])
        for source in (slug, "stack_oxygen"):  # what it was made of
            if source in case.samples.marks:
                own = np.where(marks.usable(case.samples.marks[source]), own, np.nan)
        return np.where(np.isnan(own), found, own)
    if case.period is Period.DAY:
        case.remark(OF_MEANS, wanted & ~np.isnan(reference) & ~np.isnan(found))
    return found


def _water(case: _Case, slug: str) -> Floats:
    return _valid(case, slug, case.samples.halved(slug))


def _read(case: _Case) -> tuple[str, ...]:
    """The limited parameters of which there is a value, or a mark that says why not."""

    def there(slug: str | None) -> bool:
        column = case.samples.columns.get(slug) if slug is not None else None
        return slug in case.samples.marks or (column is not None and not np.isnan(column).all())

    limited = (*options.GAS, *options.FURNACE, *options.WATER)
    return tuple(slug for slug in limited if there(slug) or there(options.CONVERTED.get(slug)))


@dataclass(frozen=True, slots=True)
class _Judged:
    """One parameter's verdict in each sample, (n,)."""

    judged: Flags
    exceeding: Flags
    share: Floats  # of the limit; NaN where it is no maximum
    limits: _Limits


def _judge(case: _Case, slug: str, oxygen: Floats, reference: Floats) -> _Judged | None:
    limits = _limits(case, slug, case.kinds)
    wanted = limits.there & (~case.excluded | limits.when_excluded)
    if not limits.there.any():
        return None
    if slug in options.GAS:
        value = _concentration(case, slug, oxygen, reference, wanted)
    else:
        value = _water(case, slug)
    if case.period is Period.SAMPLE and slug in options.WATER:
        case.remark(OF_SAMPLE, wanted & ~np.isnan(value))
    if slug == _SEASONAL:
        limits = _by_season(case, slug, value, limits)
    below = case.samples.below.get(slug)
    if below is not None:
        value = np.where(below & (limits.high == 0), 0.0, value)  # 不得检出, and it was not
    judged = wanted & limits.there & ~np.isnan(value)
    slack = np.where(np.isfinite(limits.high), np.abs(limits.high) * _EQUAL, 0.0)
    beyond = (value > limits.high + slack) | (value < limits.low)
    beyond |= limits.exclusive & ((value == limits.high) | (value == limits.low))
    mark = case.samples.marks.get(slug)
    if mark is not None:
        raw = case.samples.columns.get(slug)
        if raw is not None:
            case.remark(OVER_RANGE, wanted & marks.over_range(mark) & (raw > limits.high))
    exceeding = judged & beyond
    rate_beyond, rate_judged = _rate(case, slug)
    case.remark(RATE, rate_beyond)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(judged & np.isfinite(limits.high) & ~np.isfinite(limits.low), value / limits.high, np.nan)
    return _Judged(judged | rate_judged, exceeding | rate_beyond, share, limits)


def _by_season(case: _Case, slug: str, value: Floats, warm: _Limits) -> _Limits:
    """Where the temperature is missing: the stricter limit if it is kept, the laxer if that is exceeded, else none."""
    unknown = np.isnan(_column(case, "water_temperature"))
    if not unknown.any():
        return warm
    cold = _limits(case, slug, case.cold)
    between = unknown & (value > warm.high) & (value <= cold.high)
    case.remark(NO_TEMPERATURE, between)
    high = np.where(unknown & (value > cold.high), cold.high, warm.high)
    return _Limits(
        warm.low, np.where(between, np.inf, high), warm.exclusive, warm.unsure, warm.by_permit, warm.by_local,
        warm.when_excluded,
    )  # fmt: skip


def _rate(case: _Case, slug: str) -> tuple[Flags, Flags]:
    """Where the emission rate is above the permitted one, and where it was judged (GB 16297)."""
    nothing = np.zeros(len(case.samples), np.bool_)
    if "waste_gas_flow" not in case.samples.columns or slug not in case.samples.columns:
        return nothing, nothing
    limited = [number for number, kind in enumerate(case.kinds) if kind.edition == RATE_EDITION]
    if slug not in options.GAS or not limited:
        return nothing, nothing
    measured = _dry_standard(case, _valid(case, slug, case.samples.halved(slug)))
    rate = gas.mass_rate(measured, _valid(case, "waste_gas_flow", _column(case, "waste_gas_flow")) * 3600.0)
    clear = case.samples.choice(options.STACK_TOP) != options.STACK_TOP.code("low")
    height = case.samples.number(options.STACK_HEIGHT)
    permitted = np.full(len(nothing), np.nan)
    for number in limited:
        mine = case.kind == number
        if not case.outlets[number][options.AIR_ZONE.slug]:
            case.remark(NO_AIR_ZONE, mine & ~np.isnan(rate))
            continue
        curve = rate_curve(slug, case.outlets[number])
        permitted[mine] = permitted_rate(height[mine], *curve, clear_of_buildings=clear[mine])
    judged = ~np.isnan(rate) & ~np.isnan(permitted) & ~case.excluded
    return judged & (rate > permitted * (1 + _EQUAL)), judged


def verdict(samples: Samples, *, period: Period) -> Evaluation:
    """达标 or 超标 of n samples of outlets.

    Parameters
    ----------
    samples : Samples
        Gas: measured concentrations [mg/m3] with ``stack_oxygen`` [%], or the converted ones
        (``stack_so2_converted`` …), which are taken where they are there. Water: concentrations, with
        ``water_temperature`` for ammonia nitrogen. Incinerators, day: ``furnace_low_count``. For rates
        (GB 16297): ``waste_gas_flow``, dry at the standard state [m3/s]. Options:
        `lichen.elements.sources.options.OPTIONS`. Marks: of each parameter, and ``working_condition``.
        Edition: any with limits; it judges the outlets of its standard, and those that name none.
    period : Period
        HOUR: hour means of gas. DAY: day means of water and of incinerators. SAMPLE: manual results.

    Returns
    -------
    Evaluation
        Class 0 = 达标, 1 = 超标, -1 = not judged, see the note. `deciding`: the parameter with the largest share of its
        limit. `sub`: the class of each parameter. `multiples`: of converted concentrations. `edition`: of the standard,
        or 排污许可证 where there is only that.

    Raises
    ------
    UnknownEdition
    """
    case = _case(samples, period)
    n = len(samples)
    oxygen, reference = _oxygen(case), _reference(case)
    found: dict[str, _Judged] = {}
    for slug in _read(case):
        one = _judge(case, slug, oxygen, reference)
        if one is not None:
            found[slug] = one
    klass = np.full(n, -1, np.int8)
    largest = np.full(n, -np.inf)
    for one in found.values():
        np.maximum(klass, np.where(one.judged, one.exceeding.astype(np.int8), np.int8(-1)), out=klass)
        largest = np.fmax(largest, one.share)
        for text, where in (
            (BY_PERMIT, one.limits.by_permit), (BY_LOCAL, one.limits.by_local), (UNSURE, one.limits.unsure),
        ):  # fmt: skip
            case.remark(text, where & one.judged)
    editions, edition = _edition(case, klass, found)
    _why_not(case, klass, found)
    sets, note = word_sets(case.remarks, n)
    return Evaluation(
        klass, np.full(n, np.nan),
        {slug: one.judged & (one.share == largest) for slug, one in found.items() if (one.share == largest).any()},
        {slug: one.exceeding for slug, one in found.items() if one.exceeding.any()},
        {slug: np.where(one.judged, one.exceeding, np.nan) for slug, one in found.items() if one.judged.any()},
        note, tuple("；".join(one) for one in sets), editions, edition, CLAUSE,
        {
            slug: np.where(one.exceeding & (one.share > 1) & np.isfinite(one.share), one.share - 1, np.nan)
            for slug, one in found.items() if one.exceeding.any()
        },
    )  # fmt: skip


def converted_hours(samples: Samples) -> dict[str, Floats]:
    """Converted concentrations of hour means, as they are judged: ``stack_so2_converted`` …, each (n,).

    For curves beside their limit line, and as inputs of day means: the mean of converted hours is not the conversion of
    the means.

    Parameters
    ----------
    samples : Samples
        As for `verdict`, HOUR.

    Returns
    -------
    dict slug → ndarray (n,)
        Only of parameters with a column. NaN where nothing valid can be converted; the measured concentration where
        the outlet has no reference oxygen content. [mg/m3]
    """
    case = _case(samples, Period.HOUR)
    oxygen, reference = _oxygen(case), _reference(case)
    nowhere = np.zeros(len(samples), np.bool_)
    return {
        own: _concentration(case, slug, oxygen, reference, nowhere)
        for slug, own in options.CONVERTED.items()
        if slug in samples.columns
    }


def _edition(
    case: _Case, klass: NDArray[np.int8], found: Mapping[str, _Judged]
) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Which standard judged each sample; a permit or a local standard only where there is no other."""
    names = ["", PERMIT_NAME, LOCAL_NAME]
    names += sorted({kind.edition for kind in case.kinds} - set(names))
    code = np.array([names.index(kind.edition) for kind in case.kinds], np.intp)[case.kind]
    alone = (code == 0) & (klass >= 0)
    if alone.any():
        permit = np.zeros(len(klass), np.bool_)
        for one in found.values():
            permit |= one.limits.by_permit & one.judged
        code = np.where(alone, np.where(permit, 1, 2), code)
    return tuple(names), code


def _why_not(case: _Case, klass: NDArray[np.int8], found: Mapping[str, _Judged]) -> None:
    """Say of each sample without a verdict why, as far as nothing was said yet."""
    silent = klass < 0
    case.remark(EXCLUDED, case.excluded & silent)
    for where in case.remarks.values():
        silent = silent & ~where
    if not silent.any():
        return
    limited = case.spread(lambda kind: float(bool(kind.bounds))) > 0
    for one in found.values():
        limited |= one.limits.there
    for slug, option in (*options.PERMIT.items(), *options.LOCAL.items()):
        if slug not in found and option.slug in case.samples.options:
            limited |= _permit_fits(case, slug, case.kinds) & ~np.isnan(case.samples.number(option))
    known = case.samples.choice(options.STANDARD) >= 0
    none = case.spread(lambda kind: float(not kind.edition)) > 0
    without_grade = silent & (case.spread(lambda kind: float(kind.lacks_grade)) > 0)
    case.remark(NO_GRADE, without_grade)
    silent = silent & ~without_grade
    case.remark(NOTHING, silent & limited)
    silent = silent & ~limited
    other = silent & known & none if case.samples.edition is not None else np.zeros(len(klass), np.bool_)
    case.remark(OTHER_EDITION, other)
    case.remark(NO_STANDARD, silent & ~known & none)
    case.remark(NO_LIMIT, silent & ~other & (known | ~none))
