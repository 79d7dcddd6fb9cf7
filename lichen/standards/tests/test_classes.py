import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.standards import ClassTable, TableError

NAMES = ["I", "II", "III"]
HEAD = {"unit": "", "clause": "4.1", "status": "proposal"}
COD = {"parameter": "cod", "direction": "max", "I": "15", "II": "15", "III": "20"} | HEAD
DO = {"parameter": "do", "direction": "min", "I": "7.5", "II": "6", "III": "5"} | HEAD
PH = {"parameter": "ph", "direction": "range", "I": "6.5-8.5", "II": "6.5-8.5", "III": "5.5-9.0"} | HEAD
TABLE = ClassTable.from_rows([COD, DO, PH], NAMES)


def classes(slug, *values):
    return TABLE.by_parameter[slug].classes(np.array(values)).tolist()


def test_a_value_at_its_limit_attains_it():
    assert classes("cod", 15, 15.001, 20, 20.001) == [0, 2, 2, 3]  # classes I and II share a limit: the better one
    assert classes("do", 7.5, 7.499, 6, 5.999, 5, 4.999) == [0, 1, 1, 2, 2, 3]
    assert classes("ph", 6.5, 8.5, 6.499, 8.501, 5.5, 9.0, 5.499, 9.001) == [0, 0, 2, 2, 2, 2, 3, 3]


def test_a_strict_limit_is_not_attained_by_its_own_value():
    above = ClassTable.from_rows([DO | {"direction": "above"}], NAMES).by_parameter["do"]
    assert above.classes(np.array([7.501, 7.5, 6.001, 6, 5.001, 5])).tolist() == [0, 1, 1, 2, 2, 3]
    below = ClassTable.from_rows([COD | {"direction": "below"}], NAMES).by_parameter["cod"]
    assert below.classes(np.array([14.999, 15, 19.999, 20])).tolist() == [0, 2, 2, 3]


def test_missing_and_impossible_values_have_no_class():
    assert classes("cod", np.nan, -0.001, 0) == [-1, -1, 0]
    assert TABLE.judge({"cod": np.array([-1.0, 1.0])}).impossible["cod"].tolist() == [True, False]
    assert not TABLE.judge({"cod": np.array([1.0])}).impossible


def test_binary_dust_does_not_move_a_class():
    tenth = ClassTable.from_rows([COD | {"I": "0.3", "II": "0.3", "III": "0.3"}], NAMES)
    verdict = tenth.judge({"cod": np.array([0.1 + 0.2])}, target=0)
    assert verdict.klass.tolist() == [0]
    assert not verdict.exceeding["cod"].any()


def test_limits_take_the_unit_of_the_parameter():
    mercury = ClassTable.from_rows([COD | {"parameter": "hg", "unit": "mg/L", "I": "0.00005"}], ["I"])
    assert mercury.items[0].high == (0.05,)  # hg is in ug/L


def test_the_worst_items_decide_and_nothing_decides_the_best_class():
    verdict = TABLE.judge({"cod": np.array([20.0, 1]), "do": np.array([5.0, 9]), "ph": np.array([7.0, 7])})
    assert verdict.klass.tolist() == [2, 0]
    assert {slug: flags.tolist() for slug, flags in verdict.deciding.items()} == {
        "cod": [True, False], "do": [True, False], "ph": [False, False],
    }  # fmt: skip
    assert verdict.count.tolist() == [3, 3]


def test_multiples_count_from_the_target_of_each_sample():
    verdict = TABLE.judge({"cod": np.full(4, 30.0), "do": np.full(4, 1.0)}, target=np.array([0, 2, 3, -1]))
    assert verdict.multiples["cod"].tolist()[:2] == [1.0, 0.5]
    assert np.isnan(verdict.multiples["cod"][2:]).all()
    assert verdict.exceeding["cod"].tolist() == [True, True, False, False]
    assert np.isnan(verdict.multiples["do"]).all()  # oxygen has no multiple
    assert verdict.exceeding["do"].tolist() == [True, True, False, False]


def test_an_empty_cell_after_the_last_limit_is_no_limit():
    open_end = ClassTable.from_rows([COD | {"III": ""}], NAMES)
    assert open_end.judge({"cod": np.array([1e9])}).klass.tolist() == [2]


def test_fewer_items():
    assert [item.parameter for item in TABLE.only(["ph", "cod"]).items] == ["cod", "ph"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (COD | {"parameter": "codd"}, "no parameter 'codd'"),
        (COD | {"direction": "up"}, "direction 'up'"),
        (COD | {"unit": "mg/kg"}, "limits of cod"),
        (COD | {"II": "ten"}, "II: 'ten' is not a number"),
        (PH | {"II": "7"}, "is no range"),
        (COD | {"II": "14"}, "tighten"),
        (COD | {"I": ""}, "tighten"),
        (DO | {"III": "9"}, "tighten"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row, words):
    with pytest.raises(TableError, match=words):
        ClassTable.from_rows([row], NAMES)


def test_an_item_stands_in_a_table_once():
    with pytest.raises(TableError, match="cod"):
        ClassTable.from_rows([COD, COD], NAMES)


def test_columns_must_agree():
    with pytest.raises(ValueError, match="one length"):
        TABLE.judge({"cod": np.zeros(2), "do": np.zeros(3)})


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=2))
def test_a_class_never_improves_when_a_value_worsens(values):
    ordered = np.sort(np.array(values))
    assert (np.diff(TABLE.judge({"cod": ordered}).klass) >= 0).all()
    assert (np.diff(TABLE.judge({"do": ordered}).klass) <= 0).all()


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 20)), min_size=1))
def test_another_item_never_improves_a_class(pairs):
    cod, do = (np.array(column) for column in zip(*pairs, strict=True))
    assert (TABLE.judge({"cod": cod, "do": do}).klass >= TABLE.judge({"cod": cod}).klass).all()
