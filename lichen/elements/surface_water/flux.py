"""Loads carried through a section (污染物通量), and what a territory adds between two borders.

Concentration [mg/L] times flow [m³/s] is g/s. Flow has a sign where it turns (tides, polders). Loads are in tonnes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.descriptor import Floats
from lichen.vocab.clock import HOUR_MS

#: The five classical estimators, and what suits them.
ESTIMATORS = {
    "A": "mean concentration times mean flow at sampling",
    "B": "mean concentration times mean flow of the period",
    "C": "mean of the momentary loads; where point sources dominate (dry season)",
    "D": "momentary concentration times the mean flow between samplings",
    "E": "flow-weighted concentration times mean flow of the period; where diffuse sources dominate (wet season)",
}
_GRAMS_PER_TONNE = 1e6
#: Longest gap in the concentrations that is bridged.
MAX_GAP_MS = 24 * HOUR_MS
#: National stations sample every four hours.
STEP_MS = 4 * HOUR_MS


def loads(
    concentration: ArrayLike, flow: ArrayLike, seconds: float, *, mean_flow: float | None = None,
    flow_between: ArrayLike | None = None,
) -> dict[str, float]:  # fmt: skip
    """The load of a period by the five estimators. [t]

    Parameters
    ----------
    concentration : array-like (n,)
        At each sampling. [mg/L]
    flow : array-like (n,)
        At each sampling. [m³/s]
    seconds : float
        Length of the period.
    mean_flow : float, optional
        Of the whole period; without it B and E are left out. [m³/s]
    flow_between : array-like (n,), optional
        Mean flow around each sampling, from half way since the one before to half way to the next; without it D is
        left out. [m³/s]

    Returns
    -------
    dict estimator → float
        See `ESTIMATORS`. Samplings without concentration or flow are left out; NaN where none is left.

    References
    ----------
    .. [1] A, B and E from memory; C and D in published river studies.

    Examples
    --------
    >>> loads([1.0, 3.0], [10.0, 30.0], 1e6, mean_flow=15.0)
    {'A': 40.0, 'C': 50.0, 'B': 30.0, 'E': 37.5}
    """
    c, q = np.asarray(concentration, dtype=np.float64), np.asarray(flow, dtype=np.float64)
    if c.shape != q.shape:
        raise ValueError(f"{c.shape} concentrations and {q.shape} flows; one flow belongs to each concentration")
    there = ~(np.isnan(c) | np.isnan(q))
    scale = seconds / _GRAMS_PER_TONNE
    if not there.any():
        return {"A": np.nan, "C": np.nan}
    c, q = c[there], q[there]
    found = {"A": scale * c.mean() * q.mean(), "C": scale * (c * q).mean()}
    if mean_flow is not None:
        found["B"] = scale * c.mean() * mean_flow
        found["E"] = scale * (c * q).sum() / q.sum() * mean_flow if q.sum() else np.nan
    if flow_between is not None:
        between = np.asarray(flow_between, dtype=np.float64)[there]
        found["D"] = scale * (c * between).mean()
    return {name: float(value) for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class Load:
    """A load by integration.

    Attributes
    ----------
    tonnes : float
        Of the time covered; NaN if none is.
    coverage : float
        Part of the period that has concentration (measured or bridged) and measured flow. [1]
    bridged : float
        Part of the period whose concentration was bridged. [1]
    concentration : float
        Flow-weighted mean. [mg/L]
    volume : float
        Water of the time covered. [m³]
    """

    tonnes: float
    coverage: float
    bridged: float
    concentration: float
    volume: float


def integrate(
    time: NDArray[np.int64], concentration: Floats, flow: Floats, start: int, stop: int, step: int = STEP_MS
) -> Load:
    """Load Σ C Q Δt of [start, stop) from values every `step`.

    Concentrations that miss for up to 24 hours between two measured ones are interpolated in time; flow is never made
    up. What stays without either is not covered, and nothing is put in its place: look at `Load.coverage`.

    Parameters
    ----------
    time : ndarray (n,) int64
        Starts of the steps, ascending. [ms since 1970 UTC]
    concentration : ndarray (n,)
        NaN where missing. [mg/L]
    flow : ndarray (n,)
        [m³/s]
    start, stop : int
        [ms since 1970 UTC]
    step : int
        [ms]

    Examples
    --------
    >>> hours = np.arange(6) * STEP_MS
    >>> integrate(hours, np.array([1, np.nan, 3, 3, 3, 3.0]), np.full(6, 10.0), 0, 6 * STEP_MS)
    Load(tonnes=2.16, coverage=1.0, bridged=0.166..., concentration=2.5, volume=864000.0)
    """
    inside = (time >= start) & (time < stop)
    t, c, q = time[inside], concentration[inside], flow[inside]
    known = np.flatnonzero(~np.isnan(c))
    filled = c.copy()
    if len(known) > 1:
        missing = np.flatnonzero(np.isnan(c))
        after = np.searchsorted(known, missing)
        within = (after > 0) & (after < len(known))
        missing, after = missing[within], after[within]
        gap = t[known[after]] - t[known[after - 1]] - step
        missing = missing[gap <= MAX_GAP_MS]
        filled[missing] = np.interp(t[missing], t[known], c[known])
    used = ~(np.isnan(filled) | np.isnan(q))
    seconds, steps = step / 1000, max((stop - start) / step, 1)
    if not used.any():
        return Load(np.nan, 0.0, 0.0, np.nan, 0.0)
    grams = float((filled[used] * q[used]).sum() * seconds)
    volume = float(q[used].sum() * seconds)
    return Load(
        grams / _GRAMS_PER_TONNE, float(used.sum() / steps), float((used & np.isnan(c)).sum() / steps),
        grams / volume if volume else np.nan, volume,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Balance:
    """What enters a territory, what leaves it, and the difference. [t]

    `change` is (out - in) / in; NaN where nothing enters.
    """

    entering: float
    leaving: float
    added: float
    change: float


def balance(entering: Sequence[float], leaving: Sequence[float]) -> Balance:
    """Cross-border balance (跨界断面通量平衡) of the loads of all sections where water enters and leaves. [t]

    Raises
    ------
    ValueError
        A load is missing (NaN): a balance with a hole would blame somebody for it.

    Examples
    --------
    >>> balance([10.0, 2.0], [15.0])
    Balance(entering=12.0, leaving=15.0, added=3.0, change=0.25)
    """
    if np.isnan([*entering, *leaving]).any():
        raise ValueError("a section has no load; a balance needs the loads of all of them")
    inside, outside = float(sum(entering)), float(sum(leaving))
    return Balance(inside, outside, outside - inside, (outside - inside) / inside if inside else np.nan)
