"""Wastewater: volumes, masses and flow-weighted means, HJ 212-2017 appendix D.1 and HJ 356-2019."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weighted:
    """Flow-weighted means of g groups.

    Attributes
    ----------
    mean : ndarray (g,) float64
        NaN where too few values are valid, or no water flowed. [mg/L]
    volume, mass : ndarray (g,) float64
        Sums over the valid values. [m3], [kg]
    valid : ndarray (g,) int64
        How many values counted.
    """

    mean: Floats
    volume: Floats
    mass: Floats
    valid: NDArray[np.int64]


def volume(flow: ArrayLike, seconds: ArrayLike) -> Floats:
    """Volume of a slice. [L/s, s → m3]

    References
    ----------
    .. [1] HJ 212-2017, D.1: Q × T × 10^-3.

    Examples
    --------
    >>> volume(10.0, 600.0).item()
    6.0
    """
    return np.asarray(np.asarray(flow, np.float64) * np.asarray(seconds, np.float64) * 1e-3)


def mass(cubic_metres: ArrayLike, concentration: ArrayLike) -> Floats:
    """Mass in a volume. [m3, mg/L → kg]

    References
    ----------
    .. [1] HJ 212-2017, D.1: D × C × 10^-3.

    Examples
    --------
    >>> mass(6.0, 50.0).round(9).item()
    0.3
    """
    return np.asarray(np.asarray(cubic_metres, np.float64) * np.asarray(concentration, np.float64) * 1e-3)


def flow_weighted(
    concentration: ArrayLike,
    volumes: ArrayLike,
    usable: ArrayLike,
    group: NDArray[np.integer],
    due: ArrayLike,
    *,
    share: float,
) -> Weighted:
    """Flow-weighted means of groups (hours of a day, days of a month).

    Parameters
    ----------
    concentration, volumes : array-like (n,)
        NaN: missing. [mg/L], [m3]
    usable : array-like (n,) bool
        What the marks leave, see `lichen.elements.sources.marks.usable`.
    group : ndarray (n,) integer
        The group of each value, 0 to g - 1.
    due : array-like (g,)
        How many values the group should have had.
    share : float
        The least share of `due` that must be valid.

    Returns
    -------
    Weighted
        A value counts if it is usable, neither number is missing or negative, and water flowed.

    References
    ----------
    .. [1] HJ 212-2017, D.1: C = G/D × 10^3. HJ 356-2019 (memory): at least 75 % of the data due.

    Examples
    --------
    >>> both = np.zeros(4, int)
    >>> flow_weighted([10.0, 20.0, 30.0, 99.0], [1.0, 3.0, 0.0, 1.0], [True, True, True, False], both, [2],
    ...               share=0.75).mean.tolist()
    [17.5]
    """
    c, v = np.asarray(concentration, np.float64), np.asarray(volumes, np.float64)
    wanted = np.asarray(due, np.float64)
    counts = np.asarray(usable, np.bool_) & (c >= 0) & (v > 0)
    size = len(wanted)
    total = np.bincount(group, np.where(counts, v, 0.0), size).astype(np.float64)
    loads = np.bincount(group, np.where(counts, v * c, 0.0), size).astype(np.float64)
    valid = np.bincount(group, counts, size).astype(np.int64)
    enough = (valid >= share * wanted) & (total > 0)
    mean = np.divide(loads, total, out=np.full(size, np.nan), where=enough)
    return Weighted(mean, total, loads * 1e-3, valid)
