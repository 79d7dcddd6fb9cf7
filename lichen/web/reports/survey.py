"""From the store to what a report takes: the samples of several points over some time, and the verdicts on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from lichen.elements.descriptor import Element, Site, Survey
from lichen.pipeline.samples import made_by
from lichen.store import Store
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point
from lichen.web.readings import spans
from lichen.web.readings.grid import laid_out, times_of


def survey_of(
    store: Store, element: Element, points: Sequence[Point], period: Period, start: int, stop: int
) -> Survey:  # fmt: skip
    """The survey of points from `start` until `stop`; two questions to the store.

    Parameters
    ----------
    points : sequence of Point
        Of the element.
    start, stop : int
        Starts of intervals. [ms since 1970 UTC] Of samples and of months and longer the survey has those instants at
        which anything was measured or judged; of hours and days every one.

    Returns
    -------
    Survey
        Values that may not be used are NaN, as for the evaluators.
    """
    ids = [point.id for point in points]
    parameters = element.parameters
    found = store.range(
        start, stop, points=ids, parameters=parameters, periods=[period], sources=[made_by(period)]
    )  # fmt: skip
    judged = store.results(element.slug, period, start, stop, points=ids) if period in element.evaluators else None
    time = times_of(found, period, start, stop)
    if not spans.is_even(period):
        time = np.union1d(found.time, judged.time if judged is not None else found.time).astype(np.int64)
    grid = laid_out(found, ids, parameters, time)
    usable = grid.usable
    there = [at for at in range(len(parameters)) if not np.isnan(usable[:, at]).all()]
    klass = np.full((len(ids), len(time)), -1, np.int8)
    if judged is not None and len(judged) and len(time):
        at = {point: number for number, point in enumerate(ids)}
        # The vocabulary of a column may hold words that no row uses.
        row = np.array([at.get(point, -1) for point in judged.points], np.int64)[judged.point]
        place = np.minimum(np.searchsorted(time, judged.time), len(time) - 1)
        fits = time[place] == judged.time
        klass[row[fits], place[fits]] = judged.klass[fits]
    return Survey(
        sites=tuple(
            Site(point.id, point.name_zh, point.name_en, point.kind, {**_place(point), **point.attributes})
            for point in points
        ),
        period=period,
        time=time,
        columns={parameters[at]: usable[:, at] for at in there},
        below={parameters[at]: grid.below[:, at] for at in there if grid.below[:, at].any()},
        klass=klass,
    )


def _place(point: Point) -> dict[str, str]:
    """Where a point lies, for reports by city and district."""
    return {name: said for name, said in (("city", point.city), ("district", point.district)) if said}


def newest_month(store: Store, points: Sequence[str], period: Period) -> tuple[int, int] | None:
    """The last month (year, month) of Beijing time in which the points have a value of the period; None: they have
    none."""
    months = store.months(points=points, periods=[period], sources=[made_by(period)]) if points else ()
    return months[-1] if months else None


def month_end(year: int, month: int) -> int:
    """The first instant after a month of Beijing time. [ms since 1970 UTC]

    >>> month_end(2026, 12) == spans.back(month_end(2027, 1), Period.MONTH, 1)
    True
    """
    return spans.end_of(Period.MONTH, day_start_ms(date(year, month, 1)))
