"""Intervals of Beijing time: where the one begins that an instant lies in, and where it ends."""

from __future__ import annotations

from datetime import date

import polars as pl

from lichen.vocab.clock import BEIJING_OFFSET_MS, beijing_day, day_start_ms
from lichen.vocab.periods import WIDTH_MS, Period

#: Months in the periods of the calendar.
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
#: Periods whose values are computed from finer ones.
COMPUTED = frozenset({*WIDTH_MS, *_MONTHS})


def start_of(instants: pl.Expr, period: Period) -> pl.Expr:
    """The start of the interval that each instant lies in. [ms since 1970 UTC]

    >>> days = pl.Series([day_start_ms(date(2026, 2, 28)), day_start_ms(date(2026, 4, 1)) - 1])
    >>> [beijing_day(one).isoformat() for one in pl.select(start_of(pl.lit(days), Period.QUARTER)).to_series()]
    ['2026-01-01', '2026-01-01']
    """
    shifted = instants + BEIJING_OFFSET_MS
    if period in WIDTH_MS:
        return shifted - shifted % WIDTH_MS[period] - BEIJING_OFFSET_MS
    local = pl.from_epoch(shifted, time_unit="ms").dt.truncate(f"{_MONTHS[period]}mo")
    return local.dt.timestamp("ms") - BEIJING_OFFSET_MS


def end_of(starts: pl.Expr, period: Period) -> pl.Expr:
    """The end of the interval that begins at each instant. [ms since 1970 UTC]"""
    if period in WIDTH_MS:
        return starts + WIDTH_MS[period]
    local = pl.from_epoch(starts + BEIJING_OFFSET_MS, time_unit="ms").dt.offset_by(f"{_MONTHS[period]}mo")
    return local.dt.timestamp("ms") - BEIJING_OFFSET_MS


def start_before(instant: int, period: Period) -> int:
    """The start of the interval that one instant lies in. [ms since 1970 UTC]

    >>> beijing_day(start_before(day_start_ms(date(2026, 8, 31)), Period.YEAR)).isoformat()
    '2026-01-01'
    """
    if period in WIDTH_MS:
        return instant - (instant + BEIJING_OFFSET_MS) % WIDTH_MS[period]
    day, months = beijing_day(instant), _MONTHS[period]
    return day_start_ms(date(day.year, (day.month - 1) // months * months + 1, 1))


def end_after(start: int, period: Period) -> int:
    """The end of the interval that begins at an instant. [ms since 1970 UTC]

    >>> beijing_day(end_after(day_start_ms(date(2026, 12, 1)), Period.MONTH)).isoformat()
    '2027-01-01'
    """
    if period in WIDTH_MS:
        return start + WIDTH_MS[period]
    day = beijing_day(start)
    months = day.year * 12 + day.month - 1 + _MONTHS[period]
    return day_start_ms(date(months // 12, months % 12 + 1, 1))
