"""City values from station values (HJ 663): concentrations are averaged first, an index comes after."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.air.validity import mean_of_enough
from lichen.standards import Edition


@dataclass(frozen=True, slots=True)
class CityMean:
    """City values of n periods.

    Attributes
    ----------
    value : ndarray (n,) float64
        Unrounded; NaN where too few stations were valid. [the parameter's unit]
    valid_stations : ndarray (n,) int64
    stations, needed : int
        Evaluation stations of the city, and how many of them must be valid.
    edition, clause, status : str
    """

    value: NDArray[np.float64]
    valid_stations: NDArray[np.int64]
    stations: int
    needed: int
    edition: str
    clause: str
    status: str


def stations_needed(stations: int, assessment: Edition) -> int:
    """How many of a city's evaluation stations must be valid; computed without binary fractions.

    Parameters
    ----------
    stations : int
        At least 1.
    assessment : Edition
        Of HJ 663.
    """
    share = Fraction(assessment.table("rules").one(rule="city_station_share")["value"])
    return ceil(share * stations)


def city_mean(values: ArrayLike, assessment: Edition, evaluation: ArrayLike | None = None) -> CityMean:
    """City values: the arithmetic mean of the city's valid evaluation stations.

    For hourly and daily means and daily maximum 8-hour means alike. The index is computed from the (rounded) city
    concentration; indices are never averaged.

    Parameters
    ----------
    values : array-like (stations, n)
        NaN where a station is missing or invalid. [the parameter's unit]
    assessment : Edition
        Of HJ 663.
    evaluation : array-like (stations,) of bool, optional
        Which are evaluation stations (评价点); control and background stations are left out. Without it all are.

    Returns
    -------
    CityMean
        Valid where as many stations as needed are, or more.

    Raises
    ------
    ValueError
        Shapes that do not fit, or no evaluation station at all.

    References
    ----------
    .. [1] HJ 663; the share of 75 % is from memory.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ValueError(f"values {array.shape}; expected (stations, n)")
    if evaluation is not None:
        keep = np.asarray(evaluation, dtype=np.bool_)
        if keep.shape != array.shape[:1]:
            raise ValueError(f"evaluation {keep.shape}; expected one for each of {array.shape[0]} stations")
        array = array[keep]
    stations = array.shape[0]
    if not stations:
        raise ValueError("no evaluation station; a city value needs at least one")
    row = assessment.table("rules").one(rule="city_station_share")
    needed = stations_needed(stations, assessment)
    count = (~np.isnan(array)).sum(axis=0)
    value = mean_of_enough(array, needed, axis=0)
    return CityMean(value, count, stations, needed, assessment.id, row["clause"], row["status"])
