"""Intervals of every period, also those without a fixed width, and the periods over which an element is shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Element
from lichen.pipeline.intervals import COMPUTED, end_after, start_before
from lichen.vocab.periods import WIDTH_MS, Period

#: What pages show, from what comes most often; a sample is newer than the mean of its month.
ORDER = (
    Period.HOUR, Period.H8, Period.DAY, Period.SAMPLE, Period.MONTH, Period.QUARTER, Period.YEAR,
)  # fmt: skip


def is_even(period: Period) -> bool:
    """Whether all intervals of the period are equally long, so that they can be stepped through."""
    return period in WIDTH_MS


def has_intervals(period: Period) -> bool:
    """Whether values stand for intervals that follow each other; samples are taken when they are taken."""
    return period in COMPUTED


def lasts(period: Period, time: int) -> int:
    """How long the interval that begins at an instant lasts; 0 for a sample. [ms]

    >>> from datetime import date
    >>> from lichen.vocab.clock import DAY_MS, day_start_ms
    >>> [lasts(one, day_start_ms(date(2026, 2, 1))) // DAY_MS for one in (Period.DAY, Period.MONTH, Period.SAMPLE)]
    [1, 28, 0]
    """
    return end_after(time, period) - time if period in COMPUTED else 0


def end_of(period: Period, time: int) -> int:
    """The first instant after the interval, or after the sample, that begins at an instant. [ms since 1970 UTC]"""
    return time + (lasts(period, time) or 1)


def start_of(time: int, period: Period) -> int:
    """The start of the Beijing interval that holds an instant; a sample's instant itself. [ms since 1970 UTC]

    >>> start_of(0, Period.DAY), start_of(5, Period.SAMPLE)
    (-28800000, 5)
    """
    return start_before(time, period) if period in COMPUTED else time


def back(stop: int, period: Period, count: int) -> int:
    """The start of the interval `count` before the one that begins at `stop`; forward where `count` is negative.

    >>> from datetime import date
    >>> from lichen.vocab.clock import beijing_day, day_start_ms
    >>> new_year = day_start_ms(date(2026, 1, 1))
    >>> [beijing_day(back(new_year, Period.QUARTER, count)).isoformat() for count in (2, -1)]
    ['2025-07-01', '2026-04-01']
    """
    if period in WIDTH_MS:
        return stop - count * WIDTH_MS[period]
    for _ in range(count):
        stop = start_before(stop - 1, period)
    for _ in range(-count):
        stop = end_after(stop, period)
    return stop


def starts(period: Period, start: int, stop: int) -> NDArray[np.int64]:
    """The starts of the intervals from `start` until `stop`, (n,). [ms since 1970 UTC]"""
    if period in WIDTH_MS:
        return np.arange(start, stop, WIDTH_MS[period], dtype=np.int64)
    found = []
    while start < stop:
        found.append(start)
        start = end_after(start, period)
    return np.array(found, np.int64)


def periods_judged(element: Element) -> tuple[Period, ...]:
    """The periods over which an element is judged, the shortest first."""
    return tuple(period for period in ORDER if period in element.evaluators)


def periods_of(element: Element) -> tuple[Period, ...]:
    """The periods over which an element is shown, the shortest first; one without evaluators may have any.

    >>> from lichen.elements.air.element import AIR
    >>> [str(period) for period in periods_of(AIR)]
    ['hour', 'day']
    """
    named = tuple(period for period in ORDER if period in element.evaluators or period in element.inputs)
    return named or tuple(period for period in ORDER if period is not Period.H8)


def inputs_of(element: Element, period: Period) -> tuple[str, ...]:
    """The parameters shown for a period."""
    return element.inputs.get(period, element.parameters)
