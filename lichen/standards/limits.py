"""Limits read from an edition's table, and comparing values with them.

"Not more than" is inclusive in all the air and water standards: a value equal to its limit attains it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.standards.edition import Edition
from lichen.standards.errors import TableError


@dataclass(frozen=True, slots=True)
class Limit:
    """One cell of a limit table: `value` parsed, `text` as printed. The value itself still attains the limit."""

    parameter: str
    period: str
    grade: str
    value: Decimal
    text: str
    unit: str
    edition: str
    phase: str
    clause: str
    status: str


def limits(edition: Edition, table: str, on: date, grades: Mapping[str, str]) -> tuple[Limit, ...]:
    """The limits of one table that hold on a day.

    Parameters
    ----------
    edition : Edition
    table : str
        A table with the columns parameter, period, unit, clause, status, optionally phase, and one column per grade.
    on : date
        Picks the phase.
    grades : mapping
        Column → grade: ``{"grade1": "1", "grade2": "2"}``. An empty cell is no limit.

    Raises
    ------
    TableError
        A cell is not a number.
    NoStandardInForce
        No phase of the edition covers the day.
    """
    phase = edition.phase(on).id
    found = []
    for row in edition.table(table):
        if row.get("phase", "") not in ("", phase):
            continue
        for column, grade in grades.items():
            text = row[column]
            if not text:
                continue
            try:
                value = Decimal(text)
            except InvalidOperation:
                raise TableError(
                    f"{edition.id}, {table}, {row['parameter']}: {column} is {text!r}, not a number"
                ) from None
            found.append(
                Limit(
                    row["parameter"], row["period"], grade, value, text, row["unit"],
                    edition.id, phase, row["clause"], row["status"],
                )
            )  # fmt: skip
    return tuple(found)


def find_limit(pool: tuple[Limit, ...], parameter: str, period: str, grade: str) -> Limit:
    """The limit of a parameter over a period at a grade; `TableError` lists what there is for the parameter."""
    for limit in pool:
        if (limit.parameter, limit.period, limit.grade) == (parameter, period, grade):
            return limit
    there = [f"{limit.period} grade {limit.grade}" for limit in pool if limit.parameter == parameter]
    raise TableError(f"no limit for {parameter} over {period} at grade {grade}; there is: {', '.join(there) or 'none'}")


def exceeds(values: ArrayLike, limit: Limit) -> NDArray[np.bool_]:
    """Whether values are above the limit, same shape. Equal: no. NaN: no (nothing was shown to exceed).

    Values are in the limit's unit, rounded beforehand where the standard asks for it.
    """
    return np.asarray(np.asarray(values, dtype=np.float64) > float(limit.value))


def attains(values: ArrayLike, limit: Limit) -> NDArray[np.bool_]:
    """Whether values keep to the limit, same shape. Equal: yes. NaN: no (nothing was shown to attain)."""
    return np.asarray(np.asarray(values, dtype=np.float64) <= float(limit.value))


def exceedance_multiple(values: ArrayLike, limit: Limit) -> NDArray[np.float64]:
    """Exceedance multiple (超标倍数), (C - S) / S, same shape; 0 where the limit is kept, NaN where C is.

    Unrounded; HJ 663 publishes two decimals.
    """
    array = np.asarray(values, dtype=np.float64)
    bound = float(limit.value)
    return np.asarray(np.where(np.isnan(array), np.nan, np.maximum(array - bound, 0.0) / bound))
