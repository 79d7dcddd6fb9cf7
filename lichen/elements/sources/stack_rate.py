"""Permitted emission rates by stack height: GB 16297-1996, table 2, clause 7 and appendix B.

Between two heights of the table the rate is interpolated, outside it goes with the square of the height.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.sources.limits import conditions, met
from lichen.elements.sources.shelf import SHELF, rules

Floats = NDArray[np.float64]
EDITION = "GB 16297-1996"


@cache
def _rows(parameter: str, zone: str) -> tuple[tuple[Mapping[str, frozenset[str]], float, float], ...]:
    """(conditions, height, rate) of the rows of a parameter."""
    table = SHELF.edition(EDITION).table("rates").select(parameter=parameter)
    return tuple((conditions(row["when"]), float(row["height"]), float(row[zone])) for row in table)


def rate_curve(parameter: str, outlet: Mapping[str, str]) -> tuple[Floats, Floats]:
    """Heights [m] and rates [kg/h] of the table for an outlet; both empty where it has none.

    Parameters
    ----------
    parameter : str
    outlet : mapping option → value
        ``built``, ``category`` and ``air_zone`` (``class2`` or ``class3``; class 1 areas allow no new source).
    """
    found = [one for one in _rows(parameter, outlet.get("air_zone", "class2")) if met(one[0], outlet)]
    most = max((len(one[0]) for one in found), default=0)
    rows = [one for one in found if len(one[0]) == most]
    return np.array([one[1] for one in rows]), np.array([one[2] for one in rows])


def permitted_rate(
    height: ArrayLike, heights: Floats, rates: Floats, *, clear_of_buildings: ArrayLike = True
) -> Floats:
    """The permitted rate of stacks.

    Parameters
    ----------
    height : array-like, any shape
        Of the stack. [m]
    heights, rates : ndarray (k,)
        Of `rate_curve`, ascending. [m], [kg/h]
    clear_of_buildings : array-like, bool
        Whether the stack tops buildings within 200 m by 5 m; if not, half the rate.

    Returns
    -------
    ndarray
        NaN where the height is NaN or not positive, or there is no curve. Below 15 m a new source has half of what
        the extrapolation gives. [kg/h]

    References
    ----------
    .. [1] GB 16297-1996, 7.1, 7.4, appendix B; the rules from memory, the table verified.

    Examples
    --------
    >>> so2 = rate_curve("stack_so2", {"built": "new", "air_zone": "class2"})
    >>> permitted_rate([15.0, 17.5, 200.0, 10.0], *so2).round(3).tolist()
    [2.6, 3.45, 680.0, 0.578]
    """
    h = np.asarray(height, np.float64)
    if not len(heights):
        return np.full(h.shape, np.nan)
    numbers = rules(EDITION)
    rate = np.interp(h, heights, rates)
    rate = np.where(h > heights[-1], rates[-1] * (h / heights[-1]) ** 2, rate)
    rate = np.where(h < heights[0], rates[0] * (h / heights[0]) ** 2, rate)
    rate = np.where(h < numbers["low_stack"], rate * numbers["low_stack_share"], rate)
    rate = np.where(np.asarray(clear_of_buildings, np.bool_), rate, rate * numbers["building_share"])
    return np.where(h > 0, rate, np.nan)
