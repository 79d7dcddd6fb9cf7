"""One value of several, for many runs at once: the methods of `lichen.elements.descriptor.METHODS`.

Each takes the values of all runs one after the other, which of them may be used, where each run begins, and how many of
it may be used; a run without any gives a number without meaning, which the caller drops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]


def _max(value: Floats, usable: Flags, first: Places, used: Places) -> Floats:
    largest: Floats = np.maximum.reduceat(np.where(usable, value, -np.inf), first)
    return largest


def _min(value: Floats, usable: Flags, first: Places, used: Places) -> Floats:
    smallest: Floats = np.minimum.reduceat(np.where(usable, value, np.inf), first)
    return smallest


def _mean(value: Floats, usable: Flags, first: Places, used: Places) -> Floats:
    return _decimal_sums(np.where(usable, value, 0.0), first, np.maximum(used, 1))


def _sum(value: Floats, usable: Flags, first: Places, used: Places) -> Floats:
    return _decimal_sums(np.where(usable, value, 0.0), first, np.ones(len(first), np.int64))


def _ph_mean(value: Floats, usable: Flags, first: Places, used: Places) -> Floats:
    """-lg of the mean hydrogen ion activity."""
    total = np.add.reduceat(np.where(usable, 10.0 ** -np.where(usable, value, 0.0), 0.0), first)
    mean: Floats = -np.log10(np.where(used > 0, total, 1.0) / np.maximum(used, 1))
    return mean


def _energy_mean(value: Floats, usable: Flags, first: Places, used: Places) -> Floats:
    """10 lg of the mean energy: the equivalent level of equivalent levels of equal duration."""
    total = np.add.reduceat(np.where(usable, 10.0 ** (np.where(usable, value, 0.0) / 10), 0.0), first)
    mean: Floats = 10 * np.log10(np.where(used > 0, total, 1.0) / np.maximum(used, 1))
    return mean


def _angle_mean(value: Floats, usable: Flags, first: Places, used: Places) -> Floats:
    """The direction of the mean unit vector [0, 360)."""
    angle = np.radians(np.where(usable, value, 0.0))
    east = np.add.reduceat(np.where(usable, np.sin(angle), 0.0), first)
    north = np.add.reduceat(np.where(usable, np.cos(angle), 0.0), first)
    return np.degrees(np.arctan2(east, north)) % 360.0


def _decimal_sums(value: Floats, first: Places, divisor: Places) -> Floats:
    """The sums of the runs that begin at `first`, as whole numbers of 10^-9, divided once.

    So 27.05 and 27.10 have the mean 27.075 and not 27.075000000000003, which GB/T 8170 would round otherwise.

    >>> _decimal_sums(np.array([0.1, 0.2, 0.3]), np.array([0]), np.array([3])).tolist()
    [0.2]
    """
    largest = np.maximum.reduceat(np.abs(value), first)
    scale = np.select([largest < 1e5, largest < 1e8], [1e9, 1e6], 1e3)
    whole = np.rint(value * np.repeat(scale, np.diff(np.append(first, len(value))))).astype(np.int64)
    means: Floats = np.add.reduceat(whole, first) / (divisor * scale)
    return means


COMBINED: Mapping[str, Callable[[Floats, Flags, Places, Places], Floats]] = {
    "mean": _mean,
    "running_mean": _mean,
    "max": _max,
    "min": _min,
    "sum": _sum,
    "ph_mean": _ph_mean,
    "energy_mean": _energy_mean,
    "angle_mean": _angle_mean,
}
