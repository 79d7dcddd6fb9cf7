"""Has a value stopped moving?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.quality.errors import QualityError
from lichen.quality.neighbours import columns, follows, spread
from lichen.vocab.flags import Flag


def stuck_test(
    values: ArrayLike, time: ArrayLike, *, lasts: ArrayLike, step: ArrayLike, series: ArrayLike | None = None
) -> NDArray[np.uint8]:
    """Flag values in a row of equal values that lasts too long.

    Parameters
    ----------
    values : array-like (n,)
        NaN where missing.
    time : array-like (n,) int
        Starts of the intervals, rising in each series. [ms since 1970 UTC]
    lasts : int or array-like (n,)
        How long equal values are too many; 0: not checked. The same throughout a series. [ms]
    step : int or array-like (n,)
        The series' interval. [ms]
    series : array-like (n,) int, optional
        Number of the series of each value; values of a series stand together. Without it all are one series.

    Returns
    -------
    ndarray (n,) uint8
        SUSPECT for each value of a row of two or more equal values that lasts `lasts` or longer, counted from the
        start of its first interval to the end of its last; GOOD otherwise; MISSING where the value is NaN; UNCHECKED
        where the series is not checked. Equal means the same number. A missing value or a gap of more than one and a
        half intervals ends a row.

    Raises
    ------
    QualityError
        Columns of different length, times that do not rise, or a step or a `lasts` that is no length of time.

    Examples
    --------
    >>> stuck_test([1, 2, 2, 2, 3], [0, 10, 20, 30, 40], lasts=30, step=10).tolist()
    [1, 3, 3, 3, 1]
    """
    value, instant, code = columns(values, time, series)
    limit = spread(lasts, "lasts", value.shape)
    if not (limit >= 0).all():
        raise QualityError("lasts must be a length of time or 0 (not checked)")
    width = spread(step, "step", value.shape).astype(np.int64)
    begins = ~follows(instant, width, code)
    begins[1:] |= value[1:] != value[:-1]  # true also where either is NaN
    flags = np.full(value.shape, Flag.GOOD, dtype=np.uint8)
    if len(value):
        run = np.cumsum(begins) - 1
        first = np.flatnonzero(begins)
        last = np.append(first[1:], len(value)) - 1
        length = instant[last] + width[last] - instant[first]
        flags[((length >= limit[first]) & (last > first))[run]] = Flag.SUSPECT
    flags[limit == 0] = Flag.UNCHECKED
    flags[np.isnan(value)] = Flag.MISSING
    return flags
