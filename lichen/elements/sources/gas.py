"""Flue gas, from what the instrument reads to kilograms: HJ 212-2017 appendix D.2, which repeats HJ 75.

Mass uses the measured dry concentration, compliance the converted (折算) one. Every function takes arrays of any one
shape, or single numbers beside them; a missing input (NaN) makes the result missing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: Standard state of stationary sources (GB 16297, GB 13223). [kPa], [K]
STANDARD_PRESSURE, STANDARD_KELVIN = 101.325, 273.0
#: Litres a mole fills at that state; ambient air has another.
MOLAR_VOLUME = 22.4
#: Oxygen in dry air as the formulas have it. [%]
AIR_OXYGEN = 21.0


def _columns(*columns: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.asarray(column, dtype=np.float64) for column in columns)


def _where(good: NDArray[np.bool_], values: Floats) -> Floats:
    return np.where(good, values, np.nan)


def standard_state(
    concentration: ArrayLike, temperature: ArrayLike, static_pressure: ArrayLike, ambient_pressure: ArrayLike
) -> Floats:
    """Concentration at 273 K and 101.325 kPa, from that at the state of the flue gas, same moisture.

    Parameters
    ----------
    concentration : array-like
        At the state of the gas. [mg/m3]
    temperature : array-like
        Of the gas. [degC]
    static_pressure, ambient_pressure : array-like
        Of the gas against the air outside, and of that air. [kPa]

    Returns
    -------
    ndarray
        NaN where an input is, or the absolute pressure or temperature is not above zero. [mg/m3]

    References
    ----------
    .. [1] HJ 212-2017, D.2, equation 18.

    Examples
    --------
    >>> standard_state(100.0, 136.5, 0.0, 101.325).item()
    150.0
    """
    c, t, ps, ba = _columns(concentration, temperature, static_pressure, ambient_pressure)
    absolute, kelvin = ba + ps, STANDARD_KELVIN + t
    good = (absolute > 0) & (kelvin > 0)
    return _where(good, c * (STANDARD_PRESSURE / _where(good, absolute)) * (kelvin / STANDARD_KELVIN))


def dry(wet: ArrayLike, moisture: ArrayLike) -> Floats:
    """Concentration (or oxygen content) in dry gas, from that in wet gas.

    Parameters
    ----------
    wet : array-like
        [mg/m3, or % of oxygen]
    moisture : array-like
        Share of water vapour, as loggers send it, in percent; the formula has the fraction. [%]

    Returns
    -------
    ndarray
        NaN where the moisture is not in [0, 100).

    References
    ----------
    .. [1] HJ 212-2017, D.2, equation 19.

    Examples
    --------
    >>> dry([90.0, 90.0], [10.0, 100.0]).tolist()
    [100.0, nan]
    """
    c, x = _columns(wet, moisture)
    good = (x >= 0) & (x < 100)
    return _where(good, c * 100.0 / _where(good, 100.0 - x))


def mass_concentration(fraction: ArrayLike, molar_mass: ArrayLike) -> Floats:
    """Mass concentration at the standard state, from the volume fraction.

    Parameters
    ----------
    fraction : array-like
        [umol/mol]
    molar_mass : array-like
        [g/mol]

    References
    ----------
    .. [1] HJ 212-2017, D.2, equation 20: M/22.4.

    Examples
    --------
    >>> mass_concentration([100.0], 64.0).round(1).tolist()
    [285.7]
    """
    volume, grams = _columns(fraction, molar_mass)
    return np.asarray(volume * grams / MOLAR_VOLUME)


def nox_as_no2(no: ArrayLike, no2: ArrayLike) -> Floats:
    """Nitrogen oxides as NO2, of NO and NO2. [mg/m3]

    References
    ----------
    .. [1] HJ 212-2017, D.2, equation 21.

    Examples
    --------
    >>> nox_as_no2(30.0, 4.0).item()
    50.0
    """
    mono, di = _columns(no, no2)
    return np.asarray(mono * 46.0 / 30.0 + di)


def excess_air(oxygen: ArrayLike, *, not_from: float = AIR_OXYGEN) -> Floats:
    """Excess air coefficient α = 21/(21 - O2), dry; NaN from `not_from` on. [oxygen: %]

    References
    ----------
    .. [1] HJ 212-2017, D.2, equation 27.

    Examples
    --------
    >>> excess_air([7.0, 21.0]).tolist()
    [1.5, nan]
    """
    (o2,) = _columns(oxygen)
    good = (o2 >= 0) & (o2 < min(not_from, AIR_OXYGEN))
    return _where(good, AIR_OXYGEN / _where(good, AIR_OXYGEN - o2))


def converted(measured: ArrayLike, oxygen: ArrayLike, reference: ArrayLike, *, not_from: float = AIR_OXYGEN) -> Floats:
    """Concentration converted to the reference oxygen content (折算浓度).

    Parameters
    ----------
    measured : array-like
        Dry, at the standard state. [mg/m3]
    oxygen : array-like
        Of the dry gas. [%]
    reference : array-like
        NaN: the standard sets none, and the measured concentration is the converted one (D.2.3 (4)). [%]
    not_from : float
        From this oxygen content on nothing is converted: near 21 % the result is the instruments' noise. [%]

    Returns
    -------
    ndarray
        NaN where a reference is set and the oxygen is missing, negative or not below `not_from`. Never divided by
        zero or less.

    References
    ----------
    .. [1] HJ 212-2017, D.2, equations 26 to 28; GB 13223-2011, GB 13271-2014, GB 4915-2013, equation 1.

    Examples
    --------
    >>> converted([100.0, 100.0, 100.0], [11.0, 20.9, 11.0], [6.0, 6.0, float("nan")], not_from=20.0).tolist()
    [150.0, nan, 100.0]
    """
    c, o2, ref = _columns(measured, oxygen, reference)
    good = (o2 >= 0) & (o2 < min(not_from, AIR_OXYGEN))
    by_oxygen = c * (AIR_OXYGEN - ref) / _where(good, AIR_OXYGEN - o2)
    return np.where(np.isnan(ref), c, by_oxygen)


def conversion_gap(received: ArrayLike, computed: ArrayLike) -> Floats:
    """How far a received converted mean lies from ours, as a share of ours. A sign to look at, no proof.

    The mean of converted minutes is not the conversion of the mean; above 0.02 it is worth a look (our proposal).

    >>> conversion_gap(103.0, 100.0).item()
    0.03
    """
    theirs, ours = _columns(received, computed)
    return _where(ours > 0, np.abs(theirs - ours) / _where(ours > 0, ours))


def velocity(pitot: ArrayLike, field_factor: ArrayLike) -> Floats:
    """Mean velocity of the section, of the measured one and the velocity field factor Kv (equation 29). [m/s]"""
    measured, factor = _columns(pitot, field_factor)
    return np.asarray(measured * factor)


def wet_flow(area: ArrayLike, mean_velocity: ArrayLike) -> Floats:
    """Flow of wet gas at its own state (equation 30). [m2, m/s → m3/h]

    >>> wet_flow(2.0, 10.0).item()
    72000.0
    """
    section, speed = _columns(area, mean_velocity)
    return np.asarray(3600.0 * section * speed)


def dry_flow(
    wet: ArrayLike,
    temperature: ArrayLike,
    static_pressure: ArrayLike,
    ambient_pressure: ArrayLike,
    moisture: ArrayLike,
) -> Floats:
    """Flow of dry gas at the standard state.

    Parameters
    ----------
    wet : array-like
        At the state of the gas. [m3/h]
    temperature : array-like
        [degC]
    static_pressure, ambient_pressure : array-like
        [kPa]
    moisture : array-like
        [%]

    References
    ----------
    .. [1] HJ 212-2017, D.2, equation 31.

    Examples
    --------
    >>> dry_flow(150.0, 136.5, 0.0, 101.325, 10.0).item()
    90.0
    """
    q, t, ps, ba, x = _columns(wet, temperature, static_pressure, ambient_pressure, moisture)
    absolute, kelvin = ba + ps, STANDARD_KELVIN + t
    good = (absolute > 0) & (kelvin > 0) & (x >= 0) & (x < 100)
    factor = (STANDARD_KELVIN / _where(good, kelvin)) * (absolute / STANDARD_PRESSURE) * (100.0 - x) / 100.0
    return _where(good, q * factor)


def mass_rate(measured: ArrayLike, flow: ArrayLike) -> Floats:
    """Emission rate, of the measured (never the converted) dry concentration and the dry flow.

    The day's mass is the sum of the rates of its valid hours. Equation 34 as printed has a second 10^-6, which its
    units do not allow; loggers that follow it send a ``Cou`` a million times too small.

    Parameters
    ----------
    measured : array-like
        [mg/m3]
    flow : array-like
        [m3/h]

    Returns
    -------
    ndarray
        [kg/h]

    References
    ----------
    .. [1] HJ 212-2017, D.2, equation 33.

    Examples
    --------
    >>> mass_rate(20.0, 500_000.0).item()
    10.0
    """
    c, q = _columns(measured, flow)
    return np.asarray(c * q * 1e-6)
