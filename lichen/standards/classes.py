"""From limits to classes: the single-factor evaluation (单因子评价) that the water and soil standards share.

A table has one row per item and one column per class, best class first. An item has the best class whose limit holds;
a sample has the class of its worst item, and those worst items decide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lichen.standards.edition import Row
from lichen.standards.errors import TableError
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.units import UnknownUnit, exact_factor

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]

#: How a limit is meant: the value is at most it, at least it, or inside a range, and the bounds themselves attain it;
#: or the value is strictly above or below it (GB 3097 prints ``>6`` for dissolved oxygen).
DIRECTIONS = ("max", "min", "range", "above", "below")
#: Two numbers this close, relative to the limit, are equal: what a mean or a change of unit adds to a binary fraction
#: must not move a class.
_EQUAL = 1e-12
_RANGE = re.compile(r"\s*(-?[\d.]+)\s*[-~–～]\s*(-?[\d.]+)\s*")


@dataclass(frozen=True, slots=True)
class ClassLimits:
    """The limits of one item, best class first.

    Attributes
    ----------
    parameter : str
    direction : str
        One of `DIRECTIONS`.
    low, high : tuple of float
        Bounds per class in the parameter's unit; infinite where a class sets none.
    lowest : float
        What is below cannot be a value of this item (a negative concentration).
    row : Row
        As printed, with clause and status.
    """

    parameter: str
    direction: str
    low: tuple[float, ...]
    high: tuple[float, ...]
    lowest: float
    row: Row

    @property
    def clause(self) -> str:
        return self.row["clause"]

    @property
    def status(self) -> str:
        return self.row["status"]

    def classes(self, values: Floats) -> Codes:
        """The class of each value, 0 = best, the number of classes = worse than all; -1: missing or impossible, (n,).

        Parameters
        ----------
        values : ndarray (n,)
            In the parameter's unit; NaN where missing.
        """
        code = np.zeros(len(values), np.int8)
        strict = self.direction in ("above", "below")
        for low, high in zip(self.low, self.high, strict=True):
            if np.isfinite(high):
                code += values >= high - abs(high) * _EQUAL if strict else values > high + abs(high) * _EQUAL
            if np.isfinite(low):
                code += values <= low + abs(low) * _EQUAL if strict else values < low - abs(low) * _EQUAL
        code[~(values >= self.lowest)] = -1
        return code

    def multiple(self, values: Floats, target: int | NDArray[np.integer]) -> Floats:
        """Exceedance multiple (超标倍数) over the limit of a class, (C - S) / S, (n,).

        NaN where the limit is attained or the value is missing, and everywhere for items whose limit is no maximum
        (pH, dissolved oxygen) or where the class sets none or zero.

        Parameters
        ----------
        values : ndarray (n,)
        target : int or ndarray (n,)
            Class whose limit counts; -1, or beyond the last: none.
        """
        if self.direction != "max":
            return np.full(len(values), np.nan)
        # One more bound at the end stands for both "no class" (-1) and "worse than all".
        bounds = np.array([*self.high, np.inf])
        which = np.where((np.asarray(target) < 0) | (np.asarray(target) >= len(self.high)), -1, target)
        bound = bounds[which]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (values - bound) / bound
        return np.asarray(np.where((found > _EQUAL) & np.isfinite(found), found, np.nan))


@dataclass(frozen=True, slots=True)
class Classified:
    """The classes of n samples.

    Attributes
    ----------
    klass : ndarray (n,) int8
        Of the worst item; 0 = best, the number of classes = worse than all, -1 = no item was there.
    sub : mapping slug → ndarray (n,) int8
        Of each item that had a column; -1 = missing or impossible.
    deciding : mapping slug → ndarray (n,) bool
        The items whose class is that of the sample. In the best class none decides: there is nothing to tell.
    exceeding : mapping slug → ndarray (n,) bool
        The items beyond the target class.
    multiples : mapping slug → ndarray (n,) float64
        By how many times; see `ClassLimits.multiple`.
    impossible : mapping slug → ndarray (n,) bool
        Values below what the item can have, which counted as missing; only items that have some.
    count : ndarray (n,) int16
        How many items were judged.
    """

    klass: Codes
    sub: Mapping[str, Codes]
    deciding: Mapping[str, Flags]
    exceeding: Mapping[str, Flags]
    multiples: Mapping[str, Floats]
    impossible: Mapping[str, Flags]
    count: NDArray[np.int16]


@dataclass(frozen=True)
class ClassTable:
    """The limits of several items over the same classes.

    `classes` are the names of the columns, best first; `len(classes)` is the code for worse than all.
    """

    classes: tuple[str, ...]
    items: tuple[ClassLimits, ...]
    by_parameter: Mapping[str, ClassLimits] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {item.parameter: item for item in self.items}
        if len(found) != len(self.items):
            names = [item.parameter for item in self.items]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise TableError(f"items listed twice: {', '.join(twice)}; select the rows that apply first")
        object.__setattr__(self, "by_parameter", found)

    @classmethod
    def from_rows(cls, rows: Iterable[Row], classes: Sequence[str]) -> ClassTable:
        """Limits of table rows.

        Parameters
        ----------
        rows : iterable of Row
            With the columns parameter (a slug of ``vocab/parameters.csv``), unit ("" = the parameter's own), direction
            (`DIRECTIONS`), clause, status, optionally lowest (default 0), and one column per class. A range is written
            ``6-9``. An empty cell after the last limit: the class sets none. Limits are converted to the unit of the
            parameter, exactly.
        classes : sequence of str
            The columns, best class first.

        Raises
        ------
        TableError
            An unknown parameter, unit or direction, a cell that is no limit, an item listed twice, a class without a
            limit before one that has one, or limits that tighten towards worse classes; the message names the row.
        """
        return cls(tuple(classes), tuple(_item(row, classes) for row in rows))

    def only(self, parameters: Iterable[str]) -> ClassTable:
        """The same table with fewer items, in the order of the table."""
        wanted = set(parameters)
        return ClassTable(self.classes, tuple(item for item in self.items if item.parameter in wanted))

    def judge(self, columns: Mapping[str, Floats], target: int | NDArray[np.integer] | None = None) -> Classified:
        """Classes of n samples.

        Parameters
        ----------
        columns : mapping slug → ndarray (n,)
            In the parameters' units, NaN where missing; other slugs are passed over. Values below an item's `lowest`
            count as missing, and `Classified.impossible` says where.
        target : int or ndarray (n,), optional
            The class to be attained, as a position; None or -1: no target, nothing exceeds.

        Raises
        ------
        ValueError
            No columns at all (then the number of samples is not known), or columns of different lengths.

        Examples
        --------
        >>> head = {"unit": "", "clause": "4.1", "status": "proposal"}
        >>> toy = ClassTable.from_rows([
        ...     {"parameter": "cod", "direction": "max", "I": "10", "II": "20"} | head,
        ...     {"parameter": "do", "direction": "min", "I": "6", "II": "5"} | head,
        ...     {"parameter": "ph", "direction": "range", "I": "6-9", "II": "6-9"} | head], ["I", "II"])
        >>> three = {"cod": np.array([10, 20.5, np.nan]), "do": np.array([5.0, 7, np.nan])}
        >>> verdict = toy.judge(three, target=0)
        >>> verdict.klass.tolist(), verdict.deciding["do"].tolist(), verdict.multiples["cod"].tolist()
        ([1, 2, -1], [True, False, False], [nan, 1.05, nan])
        """
        lengths = {slug: len(column) for slug, column in columns.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"columns must be one or more and of one length; got {lengths or 'none'}")
        n = next(iter(lengths.values()))
        klass = np.full(n, -1, np.int8)
        count = np.zeros(n, np.int16)
        sub: dict[str, Codes] = {}
        impossible = {}
        for item in self.items:
            if item.parameter not in columns:
                continue
            values = np.asarray(columns[item.parameter], dtype=np.float64)
            code = item.classes(values)
            np.maximum(klass, code, out=klass)
            count += code >= 0
            sub[item.parameter] = code
            below = values < item.lowest
            if below.any():
                impossible[item.parameter] = below
        decides = np.where(klass > 0, klass, -2)
        exceeding: dict[str, Flags] = {}
        multiples: dict[str, Floats] = {}
        if target is not None:
            # No target: as if nothing could be worse than it.
            bound = np.where(np.asarray(target) < 0, len(self.classes), target)
            for slug, code in sub.items():
                beyond = np.asarray(code > bound)
                exceeding[slug] = beyond
                multiples[slug] = np.full(n, np.nan)
                rows = np.flatnonzero(beyond)
                if len(rows):
                    at = bound if np.ndim(bound) == 0 else bound[rows]
                    values = np.asarray(columns[slug], dtype=np.float64)[rows]
                    multiples[slug][rows] = self.by_parameter[slug].multiple(values, at)
        return Classified(
            klass, sub, {slug: code == decides for slug, code in sub.items()}, exceeding, multiples, impossible, count
        )


def _item(row: Row, classes: Sequence[str]) -> ClassLimits:
    slug, direction = row["parameter"], row["direction"]
    where = f"limits of {slug} ({row['clause']})"
    if slug not in PARAMETERS:
        raise TableError(f"{where}: no parameter {slug!r} in vocab/parameters.csv; add it there first")
    if direction not in DIRECTIONS:
        raise TableError(f"{where}: direction {direction!r}; allowed: {', '.join(DIRECTIONS)}")
    unit = PARAMETERS[slug].unit
    try:
        factor = exact_factor(row["unit"], unit, slug) if row["unit"] else Decimal(1)
    except UnknownUnit as wrong:
        raise TableError(f"{where}: {wrong}") from None
    lows, highs = [], []
    for name in classes:
        low, high = _bounds(row[name], direction, f"{where}, {name}")
        lows.append(float(low * factor) if low.is_finite() else float(low))
        highs.append(float(high * factor) if high.is_finite() else float(high))
    # Classes are nested: what attains a class attains every worse one. The count of limits missed is then the class.
    if any(a < b for a, b in pairwise(lows)) or any(a > b for a, b in pairwise(highs)):
        raise TableError(f"{where}: the limits tighten towards worse classes, or a class before another has none")
    return ClassLimits(slug, direction, tuple(lows), tuple(highs), float(row.get("lowest") or 0), row)


def _bounds(text: str, direction: str, where: str) -> tuple[Decimal, Decimal]:
    nothing = Decimal("-Infinity"), Decimal("Infinity")
    if not text:
        return nothing
    try:
        if direction == "range":
            both = _RANGE.fullmatch(text)
            if both is None:
                raise TableError(f"{where}: {text!r} is no range; write it as 6-9")
            return Decimal(both[1]), Decimal(both[2])
        value = Decimal(text)
    except InvalidOperation:
        raise TableError(f"{where}: {text!r} is not a number") from None
    return (nothing[0], value) if direction in ("max", "below") else (value, nothing[1])
