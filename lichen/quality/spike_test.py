"""Does a single value stand out from both its neighbours?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.quality.errors import QualityError
from lichen.quality.neighbours import columns, follows, spread
from lichen.vocab.flags import Flag


def spike_test(
    values: ArrayLike, time: ArrayLike, *, height: ArrayLike, step: ArrayLike, series: ArrayLike | None = None
) -> NDArray[np.uint8]:
    """Flag single values that stand above, or below, both neighbours by too much.

    The height of a spike is its distance from the nearer of the two neighbours, so that a step or a steep slope, which
    has a neighbour on either side, is none.

    Parameters
    ----------
    values : array-like (n,)
        NaN where missing.
    time : array-like (n,) int
        Starts of the intervals, rising in each series. [ms since 1970 UTC]
    height : float or array-like (n,)
        Higher spikes are flagged; one equal to it is not. NaN: not known. [as values]
    step : int or array-like (n,)
        The series' interval. [ms]
    series : array-like (n,) int, optional
        Number of the series of each value; values of a series stand together. Without it all are one series.

    Returns
    -------
    ndarray (n,) uint8
        SUSPECT for a spike, GOOD otherwise, MISSING where the value is NaN, UNCHECKED where a neighbour is missing,
        further away than one and a half intervals, or the height not known. The neighbours of a spike are not flagged.

    Raises
    ------
    QualityError
        Columns of different length, times that do not rise, a step that is not positive or a negative height.

    Examples
    --------
    >>> spike_test([30, 31, 300, 29, 30, 90, 90], range(0, 70, 10), height=100, step=10).tolist()
    [2, 1, 3, 1, 1, 1, 2]
    """
    value, instant, code = columns(values, time, series)
    allowed = spread(height, "height", value.shape)
    if (allowed < 0).any():
        raise QualityError(f"height {float(np.nanmin(allowed))}; a spike is at least 0 high")
    joined = follows(instant, spread(step, "step", value.shape).astype(np.int64), code)
    flags = np.full(value.shape, Flag.UNCHECKED, dtype=np.uint8)
    if len(value) > 2:
        middle = value[1:-1]
        over_last, over_next = middle - value[:-2], middle - value[2:]
        stands_out = np.sign(over_last) == np.sign(over_next)
        tall = np.where(stands_out, np.minimum(np.abs(over_last), np.abs(over_next)), 0.0)
        known = joined[1:-1] & joined[2:] & ~np.isnan(over_last) & ~np.isnan(over_next) & ~np.isnan(allowed[1:-1])
        flags[1:-1][known] = np.where(tall > allowed[1:-1], Flag.SUSPECT, Flag.GOOD)[known]
    flags[np.isnan(value)] = Flag.MISSING
    return flags
