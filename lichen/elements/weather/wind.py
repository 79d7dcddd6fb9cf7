"""Wind as a vector: mean direction and speed, and how steady the direction is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def vector_mean(speed: ArrayLike, direction: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """The vector mean of winds, along the last axis.

    Directions alone, as the aggregation ``angle_mean`` averages them, count light airs as much as gales; this weighs
    with the speed.

    Parameters
    ----------
    speed : array-like (..., k)
        [m/s]
    direction : array-like (..., k)
        Where the wind comes from. [° clockwise from north]

    Returns
    -------
    speed : ndarray (...)
        Of the mean vector. [m/s]
    direction : ndarray (...)
        Of the mean vector, 0 <= x < 360; NaN where that is zero (calm, or winds that cancel). [°]
    steadiness : ndarray (...)
        Speed of the mean vector over the mean speed: 1 = always the same direction, 0 = none prevails; NaN in a calm.

        All NaN where no pair is complete; incomplete pairs are left out.

    Examples
    --------
    >>> speed, direction, steadiness = vector_mean([2.0, 2.0], [350.0, 10.0])
    >>> round(float(speed), 3), round(float(direction), 6) % 360, round(float(steadiness), 3)
    (1.97, 0.0, 0.985)
    """
    force, angle = np.broadcast_arrays(np.asarray(speed, np.float64), np.radians(np.asarray(direction, np.float64)))
    there = ~np.isnan(force) & ~np.isnan(angle)
    with np.errstate(invalid="ignore", divide="ignore"):
        count = there.sum(axis=-1)
        east = np.where(there, force * np.sin(angle), 0.0).sum(axis=-1) / count
        north = np.where(there, force * np.cos(angle), 0.0).sum(axis=-1) / count
        mean_speed = np.where(there, force, 0.0).sum(axis=-1) / count
        length = np.hypot(east, north)
        # What is left of winds that cancel is the dust of sines and cosines.
        length = np.where(length < 1e-12 * np.maximum(mean_speed, 1.0), 0.0, length)
        towards = np.degrees(np.arctan2(east, north)) % 360.0
        return length, np.where(length > 0, towards, np.nan), np.asarray(length / mean_speed)
