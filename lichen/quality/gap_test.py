"""Which expected values did not come?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.quality.errors import QualityError
from lichen.vocab.clock import floor_ms
from lichen.vocab.flags import Flag


def expected_times(start: int, stop: int, step: int) -> NDArray[np.int64]:
    """Starts of the intervals that lie wholly in [start, stop), cut in Beijing time.

    Parameters
    ----------
    start, stop : int
        [ms since 1970 UTC]
    step : int
        A divisor of a day. [ms]

    Raises
    ------
    QualityError
        The step is not positive.

    Examples
    --------
    >>> expected_times(5, 40, 10).tolist()
    [10, 20, 30]
    """
    if step <= 0:
        raise QualityError(f"step {step} ms; an interval is longer than nothing")
    first = int(floor_ms(np.array([start + step - 1]), step)[0])
    return np.arange(first, stop - step + 1, step, dtype=np.int64)


def gap_test(expected: ArrayLike, values: ArrayLike, time: ArrayLike, *, step: int) -> NDArray[np.uint8]:
    """Flag the expected intervals of one series for which no value came.

    Parameters
    ----------
    expected : array-like (m,) int
        Starts of the expected intervals, rising by at least `step`; see `expected_times`. [ms since 1970 UTC]
    values : array-like (n,)
        What came; NaN is no value.
    time : array-like (n,) int
        Their times, in any order. One in [start, start + step) of an interval belongs to it; others are ignored.
    step : int
        [ms]

    Returns
    -------
    ndarray (m,) uint8
        One flag for each expected interval: GOOD where a value came, MISSING where none did.

    Raises
    ------
    QualityError
        The expected intervals overlap or are out of order, the step is not positive, or values and times differ in
        length.

    Examples
    --------
    >>> gap_test([0, 10, 20, 30], [1.5, float("nan"), 2.5], [1, 10, 30], step=10).tolist()
    [1, 9, 9, 1]
    """
    starts = np.asarray(expected, dtype=np.int64)
    value, instant = np.asarray(values, dtype=np.float64), np.asarray(time, dtype=np.int64)
    if starts.ndim != 1 or value.ndim != 1 or value.shape != instant.shape:
        raise QualityError(f"expected {starts.shape}, values {value.shape}, time {instant.shape} must be columns")
    if step <= 0 or (np.diff(starts) < step).any():
        raise QualityError(f"expected intervals of {step} ms must be longer than nothing, rise and not overlap")
    flags = np.full(starts.shape, Flag.MISSING, dtype=np.uint8)
    came = instant[~np.isnan(value)]
    at = np.searchsorted(starts, came, side="right") - 1
    inside = at >= 0
    inside[inside] = came[inside] - starts[at[inside]] < step
    flags[at[inside]] = Flag.GOOD
    return flags
