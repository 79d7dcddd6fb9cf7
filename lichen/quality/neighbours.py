"""Which values stand next to each other in a series."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.quality.errors import QualityError

#: Values further apart than this many intervals are no neighbours: a late clock is none, a missing interval is.
APART = 1.5


def follows(time: NDArray[np.int64], step: NDArray[np.int64], series: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each value directly follows the one before it in the arrays.

    Parameters
    ----------
    time : ndarray (n,)
        Starts of the intervals. [ms since 1970 UTC]
    step : ndarray (n,)
        The interval of the value's series. [ms]
    series : ndarray (n,)
        Number of the series of each value.

    Returns
    -------
    ndarray (n,) bool
        False for the first value of a series and after a gap of more than `APART` intervals.

    Raises
    ------
    QualityError
        A step is not positive, the values of a series do not stand together, or its times do not rise.

    Examples
    --------
    >>> follows(np.array([0, 10, 30, 0]), np.full(4, 10), np.array([1, 1, 1, 2])).tolist()
    [False, True, False, False]
    """
    if (step <= 0).any():
        raise QualityError(f"step {int(step.min())} ms; an interval is longer than nothing")
    result = np.zeros(len(time), dtype=bool)
    same = series[1:] == series[:-1]
    if np.count_nonzero(~same) + 1 != len(np.unique(series)) and len(series):
        raise QualityError("the values of a series must stand together; sort by series and time")
    distance = np.diff(time)
    wrong = np.flatnonzero(same & (distance <= 0))
    if len(wrong):
        at = int(wrong[0]) + 1
        raise QualityError(f"time {int(time[at])} at position {at} is not after {int(time[at - 1])}; sort, once each")
    result[1:] = same & (distance <= step[1:] * APART)
    return result


def columns(
    values: ArrayLike, time: ArrayLike, series: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Values, times and series numbers as arrays of one length; without `series` all belong to one.

    Raises
    ------
    QualityError
        They are not columns of one length.
    """
    value = np.asarray(values, dtype=np.float64)
    instant = np.asarray(time, dtype=np.int64)
    code = np.zeros(value.shape, dtype=np.int64) if series is None else np.asarray(series, dtype=np.int64)
    if value.ndim != 1 or instant.shape != value.shape or code.shape != value.shape:
        raise QualityError(
            f"values {value.shape}, time {instant.shape} and series {code.shape} must be columns of one length"
        )
    return value, instant, code


def spread(threshold: ArrayLike, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """A threshold for each value, from one number or one for each.

    Raises
    ------
    QualityError
        It has neither form.
    """
    array = np.asarray(threshold, dtype=np.float64)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise QualityError(f"{name} {array.shape} must be one number or one for each value {shape}") from None
