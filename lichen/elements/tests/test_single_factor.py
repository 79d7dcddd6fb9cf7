"""Verdicts of several tables and editions, put together."""

import numpy as np

from lichen.elements.descriptor import Samples
from lichen.elements.single_factor import (
    NOTHING,
    UNCHECKED,
    by_group,
    entering,
    joined,
    judged,
    limit_lines,
    taken,
    verdict,
)
from lichen.standards import ClassTable

ROW = {"unit": "", "clause": "4.1", "status": "proposal", "direction": "max"}
TABLE = ClassTable.from_rows(
    [ROW | {"parameter": "nh3n", "1": "0.5", "2": "1.0"}, ROW | {"parameter": "e_coli", "1": "0", "2": "0"}], ["1", "2"]
)


def samples(below=None, **columns):
    arrays = {slug: np.array(values, float) for slug, values in columns.items()}
    n = len(next(iter(arrays.values())))
    low = {slug: np.array(values) for slug, values in (below or {}).items()}
    return Samples(arrays, np.arange(n, dtype=np.int64), None, low)


def test_half_the_limit_enters_and_nothing_where_nothing_is_allowed():
    given = samples({"nh3n": [True, False], "e_coli": [True, False]}, nh3n=[0.4, 0.4], e_coli=[2, 2], cod=[1, 1])
    found = entering(given, TABLE)
    assert {slug: column.tolist() for slug, column in found.items()} == {"nh3n": [0.2, 0.4], "e_coli": [0, 2]}


def test_a_verdict_says_what_it_could_not_use():
    found = judged(samples(nh3n=[0.6, -1, np.nan]), TABLE, "X", "4.1", target=0)
    assert found.klass.tolist() == [1, -1, -1]
    assert [found.notes[note] for note in found.note] == ["", f"氨氮为负，按缺测处理；{NOTHING}", NOTHING]
    assert found.sub["nh3n"].tolist()[0] == 1
    assert np.isnan(found.sub["nh3n"][1:]).all()
    assert judged(samples(cod=[1.0]), TABLE, "X", "4.1").notes == (NOTHING,)


def test_a_verdict_that_rests_on_an_unchecked_limit_says_so():
    memory = ClassTable.from_rows([ROW | {"parameter": "nh3n", "1": "0.5", "2": "1.0", "status": "memory"}], ["1", "2"])
    found = judged(samples(nh3n=[0.5, 0.6]), memory, "X", "4.1")
    assert [found.notes[note] for note in found.note] == ["", UNCHECKED]  # in the best class no item decides


def test_groups_are_judged_apart_and_put_together():
    given = samples(nh3n=[0.6, 0.6, 0.6])
    parts = by_group(given, np.array([1, 0, 1]), lambda number, some: judged(some, TABLE, f"E{number}", "c", number))
    found = joined(4, [*parts, (np.array([3]), verdict(np.array([-1], np.int8), "", "c"))], "c")
    assert found.klass.tolist() == [1, 1, 1, -1]
    assert [found.edition[code] for code in found.edition_code] == ["E1", "E0", "E1", ""]
    assert found.exceeding["nh3n"].tolist() == [False, True, False, False]
    assert found.multiples["nh3n"].round(2).tolist()[1] == 0.2
    assert np.isnan(found.index).all()


def test_one_part_for_all_is_not_copied():
    part = verdict(np.zeros(2, np.int8), "X", "c")
    assert joined(2, [(np.arange(2), part)], "c") is part
    given = samples(nh3n=[1.0])
    assert taken(given, np.arange(1)) is given


def test_no_samples_make_an_empty_verdict():
    found = joined(
        0, by_group(samples(nh3n=[]), np.empty(0, np.int64), lambda _, some: judged(some, TABLE, "X", "c")), "c"
    )
    assert len(found.klass) == len(found.note) == len(found.edition_code) == 0


def test_lines_of_charts_are_the_finite_bounds():
    lines = limit_lines(TABLE, "X", {"1": ("一", "one")})
    assert [(line.parameter, line.value, line.grade_zh, line.clause) for line in lines] == [
        ("nh3n", 0.5, "一", "X 4.1"), ("e_coli", 0.0, "一", "X 4.1"),
    ]  # fmt: skip
