"""Step 5: computed values → verdicts, by the element's evaluators, for exactly the samples that changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen import __version__
from lichen.elements.descriptor import Element, Evaluation, Flags, Samples, word_sets
from lichen.pipeline.aggregate import Recomputation
from lichen.pipeline.frames import runs
from lichen.store import Results
from lichen.vocab.flags import LAST_USABLE
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import attribute_at


def evaluate(element: Element, work: Recomputation) -> list[Results]:
    """Judge the samples of an element that changed; append the verdicts that differ from those in force.

    A sample is what a point has for one interval; parameters it lacks, or whose value may not be used, are missing.

    Returns
    -------
    list of Results
        Every verdict reached, also those that were in force already.
    """
    points = work.names.codes(point.id for point in work.snapshot.points if point.element == element.slug)
    found = []
    for period in element.evaluators:
        touched = work.of(period, made_by(period), points, element.inputs[period])
        samples = touched.select("point", "time").unique()
        for run in runs(samples):
            results = judge(element, period, run, work)
            changed = results.where(~_in_force(results, work))
            work.store.append_results(changed)
            found.append(results)
    return found


def judge(element: Element, period: Period, samples: pl.DataFrame, work: Recomputation) -> Results:
    """The verdicts on samples (columns ``point``, ``time``), from what is in force now."""
    samples = samples.sort("point", "time")
    verdict = element.evaluators[period](_samples(element, period, samples, work))
    return _results(element, period, samples, verdict, work)


def made_by(period: Period) -> Source:
    """Who makes the values that are judged: grab samples come in, means are computed."""
    return Source.REPORTED if period is Period.SAMPLE else Source.COMPUTED


def _samples(element: Element, period: Period, samples: pl.DataFrame, work: Recomputation) -> Samples:
    """What the evaluator takes: a column of values per parameter, a row per sample."""
    start, stop = int(samples["time"].min()), int(samples["time"].max()) + 1  # type: ignore[arg-type]
    inputs = element.inputs[period]
    values = work.read(period, made_by(period), samples["point"].unique(), work.names.codes(inputs), start, stop)
    values = values.filter(pl.col("flag") <= LAST_USABLE)
    columns, below = {}, {}
    for slug in inputs:
        mine = values.filter(pl.col("parameter") == work.names.code(slug)).select("point", "time", "value", "below")
        joined = samples.join(mine, on=["point", "time"], how="left", maintain_order="left")
        columns[slug] = joined["value"].fill_null(float("nan")).to_numpy()
        limits = joined["below"].fill_null(False)
        if limits.any():
            below[slug] = limits.to_numpy()
    marks = _marks(element, period, samples, work) if element.reads_marks else {}
    return Samples(columns, samples["time"].to_numpy(), None, below, _options(element, samples, work), marks)


def _marks(element: Element, period: Period, samples: pl.DataFrame, work: Recomputation) -> dict[str, NDArray[np.str_]]:
    """The senders' marks of the reported values of the same interval, also of those that may not be used."""
    start, stop = int(samples["time"].min()), int(samples["time"].max()) + 1  # type: ignore[arg-type]
    inputs = element.inputs[period]
    there = work.marks(period, samples["point"].unique(), work.names.codes(inputs), start, stop)
    found = {}
    for slug in inputs:
        mine = there.filter(pl.col("parameter") == work.names.code(slug)).select("point", "time", "mark")
        if len(mine):
            joined = samples.join(mine, on=["point", "time"], how="left", maintain_order="left")
            found[slug] = joined["mark"].fill_null("").to_numpy().astype(np.str_)
    return found


def _options(element: Element, samples: pl.DataFrame, work: Recomputation) -> dict[str, NDArray[Any]]:
    """What the registry says of each sample's point at its time."""
    if not element.options:
        return {}
    point, time = samples["point"].to_numpy(), samples["time"].to_numpy()
    found: dict[str, NDArray[Any]] = {}
    for option in element.options:
        column = np.full(len(point), float(option.default or "nan")) if option.is_number else None
        if column is None:
            column = np.full(len(point), option.code(str(option.default)), np.int16)
        for code in np.unique(point).tolist():
            mine = np.flatnonzero(point == code)
            registered = work.snapshot.point_by_id.get(work.names[code])
            said = attribute_at(registered.attributes, option.slug, time[mine]) if registered else []
            for row, value in zip(mine.tolist(), said, strict=False):
                if value not in (None, ""):
                    column[row] = _number(value) if option.is_number else option.code(str(value))
        found[option.slug] = column
    return found


def _number(value: Any) -> float:
    """NaN for what the registry should not have let in; the evaluator's note then says what is missing."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _results(
    element: Element, period: Period, samples: pl.DataFrame, verdict: Evaluation, work: Recomputation
) -> Results:
    n = len(samples)
    deciding, exceeding = (_words(flags, n) for flags in (verdict.deciding, verdict.exceeding))
    code = samples["point"].to_numpy()
    distinct, point = np.unique(code, return_inverse=True)
    return Results(
        element.slug, period, tuple(work.names.words(distinct.tolist())), point.astype(np.int32),
        samples["time"].to_numpy(), np.full(n, work.version, np.uint64), verdict.klass, verdict.index,
        deciding, exceeding, dict(verdict.sub), dict(verdict.multiples),
        tuple(verdict.edition[at] for at in verdict.edition_code), (verdict.clause,) * n,
        tuple(verdict.notes[at] for at in verdict.note), (work.snapshot.hash,) * n, (__version__,) * n,
    )  # fmt: skip


def _words(flags: Mapping[str, Flags], n: int) -> tuple[tuple[str, ...], ...]:
    sets, code = word_sets(flags, n)
    return tuple(sets[one] for one in code.tolist())


def _in_force(results: Results, work: Recomputation) -> NDArray[np.bool_]:
    """Which of the verdicts are in force already."""
    start, stop = int(results.time.min()), int(results.time.max()) + 1
    known = work.store.results(results.element, results.period, start, stop, points=results.points)
    place = {
        (known.points[point], time): row
        for row, (point, time) in enumerate(zip(known.point.tolist(), known.time.tolist(), strict=True))
    }
    rows = np.array(
        [
            place.get((results.points[point], time), -1)
            for point, time in zip(results.point.tolist(), results.time.tolist(), strict=True)
        ]
    )
    same = np.zeros(len(results), dtype=bool)
    there = np.flatnonzero(rows >= 0)
    if len(there):
        mask = np.zeros(len(results), dtype=bool)
        mask[there] = True
        same[there] = results.where(mask).same_verdict(known.rows(rows[there]))
    return same
