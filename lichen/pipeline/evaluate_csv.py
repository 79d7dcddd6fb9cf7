"""`lichen evaluate`: a CSV of samples in, the same rows out with the verdicts appended.

Every row comes out, in order, its cells as they were. What could not be used is said in the row's note, in Chinese.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element, Evaluation, Flags, Option, Samples, word_sets
from lichen.pipeline.cells import numbers, option_column, remark, remark_on_all
from lichen.pipeline.csv_table import UnusableInput, listed, read
from lichen.pipeline.csv_time import instants, without_clock
from lichen.standards import StandardsError
from lichen.vocab.periods import Period

RESULT_COLUMNS = ("class", "index", "deciding", "exceeding", "edition", "note")
#: Appended too where the element says by how many times a limit is exceeded: ``codmn:0.35;tp:1.2``.
MULTIPLES = "multiples"


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
        UTF-8 or GB 18030, also gzipped. Columns: `time`, parameter slugs and the element's options; any others pass
        through. `time` is the
        start of the interval, without an offset in Beijing time; it may be left out if `edition` is given. An empty
        cell is missing; a cell that is no number, or a negative one where that means nothing, counts as missing, and
        the note says so. ``<0.01`` and ``0.01L`` are below the detection limit 0.01.
    target : path or binary file, optional
        None: standard output. The rows of `source` with `RESULT_COLUMNS` appended.
    edition : str, optional
        None: the edition in force at the row's time.
    period : Period or str, optional
        None: ``day`` if no time of the table has a clock (``2026-03-01``) and the element judges days; else the first
        period the element judges.
    options : mapping, optional
        `Element.options`, the same for every row; a column of the table may not say it too.

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
    given = _given(judged, options or {})
    table = read(source)
    _must_not_have_results(table)
    cells = {name.strip(): table[name] for name in table.columns}
    times = _times(cells, len(table), edition)
    chosen = _period(judged, period, cells)
    slugs = [slug for slug in judged.inputs[chosen] if slug in cells]
    if not slugs:
        raise UnusableInput(
            f"no column to judge; columns here: {listed(table.columns)}; "
            f"{judged.slug} by the {chosen} reads: {', '.join(judged.inputs[chosen])}"
        )
    columns, below = {}, {}
    remarks = _looks_like(table, (*judged.inputs[chosen], *(option.slug for option in judged.options)))
    for slug in slugs:
        found = numbers(cells[slug], slug)
        columns[slug] = found.values
        remarks += found.remarks
        if found.below.any():
            below[slug] = found.below
    chosen_options: dict[str, NDArray[Any]] = {}
    for option in judged.options:
        if option.slug in given and option.slug in cells:
            raise UnusableInput(f"{option.slug} is both a column and an option; give one of them")
        if option.slug in given or option.slug in cells:
            said = remark_on_all(given[option.slug], len(table)) if option.slug in given else cells[option.slug]
            chosen_options[option.slug], wrong = option_column(said, option)
            remarks += wrong
    known = ~np.isnan(times)
    samples = Samples(columns, np.where(known, times, 0).astype(np.int64), edition, below, chosen_options)
    verdict = _judge(judged, chosen, samples)
    if "time" in cells and not known.all():
        remarks.append(remark(cells["time"], ~known, "时间“", "”无法识别" + ("" if edition else "，未评价")))
    _write(table.with_columns(_result_columns(judged, verdict, known | (edition is not None), remarks)), target)
    return 0


def _element(slug: str) -> Element:
    try:
        return ELEMENT_BY_SLUG[slug]
    except KeyError:
        raise UnusableInput(f"element {slug!r} is not known; known: {', '.join(ELEMENT_BY_SLUG)}") from None


def _given(element: Element, options: Mapping[str, str]) -> Mapping[str, str]:
    """The options named by the caller, checked."""
    known = {option.slug: option for option in element.options}
    for name, value in options.items():
        if name not in known:
            raise UnusableInput(f"{element.slug} has no option {name}; it has: {', '.join(known) or 'none'}")
        _check(known[name], value)
    return options


def _check(option: Option, value: str) -> None:
    if option.is_number:
        try:
            float(value)
        except ValueError:
            raise UnusableInput(f"{option.slug} must be a number, not {value!r}") from None
    elif option.code(value) < 0:
        raise UnusableInput(f"{option.slug} must be one of {', '.join(option.choices)}, not {value!r}")


def _must_not_have_results(table: pl.DataFrame) -> None:
    there = [name for name in (*RESULT_COLUMNS, MULTIPLES) if name in table.columns]
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
            f"no column time; columns here: {listed(list(cells))}. "
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
            remarks.append(remark_on_all(f"列“{name}”未参与评价，如为{slug}请改列名", len(table)))
    return remarks


def _judge(element: Element, period: Period, samples: Samples) -> Evaluation:
    """The verdicts; of an edition that is named, rows without a time are judged too."""
    try:
        return element.evaluators[period](samples)
    except StandardsError as unknown:
        raise UnusableInput(str(unknown)) from unknown


def _result_columns(
    element: Element, verdict: Evaluation, judged: NDArray[np.bool_], remarks: list[pl.Series]
) -> list[pl.Series]:
    words = (*(one.word for one in element.classes), None)
    editions = (*(one or None for one in verdict.edition), None)
    notes = (*(one or None for one in verdict.notes), None)
    columns = [
        _coded("class", words, np.where(judged & (verdict.klass >= 0), verdict.klass, len(words) - 1)),
        _index(np.where(judged, verdict.index, np.nan)),
        _sets("deciding", verdict.deciding, judged),
        _sets("exceeding", verdict.exceeding, judged),
        _coded("edition", editions, np.where(judged, verdict.edition_code, len(editions) - 1)),
        _note([*remarks, _coded("note", notes, np.where(judged, verdict.note, len(notes) - 1))]),
    ]
    if verdict.multiples:
        columns.append(_multiples(verdict.multiples, judged))
    return columns


def _coded(name: str, words: tuple[str | None, ...], code: NDArray[np.integer]) -> pl.Series:
    """A column of words by their position; None is an empty cell."""
    return pl.Series(name, words, dtype=pl.String).gather(code.astype(np.uint32))


def _index(index: NDArray[np.float64]) -> pl.Series:
    """Whole numbers are written without a point."""
    column = pl.Series("index", index).fill_nan(None)
    whole = not ((index % 1 != 0) & ~np.isnan(index)).any()
    return column.cast(pl.Int64) if whole else column


def _sets(name: str, flags: Mapping[str, Flags], judged: NDArray[np.bool_]) -> pl.Series:
    sets, which = word_sets(flags, len(judged))
    nothing = sets.index(()) if () in sets else len(sets)
    words = (*(";".join(one) or None for one in sets), None)
    return _coded(name, words, np.where(judged, which, nothing))


def _multiples(multiples: Mapping[str, NDArray[np.float64]], judged: NDArray[np.bool_]) -> pl.Series:
    parts = []
    for slug, column in multiples.items():
        there = judged & ~np.isnan(column)
        if there.any():
            number = pl.Series(np.where(there, column, np.nan)).fill_nan(None).round(4).cast(pl.String)
            parts.append(pl.lit(f"{slug}:" + number))
    if not parts:
        return pl.repeat(None, len(judged), dtype=pl.String, eager=True).alias(MULTIPLES)
    joined = pl.select(pl.concat_str(parts, separator=";", ignore_nulls=True)).to_series()
    return joined.replace("", None).alias(MULTIPLES)


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
