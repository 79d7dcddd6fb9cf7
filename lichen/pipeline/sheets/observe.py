"""Sealed rows of tables → observations: the same for live work, a rebuild and the page that explains a number."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lichen.pipeline.sheets.entry import SHEET, Column, Row, place_of, read
from lichen.vocab import units
from lichen.vocab.batch import Batch, Series
from lichen.vocab.entry import EntryError, receipt
from lichen.vocab.flags import Flag
from lichen.vocab.marks import BELOW_DETECTION
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period, Source

_DOOR = SHEET.encode()
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_BELOW = re.compile(rf"[<＜]\s*({_NUMBER.pattern})|({_NUMBER.pattern})\s*[Ll]")


def value_of(text: str) -> tuple[float, bool]:
    """What a cell says: a number, and whether it is a detection limit that was not reached; NaN = nothing.

    >>> value_of("0.31"), value_of("<0.01"), value_of("0.01L"), value_of("ND")[1]
    ((0.31, False), (0.01, True), (0.01, True), False)
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text), False
    below = _BELOW.fullmatch(text)
    return (float(below[1] or below[2]), True) if below else (math.nan, False)


def in_unit(value: float, column: Column) -> float:
    """A number of a column in the parameter's own unit.

    Raises
    ------
    lichen.vocab.units.UnknownUnit
        The table has no way from the one to the other.
    """
    wanted = PARAMETERS[column.parameter].unit
    if column.unit == wanted:
        return value
    # Nobody wrote the last digits of a binary product.
    return float(f"{float(units.convert([value], column.unit, wanted, column.parameter)[0]):.12g}")


@dataclass(frozen=True, slots=True)
class Observed:
    """Observations, and how many cells or entries were refused, by reason."""

    batch: Batch
    refused: Counter[str]


def observe(entries: Sequence[bytes], first: int) -> Observed:
    """The observations in the sheets among consecutive entries of the raw log.

    Parameters
    ----------
    entries : sequence of bytes
        Encoded entries of any door.
    first : int
        Index of the first of them; a row's version is its entry's index + 1.
    """
    refused: Counter[str] = Counter()
    series: dict[Series, int] = {}
    codes, times, values, belows, versions = [], [], [], [], []
    for index, encoded in enumerate(entries, start=first):
        _, door, _, verdict, body = receipt(encoded)
        if door != _DOOR or verdict != b"ok":
            continue
        try:
            head, rows = read(body.decode())
            period = Period(head.period)
        except (EntryError, ValueError):
            refused["sheet"] += 1
            continue
        for row in rows:
            for column, text in zip(head.columns, row.cells, strict=True):
                if not text.strip():
                    continue
                value, below = value_of(text)
                try:
                    value = in_unit(value, column)
                except (units.UnknownUnit, KeyError):
                    refused["unit"] += 1
                    continue
                if math.isnan(value):
                    refused["text"] += 1
                    continue
                one = Series(row.point, column.parameter, period, Source.REPORTED)
                codes.append(series.setdefault(one, len(series)))
                times.append(row.instant)
                values.append(value)
                belows.append(below)
                versions.append(index + 1)
    if not codes:
        return Observed(Batch.empty(), refused)
    n = len(codes)
    batch = Batch(
        tuple(series), np.array(codes, np.int32), np.array(times, np.int64), np.array(values),
        np.full(n, Flag.UNCHECKED, np.uint8), ("", BELOW_DETECTION), np.array(belows, np.uint16),
        np.array(versions, np.uint64),
    )  # fmt: skip
    return Observed(batch, refused)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a sealed sheet: its address in the file, its text, and where the text stands in the entry's body."""

    file: str
    address: str
    text: str
    span: tuple[int, int] | None
    unit: str
    value: float
    is_below: bool


def cell_of(body: str, series: Series, time: int) -> Cell | None:
    """The cell of a sheet's body that brought an observation; None if there is none."""
    try:
        head, rows = read(body)
    except EntryError:
        return None
    if head.period != series.period:
        return None
    for row in reversed(rows):
        if row.point == series.point and row.instant == time:
            for at, column in enumerate(head.columns):
                if column.parameter == series.parameter and row.cells[at].strip():
                    return _cell(body, head.file, row, at, column)
    return None


def _cell(body: str, file: str, row: Row, at: int, column: Column) -> Cell:
    value, below = value_of(row.cells[at])
    place = place_of(body, row, at)
    address = f"{column.letter}{row.number}"
    return Cell(file, address, row.cells[at], place, column.unit, in_unit(value, column), below)
