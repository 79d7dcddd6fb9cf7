"""Verdicts as columns: what the evaluators said, and on which rule, snapshot and code it rests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lichen.store.columns import coded, instants, numbers, words
from lichen.vocab.periods import Period


@dataclass(frozen=True, slots=True)
class Results:
    """n verdicts of one element over one period.

    Attributes
    ----------
    element : str
        Slug of the element.
    period : Period
    points : tuple of str; point : ndarray (n,) int32
        The point ids, and each row's index into them.
    time : ndarray (n,) int64
        Start of the interval judged. [ms since 1970 UTC]
    version : ndarray (n,) uint64
        Entries and acts taken in when the verdict was reached; the newest of a (point, time) is in force.
    klass : ndarray (n,) int8
        Index into the element's classes; -1 = none.
    index : ndarray (n,) float64
        The index (AQI …); NaN = none.
    deciding, exceeding : tuple of tuple of str, length n
        The parameters that decide the class, and those beyond their limit.
    sub : mapping slug → ndarray (n,) float64
        Index or class of each parameter alone; NaN = none.
    multiples : mapping slug → ndarray (n,) float64
        By how many times its limit a parameter exceeds it; NaN = none.
    edition, clause, note, snapshot, code : tuple of str, length n
        The standard, its clause, the remark ("" = none), the registry snapshot's hash and the version of Lichen.
    """

    element: str
    period: Period
    points: tuple[str, ...]
    point: NDArray[np.int32]
    time: NDArray[np.int64]
    version: NDArray[np.uint64]
    klass: NDArray[np.int8]
    index: NDArray[np.float64]
    deciding: tuple[tuple[str, ...], ...]
    exceeding: tuple[tuple[str, ...], ...]
    sub: Mapping[str, NDArray[np.float64]]
    multiples: Mapping[str, NDArray[np.float64]]
    edition: tuple[str, ...]
    clause: tuple[str, ...]
    note: tuple[str, ...]
    snapshot: tuple[str, ...]
    code: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)

    def where(self, keep: NDArray[np.bool_]) -> Results:
        """The rows for which `keep` is true, in order."""
        return self.rows(np.flatnonzero(keep))

    def rows(self, chosen: NDArray[np.int64]) -> Results:
        """These rows, in this order."""
        return replace(
            self, point=self.point[chosen], time=self.time[chosen], version=self.version[chosen],
            klass=self.klass[chosen], index=self.index[chosen], deciding=_at(self.deciding, chosen),
            exceeding=_at(self.exceeding, chosen), sub={slug: values[chosen] for slug, values in self.sub.items()},
            multiples={slug: values[chosen] for slug, values in self.multiples.items()},
            edition=_at(self.edition, chosen), clause=_at(self.clause, chosen), note=_at(self.note, chosen),
            snapshot=_at(self.snapshot, chosen), code=_at(self.code, chosen),
        )  # fmt: skip

    def same_verdict(self, other: Results) -> NDArray[np.bool_]:
        """Row by row, whether two verdicts on the same (point, time) say the same, whenever they were reached.

        Parameters
        ----------
        other : Results, the same n rows in the same order
        """
        same: NDArray[np.bool_] = (self.klass == other.klass) & _equal(self.index, other.index)
        nothing = np.full(len(self), np.nan)
        for mine, yours in ((self.sub, other.sub), (self.multiples, other.multiples)):
            for slug in {*mine, *yours}:
                same &= _equal(mine.get(slug, nothing), yours.get(slug, nothing))
        for name in ("deciding", "exceeding", "edition", "clause", "note"):
            same &= np.array(
                [one == two for one, two in zip(getattr(self, name), getattr(other, name), strict=True)], dtype=bool
            )
        return same


_T = TypeVar("_T")
_SEPARATOR = ";"
_WORDS = ("edition", "clause", "note", "snapshot", "code")


def _equal(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = (one == two) | (np.isnan(one) & np.isnan(two))
    return equal


def _at(items: tuple[_T, ...], rows: NDArray[np.int64]) -> tuple[_T, ...]:
    return tuple(items[row] for row in rows)


def to_table(results: Results) -> pa.Table:
    """Rows of the table `results`."""
    n = len(results)
    once = np.zeros(n, dtype=np.int32)
    columns = {
        "element": words((results.element,), once),
        "period": words((str(results.period),), once),
        "point": words(results.points, results.point),
        "time": instants(results.time),
        "version": results.version,
        "klass": results.klass,
        "index": results.index,
        "deciding": pa.array(map(_SEPARATOR.join, results.deciding), pa.string()),
        "exceeding": pa.array(map(_SEPARATOR.join, results.exceeding), pa.string()),
        "sub": _map(results.sub, n),
        "multiples": _map(results.multiples, n),
    }
    for name in _WORDS:
        columns[name] = pa.array(getattr(results, name), pa.string())
    return pa.table(columns)


def _map(columns: Mapping[str, NDArray[np.float64]], n: int) -> pa.MapArray:
    """A map of the numbers there are, for each of n rows."""
    slugs = tuple(columns)
    values = np.column_stack([columns[slug] for slug in slugs]) if slugs else np.empty((n, 0))
    present = ~np.isnan(values)
    offsets = np.concatenate(([0], np.cumsum(present.sum(axis=1)))).astype(np.int32)
    keys = pa.array(np.array(slugs, dtype=object)[np.nonzero(present)[1]], pa.string())
    return pa.MapArray.from_arrays(pa.array(offsets), keys, pa.array(values[present]))


def to_newest(results: Results) -> pa.Table:
    """Rows of the table `newest_results`: the newest time of each point."""
    latest = np.full(len(results.points), np.iinfo(np.int64).min)
    np.maximum.at(latest, results.point, results.time)
    point = np.unique(results.point)
    once = np.zeros(len(point), dtype=np.int32)
    return pa.table(
        {
            "element": words((results.element,), once),
            "period": words((str(results.period),), once),
            "point": words(results.points, point),
            "time": instants(latest[point]),
        }
    )


def to_results(element: str, period: Period, table: pa.Table) -> Results:
    """The results of rows of `results`."""
    point, points = coded(table, "point")
    return Results(
        element, period, tuple(points), point, numbers(table, "time"), numbers(table, "version"),
        numbers(table, "klass"), numbers(table, "index"), _sets(table, "deciding"), _sets(table, "exceeding"),
        _columns(table, "sub"), _columns(table, "multiples"),
        *(tuple(table.column(name).to_pylist()) for name in _WORDS),
    )  # fmt: skip


def _sets(table: pa.Table, name: str) -> tuple[tuple[str, ...], ...]:
    split: dict[str, tuple[str, ...]] = {"": ()}
    return tuple(
        split.get(text) or split.setdefault(text, tuple(text.split(_SEPARATOR)) if text else ())
        for text in table.column(name).to_pylist()
    )


def _columns(table: pa.Table, name: str) -> dict[str, NDArray[np.float64]]:
    n = table.num_rows
    found: dict[str, NDArray[np.float64]] = {}
    row = 0
    for chunk in table.column(name).chunks:
        lengths = np.diff(chunk.offsets.to_numpy())
        rows = np.repeat(np.arange(row, row + len(chunk)), lengths)
        begin, end = chunk.offsets[0].as_py(), chunk.offsets[-1].as_py()
        keys, items = chunk.keys.slice(begin, end - begin), chunk.items.slice(begin, end - begin)
        keys = keys if pa.types.is_dictionary(keys.type) else keys.dictionary_encode()
        index, values = keys.indices.to_numpy(zero_copy_only=False), items.to_numpy(zero_copy_only=False)
        for at, slug in enumerate(keys.dictionary.to_pylist()):
            chosen = index == at
            if chosen.any():
                found.setdefault(slug, np.full(n, np.nan))[rows[chosen]] = values[chosen]
        row += len(chunk)
    return found
