"""From a table of class limits to an `Evaluation`: what the elements judged item by item have in common.

Samples may need different rules: the edition of their day, a table of their land use. Each group is judged by itself
(`taken`), and the verdicts are put together again (`joined`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Evaluation, Flags, Floats, LimitLine, Samples, word_sets
from lichen.standards import Classified, ClassTable, Edition, Shelf
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period

Rows = NDArray[np.intp]
Part = tuple[Rows, Evaluation]
NOTHING = "没有可评价的项目"
UNCHECKED = "定类项目的限值尚未与标准原文核对"
#: Statuses of limits that a verdict must not rest on in silence.
DOUBTFUL = frozenset({"memory", "conflict"})


def verdict(
    klass: NDArray[np.int8],
    edition: str,
    clause: str,
    *,
    index: Floats | None = None,
    deciding: Mapping[str, Flags] | None = None,
    exceeding: Mapping[str, Flags] | None = None,
    sub: Mapping[str, Floats] | None = None,
    multiples: Mapping[str, Floats] | None = None,
    remarks: Mapping[str, Flags] | None = None,
) -> Evaluation:
    """An evaluation of samples that one edition judged.

    Parameters
    ----------
    klass : ndarray (n,) int8
    edition, clause : str
    index, deciding, exceeding, sub, multiples
        As in `Evaluation`; None: nothing.
    remarks : mapping text → ndarray (n,) bool
        Where a remark is to be made; the note of a sample is all of its remarks.
    """
    n = len(klass)
    sets, note = word_sets(remarks or {}, n)
    return Evaluation(
        klass, np.full(n, np.nan) if index is None else index,
        _somewhere(deciding or {}), _somewhere(exceeding or {}), sub or {},
        note, tuple("；".join(one) for one in sets), (edition,), np.zeros(n, np.uint16), clause, multiples or {},
    )  # fmt: skip


def entering(samples: Samples, table: ClassTable) -> dict[str, Floats]:
    """The columns that a table judges, with half the detection limit for what is below it.

    An item of which a class allows nothing at all (不得检出) counts as 0 there.
    """
    columns = {}
    for item in table.items:
        if item.parameter not in samples.columns:
            continue
        column = samples.halved(item.parameter)
        below = samples.below.get(item.parameter)
        if below is not None and 0.0 in item.high:
            column = np.where(below, 0.0, column)
        columns[item.parameter] = column
    return columns


def of_classes(
    found: Classified, table: ClassTable, edition: str, clause: str, remarks: Mapping[str, Flags] | None = None
) -> Evaluation:
    """The evaluation that a table's classes make, with remarks on what could not be judged, and on limits that decide
    although our reading of them is in doubt."""
    said = dict(remarks or {})
    doubtful = [
        where for slug, where in found.deciding.items() if table.by_parameter[slug].status in DOUBTFUL and where.any()
    ]
    if doubtful:
        said[UNCHECKED] = np.logical_or.reduce(doubtful)
    for slug, where in found.impossible.items():
        said[f"{PARAMETERS[slug].name_zh}为负，按缺测处理"] = where
    said[NOTHING] = found.klass < 0
    positions = np.array([*range(int(found.klass.max(initial=0)) + 1), np.nan])  # the last, which is -1: none
    return verdict(
        found.klass, edition, clause,
        deciding=found.deciding, exceeding=found.exceeding,
        sub={slug: positions[code] for slug, code in found.sub.items()},
        multiples={slug: column for slug, column in found.multiples.items() if found.exceeding[slug].any()},
        remarks=said,
    )  # fmt: skip


def judged(
    samples: Samples,
    table: ClassTable,
    edition: str,
    clause: str,
    target: int | NDArray[np.integer] | None = None,
    remarks: Mapping[str, Flags] | None = None,
) -> Evaluation:
    """Samples judged item by item by one table; `target` as in `ClassTable.judge`."""
    columns = entering(samples, table)
    if not columns:
        nothing = np.full(len(samples), -1, np.int8)
        return verdict(nothing, edition, clause, remarks={**(remarks or {}), NOTHING: nothing < 0})
    return of_classes(table.judge(columns, target), table, edition, clause, remarks)


def taken(samples: Samples, rows: Rows) -> Samples:
    """Some of the samples."""
    if len(rows) == len(samples):
        return samples
    return replace(
        samples,
        columns={slug: column[rows] for slug, column in samples.columns.items()},
        time=samples.time[rows],
        below={slug: column[rows] for slug, column in samples.below.items()},
        options={slug: column[rows] for slug, column in samples.options.items()},
        marks={slug: column[rows] for slug, column in samples.marks.items()},
    )


def joined(n: int, parts: Sequence[Part], clause: str) -> Evaluation:
    """Verdicts on groups of samples as one.

    Parameters
    ----------
    n : int
        How many samples there are. Those of no part have no verdict, no edition and no note.
    parts : sequence of (rows, Evaluation)
        Row numbers, each in at most one part.
    clause : str
        Of all: it must not depend on which samples happen to be judged together.
    """
    if len(parts) == 1 and len(parts[0][0]) == n:
        return parts[0][1]
    klass = np.full(n, -1, np.int8)
    index = np.full(n, np.nan)
    note = np.zeros(n, np.int64)
    notes = {"": 0}
    edition = np.zeros(n, np.uint16)
    editions = {"": 0}
    flags: tuple[dict[str, Flags], dict[str, Flags]] = ({}, {})
    numbers: tuple[dict[str, Floats], dict[str, Floats]] = ({}, {})
    for rows, part in parts:
        klass[rows] = part.klass
        index[rows] = part.index
        note[rows] = np.array([notes.setdefault(text, len(notes)) for text in part.notes])[part.note]
        edition[rows] = np.array([editions.setdefault(name, len(editions)) for name in part.edition])[part.edition_code]
        for into, given in zip(flags, (part.deciding, part.exceeding), strict=True):
            for slug, where in given.items():
                if slug not in into:
                    into[slug] = np.zeros(n, np.bool_)
                into[slug][rows] = where
        for column, values in zip(numbers, (part.sub, part.multiples), strict=True):
            for slug, one in values.items():
                if slug not in column:
                    column[slug] = np.full(n, np.nan)
                column[slug][rows] = one
    return Evaluation(
        klass, index, *flags, numbers[0], note, tuple(notes), tuple(editions), edition, clause, numbers[1]
    )  # fmt: skip


def by_group(samples: Samples, group: NDArray[np.integer], judge: Callable[[int, Samples], Evaluation]) -> list[Part]:
    """The verdicts on each group of samples, for `joined`.

    Parameters
    ----------
    samples : Samples
    group : ndarray (n,)
        The number of each sample's group.
    judge : function of a group's number and its samples
    """
    parts = []
    for number in np.unique(group).tolist():
        rows = np.flatnonzero(group == number)
        parts.append((rows, judge(number, taken(samples, rows))))
    return parts


def by_edition(
    samples: Samples, shelf: Shelf, number: str, clause: str, judge: Callable[[Edition, Samples], Evaluation]
) -> Evaluation:
    """Each sample judged by the edition of a standard that is in force on its day, or by the one that is asked for.

    `clause` is that of all, see `joined`.

    Raises
    ------
    UnknownEdition
        The message lists the editions there are.
    """
    if samples.edition is not None:
        return judge(shelf.edition(samples.edition, number), samples)
    editions, code = shelf.codes_at(number, samples.time)

    def one(position: int, group: Samples) -> Evaluation:
        if position >= 0:
            return judge(editions[position], group)
        none = np.full(len(group), -1, np.int8)
        return verdict(none, "", clause, remarks={f"采样日没有现行有效的 {number}，未评价；可指定版本": none < 0})

    return joined(len(samples), by_group(samples, code, one), clause)


def limit_lines(
    table: ClassTable, edition: str, words: Mapping[str, tuple[str, str]], period: Period = Period.SAMPLE
) -> tuple[LimitLine, ...]:
    """The bounds of a table as lines for charts.

    Parameters
    ----------
    table : ClassTable
    edition : str
    words : mapping class → (中文, English)
        The classes whose bounds are drawn.
    period : Period
    """
    return tuple(
        LimitLine(item.parameter, period, bound, *words[name], f"{edition} {item.clause}", item.status)
        for item in table.items
        for name, low, high in zip(table.classes, item.low, item.high, strict=True)
        if name in words
        for bound in (low, high)
        if np.isfinite(bound)
    )


def _somewhere(flags: Mapping[str, Flags]) -> dict[str, Flags]:
    return {slug: where for slug, where in flags.items() if where.any()}
