"""The five indices of the ecological environment index EI (生态环境状况指数), and EI itself (HJ 192-2015).

Each index is capped to 0 … 100 (memory). Inputs are of one year and one unit (county, city), n of them at once; NaN =
missing, and makes the index NaN.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.ecology.shelf import SHELF
from lichen.standards import Row

Floats = NDArray[np.float64]

_EDITION = SHELF.edition("HJ 192-2015")
_COEFFICIENT = {row["coefficient"]: float(row["value"]) for row in _EDITION.table("coefficients")}
_WEIGHTS = _EDITION.table("weights").rows
_RESTRICTION = _EDITION.table("restriction").rows

#: Parameters of the five indices, in the order of the formula.
INDICES = tuple(row["parameter"] for row in _WEIGHTS)
#: Kinds of land that `habitat_quality` takes.
LANDS = tuple(row["land"] for row in _EDITION.table("habitat"))
#: Pollutants that `pollution_load` takes.
POLLUTANTS = tuple(row["pollutant"] for row in _EDITION.table("pollution"))
#: Kinds of stressed land that `land_stress` takes.
STRESSES = tuple(row["land"] for row in _EDITION.table("land_stress"))
#: Levels of the environmental restriction that are known; 0 = none.
RESTRICTION_LEVELS = (0, *sorted({int(row["level"]) for row in _RESTRICTION}))

#: Above this ratio of a year's water resource to its long-term mean, it counts less, and above the other nothing.
_FLOOD_FROM, _FLOOD_TO = 1.4, 2.4


def habitat_quality(areas: Mapping[str, ArrayLike], unit_area: ArrayLike) -> Floats:
    """Habitat quality index HQ (生境质量指数), (n,).

    Parameters
    ----------
    areas : mapping land → array-like (n,)
        Of `LANDS`; those not given are 0. [km²]
    unit_area : array-like (n,)
        [km²]

    Raises
    ------
    ValueError
        A kind of land that the table does not have.

    Examples
    --------
    >>> areas = {"forest_closed": 300, "paddy": 200, "urban": 50, "lake_reservoir": 20}
    >>> round(float(habitat_quality(areas, 1000)), 1)
    40.1
    """
    _known(areas, LANDS, "land")
    total = sum(
        (
            float(row["weight"]) * float(row["part"]) * _array(areas[row["land"]])
            for row in _EDITION.table("habitat")
            if row["land"] in areas
        ),
        np.zeros(()),
    )
    return _capped(_COEFFICIENT["biological"] * total / _array(unit_area))


def biological_abundance(habitat: ArrayLike, biodiversity: ArrayLike) -> Floats:
    """Biological abundance index (生物丰度指数) of HQ and the biodiversity index BI, (n,): their mean (memory).

    Without species data the change of BI is taken equal to that of HQ, which is up to the caller.
    """
    return _capped((_array(habitat) + _array(biodiversity)) / 2)


def vegetation_cover(ndvi: ArrayLike) -> Floats:
    """Vegetation cover index (植被覆盖指数), (n,).

    Parameters
    ----------
    ndvi : array-like (n,)
        Mean over the unit of each pixel's mean of the monthly maxima of NDVI, May to September, as integers of 10^-4
        (memory).
    """
    return _capped(_COEFFICIENT["vegetation"] * _array(ndvi))


def counted_resource(resource: ArrayLike, long_term_mean: ArrayLike) -> Floats:
    """How much of a year's water resource counts, (n,): all up to 1.4 times the mean, then less, from 2.4 nothing.

    >>> counted_resource([100, 140, 190, 240], 100).round(6).tolist()
    [100.0, 140.0, 50.0, 0.0]
    """
    given, mean = _array(resource), _array(long_term_mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = given / mean
    found = np.where(ratio <= _FLOOD_FROM, given, np.maximum(mean * (_FLOOD_TO - ratio), 0.0))
    return np.asarray(np.where(np.isnan(ratio), np.nan, found))


def water_density(river_length: ArrayLike, water_area: ArrayLike, counted: ArrayLike, unit_area: ArrayLike) -> Floats:
    """Water network density index (水网密度指数), (n,).

    Parameters
    ----------
    river_length : array-like (n,)
        [km]
    water_area : array-like (n,)
        Of lakes, reservoirs, canals and coastal water. [km²]
    counted : array-like (n,)
        `counted_resource`. [10^6 m³]
    unit_area : array-like (n,)
        [km²]
    """
    parts = (("river", river_length), ("lake", water_area), ("resource", counted))
    total = sum((_COEFFICIENT[name] * _array(value) for name, value in parts), np.zeros(()))
    return _capped(total / _array(unit_area) / len(parts))


def land_stress(areas: Mapping[str, ArrayLike], unit_area: ArrayLike) -> Floats:
    """Land stress index (土地胁迫指数), (n,). Areas of `STRESSES`; those not given are 0. [km²]

    >>> round(float(land_stress({"severe_erosion": 100, "built": 100}, 1000)), 2)
    14.16
    """
    _known(areas, STRESSES, "land")
    total = sum(
        (float(row["weight"]) * _array(areas[row["land"]])
         for row in _EDITION.table("land_stress") if row["land"] in areas),
        np.zeros(()),
    )  # fmt: skip
    return _capped(_COEFFICIENT["erosion"] * total / _array(unit_area))


def pollution_load(emissions: Mapping[str, ArrayLike], precipitation: ArrayLike, unit_area: ArrayLike) -> Floats:
    """Pollution load index (污染负荷指数), (n,).

    Parameters
    ----------
    emissions : mapping pollutant → array-like (n,)
        All of `POLLUTANTS`. [t/a]
    precipitation : array-like (n,)
        Depth of the year. [mm]
    unit_area : array-like (n,)
        [km²]

    Raises
    ------
    ValueError
        A pollutant that the table does not have, or one that is lacking: no emission must be said, as 0.
    """
    _known(emissions, POLLUTANTS, "pollutant")
    lacking = [pollutant for pollutant in POLLUTANTS if pollutant not in emissions]
    if lacking:
        raise ValueError(f"emissions lack {', '.join(lacking)}; give 0 where there are none")
    per = {"area": _array(unit_area), "precipitation": _array(precipitation) * _array(unit_area)}
    total = sum(
        (float(row["weight"]) * float(row["coefficient"]) * _array(emissions[row["pollutant"]]) / per[row["per"]]
         for row in _EDITION.table("pollution")),
        np.zeros(()),
    )  # fmt: skip
    return _capped(total)


def ei(indices: Mapping[str, ArrayLike], restriction: ArrayLike = 0) -> Floats:
    """Ecological environment index of the five indices, (n,); NaN where one is missing.

    Parameters
    ----------
    indices : mapping slug → array-like (n,)
        Of `INDICES`, each 0 … 100.
    restriction : array-like (n,)
        Level of the environmental restriction, one of `RESTRICTION_LEVELS`; another level, or NaN, gives NaN. The
        levels lower EI below a grade as one provincial tool does it.

    Examples
    --------
    >>> three = {"biological_abundance_index": 60, "vegetation_cover_index": 80, "water_density_index": 40,
    ...          "land_stress_index": 20, "pollution_load_index": 10}
    >>> float(ei(three)), float(ei(three, restriction=2))
    (68.0, 54.9)
    """
    total = np.zeros(())
    for row in _WEIGHTS:
        value = _array(indices[row["parameter"]])
        total = total + float(row["weight"]) * (100.0 - value if row["inverted"] == "yes" else value)
    # What sums of binary fractions leave behind must not move a grade.
    return _restricted(np.round(total, 9), _array(restriction))


def _restricted(value: Floats, level: Floats) -> Floats:
    found = np.where(np.isin(level, RESTRICTION_LEVELS), value, np.nan)
    for row in sorted(_RESTRICTION, key=_from):
        found = np.where((level == float(row["level"])) & (value >= _from(row)), float(row["becomes"]), found)
    return np.asarray(found)


def _from(row: Row) -> float:
    return float(row["from"])


def _array(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _capped(values: Floats) -> Floats:
    return np.asarray(np.clip(values, 0.0, 100.0))


def _known(given: Mapping[str, ArrayLike], allowed: tuple[str, ...], word: str) -> None:
    unknown = [name for name in given if name not in allowed]
    if unknown:
        raise ValueError(f"{word} {', '.join(unknown)} not known; known: {', '.join(allowed)}")
