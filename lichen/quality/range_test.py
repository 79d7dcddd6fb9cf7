"""Is a value within what can be measured?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.quality.errors import QualityError
from lichen.quality.neighbours import spread
from lichen.vocab.flags import Flag


def range_test(values: ArrayLike, *, low: ArrayLike, high: ArrayLike) -> NDArray[np.uint8]:
    """Flag values below or above what the instrument can measure.

    Parameters
    ----------
    values : array-like, any shape
        NaN where missing. [the parameter's unit]
    low, high : float or array-like that broadcasts to the shape of `values`
        A value equal to a bound is inside. ``±inf``: no bound on that side; NaN: not known. [as values]

    Returns
    -------
    ndarray uint8, the shape of `values`
        BAD outside (an infinite value always is), GOOD inside, MISSING where the value is NaN, UNCHECKED where the
        value lies outside of no known bound and one is not known.

    Raises
    ------
    QualityError
        A lower bound is above its upper bound, or the bounds do not fit the values.

    Examples
    --------
    >>> range_test([-0.1, 0.0, 500.0, 500.1, float("nan")], low=0, high=500).tolist()
    [4, 1, 1, 4, 9]
    """
    value = np.asarray(values, dtype=np.float64)
    lower, upper = spread(low, "low", value.shape), spread(high, "high", value.shape)
    crossed = np.argwhere(lower > upper)
    if len(crossed):
        at = tuple(crossed[0].tolist())
        raise QualityError(f"low {lower[at]} is above high {upper[at]}; nothing could lie between them")
    flags = np.full(value.shape, Flag.GOOD, dtype=np.uint8)
    flags[np.isnan(lower) | np.isnan(upper)] = Flag.UNCHECKED
    flags[(value < lower) | (value > upper) | np.isinf(value)] = Flag.BAD
    flags[np.isnan(value)] = Flag.MISSING
    return flags
