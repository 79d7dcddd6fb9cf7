"""Step 5: computed values → verdicts, by the element's evaluators, for exactly the samples that changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen import __version__
from lichen.elements.descriptor import Element, Evaluation, Flags, word_sets
from lichen.pipeline.frames import runs
from lichen.pipeline.recomputation import Recomputation
from lichen.pipeline.samples import made_by, samples_of
from lichen.store import Results
from lichen.vocab.periods import Period


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
    verdict = element.evaluators[period](samples_of(element, element.inputs[period], period, samples, work))
    return _results(element, period, samples, verdict, work)


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
