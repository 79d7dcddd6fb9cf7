"""Means of surface-water data over time and place, trends, and what changed between two periods.

By 环办〔2011〕22号 and 环办监测函〔2020〕82号. Means stay unrounded; pH is averaged as the activity of hydrogen ions;
half the detection limit stands for what is below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.descriptor import Aggregation, Flags, Floats
from lichen.elements.surface_water.classify import CLASSES, EVALUATION, STATISTICS
from lichen.elements.surface_water.shelf import PARAMETERS
from lichen.standards import Row
from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS
from lichen.vocab.periods import Period

_BELOW = float(STATISTICS.table("rules").one(rule="below_detection_limit")["value"])
_RULES = {row["rule"]: row["value"] for row in EVALUATION.table("rules")}
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def mean(slug: str, values: ArrayLike, below: ArrayLike | None = None, axis: int = -1) -> Floats:
    """Mean of a parameter along an axis: pH by hydrogen ions, all others arithmetic.

    Parameters
    ----------
    slug : str
    values : array-like (..., n)
        NaN where missing; below the detection limit: the limit.
    below : array-like (..., n) of bool, optional
        Where the value was below the detection limit; half of it enters.

    Returns
    -------
    ndarray (...)
        NaN where there is no value.

    References
    ----------
    .. [1] 环办监测函〔2020〕82号, item 7.

    Examples
    --------
    >>> mean("ph", [6.0, 8.0]).round(3).item(), mean("nh3n", [0.2, 0.1], [False, True]).item()
    (6.297, 0.125)
    """
    array = np.asarray(values, dtype=np.float64)
    if below is not None:
        array = np.where(below, array * _BELOW, array)
    if slug == "ph":
        array = 10.0**-array
    there = ~np.isnan(array)
    count = there.sum(axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(there, array, 0.0).sum(axis=axis) / count
        return np.asarray(-np.log10(found) if slug == "ph" else found)


def prefer_automatic(automatic: ArrayLike, manual: ArrayLike) -> Floats:
    """Automatic values, and manual ones where there are none, same shape (环办监测函〔2020〕82号)."""
    array = np.asarray(automatic, dtype=np.float64)
    return np.where(np.isnan(array), np.asarray(manual, dtype=np.float64), array)


@dataclass(frozen=True, slots=True)
class PeriodMeans:
    """A parameter over k months, quarters or years, ascending.

    Attributes
    ----------
    start : ndarray (k,) datetime64[M]
        First month of each.
    value : ndarray (k,) float64
    count : ndarray (k,) int64
        Of values; of a year: of months with a value.
    enough : ndarray (k,) bool
        Whether that many make a valid value.
    clause : str
    """

    start: NDArray[np.datetime64]
    value: Floats
    count: NDArray[np.int64]
    enough: Flags
    clause: str


def period_means(
    slug: str, time: NDArray[np.int64], values: Floats, period: Period, below: Flags | None = None
) -> PeriodMeans:
    """Means of months and quarters: of all values; of years: of the monthly means.

    Parameters
    ----------
    slug : str
    time : ndarray (n,) int64
        In any order. [ms since 1970 UTC]
    values : ndarray (n,)
        NaN where missing.
    period : Period
        MONTH, QUARTER or YEAR.
    below : ndarray (n,) bool, optional

    Raises
    ------
    ValueError
        Another period.
    """
    if period not in _MONTHS:
        raise ValueError(f"period {period}; allowed: {', '.join(_MONTHS)}")
    row = next(row for row in EVALUATION.table("statistics") if row["target"] == period)
    day = ((time + BEIJING_OFFSET_MS) // DAY_MS).astype("datetime64[D]")
    start, value, count = _grouped(slug, day.astype("datetime64[M]"), values, below)
    if period is Period.YEAR:
        start, value, count = _grouped(slug, start.astype("datetime64[Y]").astype("datetime64[M]"), value, None)
    elif period is Period.QUARTER:
        month = day.astype("datetime64[M]").astype(np.int64)
        start, value, count = _grouped(slug, (month - month % 3).astype("datetime64[M]"), values, below)
    enough = count >= int(row["needed"])
    return PeriodMeans(start, value, count, enough, f"{EVALUATION.id} {row['clause']}")


def _grouped(
    slug: str, key: NDArray[np.datetime64], values: Floats, below: Flags | None
) -> tuple[NDArray[np.datetime64], Floats, NDArray[np.int64]]:
    start, which = np.unique(key, return_inverse=True)
    count = np.bincount(which, weights=~np.isnan(values), minlength=len(start)).astype(np.int64)
    value = np.array(
        [mean(slug, values[which == k], None if below is None else below[which == k]) for k in range(len(start))]
    )
    return start, value.reshape(len(start)), count


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """How means are made of finer ones; the same on every day, no dated rule was found.

    >>> [f"{a.source}→{a.target} {a.method} {a.needed}" for a in aggregations(date(2026, 1, 1)) if "ph" in a.parameters]
    ['minute→hour ph_mean 45', 'hour→day ph_mean 3', 'day→month ph_mean 1', 'sample→month ph_mean 1', \
'month→quarter ph_mean 2', 'month→year ph_mean 8']
    """
    return _AGGREGATIONS


def _aggregation(row: Row, parameters: Sequence[str], method: str) -> Aggregation:
    where = "" if row["status"] == "proposal" else f"{EVALUATION.id} "
    clause = f"{where}{row['clause']} ({row['status']})"
    return Aggregation(
        tuple(parameters), None, Period(row["source"]), Period(row["target"]), method, int(row["needed"]), clause,
        unless=Period(row["unless"]) if row["unless"] else None,
    )  # fmt: skip


def _all_aggregations() -> tuple[Aggregation, ...]:
    found = []
    for row in EVALUATION.table("statistics"):
        found.append(_aggregation(row, [slug for slug in PARAMETERS if slug != "ph"], "mean"))
        found.append(_aggregation(row, ["ph"], "ph_mean"))
    return tuple(found)


_AGGREGATIONS = _all_aggregations()

#: The states of 环办〔2011〕22号, best first.
STATES = tuple(dict.fromkeys(one.level for one in CLASSES))


def change_of_state(before: str, after: str) -> str:
    """The words for a change from one state (优 …) to another: 无明显变化, 有所好转, 明显变差 …

    Raises
    ------
    ValueError
        A word that is no state.

    Examples
    --------
    >>> change_of_state("良好", "优"), change_of_state("优", "轻度污染"), change_of_state("良好", "良好")
    ('有所好转', '明显变差', '无明显变化')
    """
    for word in (before, after):
        if word not in STATES:
            raise ValueError(f"state {word!r}; allowed: {', '.join(STATES)}")
    return _words(STATES.index(before) - STATES.index(after), 0, 1)


def change_of_shares(good: tuple[float, float], worse: tuple[float, float]) -> str:
    """The words for a change in the shares of classes.

    Parameters
    ----------
    good, worse : tuple of float
        Share of sections in classes Ⅰ to Ⅲ, and worse than Ⅴ: before, after. [%]

    Notes
    -----
    Δ = (G2 - G1) - (D2 - D1); up to 10 percentage points there is no obvious change, above 20 an obvious one. The two
    bounds are memory.

    Examples
    --------
    >>> change_of_shares((70.0, 85.0), (10.0, 4.0)), change_of_shares((70.0, 60.0), (0.0, 5.0))
    ('明显好转', '有所变差')
    """
    delta = (good[1] - good[0]) - (worse[1] - worse[0])
    return _words(delta, float(_RULES["change_slight"]), float(_RULES["change_obvious"]))


def _words(delta: float, slight: float, obvious: float) -> str:
    if abs(delta) <= slight:
        return "无明显变化"
    return ("明显" if abs(delta) > obvious else "有所") + ("好转" if delta > 0 else "变差")


@dataclass(frozen=True, slots=True)
class Trend:
    """Daniel's test on Spearman's rank correlation with time.

    `critical` is the value for `critical_n` periods at the level asked for; `direction` is ``rising``, ``falling`` or
    "" where it is not significant.
    """

    coefficient: float
    n: int
    critical: float
    critical_n: int
    direction: str


def trend(values: ArrayLike, level: float = 0.05) -> Trend:
    """Whether a concentration rises or falls over the periods.

    Parameters
    ----------
    values : array-like (n,)
        One per period, in their order; missing ones (NaN) are left out. Equal values share their mean rank.
    level : float
        0.05 or 0.01.

    Raises
    ------
    ValueError
        Fewer than five values, or another level.

    Notes
    -----
    r_s = 1 - 6 Σd² / (N³ - N), significant where its size is above the critical value. The table (memory) has gaps;
    for an N in a gap the next smaller one counts, which asks for more.

    Examples
    --------
    >>> trend([0.9, 0.8, 0.85, 0.6, 0.5, 0.4])
    Trend(coefficient=-0.942..., n=6, critical=0.829, critical_n=6, direction='falling')
    """
    array = np.asarray(values, dtype=np.float64)
    array = array[~np.isnan(array)]
    n = len(array)
    table = {int(row["periods"]): row for row in EVALUATION.table("spearman")}
    if n < min(table):
        raise ValueError(f"{n} values; a trend needs {min(table)} or more")
    column = {0.05: "critical_05", 0.01: "critical_01"}.get(level)
    if column is None:
        raise ValueError(f"level {level}; allowed: 0.05, 0.01")
    used = max(k for k in table if k <= n)
    critical = float(table[used][column])
    distance = _ranks(array) - np.arange(1, n + 1)
    coefficient = float(1 - 6 * (distance**2).sum() / (n**3 - n))
    direction = "" if abs(coefficient) <= critical else "rising" if coefficient > 0 else "falling"
    return Trend(coefficient, n, critical, used, direction)


def _ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[which].reshape(len(values)))
