"""Whether radiation is at its normal level: dose rates against the background of the place, water against guidance.

Only the upper side counts: a reading below the range is a question about the instrument, not about radiation, and stays
normal, with a note. Rules fire independently, and the note names each that did:

=============================  ========================================  ========
rule                           fires above                               verdict
=============================  ========================================  ========
``gamma_reference_high``       the upper end of the local range          偏高
``gamma_spread``               median + k robust standard deviations     偏高
``gamma_rise``                 median + 100 nGy/h (memory)               异常
``gamma_ceiling``              the ceiling set for the place             异常
=============================  ========================================  ========

A rule whose number is not registered is off. 偏高 in an hour with precipitation, with less than 40 % above the
background, is 降水升高 instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.elements import folder
from lichen.elements.descriptor import Evaluation, Flags, Floats, LimitLine, Option, ResultClass, Samples, word_sets
from lichen.elements.radiation.shelf import RULES, SHELF
from lichen.standards import UnknownEdition
from lichen.vocab.clock import DAY_MS, day_start_ms
from lichen.vocab.periods import Period
from lichen.vocab.registry import attribute_at

CHECKS = folder.checks("radiation")
_RANGE = {check.parameter: (check.low, check.high) for check in CHECKS}

#: The first word is the ministry's; the others and the colours are ours.
CLASSES = (
    ResultClass("正常", "normal", "本底水平", (60, 150, 90)),
    ResultClass("降水升高", "raised by precipitation", "本底水平", (90, 150, 200)),
    ResultClass("偏高", "raised", "待核实", (230, 160, 40)),
    ResultClass("异常", "abnormal", "须调查", (205, 60, 50)),
)
NORMAL, RAIN, RAISED, ABNORMAL = range(4)

_NGY = "nGy/h"
REFERENCE_HIGH = Option("gamma_reference_high", "γ剂量率参考范围上限", "upper end of the local range", default=np.nan,
                        unit=_NGY)  # fmt: skip
REFERENCE_LOW = Option("gamma_reference_low", "γ剂量率参考范围下限", "lower end of the local range", default=np.nan,
                       unit=_NGY)  # fmt: skip
BASELINE = Option("gamma_baseline", "γ剂量率本底中位数", "median of the background", default=np.nan, unit=_NGY)
SPREAD = Option("gamma_spread", "γ剂量率本底稳健标准差", "robust spread of the background", default=np.nan, unit=_NGY)
SPREADS = Option("gamma_spreads", "报警倍数k", "spreads above the background", default=RULES["spreads"])
RISE = Option("gamma_rise", "高于本底的调查水平", "investigation level above the background",
              default=RULES["investigation_rise"], unit=_NGY)  # fmt: skip
CEILING = Option("gamma_ceiling", "γ剂量率报警上限", "ceiling of the dose rate", default=np.nan, unit=_NGY)
OPTIONS = (REFERENCE_HIGH, REFERENCE_LOW, BASELINE, SPREAD, SPREADS, RISE, CEILING)

GAMMA_INPUTS = ("gamma_dose_rate", "precipitation")
WATER_INPUTS = ("gross_alpha", "gross_beta")

_WATER = SHELF.edition("GB 5749-2022")
_GUIDANCE = {row["parameter"]: float(row["limit"]) for row in _WATER.table("guidance")}
_RULES_EDITION = SHELF.edition("alarm-rules").id
_EDITIONS = (_RULES_EDITION, _WATER.id, "")
_OURS, _GB_5749, _NONE = range(3)


def evaluate(samples: Samples) -> Evaluation:
    """Verdicts on dose rates of hours, days or spot readings, and on gross α and β in water.

    Parameters
    ----------
    samples : Samples
        Columns ``gamma_dose_rate`` [nGy/h], ``precipitation`` [mm] of the same interval, ``gross_alpha`` and
        ``gross_beta`` [Bq/L] of drinking water; options `OPTIONS`. Below the detection limit, half of it counts. A
        value equal to its bound does not exceed it.

    Returns
    -------
    Evaluation
        No index. `multiples` are those of gross α and β over their guidance values.

    Raises
    ------
    UnknownEdition
        An edition other than that of GB 5749 was asked for.

    Examples
    --------
    >>> range_ = {"gamma_reference_high": np.full(2, 204.5), "gamma_reference_low": np.full(2, 95.7)}
    >>> verdict = evaluate(Samples({"gamma_dose_rate": np.array([91.4, 210.0])}, np.zeros(2, np.int64), options=range_))
    >>> [CLASSES[k].word for k in verdict.klass], verdict.notes[verdict.note[0]]
    (['正常', '偏高'], '低于参考范围下限，不属辐射升高，请检查仪器')
    """
    if samples.edition is not None and SHELF.edition(samples.edition) != _WATER:
        raise UnknownEdition(f"edition {samples.edition!r} judges nothing here; editions that do: {_WATER.id}")
    n = len(samples)
    said: dict[str, Flags] = {}
    gamma = _gamma(samples, said)
    water, sub, multiples = _gross_activity(samples, said)
    klass = np.maximum(gamma, water)
    there = {"gamma_dose_rate": gamma} | sub
    deciding = {slug: (one == klass) & (klass > NORMAL) for slug, one in there.items()}
    exceeding = {slug: one >= RAISED for slug, one in there.items()}
    _say(said, "各项均缺测，未评价", np.logical_and.reduce([np.isnan(samples.halved(slug)) for slug in there]))
    sets, note = word_sets(said, n)
    edition = np.select([gamma >= 0, water >= 0], [_OURS, _GB_5749], _NONE).astype(np.uint16)
    return Evaluation(
        klass, np.full(n, np.nan), deciding, exceeding,
        {slug: np.where(one >= 0, one, np.nan) for slug, one in there.items()},
        note, tuple("；".join(one) for one in sets), _EDITIONS, edition,
        f"{_RULES_EDITION} | {_WATER.id} {_WATER.table('guidance').rows[0]['clause']}", multiples,
    )  # fmt: skip


def registered(option: Option, attributes: Mapping[str, Any], instants: NDArray[np.int64]) -> Floats:
    """What a point has registered for an option at instants, (n,); where nothing, its default; for no number, NaN."""
    return np.array([_number(said, float(option.default)) for said in attribute_at(attributes, option.slug, instants)])


def _number(said: Any, default: float) -> float:
    if said is None or said == "":
        return default
    try:
        return float(said)
    except (TypeError, ValueError):
        return np.nan


def limits_of_point(attributes: Mapping[str, Any], on: date) -> tuple[LimitLine, ...]:
    """The bounds of the dose rate of a point on a day that are registered, by the hour and by the day.

    >>> lines = limits_of_point({"gamma_baseline": 80, "gamma_spread": 2}, date(2026, 5, 1))
    >>> [(line.period.value, line.value) for line in lines]
    [('hour', 86.0), ('hour', 180.0), ('day', 86.0), ('day', 180.0)]
    """
    instant = np.array([day_start_ms(on)])
    bounds = _bounds({option.slug: registered(option, attributes, instant) for option in OPTIONS})
    return tuple(
        LimitLine("gamma_dose_rate", period, float(rule.bound[0]), rule.zh, rule.en, f"{_RULES_EDITION}: {rule.en}",
                  rule.status)
        for period in (Period.HOUR, Period.DAY)
        for rule in bounds
        if not np.isnan(rule.bound[0])
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rule:
    """A bound, what is said above it, and the class it makes."""

    zh: str
    en: str
    bound: Floats
    klass: int
    status: str


def _bounds(numbers: Mapping[str, Floats]) -> tuple[_Rule, ...]:
    """The four rules from the numbers registered, by the slug of their option."""
    baseline = numbers[BASELINE.slug]
    spread = numbers[SPREADS.slug] * numbers[SPREAD.slug]
    return (
        _Rule("当地参考范围上限", "upper end of the local range", numbers[REFERENCE_HIGH.slug], RAISED, "verified"),
        _Rule("本底中位数加k倍稳健标准差", "background + k robust spreads", baseline + spread, RAISED, "proposal"),
        _Rule(
            "本底中位数加调查水平",
            "background + investigation level",
            baseline + numbers[RISE.slug],
            ABNORMAL,
            "memory",
        ),
        _Rule("报警上限", "ceiling", numbers[CEILING.slug], ABNORMAL, "proposal"),
    )


def _usable(samples: Samples, slug: str, said: dict[str, Flags]) -> Floats:
    given = samples.halved(slug)
    low, high = _RANGE[slug]
    wrong = (given < low) | (given > high)
    if wrong.any():
        text = "有数值超出仪器的测量范围，按缺测计"
        said[text] = said.get(text, np.zeros(len(samples), bool)) | wrong
    return np.where(wrong, np.nan, given)


def _gamma(samples: Samples, said: dict[str, Flags]) -> NDArray[np.int8]:
    """The class of the dose rate, (n,) int8; -1 = none."""
    dose = _usable(samples, "gamma_dose_rate", said)
    rain = _usable(samples, "precipitation", said)
    numbers = {option.slug: samples.number(option) for option in OPTIONS}
    high, low, baseline = (numbers[option.slug] for option in (REFERENCE_HIGH, REFERENCE_LOW, BASELINE))
    there = ~np.isnan(dose)
    known = np.zeros(len(samples), bool)
    klass = np.zeros(len(samples), np.int8)
    for rule in _bounds(numbers):
        known |= ~np.isnan(rule.bound)
        fired = dose > rule.bound
        klass = np.where(fired, np.maximum(klass, rule.klass), klass).astype(np.int8)
        _say(said, f"高于{rule.zh}", fired)
    background = np.where(np.isnan(baseline), high, baseline)
    explained = (klass == RAISED) & (rain > 0) & (dose - background < RULES["rain_share"] * background)
    klass[explained] = RAIN
    klass[~there | ~known] = -1
    _say(said, "同期有降水，升高幅度在降水影响范围内", explained)
    _say(said, "低于参考范围下限，不属辐射升高，请检查仪器", dose < low)
    _say(said, "未登记本底或参考范围，γ剂量率未评价", there & ~known)
    return klass


def _gross_activity(
    samples: Samples, said: dict[str, Flags]
) -> tuple[NDArray[np.int8], dict[str, NDArray[np.int8]], dict[str, Floats]]:
    """The class of gross α and β, of each alone, and by how many times they exceed their guidance values."""
    in_force = np.ones(len(samples), bool)
    if samples.edition is None:
        in_force = samples.time >= day_start_ms(_WATER.start)
        if _WATER.end is not None:
            in_force &= samples.time < day_start_ms(_WATER.end) + DAY_MS
    sub, multiples = {}, {}
    klass = np.full(len(samples), -1, np.int8)
    for slug, limit in _GUIDANCE.items():
        value = _usable(samples, slug, said)
        there = ~np.isnan(value) & in_force
        beyond = there & (value > limit)
        sub[slug] = np.where(there, np.where(beyond, RAISED, NORMAL), -1).astype(np.int8)
        multiples[slug] = np.where(beyond, (value - limit) / limit, np.nan)
        klass = np.maximum(klass, sub[slug])
        _say(said, "总放射性高于指导值，须进行核素分析和评价", beyond)
        _say(said, "当日没有现行有效的 GB 5749，总放射性未评价", ~np.isnan(value) & ~in_force)
    return klass, sub, multiples


def _say(said: dict[str, Flags], text: str, rows: Flags) -> None:
    if rows.any():
        said[text] = said.get(text, np.zeros(len(rows), bool)) | rows
