"""The background of a station, and whether a rise of its dose rate is rain.

Background is not normal: it has a tail of rain and a daily course of radon. So it is described by its median and a
robust spread over hours without rain. Rain washes out radon progeny; the dose rate is highest about an hour after the
rain, and the excess decays with them once it has stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.radiation.shelf import RULES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_HOURS_AFTER = int(RULES["rain_hours"])
_HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Baseline:
    """The background of a station over a season.

    Attributes
    ----------
    median : float
        Of the rain-free hours. [nGy/h]
    spread : float
        Robust standard deviation, 1.4826 times the median absolute deviation. [nGy/h]
    hours : int
        How many rain-free hours there were.
    """

    median: float
    spread: float
    hours: int


def baseline(dose_rate: ArrayLike, precipitation: ArrayLike) -> Baseline:
    """The background of a station from its hours of a season.

    Parameters
    ----------
    dose_rate : array-like (n,)
        Hourly means in order of time, without gaps in time; NaN = missing or rejected. [nGy/h]
    precipitation : array-like (n,)
        Hourly sums; NaN counts as dry. [mm]

    Raises
    ------
    ValueError
        Fewer rain-free hours than 30 days have.

    Examples
    --------
    >>> quiet = np.tile([79.0, 80.0, 81.0], 24 * 10 + 1)
    >>> baseline(quiet, np.zeros(len(quiet)))
    Baseline(median=80.0, spread=1.4826, hours=723)
    """
    dose = np.asarray(dose_rate, dtype=np.float64)
    usable = dose[~np.isnan(dose) & ~after_rain(precipitation)]
    needed = int(RULES["baseline_days"]) * _HOURS_A_DAY
    if len(usable) < needed:
        raise ValueError(f"a baseline needs {needed} rain-free hours; there are {len(usable)}")
    median = float(np.median(usable))
    return Baseline(median, RULES["spread_per_mad"] * float(np.median(np.abs(usable - median))), len(usable))


def after_rain(precipitation: ArrayLike) -> Flags:
    """Whether it rained in the hour or in the three before it, (..., n); NaN counts as dry.

    >>> after_rain([0.0, 0.2, 0, 0, 0, 0]).tolist()
    [False, True, True, True, True, False]
    """
    wet = np.asarray(precipitation, dtype=np.float64) > 0
    found = wet.copy()
    for back in range(1, _HOURS_AFTER + 1):
        found[..., back:] |= wet[..., :-back]
    return found


def is_rain_rise(dose_rate: ArrayLike, precipitation: ArrayLike, background: ArrayLike, spread: float = 0.0) -> Flags:
    """Whether a rise can be explained by rain, (..., n).

    All must hold: it rained within the last three hours; the excess is below 40 % of the background; and from the
    second dry hour on it has decayed at least as fast as the slowest radon progeny. What this cannot see outranks it:
    a line of an artificial nuclide in the spectrum, and neighbours under the same rain that did not rise.

    Parameters
    ----------
    dose_rate, precipitation : array-like (..., n)
        Hourly means and sums in order of time, without gaps in time. [nGy/h, mm] NaN = missing; a missing dose rate is
        no rise.
    background : array-like
        Broadcasts with `dose_rate`. [nGy/h]
    spread : float
        What the excess may stray from its decay. [nGy/h]

    Examples
    --------
    >>> is_rain_rise([80, 95, 100, 90, 82, 80], [0, 4, 0, 0, 0, 0], 80, spread=2.0).tolist()
    [False, True, True, False, True, False]
    """
    dose = np.asarray(dose_rate, dtype=np.float64)
    ground = np.asarray(background, dtype=np.float64)
    wet = np.asarray(precipitation, dtype=np.float64) > 0
    excess = dose - ground
    decays = np.ones(dose.shape, bool)
    keeps = 0.5 ** (60.0 / RULES["decay_half_life"])
    dry_for_two = ~wet[..., 1:] & ~wet[..., :-1]
    decays[..., 1:] = ~dry_for_two | (excess[..., 1:] <= keeps * excess[..., :-1] + spread)
    return np.asarray(after_rain(precipitation) & (excess > 0) & (excess < RULES["rain_share"] * ground) & decays)
