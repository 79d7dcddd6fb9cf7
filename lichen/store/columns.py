"""Batches as Arrow columns and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lichen.vocab.batch import Batch, Series
from lichen.vocab.periods import Period, Source

#: The columns that name a series, in the order of the tables' keys.
SERIES = ("point", "parameter", "period", "source", "stat")
INSTANT = pa.timestamp("ms", tz="UTC")
_ROW = pa.struct(
    [("time", INSTANT), ("version", pa.uint64()), ("value", pa.float64()), ("flag", pa.uint8()), ("mark", pa.string())]
)


def instants(times: NDArray[np.int64]) -> pa.Array:
    """Milliseconds since 1970 as the tables' time column."""
    return pa.array(np.ascontiguousarray(times, dtype=np.int64)).view(INSTANT)


def words(vocabulary: Sequence[str], code: NDArray[Any]) -> pa.Array:
    """A column of repeating words from their codes."""
    indices = pa.array(code.astype(np.int32, copy=False))
    return pa.DictionaryArray.from_arrays(indices, pa.array(vocabulary, pa.string()))


def series_columns(series: Sequence[Series], code: NDArray[np.int32]) -> dict[str, pa.Array]:
    """The five columns that name the series of each row."""
    columns = {}
    for position, name in enumerate(SERIES):
        of_series = [str(one[position]) for one in series]
        vocabulary = sorted(set(of_series))
        index = {word: at for at, word in enumerate(vocabulary)}
        columns[name] = words(vocabulary, np.array([index[word] for word in of_series], dtype=np.int32)[code])
    return columns


def to_observations(batch: Batch) -> pa.Table:
    """Rows of the table `observations`."""
    return pa.table(
        {
            **series_columns(batch.series, batch.code),
            "time": instants(batch.time),
            "version": batch.version,
            "value": batch.value,
            "flag": batch.flag,
            "mark": words(batch.marks, batch.mark),
        }
    )


def to_newest(batch: Batch) -> pa.Table:
    """Rows of the table `newest`: of each series of the batch the row with the largest (time, version)."""
    latest = np.full(len(batch.series), np.iinfo(np.int64).min)
    np.maximum.at(latest, batch.code, batch.time)
    rows = np.flatnonzero(batch.time == latest[batch.code])
    rows = rows[np.lexsort((batch.version[rows], batch.code[rows]))]
    rows = rows[np.append(batch.code[rows][1:] != batch.code[rows][:-1], True)] if len(rows) else rows
    marks = np.array(batch.marks, dtype=object)[batch.mark[rows]]
    row = pa.StructArray.from_arrays(
        [
            instants(batch.time[rows]),
            pa.array(batch.version[rows]),
            pa.array(batch.value[rows]),
            pa.array(batch.flag[rows]),
            pa.array(marks, pa.string()),
        ],
        fields=list(_ROW),
    )
    return pa.table({**series_columns(batch.series, batch.code[rows]), "row": row})


def numbers(table: pa.Table, name: str) -> NDArray[Any]:
    """A column of numbers or instants as an array (instants: int64 ms)."""
    column = table.column(name).combine_chunks()
    if pa.types.is_timestamp(column.type):
        column = column.view(pa.int64())
    found: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return found


def coded(table: pa.Table, name: str) -> tuple[NDArray[np.int32], list[str]]:
    """A column of words as codes and vocabulary."""
    column = table.column(name)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # a column without rows has no chunk to combine
        return np.empty(0, np.int32), []
    return column.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False), column.dictionary.to_pylist()


def series_of(table: pa.Table) -> tuple[tuple[Series, ...], NDArray[np.int32]]:
    """The series of rows that lie together by series, and each row's index into them."""
    parts = [coded(table, name) for name in SERIES]
    n = table.num_rows
    if not n:
        return (), np.empty(0, np.int32)
    begins = np.zeros(n, dtype=bool)
    begins[0] = True
    for index, _ in parts:
        begins[1:] |= index[1:] != index[:-1]
    first = np.flatnonzero(begins)
    kinds: tuple[Callable[[str], Any], ...] = (str, str, Period, Source, str)
    columns = []
    for (index, vocabulary), kind in zip(parts, kinds, strict=True):
        known = [kind(word) if word else word for word in vocabulary]  # a dictionary of ClickHouse begins with ""
        columns.append([known[at] for at in index[first].tolist()])
    series = tuple(map(Series._make, zip(*columns, strict=True)))
    return series, (np.cumsum(begins) - 1).astype(np.int32)


def to_batch(table: pa.Table) -> Batch:
    """The batch of rows with the columns of `observations`, lying together by series."""
    series, code = series_of(table)
    mark, marks = coded(table, "mark")
    return Batch(
        series, code, numbers(table, "time"), numbers(table, "value"), numbers(table, "flag"),
        tuple(marks) or ("",), mark.astype(np.uint16), numbers(table, "version"),
    )  # fmt: skip
