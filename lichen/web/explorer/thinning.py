"""Fewer points for a chart: of each stretch of time its smallest and its largest value, so that no peak is lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: More points than these are thinned,
MOST = 20_000
#: to about so many; a wide screen has fewer columns than half of them.
KEPT = 8_000


def thinned(time: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which rows to draw: all of them up to `MOST`, else the first, the last, and of each stretch minimum and maximum.

    Parameters
    ----------
    time : ndarray (n,) int64
        Growing. [ms]
    value : ndarray (n,) float64
        NaN = none; a stretch without any value keeps its first row, so that a gap stays a gap.

    Returns
    -------
    ndarray (m,) int64
        Indices, growing. Every drawn point is a measured one; nothing is averaged.

    Examples
    --------
    >>> time = np.arange(100_000)
    >>> value = np.zeros(100_000); value[77_777] = 9.0
    >>> kept = thinned(time, value)
    >>> len(kept) <= KEPT + 2, 77_777 in kept
    (True, True)
    """
    n = len(time)
    if n <= MOST:
        return np.arange(n)
    stretches = KEPT // 2
    span = int(time[-1] - time[0]) + 1
    stretch = (time - time[0]) * stretches // span
    order = np.lexsort((value, stretch))  # NaN sorts last
    begins = np.flatnonzero(np.append(True, stretch[order][1:] != stretch[order][:-1]))
    ends = np.append(begins[1:], n) - 1
    counted = np.add.reduceat(~np.isnan(value[order]), begins)
    largest = order[np.where(counted > 0, begins + np.maximum(counted, 1) - 1, ends)]
    return np.unique(np.concatenate(([0, n - 1], order[begins], largest)))
