"""Effective transmission rate (数据传输有效率): what arrived of what was due, times what was valid of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.sources import marks as of_marks

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transmission:
    """Rates of g groups (outlet and day, say); NaN where nothing was due.

    Attributes
    ----------
    due, received, valid : ndarray (g,) int64
    transmission, effectiveness, effective : ndarray (g,) float64
        Received of due (传输率), valid of received (有效率), and their product.
    """

    due: NDArray[np.int64]
    received: NDArray[np.int64]
    valid: NDArray[np.int64]
    transmission: Floats
    effectiveness: Floats
    effective: Floats


def transmission(
    values: ArrayLike,
    marks: of_marks.Marks,
    group: NDArray[np.integer],
    *,
    groups: int,
    stopped: ArrayLike | None = None,
) -> Transmission:
    """Rates by group, of one row per interval that a datum could have come for.

    Parameters
    ----------
    values : array-like (n,)
        As received, whatever their marks; NaN: nothing came.
    marks : ndarray (n,) of str
        As sent. A value set by hand (S) came, but is not valid.
    group : ndarray (n,) integer
        0 to groups - 1.
    groups : int
    stopped : array-like (n,) bool, optional
        Where an approved stop takes the interval out of what is due (memory), see
        `lichen.elements.sources.marks.not_due`; the sender's mark alone does not.

    References
    ----------
    .. [1] Effective transmission rate = transmission rate × effective rate (verified in two sources).

    Examples
    --------
    >>> four = transmission([1.0, 2.0, 3.0, np.nan], np.array(["N", "S", "N", ""]), np.zeros(4, int), groups=1)
    >>> four.transmission.item(), four.effectiveness.round(3).item(), four.effective.item()
    (0.75, 0.667, 0.5)
    """
    column = np.asarray(values, np.float64)
    wanted = np.ones(len(column), np.bool_) if stopped is None else ~np.asarray(stopped, np.bool_)
    came = wanted & ~np.isnan(column)
    good = came & of_marks.usable(marks)
    due, received, valid = (np.bincount(group, flags, groups).astype(np.int64) for flags in (wanted, came, good))
    first, second = _share(received, due), _share(valid, received)
    effective = np.where(received > 0, first * second, np.where(due > 0, 0.0, np.nan))
    return Transmission(due, received, valid, first, second, effective)


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))
