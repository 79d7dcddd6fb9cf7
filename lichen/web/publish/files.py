"""The files to download: a month of a data set, made from the store day by day, kept for a few minutes.

A file never holds more than a month, and no more than one day of it is in memory. Only one file is made at a time, so
that readers who want everything at once do not take the machine from those who look at a page.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from lichen.pipeline.samples import made_by
from lichen.store import Results, Store
from lichen.vocab.clock import BEIJING_OFFSET_MS, day_start_ms, now_ms
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.registry import Snapshot
from lichen.vocab.settings import home
from lichen.web.publish.datasets import Dataset, Kind, flag_word
from lichen.web.readings.spans import inputs_of, lasts

#: How long a file is given out before it is made anew: values of a month may be superseded at any time. [s]
KEPT_S = 600.0
#: Files kept on the disk; the oldest go.
FILES_KEPT = 200

_INSTANT = pa.timestamp("ms", tz="Asia/Shanghai")
_TYPES = {"string": pa.string(), "double": pa.float64(), "uint64": pa.uint64(), "time": _INSTANT}
_BOM = b"\xef\xbb\xbf"  # so that spreadsheets read Chinese
_making = Lock()


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of Beijing time.

    >>> Month(2026, 12).text, Month(2026, 12).next
    ('2026-12', Month(year=2027, month=1))
    """

    year: int
    month: int

    @property
    def text(self) -> str:
        """As in addresses."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def next(self) -> Month:
        """The month after."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def days(self) -> Iterator[date]:
        """Its days in order."""
        day = date(self.year, self.month, 1)
        while day.month == self.month:
            yield day
            day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class File:
    """A file on the disk: when it was made [s since 1970 UTC], its size [bytes] and its SHA-256 in hexadecimal."""

    path: Path
    made: float
    size: int
    sha256: str


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


def months(store: Store, snapshot: Snapshot, dataset: Dataset) -> list[Month]:
    """The months a data set has rows in, the newest first."""
    found = store.months(points=_points(snapshot, dataset), periods=[dataset.period], sources=[made_by(dataset.period)])
    return [Month(*one) for one in reversed(found)]


def _points(snapshot: Snapshot, dataset: Dataset) -> list[str]:
    return [point.id for point in snapshot.points if point.element == dataset.element.slug]


def file_of(store: Store, snapshot: Snapshot, dataset: Dataset, month: Month, form: str) -> File:
    """The file of a month; made now unless there is one from the last `KEPT_S`.

    Parameters
    ----------
    form : str
        ``csv`` or ``parquet``.

    Raises
    ------
    StoreError
        The store does not answer; no half file is left.
    """
    folder = home().root / "cache" / "open-data"
    path = folder / f"{dataset.slug}-{month.text}.{form}"
    with _making:
        kept = _kept(path)
        if kept is not None:
            return kept
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write(draft, form, dataset, (table_of(store, snapshot, dataset, day) for day in month.days))
            digest = _sha256(draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n", encoding="ascii")
        _forget(folder)
        made = _kept(path)
        assert made is not None
        return made


def _kept(path: Path) -> File | None:
    try:
        about = path.stat()
        digest, _, _ = path.with_name(f"{path.name}.sha256").read_text(encoding="ascii").partition(" ")
    except FileNotFoundError:
        return None
    # Our clock counts whole milliseconds, the file system finer: a file just made may seem to be of the next one.
    if not -1 <= now_ms() / 1000 - about.st_mtime < KEPT_S:
        return None
    return File(path, about.st_mtime, about.st_size, digest)


def _forget(folder: Path) -> None:
    oldest_last = sorted(folder.glob("[!.]*"), key=lambda path: -path.stat().st_mtime)
    for path in oldest_last[2 * FILES_KEPT :]:
        path.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def schema_of(dataset: Dataset) -> pa.Schema:
    """The columns as Arrow knows them; units and meanings are on the data set's page."""
    return pa.schema([pa.field(column.name, _TYPES[column.kind]) for column in dataset.columns])


def _write(path: Path, form: str, dataset: Dataset, tables: Iterator[pa.Table]) -> None:
    with _writer(path, form, schema_of(dataset)) as write:
        for table in tables:
            if table.num_rows:
                write(table)


@contextmanager
def _writer(path: Path, form: str, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    if form == "parquet":
        with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as parquet:
            yield parquet.write_table
        return
    with path.open("wb") as file:
        file.write(_BOM)
        plain = pa.schema([_as_text(field) for field in schema])
        options = pyarrow.csv.WriteOptions(quoting_style="needed")
        with pyarrow.csv.CSVWriter(file, plain, write_options=options) as text:
            yield lambda table: text.write_table(_plain(table, plain))


def _as_text(field: pa.Field) -> pa.Field:
    return pa.field(field.name, pa.string()) if field.type == _INSTANT else field


def _plain(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Instants as ISO 8601 of Beijing time, the rest as it is."""
    columns = [
        pa.array(_iso(column.combine_chunks().view(pa.int64()).to_numpy())) if column.type == _INSTANT else column
        for column in table.columns
    ]
    return pa.table(columns, schema=schema)


def _iso(instants: NDArray[np.int64]) -> NDArray[Any]:
    local = (instants + BEIJING_OFFSET_MS).astype("datetime64[ms]").astype("datetime64[s]")
    return np.char.add(np.datetime_as_string(local), "+08:00")


def table_of(store: Store, snapshot: Snapshot, dataset: Dataset, day: date) -> pa.Table:
    """The rows of a data set that begin on a day of Beijing time."""
    start, stop = day_start_ms(day), day_start_ms(day + timedelta(days=1))
    make = _readings if dataset.kind is Kind.READINGS else _verdicts
    return pa.table(make(store, snapshot, dataset, start, stop), schema=schema_of(dataset))


def _readings(store: Store, snapshot: Snapshot, dataset: Dataset, start: int, stop: int) -> dict[str, Any]:
    found = store.range(
        start, stop, points=_points(snapshot, dataset), periods=[dataset.period], sources=[made_by(dataset.period)]
    )
    series = found.series
    units = [PARAMETERS[one.parameter].unit if one.parameter in PARAMETERS else "" for one in series]
    return {
        "point": _chosen([one.point for one in series], found.code),
        "point_name": _chosen([_name(snapshot, one.point) for one in series], found.code),
        "parameter": _chosen([one.parameter for one in series], found.code),
        **_span(found.time, dataset),
        "value": _numbers(found.value),
        "unit": _chosen(units, found.code),
        "flag": _chosen([flag_word(flag) if flag in (1, 2, 3, 4, 9) else "" for flag in range(10)], found.flag),
        "version": pa.array(found.version),
    }


def _verdicts(store: Store, snapshot: Snapshot, dataset: Dataset, start: int, stop: int) -> dict[str, Any]:
    element = dataset.element
    found = store.results(element.slug, dataset.period, start, stop, points=_points(snapshot, dataset))
    none = np.full(len(found), np.nan)
    return {
        "point": _chosen(found.points, found.point),
        "point_name": _chosen([_name(snapshot, point) for point in found.points], found.point),
        **_span(found.time, dataset),
        "index": _numbers(found.index),
        "class": _chosen([*(one.word for one in element.classes), None], found.klass),  # -1, no class, is the last
        "deciding": pa.array([";".join(names) for names in found.deciding], pa.string()),
        "exceeding": pa.array([_exceeding(found, row) for row in range(len(found))], pa.string()),
        **{f"sub_{slug}": _numbers(found.sub.get(slug, none)) for slug in inputs_of(element, dataset.period)},
        "edition": pa.array(found.edition, pa.string()),
        "clause": pa.array(found.clause, pa.string()),
        "note": pa.array(found.note, pa.string()),
        "version": pa.array(found.version),
    }


def _exceeding(found: Results, row: int) -> str:
    return ";".join(
        f"{slug}={found.multiples[slug][row]:g}"
        if slug in found.multiples and not np.isnan(found.multiples[slug][row])
        else slug
        for slug in found.exceeding[row]
    )


def _name(snapshot: Snapshot, point: str) -> str:
    # The vocabulary of a column may hold words that no row uses.
    return snapshot.point_by_id[point].name_zh if point in snapshot.point_by_id else ""


def _span(time: NDArray[np.int64], dataset: Dataset) -> dict[str, pa.Array]:
    return {
        "start": pa.array(time).cast(_INSTANT),
        "end": pa.array(np.array([one + lasts(dataset.period, one) for one in time.tolist()], np.int64)).cast(_INSTANT),
    }


def _chosen(vocabulary: list[Any] | tuple[Any, ...], code: NDArray[Any]) -> pa.Array:
    return pa.array(np.array([*vocabulary, None], dtype=object)[:-1][code], pa.string())


def _numbers(values: NDArray[np.float64]) -> pa.Array:
    """NaN as an empty cell: files know only one way to say that there is no value."""
    return pa.array(values, pa.float64(), mask=np.isnan(values))
