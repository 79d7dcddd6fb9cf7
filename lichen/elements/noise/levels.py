"""Sound levels made of sound levels: equivalent, exceeded, day, night and day-night levels. [dB]

Along the last axis everywhere; NaN = missing. Nothing is rounded here; published levels have one decimal (GB/T 8170).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: Hours of the night, by their start: 22:00 to 06:00 (Noise Pollution Prevention Law, article 88). The others are day.
NIGHT_HOURS = (22, 23, 0, 1, 2, 3, 4, 5)
DAY_HOURS = tuple(hour for hour in range(24) if hour not in NIGHT_HOURS)
#: What a night counts more in the day-night level. [dB]
_NIGHT_PENALTY = 10.0


def equivalent_level(levels: ArrayLike) -> Floats:
    """Equivalent continuous level (等效声级 Leq) of equally long levels: 10 lg of the mean of 10^(L/10).

    Parameters
    ----------
    levels : array-like (..., k)
        NaN is left out; all NaN gives NaN.

    Examples
    --------
    >>> round(float(equivalent_level([60.0, 63.0])), 2)
    61.75
    """
    array = np.asarray(levels, dtype=np.float64)
    there = ~np.isnan(array)
    energy = np.where(there, 10.0 ** (array / 10.0), 0.0).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(10.0 * np.log10(energy / there.sum(axis=-1)))


def exceeded_level(levels: ArrayLike, percent: float) -> Floats:
    """Percentile level LN (累计百分声级): the level exceeded `percent` of the time.

    L10 means the peaks, L50 the median, L90 the background. The value at place ceil(N % · k) of the
    k levels in descending order.

    Parameters
    ----------
    levels : array-like (..., k)
        Equally long samples of the A-weighted level. NaN is left out; all NaN gives NaN.
    percent : float
        Above 0, at most 100.

    Raises
    ------
    ValueError
        `percent` is out of range.

    Examples
    --------
    >>> hundred = np.arange(1.0, 101.0)
    >>> [float(exceeded_level(hundred, n)) for n in (10, 50, 90)]
    [91.0, 51.0, 11.0]
    """
    if not 0 < percent <= 100:
        raise ValueError(f"percent={percent}; allowed: above 0, at most 100")
    descending = -np.sort(-np.asarray(levels, dtype=np.float64), axis=-1)  # NaN last
    count = (~np.isnan(descending)).sum(axis=-1)
    place = np.maximum(np.ceil(percent * count / 100.0).astype(np.int64), 1) - 1
    return np.asarray(np.take_along_axis(descending, place[..., np.newaxis], axis=-1)[..., 0])


def level_deviation(levels: ArrayLike) -> Floats:
    """Standard deviation SD of sampled levels, (k - 1) in the denominator; NaN for fewer than two. [dB]

    >>> float(level_deviation([60.0, 62.0, 64.0, np.nan]))
    2.0
    """
    array = np.asarray(levels, dtype=np.float64)
    there = ~np.isnan(array)
    count = there.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, array, 0.0).sum(axis=-1) / count
        squares = np.where(there, array - mean[..., np.newaxis], 0.0) ** 2
        return np.asarray(np.where(count > 1, np.sqrt(squares.sum(axis=-1) / (count - 1)), np.nan))


def exposure_level(levels: ArrayLike, seconds: float) -> Floats:
    """Sound exposure level (声暴露级 SEL) of an event: all its energy in one second.

    Parameters
    ----------
    levels : array-like (..., k)
    seconds : float
        How long each level lasts.

    Examples
    --------
    >>> float(exposure_level([70.0] * 10, 1.0))
    80.0
    """
    array = np.asarray(levels, dtype=np.float64)
    lasting = (~np.isnan(array)).sum(axis=-1) * seconds
    with np.errstate(divide="ignore"):
        return np.asarray(equivalent_level(array) + 10.0 * np.log10(lasting))


def day_level(hourly: ArrayLike) -> Floats:
    """Day level Ld (昼间等效声级) of the 16 hours 06:00 to 22:00 of a day.

    Parameters
    ----------
    hourly : array-like (..., 24)
        Hours 0 to 23 of a calendar day. NaN is left out; how many hours are enough is the caller's rule.
    """
    return equivalent_level(_hours(hourly)[..., list(DAY_HOURS)])


def night_level(hourly: ArrayLike) -> Floats:
    """Night level Ln (夜间等效声级) of the eight hours 22:00 to 06:00, both ends of the same calendar day.

    Parameters
    ----------
    hourly : array-like (..., 24)
        As for `day_level`.
    """
    return equivalent_level(_hours(hourly)[..., list(NIGHT_HOURS)])


def day_night_level(ld: ArrayLike, ln: ArrayLike) -> Floats:
    """Day-night level Ldn (昼夜等效声级): 16 hours of Ld and 8 hours of Ln with 10 dB more; NaN if one is missing.

    >>> float(day_night_level(60.0, 50.0))
    60.0
    """
    day, night = np.asarray(ld, dtype=np.float64), np.asarray(ln, dtype=np.float64)
    energy = len(DAY_HOURS) * 10.0 ** (day / 10.0) + len(NIGHT_HOURS) * 10.0 ** ((night + _NIGHT_PENALTY) / 10.0)
    return np.asarray(10.0 * np.log10(energy / 24.0))


def _hours(hourly: ArrayLike) -> Floats:
    array = np.asarray(hourly, dtype=np.float64)
    if array.shape[-1:] != (24,):
        raise ValueError(f"hourly levels have shape {array.shape}; the last axis must be the 24 hours of a day")
    return array
