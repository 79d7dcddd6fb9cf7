"""GB/T 14848-2017: single items, samples, editions."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import Samples
from lichen.elements.groundwater.quality import CLASSES, SHELF, TARGET, groundwater_class, limits, limits_of
from lichen.standards import UnknownEdition
from lichen.vocab.clock import day_start_ms

TABLE = limits_of(SHELF.edition("GB/T 14848-2017"))
IN_FORCE = date(2018, 5, 1)
MAXIMA = [item for item in TABLE.items if item.direction == "max"]


def judge(columns, day=IN_FORCE, below=None, **options):
    n = len(next(iter(columns.values())))
    arrays = {slug: np.array(values, float) for slug, values in columns.items()}
    low = {slug: np.array(values) for slug, values in (below or {}).items()}
    said = {slug: np.array(values, np.int16) for slug, values in options.items()}
    return groundwater_class(Samples(arrays, np.full(n, day_start_ms(day)), below=low, options=said))


def words(verdict):
    return [CLASSES[k].word if k >= 0 else "" for k in verdict.klass]


def test_all_93_items_are_there():
    assert len(TABLE.items) == 93
    assert sum(item.clause == "table 1" for item in TABLE.items) == 39


@pytest.mark.parametrize("item", MAXIMA, ids=lambda item: f"{item.clause} {item.parameter}")
def test_a_limit_is_attained_by_its_value_and_missed_just_above(item):
    for position, bound in enumerate(item.high):
        best = item.high.index(bound)  # classes that share a limit: the better one
        if not np.isfinite(bound):
            continue
        at, above = judge({item.parameter: [bound, bound + max(abs(bound) * 1e-6, 1e-9)]}).klass.tolist()
        assert at == best
        assert above > position


@pytest.mark.parametrize(
    ("slug", "values", "expected"),
    [
        # table 1, in the unit of the parameter: nitrogen and CODMn mg/L, mercury and cadmium µg/L
        ("nh3n", [0.02, 0.1, 0.5, 1.5, 1.51], "Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ"),
        ("nitrite", [0.01, 0.1, 1.0, 4.8, 4.81], "Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ"),
        ("codmn", [1, 2, 3, 10, 10.1], "Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ"),
        ("hg", [0.1, 0.11, 1, 2, 2.1], "Ⅰ Ⅲ Ⅲ Ⅳ Ⅴ"),
        ("cd", [0.1, 1, 5, 10, 10.1], "Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ"),
        ("total_bacteria", [100_000, 100_001, 1_000_000, 1_000_001], "Ⅰ Ⅳ Ⅳ Ⅴ"),  # 100 and 1000 CFU/mL
        ("ph", [6.5, 8.5, 6.49, 5.5, 9.0, 5.49, 9.01], "Ⅰ Ⅰ Ⅳ Ⅳ Ⅳ Ⅴ Ⅴ"),
        ("odour_taste", [0, 1], "Ⅰ Ⅴ"),
        ("water_chloroform", [0.0005, 0.006, 0.06, 0.3, 0.301], "Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ"),  # 0.5, 6, 60, 300 µg/L
        ("gross_alpha", [0.1, 0.5, 0.51, 50], "Ⅰ Ⅲ Ⅳ Ⅳ"),
        # table 2
        ("tl", [100, 101, 1000, 1001], "Ⅰ Ⅳ Ⅳ Ⅴ"),  # 0.0001 and 0.001 mg/L, in ng/L
        ("water_trichloroethylene", [0.0005, 0.007, 0.07, 0.21, 0.22], "Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_classes_of_single_items(slug, values, expected):
    assert words(judge({slug: values})) == expected.split()


def test_the_worst_item_decides_and_the_target_says_what_exceeds():
    verdict = judge({"nh3n": [0.6, 0.6], "f": [1.5, 1.5], "fe": [0.2, 0.2]}, target=[2, 3])
    assert words(verdict) == ["Ⅳ", "Ⅳ"]
    assert [slug for slug, where in verdict.deciding.items() if where[0]] == ["nh3n", "f"]
    assert verdict.exceeding["f"].tolist() == [True, False]  # the second sample's target is Ⅳ
    assert verdict.multiples["nh3n"][0] == pytest.approx(0.2)  # (0.6 - 0.5) / 0.5
    assert verdict.sub["fe"].tolist() == [1, 1]


def test_radioactivity_above_class_three_asks_for_radionuclides():
    verdict = judge({"gross_beta": [1.0, 1.01]})
    assert words(verdict) == ["Ⅱ", "Ⅳ"]
    assert "核素分析" in verdict.notes[verdict.note[1]]
    assert verdict.notes[verdict.note[0]] == ""


def test_half_the_detection_limit_is_judged_and_nothing_detected_is_nothing():
    # nitrite below 0.02 mg/L: 0.01 attains class Ⅰ. Surfactants below 0.05: class Ⅰ, which allows none.
    verdict = judge({"nitrite": [0.02], "las": [0.05]}, below={"nitrite": [True], "las": [True]})
    assert words(verdict) == ["Ⅰ"]
    assert words(judge({"las": [0.05]})) == ["Ⅱ"]


def test_missing_and_negative_values_are_not_judged():
    verdict = judge({"nh3n": [np.nan, -1, -1], "ph": [np.nan, np.nan, 7]})
    assert words(verdict) == ["", "", "Ⅰ"]
    assert [verdict.notes[note] for note in verdict.note] == [
        "没有可评价的项目", "氨氮为负，按缺测处理；没有可评价的项目", "氨氮为负，按缺测处理",
    ]  # fmt: skip
    assert words(judge({"conductivity": [500.0]})) == [""]


def test_there_is_no_verdict_before_the_first_edition():
    verdict = judge({"nh3n": [0.1]}, date(2018, 4, 30))
    assert verdict.klass.tolist() == [-1]
    assert "GB/T 14848" in verdict.notes[verdict.note[0]]
    assert verdict.edition[verdict.edition_code[0]] == ""
    after = judge({"nh3n": [0.1]}, date(2018, 5, 1))
    assert after.edition[after.edition_code[0]] == "GB/T 14848-2017"
    asked = groundwater_class(Samples({"nh3n": np.array([0.1])}, np.array([0]), edition="2017"))
    assert words(asked) == ["Ⅱ"]
    with pytest.raises(UnknownEdition, match="GB/T 14848-2017"):
        groundwater_class(Samples({"nh3n": np.array([0.1])}, np.array([0]), edition="1993"))


def test_limit_lines_of_charts():
    assert limits(date(2018, 4, 30)) == ()
    lines = [line for line in limits(IN_FORCE) if line.parameter == "nh3n"]
    assert [(line.value, line.grade_zh) for line in lines] == [(0.02, "Ⅰ"), (0.1, "Ⅱ"), (0.5, "Ⅲ"), (1.5, "Ⅳ")]
    assert lines[0].clause == "GB/T 14848-2017 table 1"


def test_targets_are_understood_by_all_their_words():
    assert [TARGET.code(text) for text in ("III", "Ⅲ", "Ⅲ类", "class III", "V")] == [2, 2, 2, 2, -1]


@given(
    st.sampled_from(MAXIMA),
    st.floats(0, 1e6, allow_nan=False),
    st.floats(0, 1e6, allow_nan=False),
)
def test_a_class_never_improves_when_a_value_rises(item, one, other):
    low, high = judge({item.parameter: sorted((one, other))}).klass.tolist()
    assert low <= high
