"""Observations as JSON, CSV, Arrow stream and Parquet, piece by piece, so that a long series needs little memory."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Query

from lichen.vocab.batch import Batch, Series
from lichen.vocab.flags import Flag
from lichen.vocab.parameters import PARAMETERS
from lichen.web.api.asking import clock
from lichen.web.api.refusals import Refused

#: `format=` and the media type each stands for.
MEDIA = {
    "json": "application/json",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
Format = Annotated[
    Literal["json", "csv", "arrow", "parquet"] | None,
    Query(description=_("How the answer is written; without it the header Accept decides")),
]

#: The fields of an observation, in this order everywhere.
FIELDS = (*Series._fields, "unit", "time", "value", "flag", "mark", "version")
_WORD = pa.dictionary(pa.int32(), pa.string())


def wanted_format(request: HttpRequest, given: str | None) -> str:
    """The format asked for, by parameter or else by Accept.

    Raises
    ------
    Refused
        406: the reader accepts none of ours.
    """
    if given is not None:
        return given
    best = request.get_preferred_type(list(MEDIA.values()))
    if best is None:
        said = gettext("None of the accepted formats is ours; there are: %(known)s.")
        raise Refused(406, "not-acceptable", said % {"known": ", ".join(MEDIA.values())})
    return next(name for name, media in MEDIA.items() if media == best)


def unit_of(slug: str) -> str:
    """The unit of a parameter's values."""
    found = PARAMETERS.get(slug)
    return found.unit if found else ""


def rows(batch: Batch, chosen: Sequence[int]) -> Batch:
    """These rows of a batch, in this order."""
    at = np.fromiter(chosen, np.int64)
    return replace(
        batch, code=batch.code[at], time=batch.time[at], value=batch.value[at], flag=batch.flag[at],
        mark=batch.mark[at], version=batch.version[at],
    )  # fmt: skip


def items(batch: Batch, fields: Sequence[str], zone: str) -> list[dict[str, object]]:
    """Observations as JSON objects."""
    iso = clock(zone)
    flags = {flag.value: flag.name.lower() for flag in Flag}
    series = [{**of._asdict(), "unit": unit_of(of.parameter)} for of in batch.series]
    found = []
    columns = (batch.code, batch.time, batch.value, batch.flag, batch.mark, batch.version)
    for code, time, value, flag, mark, version in zip(*(column.tolist() for column in columns), strict=True):
        item = {
            **series[code], "time": iso(time), "value": value if np.isfinite(value) else None, "flag": flags[flag],
            "mark": batch.marks[mark], "version": str(version),
        }  # fmt: skip
        found.append({name: item[name] for name in fields})
    return found


def table(batch: Batch, fields: Sequence[str], zone: str) -> pa.Table:
    """Observations as an Arrow table: instants in `zone`, NaN as null."""

    def said(words: Sequence[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(batch.code), pa.array(words, pa.string())).cast(_WORD)

    flags = {flag.value: at for at, flag in enumerate(Flag)}
    flag = np.array([flags.get(number, 0) for number in range(max(flags) + 1)], np.int32)[batch.flag]
    columns = {
        **{name: said([getattr(of, name) for of in batch.series]) for name in Series._fields},
        "unit": said([unit_of(of.parameter) for of in batch.series]),
        "time": pa.array(batch.time, pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms", zone)),
        "value": pa.array(batch.value, pa.float64(), mask=~np.isfinite(batch.value)),
        "flag": pa.DictionaryArray.from_arrays(pa.array(flag), pa.array([one.name.lower() for one in Flag])),
        "mark": pa.DictionaryArray.from_arrays(pa.array(batch.mark.astype(np.int32)), pa.array(batch.marks)),
        "version": pa.array(batch.version, pa.uint64()),
    }
    return pa.table({name: columns[name] for name in fields})


def stream(
    request: HttpRequest, form: str, batches: Iterator[Batch], fields: Sequence[str], zone: str, name: str
) -> StreamingHttpResponse:
    """The observations of all batches as one file; the first batch is read before the answer begins."""
    writers = {"csv": _csv, "arrow": _arrow, "parquet": _parquet}
    pieces = writers[form](batches, fields, zone)
    first = next(pieces)
    body = _chained(first, pieces)
    charset = "; charset=utf-8" if form == "csv" else ""
    response = StreamingHttpResponse(
        _asynchronous(body) if isinstance(request, ASGIRequest) else body, content_type=MEDIA[form] + charset
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


async def _asynchronous(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(following)()) is not None:
        yield piece


def _csv(batches: Iterator[Batch], fields: Sequence[str], zone: str) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    for batch in batches:
        writer.writerows(items(batch, fields, zone))
        yield _taken(text).encode()
    yield _taken(text).encode()


def _taken(text: io.StringIO) -> str:
    said = text.getvalue()
    text.seek(0)
    text.truncate()
    return said


class _Sink(io.RawIOBase):
    """A file that can only be written, whose bytes are taken out from time to time."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _schema(fields: Sequence[str], zone: str) -> pa.Schema:
    kinds = {"time": pa.timestamp("ms", zone), "value": pa.float64(), "version": pa.uint64()}
    return pa.schema([(name, kinds.get(name, _WORD)) for name in fields])


def _arrow(batches: Iterator[Batch], fields: Sequence[str], zone: str) -> Iterator[bytes]:
    sink = _Sink()
    schema = _schema(fields, zone)
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_table(table(batch, fields, zone).cast(schema))
            yield sink.take()
    yield sink.take()


def _parquet(batches: Iterator[Batch], fields: Sequence[str], zone: str) -> Iterator[bytes]:
    sink = _Sink()
    schema = _schema(fields, zone)
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(table(batch, fields, zone).cast(schema))
            yield sink.take()
    yield sink.take()
