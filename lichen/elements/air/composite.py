"""The composite index of air quality (环境空气质量综合指数) and the ranking of places by it (HJ 663)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import lcm

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.air.statistics import Item, decimals, items
from lichen.elements.air.validity import Floats
from lichen.standards import Edition, Limit, TableError, find_limit, limits
from lichen.vocab.rounding import divide_half_even, to_fixed

#: Decimals that concentrations keep in exact integer arithmetic, and weights.
_DECIMALS = 6
_WEIGHT_DECIMALS = 3
_GRADE = "2"


@dataclass(frozen=True, slots=True)
class Part:
    """One pollutant of the index: its statistic, the limit it is divided by, and its weight with the doubt about it."""

    item: Item
    limit: Limit
    weight: Decimal
    status: str


@dataclass(frozen=True, slots=True)
class Rule:
    """How the index is made on a day."""

    parts: tuple[Part, ...]
    decimals: int
    single_decimals: int
    edition: str
    clause: str


def composite_rule(
    standard: Edition, assessment: Edition, on: date, weights: Mapping[str, Decimal] | None = None
) -> Rule:
    """The rule in force.

    Parameters
    ----------
    standard : Edition
        Of GB 3095: its grade 2 limits are divided by.
    assessment : Edition
        Of HJ 663: statistics, weights and decimals.
    on : date
        Picks the phase of the limits.
    weights : mapping of parameter → Decimal, optional
        Instead of the edition's: all of its parameters. Those of 2026 are second hand.

    Raises
    ------
    TableError
        A weight or a limit is missing.
    """
    pool = limits(standard, "table1", on, {"grade2": _GRADE})
    parts = []
    asked = items(assessment, "composite")
    if weights is not None and set(weights) != {item.parameter for item in asked}:
        raise TableError(f"weights for {', '.join(weights)}; needed: {', '.join(item.parameter for item in asked)}")
    for item in asked:
        row = assessment.table("weights").one(parameter=item.parameter)
        weight = Decimal(row["weight"]) if weights is None else weights[item.parameter]
        status = row["status"] if weights is None else "proposal"
        limit = find_limit(pool, item.parameter, item.limit_period, _GRADE)
        parts.append(Part(item, limit, weight, status))
    return Rule(
        tuple(parts), decimals("composite_index", assessment), decimals("single_index", assessment), assessment.id,
        parts[0].item.clause,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Composite:
    """Composite indices of n places or periods.

    Attributes
    ----------
    index : ndarray (n,) float64
        As published; NaN where a pollutant is missing: there is no index of five.
    single : mapping of parameter → ndarray (n,)
        C / S of each, without its weight, as published.
    primary : tuple of n tuples of str
        Primary pollutant of the period (首要污染物): the largest C / S before rounding, several if equal; empty where
        there is no index.
    """

    index: Floats
    single: Mapping[str, Floats]
    primary: tuple[tuple[str, ...], ...]
    rule: Rule


def composite_index(concentrations: Mapping[str, ArrayLike], rule: Rule) -> Composite:
    """Composite index: the weighted sum of C / S over the pollutants.

    Computed in integers and rounded once (GB/T 8170), so that a tie is a tie.

    Parameters
    ----------
    concentrations : mapping of parameter → array-like (n,)
        What the rule's items ask for: period means of SO2, NO2, PM10 and PM2.5, the 95th percentile of CO and the 90th
        of the daily maximum 8-hour means of ozone, NaN where missing. Rounded to six decimals. [the limits' units]
    rule : Rule
        See `composite_rule`.

    Raises
    ------
    ValueError
        A column is missing, not of the length of the others, or holds a negative number.

    References
    ----------
    .. [1] HJ 663; sum and limits verified in ranking notes, the weights of 2026 second hand.
    """
    names = [part.item.parameter for part in rule.parts]
    absent = [name for name in names if name not in concentrations]
    if absent:
        raise ValueError(f"no column for {', '.join(absent)}; the index needs {', '.join(names)} (NaN: missing)")
    columns = [np.asarray(concentrations[name], dtype=np.float64) for name in names]
    if any(column.shape != columns[0].shape or column.ndim != 1 for column in columns):
        raise ValueError(f"columns of shapes {[column.shape for column in columns]}; expected one length")
    table = np.stack(columns)
    if (table < 0).any():
        raise ValueError(f"concentration {float(np.nanmin(table))} is negative; a missing value must arrive as NaN")
    bounds = [int(part.limit.value.scaleb(_DECIMALS)) for part in rule.parts]
    # C / S for every pollutant over one denominator; a common factor keeps it small.
    common = lcm(*bounds)
    share = np.array([common // bound for bound in bounds], dtype=np.int64)[:, None]
    weight = np.array([int(part.weight.scaleb(_WEIGHT_DECIMALS)) for part in rule.parts], dtype=np.int64)[:, None]
    single = to_fixed(table, _DECIMALS) * share
    missing = np.isnan(table).any(axis=0)
    index = _ratio((single * weight).sum(axis=0), common * 10**_WEIGHT_DECIMALS, rule.decimals)
    index[missing] = np.nan
    singles = {}
    for name, numerator, column in zip(names, single, table, strict=True):
        one = _ratio(numerator, common, rule.single_decimals)
        one[np.isnan(column)] = np.nan
        singles[name] = one
    largest = (single == single.max(axis=0)) & ~missing
    primary = tuple(tuple(name for name, yes in zip(names, row, strict=True) if yes) for row in largest.T.tolist())
    return Composite(index, singles, primary, rule)


def _ratio(numerator: NDArray[np.int64], denominator: int, places: int) -> Floats:
    """Numerator over denominator, rounded half to even."""
    even = numerator // (2 * denominator) * 2  # taken out first: the rest times 10^places stays inside 64 bits
    rest = divide_half_even((numerator - even * denominator) * 10**places, np.array(denominator))
    return np.asarray((even * 10**places + rest) / 10.0**places)


def rank(index: ArrayLike) -> NDArray[np.int64]:
    """Ranks of places, 1 for the smallest index; equal indices share a rank and the next one is skipped.

    Parameters
    ----------
    index : array-like (n,)
        As published (ties are ties of published numbers); NaN: not ranked.

    Returns
    -------
    ndarray (n,) int64
        0 where not ranked.

    References
    ----------
    .. [1] HJ 663 and the ranking notes of 2017 and 2023.

    Examples
    --------
    >>> rank([3.41, 2.9, 3.41, float("nan"), 4.0]).tolist()
    [2, 1, 2, 0, 4]
    """
    array = np.asarray(index, dtype=np.float64)
    ranked = np.sort(array[~np.isnan(array)])
    return np.where(np.isnan(array), 0, np.searchsorted(ranked, array, side="left") + 1).astype(np.int64)


def worsening_rank(change: ArrayLike, attaining: ArrayLike) -> NDArray[np.int64]:
    """Ranks of places by how much they became worse, 1 for the largest rate of change; equal rates share a rank.

    Parameters
    ----------
    change : array-like (n,)
        `lichen.elements.air.statistics.change_rate` of the index; NaN: not ranked. [1]
    attaining : array-like (n,) of bool
        Places that attain grade 2 in all items; they are left out.

    Returns
    -------
    ndarray (n,) int64
        0 where not ranked.

    References
    ----------
    .. [1] Ranking rule of 2017.

    Examples
    --------
    >>> worsening_rank([0.1, 0.3, -0.2], [False, True, False]).tolist()
    [1, 0, 2]
    """
    array = np.where(np.asarray(attaining, dtype=np.bool_), np.nan, np.asarray(change, dtype=np.float64))
    return rank(-array)
