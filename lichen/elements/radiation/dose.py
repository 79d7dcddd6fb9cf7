"""The dose rate itself, and the dose it makes in a year."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.radiation.shelf import SHELF

Floats = NDArray[np.float64]

_FACTORS = {row["factor"]: float(row["value"]) for row in SHELF.edition("HJ 1157-2021").table("factors")}
#: How much of the cosmic response a place lets through, k3.
SHIELDING = {
    name.removeprefix("shielding_"): value for name, value in _FACTORS.items() if name.startswith("shielding_")
}
_HOURS = 8760.0
_MSV_PER_NSV = 1e-6


def terrestrial_rate(
    reading: ArrayLike, *, calibration: float, check_source: float = 1.0, cosmic: float, place: str = "open"
) -> Floats:
    """Terrestrial gamma dose rate D = k1 k2 R - k3 Dc (HJ 1157-2021; memory), same shape. [nGy/h]

    Parameters
    ----------
    reading : array-like
        Mean reading R. [nGy/h] NaN = missing.
    calibration, check_source : float
        k1, and k2 (1 without a check source).
    cosmic : float
        Response Dc of the instrument to cosmic rays at the place. [nGy/h]
    place : str
        One of `SHIELDING`: ``open``, ``single_storey``, ``multistorey``.

    Raises
    ------
    ValueError
        An unknown place.

    Examples
    --------
    >>> float(terrestrial_rate(100.0, calibration=1.0, cosmic=30.0, place="multistorey"))
    76.0
    """
    if place not in SHIELDING:
        raise ValueError(f"place {place!r}; allowed: {', '.join(SHIELDING)}")
    return np.asarray(calibration * check_source * np.asarray(reading, dtype=np.float64) - SHIELDING[place] * cosmic)


def air_kerma_rate(ambient_dose_rate: ArrayLike, calibrated_with: str) -> Floats:
    """Air kerma rate of an instrument that reads H*(10), same shape. [nSv/h → nGy/h]

    Parameters
    ----------
    ambient_dose_rate : array-like
    calibrated_with : str
        ``cs137`` or ``co60``.

    Examples
    --------
    >>> float(air_kerma_rate(120.0, "cs137"))
    100.0
    """
    factor = _FACTORS.get(f"h10_per_air_kerma_{calibrated_with}")
    if factor is None:
        raise ValueError(f"calibrated_with={calibrated_with!r}; allowed: cs137, co60")
    return np.asarray(np.asarray(ambient_dose_rate, dtype=np.float64) / factor)


def annual_dose(rate: ArrayLike, occupancy: float) -> Floats:
    """Effective dose of a year, E = D · 8760 h · occupancy · 0.7 Sv/Gy, same shape. [mSv]

    Parameters
    ----------
    rate : array-like
        Air kerma rate. [nGy/h]
    occupancy : float, 0 to 1
        Share of the time spent there: usually 0.2 outdoors, 0.8 indoors.

    Examples
    --------
    >>> round(float(annual_dose(59.0, 0.2)), 3)
    0.072
    """
    if not 0 <= occupancy <= 1:
        raise ValueError(f"occupancy={occupancy}; allowed: 0 to 1")
    per_year = _HOURS * occupancy * _FACTORS["effective_dose_per_air_kerma"] * _MSV_PER_NSV
    return np.asarray(np.asarray(rate, dtype=np.float64) * per_year)
