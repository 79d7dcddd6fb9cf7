"""Emitted amounts of a year against the permitted ones (许可排放量)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.sources.shelf import rules
from lichen.vocab.clock import beijing_day, day_start_ms

Floats = NDArray[np.float64]
#: 正常, 预警, 严重预警, 超总量: below and from each share of the table on.
LEVELS = ("正常", "预警", "严重预警", "超总量")


@dataclass(frozen=True, slots=True)
class Total:
    """Running totals of one outlet, or of an enterprise.

    Attributes
    ----------
    tonnes : ndarray (n,) float64
        Emitted since 1 January, this interval included. [t]
    share : ndarray (n,) float64
        Of the permitted amount; NaN: none is known.
    level : ndarray (n,) int8
        Index into `LEVELS`.
    missing : ndarray (n,) int64
        Intervals since 1 January whose mass is not known and not in the total.
    """

    tonnes: Floats
    share: Floats
    level: NDArray[np.int8]
    missing: NDArray[np.int64]


def year_totals(mass: ArrayLike, time: NDArray[np.int64], permitted: float) -> Total:
    """Totals since the beginning of each Beijing year.

    Parameters
    ----------
    mass : array-like (n,)
        Of consecutive intervals; NaN: not known. [kg]
    time : ndarray (n,) int64
        Their starts, ascending. [ms since 1970 UTC]
    permitted : float
        A year's amount; NaN: not known. [t]

    Returns
    -------
    Total
        Thresholds: the table ``rules`` of our defaults (80, 90 and 100 %, proposal).

    Examples
    --------
    >>> from datetime import date
    >>> new_year = day_start_ms(date(2026, 1, 1))
    >>> found = year_totals([500.0, 800.0, 100.0], new_year + np.array([-1, 0, 1]), 1.0)
    >>> found.tonnes.round(3).tolist(), [LEVELS[one] for one in found.level]
    ([0.5, 0.8, 0.9], ['正常', '预警', '严重预警'])
    """
    kilograms = np.asarray(mass, np.float64)
    unknown = np.isnan(kilograms)
    tonnes, missing = np.zeros(len(time)), np.zeros(len(time), np.int64)
    years = range(beijing_day(int(time[0])).year, beijing_day(int(time[-1])).year + 1) if len(time) else ()
    for year in years:
        first = beijing_day(int(time[0])).replace(year=year, month=1, day=1)
        inside = slice(*np.searchsorted(time, [day_start_ms(first), day_start_ms(first.replace(year=year + 1))]))
        tonnes[inside] = np.cumsum(np.where(unknown, 0.0, kilograms)[inside]) * 1e-3
        missing[inside] = np.cumsum(unknown[inside])
    share = tonnes / permitted if permitted > 0 else np.full(len(time), np.nan)
    numbers = rules("lichen-2026")
    level = np.zeros(len(time), np.int8)
    for name in ("warn_share_1", "warn_share_2", "warn_share_3"):
        # A sum that reaches the threshold up to its last binary digit reaches it.
        level += share >= numbers[name] * (1 - 1e-12)
    return Total(tonnes, share, level, missing)
