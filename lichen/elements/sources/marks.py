"""What the marks on data mean for judging: HJ 212 marks of single values, and marks of working conditions.

A value counts where its mark says normal, or where nobody marked it. A mark that no table knows is "not normal".
The letters of the editions of HJ 212 agree where several have them, and all are on the line: they are read together.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lichen.elements.sources.shelf import SHELF

Marks = NDArray[np.str_]
Flags = NDArray[np.bool_]

#: The key of the marks of working conditions in `lichen.elements.descriptor.Samples.marks`.
WORKING_CONDITION = "working_condition"


@cache
def _letters(counts: str) -> tuple[str, ...]:
    """The marks that count as said by the column ``counts``."""
    rows = (row for edition in SHELF.of("HJ 212") for row in edition.table("marks"))
    return tuple(dict.fromkeys(row["mark"] for row in rows if row["counts"] == counts))


def _any_of(marks: Marks, wanted: tuple[str, ...]) -> Flags:
    found = np.zeros(len(marks), np.bool_)
    for one in wanted:
        found |= marks == one
    return found


def usable(marks: Marks) -> Flags:
    """Where a value enters means and may be judged, (n,).

    Parameters
    ----------
    marks : ndarray (n,) of str
        As sent; "" = not marked.

    References
    ----------
    .. [1] HJ 212-2017, table 8; HJ 212-2025, table 10; HJ/T 212-2005 (memory).

    Examples
    --------
    >>> usable(np.array(["N", "", "D", "S", "T", "?"])).tolist()
    [True, True, False, False, False, False]
    """
    return _any_of(marks, ("", *_letters("yes")))


def over_range(marks: Marks) -> Flags:
    """Where the value is only known to be at least what was sent, (n,).

    >>> over_range(np.array(["N", "T"])).tolist()
    [False, True]
    """
    return _any_of(marks, _letters("bound"))


def stopped(marks: Marks) -> Flags:
    """Where the mark says stopped, (n,): neither valid nor due.

    >>> stopped(np.array(["N", "F", "D"])).tolist()
    [False, True, False]
    """
    return _any_of(marks, _letters("stopped"))


def _conditions(conditions: Marks, instants: NDArray[np.int64], column: str, said: str, unknown: bool) -> Flags:
    """Where the rule in force says `said` of the marked condition; `unknown` of a mark it does not know."""
    found = np.zeros(len(conditions), np.bool_)
    editions, code = SHELF.codes_at("标记规则", instants)
    for number, edition in enumerate(editions):
        rows = edition.table("conditions")
        hit = _any_of(conditions, tuple(row["mark"] for row in rows if row[column] == said))
        if unknown:
            hit |= ~_any_of(conditions, ("", *(row["mark"] for row in rows)))
        found |= hit & (code == number)
    return found


def condition_excludes(conditions: Marks, instants: NDArray[np.int64]) -> Flags:
    """Where the working condition, or the equipment, keeps automatic data from being judged, (n,).

    Parameters
    ----------
    conditions : ndarray (n,) of str
        Mark of the interval (烘炉, 启炉, CEMS维护 …); "" = none. An unknown one excludes.
    instants : ndarray (n,) int64
        Before the rule was in force nothing is excluded. [ms since 1970 UTC]

    References
    ----------
    .. [1] 公告2022年第21号 (the list of marks: memory).

    Examples
    --------
    >>> from datetime import date
    >>> from lichen.vocab.clock import day_start_ms
    >>> start = day_start_ms(date(2023, 1, 1))
    >>> marks = np.array(["启炉", "启炉", "正常运行", "", "空转"])
    >>> condition_excludes(marks, start - np.array([1, 0, 0, 0, 0])).tolist()
    [False, True, False, False, True]
    """
    return _conditions(conditions, instants, "judged", "no", True)


def in_budget(conditions: Marks, instants: NDArray[np.int64]) -> Flags:
    """Where the condition (start, stop, fault, accident) counts against the hours a furnace may have a year, (n,)."""
    return _conditions(conditions, instants, "in_budget", "yes", False)


def not_due(conditions: Marks, instants: NDArray[np.int64]) -> Flags:
    """Where the condition (停运) takes the interval out of what is due, (n,)."""
    return _conditions(conditions, instants, "due", "no", False)
