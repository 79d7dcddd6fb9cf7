"""Units: a table of the known ones, and how to get from one to another. Nothing is ever guessed.

Gas volume fractions (ppb, ppm) become mass concentrations at the reference state of GB 3095-2026 clause 3.14,
298.15 K and 1013.25 hPa, where a mole fills 24.465 litres; that needs the molar mass, so it needs the parameter.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Litres a mole of gas fills at 298.15 K and 1013.25 hPa.
MOLAR_VOLUME = Decimal("24.465")
_KELVIN = 273.15
_MASS = "mass per volume of gas"
_FRACTION = "volume fraction"


class UnknownUnit(ValueError):
    """A unit that is not in the table, or a conversion between units that do not measure the same thing."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One row of ``units.csv``.

    `name` is ASCII, `text` for people, `to_base` the factor to the base of its dimension.
    """

    name: str
    text: str
    dimension: str
    to_base: Decimal


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("lichen.vocab").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _load() -> tuple[dict[str, Unit], dict[str, str]]:
    units: dict[str, Unit] = {}
    spellings: dict[str, str] = {}
    for row in _rows("units.csv"):
        unit = Unit(row["unit"], row["text"], row["dimension"], Decimal(row["to_base"]))
        units[unit.name] = unit
        for spelling in (unit.name, *row["aliases"].split(" ")):
            if spelling and spellings.setdefault(spelling, unit.name) != unit.name:
                raise ValueError(f"units.csv: {spelling!r} means both {spellings[spelling]!r} and {unit.name!r}")
    return units, spellings


UNITS, _SPELLINGS = _load()
_MOLAR_MASS = {row["parameter"]: Decimal(row["g_per_mol"]) for row in _rows("molar_mass.csv")}


def unit(text: str) -> Unit:
    """The unit behind a spelling.

    Raises
    ------
    UnknownUnit
        No unit is spelled like this.

    Examples
    --------
    >>> unit("μg/m³").name, unit("ug/m3").text
    ('ug/m3', 'µg/m³')
    """
    name = _SPELLINGS.get(text.strip())
    if name is None:
        raise UnknownUnit(f"unit {text!r} is not known; known: {', '.join(UNITS)}")
    return UNITS[name]


def text_of(name: str) -> str:
    """A unit as people read it; a name that is not in the table stays as it is.

    >>> text_of("ug/m3"), text_of("custom")
    ('µg/m³', 'custom')
    """
    found = UNITS.get(name)
    return name if found is None else found.text


def exact_factor(from_unit: str, to_unit: str, parameter: str | None = None) -> Decimal:
    """What to multiply a value by, as an exact decimal. See `factor`."""
    source, target = unit(from_unit), unit(to_unit)
    if source == target:
        return Decimal(1)
    if source.dimension == target.dimension != "temperature":
        return source.to_base / target.to_base
    if {source.dimension, target.dimension} == {_MASS, _FRACTION}:
        if parameter not in _MOLAR_MASS:
            raise UnknownUnit(
                f"{from_unit} to {to_unit} needs the molar mass of {parameter or 'the parameter'}; "
                f"known for: {', '.join(_MOLAR_MASS)}"
            )
        grams_per_m3 = _MOLAR_MASS[parameter] / MOLAR_VOLUME * 1000  # of the pure gas
        if source.dimension == _FRACTION:
            return source.to_base * grams_per_m3 / target.to_base
        return source.to_base / grams_per_m3 / target.to_base
    if source.dimension == target.dimension:
        raise UnknownUnit(f"{from_unit} to {to_unit} is no multiplication; use convert()")
    same = [name for name, known in UNITS.items() if known.dimension == target.dimension]
    raise UnknownUnit(
        f"{from_unit} ({source.dimension}) cannot become {to_unit} ({target.dimension})"
        f"{f' for {parameter}' if parameter else ''}; units that can: {', '.join(same)}"
    )


def factor(from_unit: str, to_unit: str, parameter: str | None = None) -> float:
    """What to multiply a value in `from_unit` by to have it in `to_unit`.

    Parameters
    ----------
    from_unit, to_unit : str
        Any spelling of the table (``ug/m3``, ``μg/m3``, ``µg/m³``).
    parameter : str, optional
        Slug; needed between volume fractions and mass concentrations.

    Raises
    ------
    UnknownUnit
        A spelling is not in the table, the units measure different things, or the molar mass is not known.
        The message lists what is known.

    Examples
    --------
    >>> factor("mg/m3", "µg/m³")
    1000.0
    >>> round(factor("ppb", "ug/m3", "so2"), 3), round(factor("ppm", "mg/m3", "co"), 3)
    (2.618, 1.145)
    """
    return float(exact_factor(from_unit, to_unit, parameter))


def convert(values: ArrayLike, from_unit: str, to_unit: str, parameter: str | None = None) -> NDArray[np.float64]:
    """Values in another unit, same shape; NaN stays NaN. Also between °C and K, which `factor` cannot do.

    The factor is exact; where it divides (0.001), the value is divided, so that 35 ug/m3 is exactly 0.035 mg/m3.

    >>> convert([0.0, 25.0], "°C", "K").tolist()
    [273.15, 298.15]
    >>> convert([35.0], "ug/m3", "mg/m3").tolist()
    [0.035]
    """
    array = np.asarray(values, dtype=np.float64)
    source, target = unit(from_unit), unit(to_unit)
    if source.dimension == target.dimension == "temperature":
        shift = {"degC": 0.0, "K": _KELVIN}
        return array - shift[source.name] + shift[target.name]
    exact = exact_factor(from_unit, to_unit, parameter)
    if exact < 1:
        return array / float(1 / exact)
    return array * float(exact)
