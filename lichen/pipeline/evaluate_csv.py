"""`lichen evaluate`: a CSV of samples in, the same rows out with the verdicts appended.

Every row comes out, in order, its cells as they were. What could not be used is said in the row's note, in Chinese.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element, Evaluation
from lichen.pipeline.csv_time import instants, without_clock
from lichen.pipeline.errors import PipelineError
from lichen.standards import StandardsError
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period
from lichen.vocab.units import text_of

RESULT_COLUMNS = ("class", "index", "deciding", "exceeding", "edition", "note")
_LARGEST_LISTED = 20
#: A cell in quotation marks as it should be. Where marks stand otherwise, the fast reader may join rows without a word.
_QUOTED = re.compile(rb'"(?<=[,\n]")[^"]*+(?:""[^"]*+)*+"(?=[,\r\n]|\Z)')
_NUMBER_WITH_UNIT = r"^[+-]?\d+(\.\d+)?\s*[\p{L}%°µμ][^\d]*.*$"


class UnusableInput(PipelineError):
    """The table as a whole cannot be judged; the message says what is wrong with it. Exit code 2."""

    exit_code = 2


def evaluate(
    element: str,
    source: str | Path | BinaryIO,
    target: str | Path | BinaryIO | None = None,
    *,
    edition: str | None = None,
    period: Period | str | None = None,
    options: Mapping[str, str] | None = None,
) -> int:
    """Judge the samples of a CSV file.

    Parameters
    ----------
    element : str
        Slug: ``air``.
    source : path or binary file
        UTF-8 or GB 18030, also gzipped. Columns: `time` and parameter slugs; any others pass through. `time` is the
        start of the interval, without an offset in Beijing time; it may be left out if `edition` is given. An empty
        cell is missing; a cell that is no number, or a negative one where that means nothing, counts as missing, and
        the note says so.
    target : path or binary file, optional
        None: standard output. The rows of `source` with `RESULT_COLUMNS` appended.
    edition : str, optional
        None: the edition in force at the row's time.
    period : Period or str, optional
        None: ``day`` if no time of the table has a clock (``2026-03-01``) and the element judges days; else the first
        period the element judges.
    options : mapping, optional
        Settings of the element (`Element.options`), the same for every row.

    Returns
    -------
    int
        0.

    Raises
    ------
    UnusableInput
        Unknown element, period, edition or option; no table, no column to judge, or a table that is broken.
    """
    judged = _element(element)
    _accept(judged, options or {})
    table = _read(source)
    _must_not_have_results(table)
    cells = {name.strip(): table[name] for name in table.columns}
    times = _times(cells, len(table), edition)
    chosen = _period(judged, period, cells)
    slugs = [slug for slug in judged.inputs[chosen] if slug in cells]
    if not slugs:
        raise UnusableInput(
            f"no column to judge; columns here: {_listed(table.columns)}; "
            f"{judged.slug} by the {chosen} reads: {', '.join(judged.inputs[chosen])}"
        )
    columns, remarks = {}, _looks_like(table, judged.inputs[chosen])
    for slug in slugs:
        columns[slug], said = _numbers(cells[slug], slug)
        remarks += said
    verdict, known = _judge(judged, chosen, columns, times, edition)
    if "time" in cells and not known.all():
        remarks.append(_remark(cells["time"], ~known, "时间“", "”无法识别" + ("" if edition else "，未评价")))
    _write(table.with_columns(_result_columns(judged, verdict, known | (edition is not None), remarks)), target)
    return 0


def _element(slug: str) -> Element:
    try:
        return ELEMENT_BY_SLUG[slug]
    except KeyError:
        raise UnusableInput(f"element {slug!r} is not known; known: {', '.join(ELEMENT_BY_SLUG)}") from None


def _accept(element: Element, options: Mapping[str, str]) -> None:
    unknown = [name for name in options if name not in element.options]
    if unknown:
        allowed = ", ".join(element.options) or "none"
        raise UnusableInput(f"{element.slug} has no option {', '.join(unknown)}; it has: {allowed}")


def _listed(names: list[str]) -> str:
    more = f" … ({len(names)} in all)" if len(names) > _LARGEST_LISTED else ""
    return ", ".join(names[:_LARGEST_LISTED]) + more


def _read(source: str | Path | BinaryIO) -> pl.DataFrame:
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


def _must_not_have_results(table: pl.DataFrame) -> None:
    there = [name for name in RESULT_COLUMNS if name in table.columns]
    if there:
        raise UnusableInput(
            f"the table has columns {', '.join(there)} already, which would be appended; rename or remove them"
        )


def _times(cells: Mapping[str, pl.Series], n: int, edition: str | None) -> NDArray[np.float64]:
    """Instants [ms since 1970 UTC], NaN where they cannot be read."""
    if "time" in cells:
        return instants(cells["time"])
    if edition is None:
        raise UnusableInput(
            f"no column time; columns here: {_listed(list(cells))}. "
            "The time picks the edition of the standard: add the column, or name an edition"
        )
    return np.full(n, np.nan)


def _period(element: Element, period: Period | str | None, cells: Mapping[str, pl.Series]) -> Period:
    judged = tuple(element.evaluators)
    if period is not None:
        if period not in judged:
            raise UnusableInput(f"{element.slug} is not judged by {str(period)!r}; allowed: {', '.join(judged)}")
        return Period(period)
    if Period.DAY in judged and "time" in cells and without_clock(cells["time"]):
        return Period.DAY
    return judged[0]


def _plain(name: str) -> str:
    """A column's name without a unit in brackets, punctuation and case."""
    return re.sub(r"[\W_]", "", re.sub(r"[(（\[].*", "", name)).casefold()


def _looks_like(table: pl.DataFrame, wanted: tuple[str, ...]) -> list[pl.Series]:
    """A remark about every column that somebody may have meant to be judged."""
    remarks = []
    there = {name.strip() for name in table.columns}
    missing = {_plain(slug): slug for slug in wanted if slug not in there}
    for name in table.columns:
        slug = missing.get(_plain(name))
        if slug is not None:
            remarks.append(_remark_on_all(f"列“{name}”未参与评价，如为{slug}请改列名", len(table)))
    return remarks


def _remark_on_all(text: str, n: int) -> pl.Series:
    return pl.repeat(text, n, dtype=pl.String, eager=True)


def _remark(cells: pl.Series, rows: NDArray[np.bool_], before: str, after: str) -> pl.Series:
    """A text around the cell, in the rows concerned; null in the others."""
    text = before + cells.fill_null("") + after
    return pl.select(pl.when(pl.lit(pl.Series(rows))).then(pl.lit(text))).to_series()


def _numbers(cells: pl.Series, slug: str) -> tuple[NDArray[np.float64], list[pl.Series]]:
    """The usable numbers of a column, NaN where there is none, and remarks about the cells that are not usable."""
    stripped = cells.str.strip_chars()
    values = stripped.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().copy()
    given = (stripped.fill_null("") != "").to_numpy()
    remarks = []
    text = given & ~np.isfinite(values)
    if text.any():
        with_unit = text & stripped.fill_null("").str.contains(_NUMBER_WITH_UNIT).to_numpy()
        unit = text_of(PARAMETERS[slug].unit)
        if with_unit.any():
            said = f"”带有单位，按缺测计（只写数值，单位须为 {unit}）"
            remarks.append(_remark(cells, with_unit, f"{slug}的“", said))
        if (text & ~with_unit).any():
            remarks.append(_remark(cells, text & ~with_unit, f"{slug}的“", "”不是数值，按缺测计"))
    values[text] = np.nan
    if not PARAMETERS[slug].may_be_negative:
        negative = values < 0
        if negative.any():
            remarks.append(_remark(cells, negative, f"{slug}的“", "”是负值，按缺测计"))
            values[negative] = np.nan
    return values, remarks


def _judge(
    element: Element,
    period: Period,
    columns: Mapping[str, NDArray[np.float64]],
    times: NDArray[np.float64],
    edition: str | None,
) -> tuple[Evaluation, NDArray[np.bool_]]:
    """The verdicts, and which rows have a time. Of an edition that is named, rows without a time are judged too."""
    known = ~np.isnan(times)
    try:
        return element.evaluators[period](columns, np.where(known, times, 0).astype(np.int64), edition), known
    except StandardsError as unknown:
        raise UnusableInput(str(unknown)) from unknown


def _result_columns(
    element: Element, verdict: Evaluation, judged: NDArray[np.bool_], remarks: list[pl.Series]
) -> list[pl.Series]:
    words = (*(one.word for one in element.classes), None)
    editions = (*(one or None for one in verdict.edition), None)
    notes = (*(one or None for one in verdict.notes), None)
    return [
        _coded("class", words, np.where(judged & (verdict.klass >= 0), verdict.klass, len(words) - 1)),
        _index(np.where(judged, verdict.index, np.nan)),
        _masks("deciding", element, np.where(judged, verdict.deciding, np.uint64(0))),
        _masks("exceeding", element, np.where(judged, verdict.exceeding, np.uint64(0))),
        _coded("edition", editions, np.where(judged, verdict.edition_code, len(editions) - 1)),
        _note([*remarks, _coded("note", notes, np.where(judged, verdict.note, len(notes) - 1))]),
    ]


def _coded(name: str, words: tuple[str | None, ...], code: NDArray[np.integer]) -> pl.Series:
    """A column of words by their position; None is an empty cell."""
    return pl.Series(name, words, dtype=pl.String).gather(code.astype(np.uint32))


def _index(index: NDArray[np.float64]) -> pl.Series:
    """Whole numbers are written without a point."""
    column = pl.Series("index", index).fill_nan(None)
    whole = not ((index % 1 != 0) & ~np.isnan(index)).any()
    return column.cast(pl.Int64) if whole else column


def _masks(name: str, element: Element, mask: NDArray[np.uint64]) -> pl.Series:
    distinct, which = np.unique(mask, return_inverse=True)
    return _coded(name, tuple(";".join(element.names(one)) or None for one in distinct.tolist()), which)


def _note(parts: list[pl.Series]) -> pl.Series:
    """All there is to say about each row."""
    if len(parts) == 1:
        return parts[0].alias("note")
    joined = pl.select(pl.concat_str([pl.lit(part) for part in parts], separator="；", ignore_nulls=True)).to_series()
    return joined.replace("", None).alias("note")


def _write(table: pl.DataFrame, target: str | Path | BinaryIO | None) -> None:
    try:
        if target is None:
            table.write_csv(sys.stdout.buffer)
        elif isinstance(target, str | Path):
            table.write_csv(Path(target))
        else:
            table.write_csv(target)
    except OSError as failed:
        raise UnusableInput(f"{target}: cannot be written: {failed}") from failed
