"""Statistics of months, quarters and years of daily air data (HJ 663).

`standard` below is always the edition of GB 3095 by which to judge, `assessment` that of HJ 663. Values stay unrounded
until they are published: `published` rounds once, at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.air.validity import (
    DECIMALS,
    Days,
    Floats,
    PeriodValidity,
    mean_of_enough,
    period_start,
    period_validity,
)
from lichen.standards import Edition, Limit, TableError, attains, find_limit, limits
from lichen.vocab.periods import Period
from lichen.vocab.rounding import divide_half_even, round_half_even, to_fixed


@dataclass(frozen=True, slots=True)
class Item:
    """One item to be assessed: a parameter's mean, or a percentile of its daily values; `limit_period` is the mean
    whose limit it is compared with."""

    parameter: str
    percentile: float | None
    limit_period: str
    edition: str
    clause: str
    status: str


def items(assessment: Edition, table: str = "items") -> tuple[Item, ...]:
    """The items of HJ 663: ``items`` for the assessment of a year, ``composite`` for the composite index."""
    return tuple(
        Item(
            row["parameter"], float(row["percentile"]) if row["statistic"] == "percentile" else None,
            row["limit_period"], assessment.id, row["clause"], row["status"],
        )
        for row in assessment.table(table)
    )  # fmt: skip


def percentile(values: ArrayLike, p: float) -> Floats:
    """Percentile of the valid values along the last axis: X(s) + (X(s+1) - X(s))(k - s), k = 1 + (n - 1)p, s = int(k).

    Parameters
    ----------
    values : array-like (..., n)
        NaN where missing or invalid.
    p : float
        0 to 100.

    Returns
    -------
    ndarray (...)
        Unrounded, in the unit of `values`; NaN where there is no valid value. Computed in integers (`DECIMALS`), so
        that 34.5 is 34.5 and rounds as it should.

    Raises
    ------
    ValueError
        `p` is out of range or has more than three decimals, there is no last axis, or a value is infinite.

    References
    ----------
    .. [1] HJ 663-2013, annex A; memory.

    Examples
    --------
    >>> percentile([10.0, 20.0, 40.0, float("nan")], 75).item()
    30.0
    """
    array = np.asarray(values, dtype=np.float64)
    if not 0 <= p <= 100:
        raise ValueError(f"p={p}; allowed: 0 to 100")
    if round(p, 3) != p:
        raise ValueError(f"p={p}; allowed: up to three decimals")
    if array.ndim == 0 or not array.shape[-1]:
        raise ValueError(f"values {array.shape}; a percentile needs values in the last axis")
    ordered = to_fixed(np.sort(array, axis=-1), DECIMALS)  # missing ones last
    count = (~np.isnan(array)).sum(axis=-1, keepdims=True)
    last = np.maximum(count - 1, 0)
    share = Fraction(str(p)) / 100
    low, part = np.divmod(last * share.numerator, share.denominator)  # k - 1 = low + part / denominator
    at_low = np.take_along_axis(ordered, low, axis=-1)
    at_high = np.take_along_axis(ordered, np.minimum(low + 1, last), axis=-1)
    found = at_low + (at_high - at_low) * part / share.denominator
    return np.asarray(np.where(count > 0, found / 10.0**DECIMALS, np.nan)[..., 0])


@dataclass(frozen=True, slots=True)
class PeriodValues:
    """One item over k periods.

    Attributes
    ----------
    item : Item
    value : ndarray (k,) float64
        Of all valid days, unrounded; NaN where there is none. Only where `validity.enough` is true is it a valid
        value of the period.
    validity : PeriodValidity
        The periods, rising, their valid days, and whether those are enough.
    """

    item: Item
    value: Floats
    validity: PeriodValidity


def period_values(
    days: ArrayLike, values: ArrayLike, item: Item, period: Period, standard: Edition, assessment: Edition
) -> PeriodValues:
    """An item's value for each month, quarter or year; means are means of daily values, whatever the period.

    Parameters
    ----------
    days : array-like (n,) of datetime64[D]
        Days of the Beijing calendar, each once, in any order.
    values : array-like (n,)
        Daily means (for ``o3_8h`` daily maximum 8-hour means), NaN where invalid. [the parameter's unit]
    item : Item
    period : Period
        MONTH, QUARTER or YEAR.
    standard, assessment : Edition

    References
    ----------
    .. [1] GB 3095-2026, 3.10 to 3.13 and 6.3: means of daily means; all valid data enter.
    """
    day, array = np.asarray(days, dtype="datetime64[D]"), np.asarray(values, dtype=np.float64)
    validity = period_validity(day, ~np.isnan(array), item.parameter, period, standard, assessment)
    row = np.searchsorted(validity.start, period_start(day, period))
    table = np.full((len(validity.start), max(int(np.bincount(row).max(initial=0)), 1)), np.nan)
    order = np.argsort(row, kind="stable")
    first = np.searchsorted(row[order], row[order])
    table[row[order], np.arange(len(row)) - first] = array[order]
    value = mean_of_enough(table, 1) if item.percentile is None else percentile(table, item.percentile)
    return PeriodValues(item, value, validity)


def decimals(name: str, assessment: Edition) -> int:
    """Decimals with which HJ 663 publishes a parameter's concentration or a quantity (``exceedance_multiple``)."""
    return int(assessment.table("rounding").one(parameter=name)["decimals"])


def published(values: ArrayLike, name: str, assessment: Edition) -> Floats:
    """Values rounded as they are published (GB/T 8170), same shape; NaN stays NaN. See `decimals`."""
    return round_half_even(values, decimals(name, assessment))


def exceedance_multiple(values: ArrayLike, limit: Limit, assessment: Edition) -> Floats:
    """Exceedance multiple (超标倍数), (C - S) / S, rounded as published, without the dust of binary fractions.

    Parameters
    ----------
    values : array-like
        Rounded concentrations, not negative; NaN where missing. [the limit's unit]
    limit : Limit
    assessment : Edition

    Returns
    -------
    ndarray, same shape
        0 where the limit is kept (equal keeps it), NaN where the value is. [1]

    References
    ----------
    .. [1] HJ 663, B = (C - S) / S.
    """
    array = np.asarray(values, dtype=np.float64)
    places = decimals("exceedance_multiple", assessment)
    bound = np.array(int(limit.value.scaleb(DECIMALS)))
    over = np.maximum(to_fixed(array, DECIMALS) - bound, 0)
    rounded = divide_half_even(over * 10**places, bound) / 10.0**places
    return np.where(np.isnan(array), np.nan, rounded)


def attainment_rate(attaining: ArrayLike, valid: ArrayLike, assessment: Edition) -> Floats:
    """Attainment rate (达标率): attaining days of valid days, along the last axis, rounded as published.

    Parameters
    ----------
    attaining : array-like (..., n) of bool
        Whether the day attains. What is said of a day that is not valid does not count.
    valid : array-like (..., n) of bool
    assessment : Edition

    Returns
    -------
    ndarray (...)
        NaN without any valid day. [%]

    References
    ----------
    .. [1] HJ 663, D = attaining days / valid days.
    """
    good = np.asarray(valid, dtype=np.bool_)
    days = good.sum(axis=-1)
    kept = (np.asarray(attaining, dtype=np.bool_) & good).sum(axis=-1)
    places = decimals("attainment_rate_percent", assessment)
    rate = divide_half_even(kept * 100 * 10**places, np.maximum(days, 1)) / 10.0**places
    return np.where(days > 0, rate, np.nan)


@dataclass(frozen=True, slots=True)
class Assessed:
    """One item over k periods, judged.

    `value` is as published; `attains` False and `multiple` NaN where there is no value.
    """

    values: PeriodValues
    limit: Limit
    value: Floats
    attains: NDArray[np.bool_]
    multiple: Floats


@dataclass(frozen=True, slots=True)
class Assessment:
    """A place over k years.

    Attributes
    ----------
    start : ndarray (k,) datetime64[D]
    items : tuple of Assessed
    attains : ndarray (k,) bool
        Whether all items have enough days and attain.
    complete : ndarray (k,) bool
        Whether all items have enough days. Where not, `attains` is no verdict on the place.
    """

    start: Days
    items: tuple[Assessed, ...]
    attains: NDArray[np.bool_]
    complete: NDArray[np.bool_]


def assess_years(
    days: ArrayLike,
    columns: Mapping[str, ArrayLike],
    standard: Edition,
    assessment: Edition,
    on: date,
    grade: str = "2",
) -> Assessment:
    """Judge years of daily values item by item.

    A pollutant attains when its year mean (where it has a year limit) and its percentile both do; a place when all
    pollutants do.

    Parameters
    ----------
    days : array-like (n,) of datetime64[D]
        Days of the Beijing calendar, each once.
    columns : mapping of parameter → array-like (n,)
        Daily values of every parameter of the items, NaN where invalid. [the parameter's unit]
    standard, assessment : Edition
    on : date
        Picks the phase of the limits: a day of the period judged.
    grade : str
        "1" or "2".

    Raises
    ------
    TableError
        A column or a limit is missing; the message says which.

    References
    ----------
    .. [1] HJ 663, table 1.
    """
    asked = items(assessment)
    missing = [item.parameter for item in asked if item.parameter not in columns]
    if missing:
        raise TableError(
            f"{assessment.id} assesses {', '.join(dict.fromkeys(missing))} too; give a column (NaN: missing)"
        )
    pool = limits(standard, "table1", on, {"grade1": "1", "grade2": "2"})
    judged = []
    for item in asked:
        values = period_values(days, columns[item.parameter], item, Period.YEAR, standard, assessment)
        limit = find_limit(pool, item.parameter, item.limit_period, grade)
        value = published(values.value, item.parameter, assessment)
        judged.append(
            Assessed(values, limit, value, attains(value, limit), exceedance_multiple(value, limit, assessment))
        )
    complete = np.logical_and.reduce([one.values.validity.enough for one in judged])
    kept = complete & np.logical_and.reduce([one.attains for one in judged])
    return Assessment(judged[0].values.validity.start, tuple(judged), kept, complete)


def change_rate(now: ArrayLike, before: ArrayLike) -> Floats:
    """Rate of change against the same period of the year before, (now - before) / before, unrounded. [1]

    NaN where either is missing or there was nothing before.

    >>> change_rate([3.0, 1.0], [4.0, 0.0]).tolist()
    [-0.25, nan]
    """
    new, old = np.broadcast_arrays(np.asarray(now, dtype=np.float64), np.asarray(before, dtype=np.float64))
    return np.asarray(np.divide(new - old, old, out=np.full(new.shape, np.nan), where=old > 0))


@dataclass(frozen=True, slots=True)
class Trend:
    """Spearman's rank correlation of values with time.

    Attributes
    ----------
    r : float
        -1 to 1; NaN with fewer valid periods than the rule needs.
    critical : float
        What its size must exceed; NaN likewise.
    direction : int
        1 significant rise, -1 significant fall, 0 neither.
    periods : int
        Valid periods.
    edition, clause, status : str
    """

    r: float
    critical: float
    direction: int
    periods: int
    edition: str
    clause: str
    status: str


def trend(values: ArrayLike, assessment: Edition) -> Trend:
    """Trend of the values of successive periods (秩相关系数法): r = 1 - 6 Σd² / (N³ - N).

    Parameters
    ----------
    values : array-like (n,)
        In the order of time; missing ones (NaN) are left out. Equal values share the mean of their ranks.
    assessment : Edition
        Its table ``spearman`` gives the critical values. For a number of periods between two rows the smaller one's is
        taken, which is the stricter; beyond the last row that row's.

    Returns
    -------
    Trend
        Significant where ``|r|`` exceeds the critical value; equal does not.

    References
    ----------
    .. [1] HJ 663; critical values from memory, the one-sided 0.05 ones.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"values {array.shape}; expected a column")
    valid = array[~np.isnan(array)]
    n = len(valid)
    row = assessment.table("rules").one(rule="trend_needed")
    if n < int(row["value"]):
        return Trend(np.nan, np.nan, 0, n, assessment.id, row["clause"], row["status"])
    _, at, count = np.unique(valid, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[at]
    # Ranks are halves at worst, so the sum is exact; r stays a fraction until it has been compared, because an r that
    # is equal to the critical value (0.6 for nine periods) is not significant.
    r = 1 - 6 * Fraction(float(((ranks - np.arange(1, n + 1)) ** 2).sum())) / (n**3 - n)
    chosen = [one for one in assessment.table("spearman") if int(one["periods"]) <= n][-1]
    critical = Fraction(chosen["critical"])
    direction = 0 if abs(r) <= critical else 1 if r > 0 else -1
    return Trend(float(r), float(critical), direction, n, assessment.id, chosen["clause"], chosen["status"])
