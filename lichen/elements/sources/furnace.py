"""Furnace temperature and exempt hours of incinerators: GB 18485-2014, GB 18484-2020 and order no. 10 (部令第10号)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.sources import marks as of_marks
from lichen.elements.sources.shelf import rules
from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS, MINUTE_MS, floor_ms

_FIVE_MINUTES = 5 * MINUTE_MS


def low_counts(
    temperature: ArrayLike,
    time: NDArray[np.int64],
    days: NDArray[np.int64],
    *,
    edition: str = "GB 18485-2014",
    conditions: of_marks.Marks | None = None,
) -> NDArray[np.float64]:
    """How many five-minute means of the furnace temperature of a day are below the limit: ``furnace_low_count``.

    More than five make the day a failure (the limit table of the edition).

    Parameters
    ----------
    temperature : array-like (n,)
        Readings, or five-minute means; NaN where missing or marked invalid. [degC]
    time : ndarray (n,) int64
        Of the readings. [ms since 1970 UTC]
    days : ndarray (d,) int64
        Starts of the Beijing days asked for. [ms since 1970 UTC]
    edition : str
        ``GB 18485-2014`` (850 °C) or ``GB 18484-2020`` (1100 °C).
    conditions : ndarray (n,) of str, optional
        Marks of the working condition or the thermocouple; readings they exclude do not count.

    Returns
    -------
    ndarray (d,) float64
        NaN for a day without any reading that counts.

    References
    ----------
    .. [1] GB 18484-2020, 9.3; 部令第10号.

    Examples
    --------
    >>> readings = np.arange(0, 60) * 60_000 - 8 * 3_600_000
    >>> low_counts(np.where(np.arange(60) < 10, 849.0, 900.0), readings, np.array([-8 * 3_600_000])).tolist()
    [2.0]
    """
    value = np.asarray(temperature, np.float64)
    good = ~np.isnan(value)
    if conditions is not None:
        good &= ~of_marks.condition_excludes(conditions, time)
    value, when = value[good], time[good]
    slots, which = np.unique(floor_ms(when, _FIVE_MINUTES), return_inverse=True)
    means = np.bincount(which, value, len(slots)) / np.maximum(np.bincount(which, minlength=len(slots)), 1)
    day = slots - (slots + BEIJING_OFFSET_MS) % DAY_MS
    at = np.searchsorted(days, day)
    known = at < len(days)
    known[known] = days[at[known]] == day[known]
    low = means < rules(edition, "furnace")["temperature"]
    count = np.bincount(at[known], low[known], len(days)).astype(np.float64)
    there = np.bincount(at[known], minlength=len(days)) > 0
    return np.where(there, count, np.nan)


def exempt_hours(conditions: of_marks.Marks, time: NDArray[np.int64], hours: ArrayLike) -> float:
    """Hours of start, stop, fault and accident of one furnace, to be held against 60 a year.

    Drying-out before the feed and cooling after burn-out do not count.

    Parameters
    ----------
    conditions : ndarray (n,) of str
        The mark of each interval of a Beijing year.
    time : ndarray (n,) int64
        Starts. [ms since 1970 UTC]
    hours : array-like
        Length of each interval. [h]

    References
    ----------
    .. [1] GB 18484-2020, 7.2; GB 18485-2014 likewise (second hand).

    Examples
    --------
    >>> from datetime import date
    >>> from lichen.vocab.clock import day_start_ms
    >>> time = np.full(3, day_start_ms(date(2024, 5, 1)))
    >>> exempt_hours(np.array(["启炉", "烘炉", "故障"]), time, 1.0)
    2.0
    """
    return float((of_marks.in_budget(conditions, time) * np.asarray(hours, np.float64)).sum())


def exempt_hours_left(used: float, *, edition: str = "GB 18485-2014") -> float:
    """What is left of the year's exempt hours of a furnace; negative: overdrawn.

    >>> exempt_hours_left(61.0)
    -1.0
    """
    return rules(edition, "furnace")["exempt_hours_a_year"] - used
