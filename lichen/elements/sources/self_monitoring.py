"""The self-monitoring plan of an enterprise (自行监测方案) against what was done: HJ 819-2017.

The plan is in the permit: item, how many times, per what. A day with a result is one time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Every(StrEnum):
    """The calendar windows that frequencies are counted in."""

    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


WORDS: Mapping[Every, str] = MappingProxyType(
    {
        Every.DAY: "日", Every.WEEK: "周", Every.MONTH: "月", Every.QUARTER: "季度", Every.HALF_YEAR: "半年",
        Every.YEAR: "年",
    }
)  # fmt: skip
_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Planned:
    """One row of a plan: a parameter, `times` per `every`."""

    parameter: str
    times: int
    every: Every

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Planned:
        """The row of a point's attribute ``self_monitoring``: ``{"parameter": "cod", "times": 1, "every": "month"}``.

        Raises
        ------
        ValueError
            In words for the reader.
        """
        try:
            return cls(str(row["parameter"]), int(row["times"]), Every(row["every"]))
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                f"自行监测方案的一行不能识读：{dict(row)}；应有parameter、times（次数）和every（{'、'.join(Every)}）。"
            ) from None


@dataclass(frozen=True, slots=True)
class Window:
    """What was due and done of one plan row in one window, `first` to `last` included."""

    planned: Planned
    first: date
    last: date
    done: int

    @property
    def missing(self) -> int:
        return max(self.planned.times - self.done, 0)


def window_start(day: date, every: Every) -> date:
    """The first day of the window that holds a day.

    >>> window_start(date(2026, 8, 20), Every.HALF_YEAR), window_start(date(2026, 8, 20), Every.WEEK)
    (datetime.date(2026, 7, 1), datetime.date(2026, 8, 17))
    """
    if every is Every.DAY:
        return day
    if every is Every.WEEK:
        return day - timedelta(days=day.weekday())
    width = _MONTHS[every]
    return date(day.year, (day.month - 1) // width * width + 1, 1)


def window_end(start: date, every: Every) -> date:
    """The last day of the window that begins on a day.

    >>> window_end(date(2026, 1, 1), Every.QUARTER)
    datetime.date(2026, 3, 31)
    """
    if every is Every.DAY:
        return start
    if every is Every.WEEK:
        return start + timedelta(days=6)
    months = start.month - 1 + _MONTHS[every]
    return date(start.year + months // 12, months % 12 + 1, 1) - timedelta(days=1)


def against_plan(
    plan: Iterable[Planned], done: Mapping[str, Iterable[date]], first: date, last: date
) -> tuple[Window, ...]:
    """Plan against done, window by window.

    Parameters
    ----------
    plan : iterable of Planned
    done : mapping parameter → days with a result
        Several results of a day are one time.
    first, last : date
        Only windows that lie within are counted: of others it cannot be said yet.

    Returns
    -------
    tuple of Window
        In the order of the plan, then of time.

    References
    ----------
    .. [1] HJ 819-2017; the frequencies are those of the permit.

    Examples
    --------
    >>> plan = [Planned("cod", 1, Every.MONTH)]
    >>> days = {"cod": [date(2026, 1, 5), date(2026, 1, 5)]}
    >>> [(w.first.month, w.done, w.missing) for w in against_plan(plan, days, date(2026, 1, 1), date(2026, 2, 28))]
    [(1, 1, 0), (2, 0, 1)]
    """
    found = []
    for row in plan:
        days = set(done.get(row.parameter, ()))
        start = window_start(first, row.every)
        if start < first:
            start = window_end(start, row.every) + timedelta(days=1)
        while (end := window_end(start, row.every)) <= last:
            found.append(Window(row, start, end, sum(start <= day <= end for day in days)))
            start = end + timedelta(days=1)
    return tuple(found)
