"""How many values make a mean: hours, eight hours, days, months, quarters and years of air data.

The counts stand in the tables of GB 3095 (``validity.csv``) and HJ 663 (``rules.csv``). `standard` below is always the
edition of GB 3095 in force, `assessment` that of HJ 663.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from lichen.standards import Edition, Limit, TableError
from lichen.vocab.periods import Period
from lichen.vocab.rounding import to_fixed

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

#: Decimals that values keep in integer arithmetic: finer than any instrument, coarse enough to drop binary dust.
DECIMALS = 9

_FEBRUARY = 2
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Needed:
    """The smallest count of valid values that makes a mean, and where that is written."""

    count: int
    edition: str
    clause: str
    status: str


def needed(standard: Edition, parameter: str, period: Period, month: int | None = None) -> Needed:
    """The count that GB 3095 asks for.

    Parameters
    ----------
    standard : Edition
        Of GB 3095.
    parameter : str
    period : Period
        HOUR: minutes; H8 and DAY: hourly means (or hours of sampling); MONTH, QUARTER and YEAR: daily means.
    month : int, optional
        1 to 12; February needs fewer days.

    Raises
    ------
    TableError
        The standard gives no count for this.

    References
    ----------
    .. [1] GB 3095-2026, table 4.
    """
    rows = [
        row
        for row in standard.table("validity")
        if row["period"] == period.value and parameter in row["parameters"].split()
    ]
    special = [row for row in rows if row["note"] == "february"]
    usual = [row for row in rows if row["note"] != "february"]
    chosen = special if special and month == _FEBRUARY else usual
    if len(chosen) != 1:
        raise TableError(f"{standard.id}, validity: {len(chosen)} counts for {parameter} over a {period}; one expected")
    row = chosen[0]
    return Needed(int(row["needed"]), standard.id, row["clause"], row["status"])


def rule(assessment: Edition, name: str) -> Needed:
    """A count among the rules of HJ 663; `TableError` if there is none of that name."""
    row = assessment.table("rules").one(rule=name)
    return Needed(int(row["value"]), assessment.id, row["clause"], row["status"])


def mean_of_enough(values: ArrayLike, enough: int, axis: int = -1) -> Floats:
    """Arithmetic mean of the valid values along an axis, where there are enough of them.

    With minutes it makes hour means, with the 24 hourly means of a Beijing day the daily mean (GB 3095-2026, 3.7 to
    3.9), with daily means those of longer periods.

    Parameters
    ----------
    values : array-like
        NaN where missing or invalid. [the parameter's unit]
    enough : int
        See `needed`. As many are enough.
    axis : int

    Returns
    -------
    ndarray, one axis fewer
        Unrounded; NaN where there are fewer, or none. Summed in integers (`DECIMALS`), so that a mean of exactly 29.35
        is 29.35 and rounds as it should.

    Raises
    ------
    ValueError
        A value is infinite, or too large for that many decimals.

    Examples
    --------
    >>> mean_of_enough([[1.0, 2.0, float("nan")], [1.0, float("nan"), float("nan")]], 2).tolist()
    [1.5, nan]
    """
    array = np.asarray(values, dtype=np.float64)
    count = (~np.isnan(array)).sum(axis=axis)
    total = to_fixed(array, DECIMALS).sum(axis=axis)
    return np.where(count >= max(enough, 1), total / (np.maximum(count, 1) * 10.0**DECIMALS), np.nan)


def running_mean(hours: ArrayLike, enough: int, width: int = 8) -> Floats:
    """Running means of consecutive hourly means (8 小时平均), at the hour with which each ends.

    Parameters
    ----------
    hours : array-like (..., n)
        Consecutive hourly means, NaN where missing. [the parameter's unit]
    enough : int
        Valid hours a window needs.
    width : int
        [h]

    Returns
    -------
    ndarray (..., n)
        Element i is the mean of the `width` hours that end with hour i; hours before the first count as missing.
        Unrounded; NaN where there are too few.

    References
    ----------
    .. [1] GB 3095-2026, 3.7 to 3.9 and table 4: six of eight.

    Examples
    --------
    >>> running_mean([1.0, 2.0, 3.0, 4.0], enough=2, width=2).tolist()
    [nan, 1.5, 2.5, 3.5]
    """
    array = np.asarray(hours, dtype=np.float64)
    before = np.full((*array.shape[:-1], width - 1), np.nan)
    return mean_of_enough(sliding_window_view(np.concatenate([before, array], axis=-1), width, axis=-1), enough)


def daily_max_8h(running: ArrayLike, assessment: Edition, limit: Limit) -> Floats:
    """Daily maximum 8-hour mean (日最大 8 小时平均, MDA8).

    The largest of the running means that end at 08:00 to 24:00. With fewer valid ones than needed there is none, unless
    the largest is above the limit: then it counts.

    Parameters
    ----------
    running : array-like (..., 24)
        Running means of one Beijing day; column h ends at h + 1 o'clock, see `running_mean`. [ug/m3]
    assessment : Edition
        Of HJ 663.
    limit : Limit
        Of the daily maximum 8-hour mean. Compared with the unrounded value; equal is not above.

    Returns
    -------
    ndarray (...)
        Unrounded; NaN where the day has none. [ug/m3]

    References
    ----------
    .. [1] HJ 663-2013 and HJ 663-2026, 6.1.2; the hours are from memory.
    """
    first, last = rule(assessment, "mda8_first_end_hour").count, rule(assessment, "mda8_last_end_hour").count
    array = np.asarray(running, dtype=np.float64)
    if array.shape[-1:] != (24,):
        raise ValueError(f"running means {array.shape}; a day has 24 of them, in the last axis")
    window = array[..., first - 1 : last]
    count = (~np.isnan(window)).sum(axis=-1)
    highest = np.fmax.reduce(window, axis=-1)
    return np.where((count >= rule(assessment, "mda8_needed").count) | (highest > float(limit.value)), highest, np.nan)


@dataclass(frozen=True, slots=True)
class PeriodValidity:
    """Which months, quarters or years have enough valid days.

    Attributes
    ----------
    start : ndarray (k,) datetime64[D]
        First day of each period in which any day was given, rising.
    days : ndarray (k,) int64
        Valid days.
    enough : ndarray (k,) bool
    rules : tuple of Needed
        What was asked for.
    """

    start: Days
    days: NDArray[np.int64]
    enough: NDArray[np.bool_]
    rules: tuple[Needed, ...]


def period_start(days: ArrayLike, period: Period) -> Days:
    """First day of the month, quarter or year of each day, same shape.

    Parameters
    ----------
    days : array-like of datetime64[D]
        Days of the Beijing calendar.
    period : Period
        MONTH, QUARTER or YEAR.

    Examples
    --------
    >>> period_start(["2026-05-31"], Period.QUARTER).tolist()
    [datetime.date(2026, 4, 1)]
    """
    if period not in _MONTHS:
        raise ValueError(f"period {period}; allowed: {', '.join(_MONTHS)}")
    months = np.asarray(days, dtype="datetime64[M]").astype(np.int64)  # since January 1970, which begins a year
    return (months - months % _MONTHS[period]).astype("datetime64[M]").astype("datetime64[D]")


def period_validity(
    days: ArrayLike, valid: ArrayLike, parameter: str, period: Period, standard: Edition, assessment: Edition
) -> PeriodValidity:
    """Which periods have enough valid daily values of a parameter.

    A year needs its count of days, and where the standard also asks for a count in each month, all twelve. A quarter
    has a count of its own for a few parameters only; the others need enough days in each of its months (our
    proposal). Parameters without a count in GB 3095 (CO, ozone) take that of the percentiles of HJ 663.

    Parameters
    ----------
    days : array-like (n,) of datetime64[D]
        Days of the Beijing calendar, each once, in any order.
    valid : array-like (n,) of bool
        Whether the day's value is valid.
    parameter : str
    period : Period
        MONTH, QUARTER or YEAR.
    standard, assessment : Edition
        Of GB 3095 and of HJ 663.

    Raises
    ------
    ValueError
        A day occurs twice.
    TableError
        Neither edition says how many days of the parameter are enough.

    References
    ----------
    .. [1] GB 3095-2026, table 4.
    """
    day, good = np.asarray(days, dtype="datetime64[D]"), np.asarray(valid, dtype=np.bool_)
    if day.shape != good.shape or day.ndim != 1:
        raise ValueError(f"days {day.shape} and valid {good.shape} must be columns of one length")
    if len(np.unique(day)) != len(day):
        raise ValueError("a day occurs twice; give each day once")
    start, at = np.unique(period_start(day, period), return_inverse=True)
    count = np.bincount(at, weights=good, minlength=len(start)).astype(np.int64)
    asked = _counts(parameter, period, standard, assessment)
    enough = np.ones(len(start), dtype=np.bool_)
    if asked.days is not None:
        enough &= count >= asked.days.count
    if asked.usual is not None and asked.february is not None:
        month, in_month = np.unique(day.astype("datetime64[M]"), return_inverse=True)
        of_month = np.bincount(in_month, weights=good, minlength=len(month))
        february = month.astype(np.int64) % 12 + 1 == _FEBRUARY
        full = of_month >= np.where(february, asked.february.count, asked.usual.count)
        belongs = np.searchsorted(start, period_start(month, period))
        enough &= np.bincount(belongs, weights=full, minlength=len(start)) >= asked.months
    rules = (asked.days, asked.usual, asked.february, asked.full_months)
    return PeriodValidity(start, count, enough, tuple(dict.fromkeys(one for one in rules if one is not None)))


@dataclass(frozen=True, slots=True)
class _Counts:
    """What a period asks for: days in all, and `months` months with their own count."""

    days: Needed | None
    usual: Needed | None
    february: Needed | None
    months: int
    full_months: Needed | None = None


def _counts(parameter: str, period: Period, standard: Edition, assessment: Edition) -> _Counts:
    rows = {row["period"] for row in standard.table("validity") if parameter in row["parameters"].split()}
    in_standard = Period.YEAR.value in rows
    if in_standard:
        usual, february = (needed(standard, parameter, Period.MONTH, month) for month in (1, _FEBRUARY))
    else:
        if not assessment.table("items").select(parameter=parameter):
            raise TableError(f"neither {standard.id} nor {assessment.id} says how many days of {parameter} are enough")
        usual = rule(assessment, "percentile_needed_month")
        february = rule(assessment, "percentile_needed_february")
    if period is Period.MONTH:
        return _Counts(None, usual, february, 1)
    if period is Period.QUARTER:
        if period.value in rows:
            return _Counts(needed(standard, parameter, period), usual, february, _MONTHS[period])
        full = rule(assessment, "quarter_valid_months")
        return _Counts(None, usual, february, full.count, full)
    if in_standard:
        return _Counts(needed(standard, parameter, period), usual, february, _MONTHS[period])
    return _Counts(rule(assessment, "percentile_needed_year"), None, None, 0)
