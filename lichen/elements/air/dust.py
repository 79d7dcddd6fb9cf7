"""Hours affected by dust (受沙尘影响时段), by the supplementary rule of 2016.

The rule is known to us from memory only and its table says so. HJ 663-2026 replaced it by exceptional events. Means of
PM10 and PM2.5 and the composite index are published without dust hours; counts of days keep them.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from lichen.elements.air.validity import mean_of_enough
from lichen.standards import Edition

#: Less PM10 than any instrument shows: no ratio is taken of it. [ug/m3]
_LEAST = 0.001


def dust_hours(pm10: ArrayLike, pm25: ArrayLike, supplement: Edition) -> NDArray[np.bool_]:
    """Which hours of a place are affected by dust.

    It begins with the hour in which PM10 is at least twice its mean of the six hours before and above 150 ug/m3 while
    PM2.5/PM10 is at most half its mean of those hours. It ends with the first hour in which PM10 is back within 10 %
    above the mean of the six hours before it began; that hour is no dust hour any more. Numbers: the table ``rules``.

    Parameters
    ----------
    pm10, pm25 : array-like (n,)
        Consecutive hourly means, NaN where missing. [ug/m3]
    supplement : Edition
        环办监测〔2016〕120号, with its table ``rules``.

    Returns
    -------
    ndarray (n,) bool
        An hour without PM10 inside an episode belongs to it. No episode begins without the values before it
        (``before_needed``; our proposal is all six), nor in an hour in which either is missing. An hour with no
            PM10 to speak of (0) has no ratio.

    Raises
    ------
    ValueError
        Columns of different length.

    References
    ----------
    .. [1] 环办监测〔2016〕120号; memory.
    """
    coarse, fine = np.asarray(pm10, dtype=np.float64), np.asarray(pm25, dtype=np.float64)
    if coarse.ndim != 1 or coarse.shape != fine.shape:
        raise ValueError(f"pm10 {coarse.shape} and pm25 {fine.shape} must be columns of one length")
    number = {row["rule"]: float(row["value"]) for row in supplement.table("rules")}
    width, enough = int(number["before_hours"]), int(number["before_needed"])
    ratio = np.divide(fine, coarse, out=np.full(coarse.shape, np.nan), where=coarse >= _LEAST)
    usual, usual_ratio = (_mean_before(column, width, enough) for column in (coarse, ratio))
    begins = (
        (coarse >= number["onset_multiple"] * usual)
        & (coarse > number["onset_pm10_above"])
        & (ratio <= number["onset_ratio_share"] * usual_ratio)
    )
    affected = np.zeros(coarse.shape, dtype=np.bool_)
    over = 0
    for first in np.flatnonzero(begins).tolist():
        if first < over:
            continue
        back = np.flatnonzero(coarse[first:] <= (1 + number["end_within"]) * usual[first])
        over = first + int(back[0]) if len(back) else len(coarse)
        affected[first:over] = True
    return affected


def without_dust(values: ArrayLike, affected: ArrayLike) -> NDArray[np.float64]:
    """Values with those of dust hours taken out (NaN), same shape; a copy.

    >>> without_dust([80.0, 900.0], [False, True]).tolist()
    [80.0, nan]
    """
    return np.where(np.asarray(affected, dtype=np.bool_), np.nan, np.asarray(values, dtype=np.float64))


def _mean_before(values: NDArray[np.float64], width: int, enough: int) -> NDArray[np.float64]:
    """Mean of the `width` values before each one; NaN where fewer than `enough` are there."""
    padded = np.concatenate([np.full(width, np.nan), values])
    return mean_of_enough(sliding_window_view(padded, width)[: len(values)], enough)
