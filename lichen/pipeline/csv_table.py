"""A CSV file as a table of texts: UTF-8 or GB 18030, also gzipped; every cell as it was written."""

from __future__ import annotations

import csv
import gzip
import io
import re
from pathlib import Path
from typing import BinaryIO

import polars as pl

from lichen.pipeline.errors import PipelineError

_LARGEST_LISTED = 20
#: A cell in quotation marks as it should be. Where marks stand otherwise, the fast reader may join rows without a word.
_QUOTED = re.compile(rb'"(?<=[,\n]")[^"]*+(?:""[^"]*+)*+"(?=[,\r\n]|\Z)')


class UnusableInput(PipelineError):
    """The table as a whole cannot be judged; the message says what is wrong with it. Exit code 2."""

    exit_code = 2


def listed(names: list[str]) -> str:
    more = f" … ({len(names)} in all)" if len(names) > _LARGEST_LISTED else ""
    return ", ".join(names[:_LARGEST_LISTED]) + more


def read(source: str | Path | BinaryIO) -> pl.DataFrame:
    """The table, every cell as text; an empty cell is null."""
    try:
        body = Path(source).read_bytes() if isinstance(source, str | Path) else source.read()
        if body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
    except (OSError, EOFError) as failed:
        raise UnusableInput(f"{source}: cannot be read: {failed}") from failed
    if body.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnusableInput("this is a workbook, not a CSV file; save it as CSV (UTF-8) first")
    body = _utf8(body).rstrip(b"\r\n")
    header = _header(body)
    if b'"' in body and b'"' in _QUOTED.sub(b"", b"\n" + body):
        return _read_exactly(body, header)
    try:
        return pl.read_csv(body + b"\n", infer_schema=False)
    except pl.exceptions.PolarsError:
        return _read_exactly(body, header)


def _read_exactly(body: bytes, header: list[str]) -> pl.DataFrame:
    """The table by the slow reader, which names the line that is broken."""
    rows = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
    cells: list[list[str | None]] = []
    try:
        next(rows)
        for row in rows:
            if len(row) > len(header):
                raise UnusableInput(
                    f"line {rows.line_num} has {len(row)} cells, the header {len(header)}; "
                    "a comma inside a cell needs quotation marks around the cell"
                )
            cells.append([cell or None for cell in row] + [None] * (len(header) - len(row)))
    except csv.Error as broken:
        raise UnusableInput(f"line {rows.line_num}: {broken}; check its quotation marks") from broken
    columns = zip(*cells, strict=True) if cells else ((),) * len(header)
    return pl.DataFrame([pl.Series(name, column, pl.String) for name, column in zip(header, columns, strict=True)])


def _utf8(body: bytes) -> bytes:
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        body.decode()
    except UnicodeDecodeError:
        try:
            return body.decode("gb18030").encode()
        except UnicodeDecodeError as failed:
            raise UnusableInput("the text is neither UTF-8 nor GB 18030; save the file as UTF-8") from failed
    return body


def _header(body: bytes) -> list[str]:
    line = body.split(b"\n", 1)[0].decode().strip("\r\n")
    if not line.strip():
        raise UnusableInput("the first line is empty; it must name the columns, as in time,pm25,pm10")
    names = next(csv.reader([line]))
    if len(names) == 1 and (other := re.search(r"[;\t]", line)):
        raise UnusableInput(f"the columns are separated by {other[0]!r}; separate them by commas")
    bare = [name.strip() for name in names]
    twice = sorted({name for name in bare if bare.count(name) > 1})
    if twice:
        raise UnusableInput(f"columns occur twice: {', '.join(map(repr, twice))}; every column needs its own name")
    return names
