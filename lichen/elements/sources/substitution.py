"""Emitted mass where there is no valid datum: HJ 75-2017 chapter 12 (gas) and HJ 356-2019 (water), both from memory.

Only mass is replaced, never a concentration or a flow. What comes out says of each interval how it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.sources.shelf import SHELF, rules

Floats = NDArray[np.float64]
_NEVER = -1


class Hour(IntEnum):
    """What an hour of a gas outlet is."""

    VALID = 0
    STOPPED = 1  # the source stood still: neither valid nor due
    OUT_OF_CONTROL = 2  # 失控: between the last good calibration and the one that failed
    INVALID = 3  # maintenance, calibration, fault, link


class Day(IntEnum):
    """What a day of a water outlet is."""

    VALID = 0
    NORMAL = 1  # sampled normally, but without a valid mean
    NOT_NORMAL = 2  # the system was out of order; manual results may stand in
    NO_FLOW = 3  # nothing was discharged: invalid, not replaced


@dataclass(frozen=True, slots=True)
class Substituted:
    """Mass with what was put in for missing intervals.

    Attributes
    ----------
    mass : ndarray (n,) float64
        NaN where nothing may be put in, or there is nothing to take it from. [kg]
    replaced : ndarray (n,) bool
    """

    mass: Floats
    replaced: NDArray[np.bool_]


def capture_rate(state: ArrayLike, quarter: NDArray[np.integer]) -> Floats:
    """Share of valid hours in those due, of each quarter (有效数据捕集率).

    Parameters
    ----------
    state : array-like (n,)
        `Hour` of each.
    quarter : ndarray (n,) integer
        Which quarter it lies in, 0 to g - 1.

    Returns
    -------
    ndarray (g,)
        NaN where the source stood still all the time. Stopped hours are not due.

    References
    ----------
    .. [1] HJ 75-2017, 12 (memory): at least 75 %.

    Examples
    --------
    >>> capture_rate([0, 0, 0, 1, 3], np.zeros(5, int)).tolist()
    [0.75]
    """
    kind = np.asarray(state)
    size = int(quarter.max()) + 1 if len(quarter) else 0
    due = np.bincount(quarter, kind != Hour.STOPPED, size).astype(np.float64)
    valid = np.bincount(quarter, kind == Hour.VALID, size).astype(np.float64)
    return np.asarray(np.divide(valid, due, out=np.full(size, np.nan), where=due > 0))


def substitute_hours(
    mass: ArrayLike, state: ArrayLike, quarter: NDArray[np.integer], last_calibration: ArrayLike | None = None
) -> Substituted:
    """Hourly masses of one pollutant of one outlet, with the missing ones replaced.

    A run of invalid hours takes the largest mass of the 180, 720 or 2160 valid hours before it, by the capture rate of
    its quarter and its own length; out of control: before the last good calibration.

    Parameters
    ----------
    mass : array-like (n,)
        Of consecutive hours, with as much of the time before as there is. [kg]
    state : array-like (n,)
        `Hour` of each.
    quarter : ndarray (n,) integer
        As in `capture_rate`.
    last_calibration : array-like (n,) integer, optional
        Of hours out of control: the position of the hour of the last good calibration; -1 or none: not known, then the
        hours before the run are taken.

    Returns
    -------
    Substituted
        NaN in quarters that captured less than 75 %: their data are not usable, manual monitoring decides. Stopped
        hours emit 0.

    References
    ----------
    .. [1] HJ 75-2017, chapter 12 (memory); the table ``substitution``.

    Examples
    --------
    >>> hours = np.array([3.0, 5.0] * 50 + [np.nan, 4.0])
    >>> done = substitute_hours(hours, [0] * 100 + [3, 0], np.zeros(102, int))
    >>> done.mass[100].item(), done.replaced.sum().item()
    (5.0, 1)
    """
    kind = np.asarray(state)
    out = np.where(kind == Hour.STOPPED, 0.0, np.where(kind == Hour.VALID, np.asarray(mass, np.float64), np.nan))
    replaced = np.zeros(len(kind), np.bool_)
    calibrated = np.full(len(kind), _NEVER) if last_calibration is None else np.asarray(last_calibration)
    capture = capture_rate(kind, quarter)
    valid_at = np.flatnonzero(kind == Hour.VALID)
    values = out[valid_at]
    missing = (kind == Hour.OUT_OF_CONTROL) | (kind == Hour.INVALID)
    # A run ends where the kind or the quarter changes: each has its own rule.
    edge = np.flatnonzero(np.diff(kind) | np.diff(quarter)) + 1
    for first, stop in zip(np.append(0, edge).tolist(), np.append(edge, len(kind)).tolist(), strict=True):
        if stop <= first or not missing[first]:
            continue
        taken = _hours_taken(float(capture[quarter[first]]), stop - first)
        if taken is None:
            continue
        known = calibrated[first] if kind[first] == Hour.OUT_OF_CONTROL else _NEVER
        before = int(np.searchsorted(valid_at, known if known != _NEVER else first))
        history = values[max(before - taken, 0) : before]
        if len(history):
            out[first:stop] = np.nanmax(history)
            replaced[first:stop] = True
    return Substituted(_without_poor_quarters(out, kind, quarter, capture), replaced)


def _hours_taken(capture: float, length: int) -> int | None:
    """How many valid hours to look back, by the table; None: nothing may be put in."""
    for row in SHELF.edition("HJ 75-2017").table("substitution"):
        captured = float(row["capture_from"]) <= capture < float(row["capture_below"] or "inf")
        if captured and float(row["longer_than"]) < length <= float(row["up_to"] or "inf"):
            return int(row["hours"])
    return None


def _without_poor_quarters(
    mass: Floats, kind: NDArray[np.integer], quarter: NDArray[np.integer], capture: Floats
) -> Floats:
    poor = capture < rules("HJ 75-2017")["quarter_capture"]
    return np.where(poor[quarter] & (kind != Hour.STOPPED), np.nan, mass)


def substitute_days(
    mass: ArrayLike, state: ArrayLike, check_passed: ArrayLike, manual: ArrayLike | None = None
) -> Substituted:
    """Daily masses of one pollutant of one water outlet, with the missing ones replaced.

    Parameters
    ----------
    mass : array-like (n,)
        Of consecutive days. [kg]
    state : array-like (n,)
        `Day` of each.
    check_passed : array-like (n,) bool
        The days on which the instrument passed its check (standard or comparison).
    manual : array-like (n,), optional
        Mass by manual monitoring, at least four times a day; NaN where there is none. [kg]

    Returns
    -------
    Substituted
        A day without a valid mean takes the largest valid mass since the last passed check; one on which the system
        was out of order takes the manual mass, if there is one. Without flow: 0, nothing is put in.

    References
    ----------
    .. [1] HJ 356-2019 (memory). HJ/T 356-2007 took the mean of the period before; not from 2020-03-24 on.

    Examples
    --------
    >>> substitute_days([9.0, 2.0, 3.0, np.nan], [0, 0, 0, 1], [False, True, False, False]).mass.tolist()
    [9.0, 2.0, 3.0, 3.0]
    """
    kind, passed = np.asarray(state), np.asarray(check_passed, np.bool_)
    given = np.where(kind == Day.VALID, np.asarray(mass, np.float64), np.nan)
    by_hand = np.full(len(kind), np.nan) if manual is None else np.asarray(manual, np.float64)
    # A check begins a new period; its largest mass so far is a running maximum that starts again there.
    period = np.cumsum(passed)
    largest = np.full(len(kind), np.nan)
    for one in np.unique(period).tolist():
        mine = period == one
        largest[mine] = np.fmax.accumulate(given[mine])
    missing = (kind == Day.NORMAL) | (kind == Day.NOT_NORMAL)
    stand_in = np.where((kind == Day.NOT_NORMAL) & ~np.isnan(by_hand), by_hand, largest)
    filled = np.where(missing, stand_in, np.where(kind == Day.NO_FLOW, 0.0, given))
    return Substituted(filled, missing & ~np.isnan(filled))
