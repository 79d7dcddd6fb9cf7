"""Step 5: computed values → verdicts, by the element's evaluators, for exactly the samples that changed."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen import __version__
from lichen.elements.descriptor import Element, Evaluation
from lichen.pipeline.aggregate import Recomputation
from lichen.pipeline.frames import runs
from lichen.store import Results
from lichen.vocab.flags import LAST_USABLE
from lichen.vocab.periods import Period, Source


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
        touched = work.of(period, Source.COMPUTED, points, element.inputs[period])
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
    columns = _columns(samples, element.inputs[period], period, work)
    verdict = element.evaluators[period](columns, samples["time"].to_numpy(), None)
    return _results(element, period, samples, verdict, work)


def _columns(
    samples: pl.DataFrame, inputs: tuple[str, ...], period: Period, work: Recomputation
) -> dict[str, NDArray[np.float64]]:
    """A column of values per parameter, a row per sample; NaN = missing."""
    start, stop = int(samples["time"].min()), int(samples["time"].max()) + 1  # type: ignore[arg-type]
    values = work.read(period, Source.COMPUTED, samples["point"].unique(), work.names.codes(inputs), start, stop)
    values = values.filter(pl.col("flag") <= LAST_USABLE)
    columns = {}
    for slug in inputs:
        mine = values.filter(pl.col("parameter") == work.names.code(slug)).select("point", "time", "value")
        joined = samples.join(mine, on=["point", "time"], how="left", maintain_order="left")
        columns[slug] = joined["value"].fill_null(float("nan")).to_numpy()
    return columns


def _results(
    element: Element, period: Period, samples: pl.DataFrame, verdict: Evaluation, work: Recomputation
) -> Results:
    n = len(samples)
    code = samples["point"].to_numpy()
    distinct, point = np.unique(code, return_inverse=True)
    return Results(
        element.slug, period, tuple(work.names.words(distinct.tolist())), point.astype(np.int32),
        samples["time"].to_numpy(), np.full(n, work.version, np.uint64), verdict.klass, verdict.index,
        verdict.deciding, verdict.exceeding, dict(verdict.sub),
        tuple(verdict.edition[at] for at in verdict.edition_code), (verdict.clause,) * n,
        tuple(verdict.notes[at] for at in verdict.note), (work.snapshot.hash,) * n, (__version__,) * n,
    )  # fmt: skip


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
