"""GB 3097-1997: single items, sums, seasons, uses of the waters, editions."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import Samples
from lichen.elements.sea.element import SEA
from lichen.elements.sea.quality import (
    CLASSES,
    OPTIONS,
    SHELF,
    TARGET,
    limits,
    limits_of,
    sea_class,
    unionised_fraction,
)
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period

TABLE = limits_of(SHELF.edition("GB 3097-1997"))
MAXIMA = [item for item in TABLE.items if item.direction == "max"]
MAY = date(2026, 5, 31)
JUNE = date(2026, 6, 1)
NAN = np.nan


def judge(columns, day=MAY, below=None, **options):
    n = len(next(iter(columns.values())))
    arrays = {slug: np.array(values, float) for slug, values in columns.items()}
    low = {slug: np.array(values) for slug, values in (below or {}).items()}
    said = {
        one.slug: np.full(n, float(options[one.slug]) if one.is_number else one.code(options[one.slug]))
        for one in OPTIONS
        if one.slug in options
    }
    return sea_class(Samples(arrays, np.full(n, day_start_ms(day)), below=low, options=said))


def words(verdict):
    return [CLASSES[k].word if k >= 0 else "" for k in verdict.klass]


def notes(verdict):
    return [verdict.notes[note] for note in verdict.note]


@pytest.mark.parametrize("item", MAXIMA, ids=lambda item: f"{item.clause} {item.parameter}")
def test_a_limit_is_attained_by_its_value_and_missed_just_above(item):
    for position, bound in enumerate(item.high):
        if np.isfinite(bound):
            at, above = judge({item.parameter: [bound, bound + max(bound * 1e-6, 1e-9)]}).klass.tolist()
            assert at == item.high.index(bound)  # classes that share a limit: the better one
            assert above > position


@pytest.mark.parametrize(
    ("slug", "values", "expected"),
    [
        ("do", [6.01, 6, 5.01, 5, 4.01, 4, 3.01, 3], "一类 二类 二类 三类 三类 四类 四类 劣四类"),  # strictly above
        ("cod_alkaline", [2, 3, 4, 5, 5.1], "一类 二类 三类 四类 劣四类"),
        ("active_phosphate", [0.015, 0.03, 0.045, 0.046], "一类 二类 四类 劣四类"),
        ("petroleum", [0.05, 0.3, 0.5, 0.51], "一类 三类 四类 劣四类"),
        ("ph", [7.8, 8.5, 7.79, 8.51, 6.8, 8.8, 6.79, 8.81], "一类 一类 三类 三类 三类 三类 劣四类 劣四类"),
        ("hg", [0.05, 0.2, 0.5, 0.51], "一类 二类 四类 劣四类"),  # 0.00005 … mg/L, in µg/L
        ("ddt", [50, 100, 101], "一类 二类 劣四类"),  # 0.00005 and 0.0001 mg/L, in ng/L
        ("floating_matter", [0, 1, 2], "一类 四类 劣四类"),
        ("total_coliform", [1000, 1001, 1e9], "一类 四类 四类"),  # 10000 per L; class 4 has no limit
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_classes_of_single_items(slug, values, expected):
    assert words(judge({slug: values})) == expected.split()


def test_inorganic_nitrogen_is_a_sum_of_three():
    three = {"nitrate": [0.1, 0.1, NAN], "nitrite": [0.01, 0.02, 0.02], "nh3n": [0.09, 0.09, 0.09]}
    verdict = judge(three)
    assert words(verdict) == ["一类", "二类", ""]  # 0.20, 0.21, not known
    assert verdict.sub["inorganic_nitrogen"].tolist()[:2] == [0, 1]
    given_wins = judge(three | {"inorganic_nitrogen": [0.51, NAN, 0.2]})
    assert words(given_wins) == ["劣四类", "二类", "一类"]
    halves = judge({"nitrate": [0.15], "nitrite": [0.1], "nh3n": [0.0]}, below={"nitrite": [True]})
    assert words(halves) == ["一类"]  # 0.15 + 0.05


def test_unionised_ammonia_is_converted_and_said_to_be():
    # pKa = 0.09018 + 2729.92 / 298.15 = 9.24637; f = 1 / (1 + 10^1.24637) = 0.05366; 0.4 f = 0.0215, 0.3 f = 0.0161
    assert float(unionised_fraction(8.0, 25.0)) == pytest.approx(0.05366, abs=5e-6)
    water = {"nh3n": [0.4, 0.3], "ph": [8.0, 8.0], "water_temperature": [25.0, 25.0]}
    verdict = judge(water)
    assert words(verdict) == ["劣四类", "一类"]
    assert "淡水公式" in notes(verdict)[0]
    assert notes(verdict)[1] == ""
    measured = judge(water | {"unionised_ammonia": [0.01, 0.01]})
    assert words(measured) == ["一类", "一类"]


def test_ph_beyond_the_normal_range_of_the_sea():
    local = {"ph_normal_low": 8.0, "ph_normal_high": 8.2}
    assert words(judge({"ph": [7.8, 8.4, 8.45, 7.79, 7.4]}, **local)) == ["一类", "一类", "三类", "三类", "劣四类"]
    assert words(judge({"ph": [8.45]})) == ["一类"]


def test_summer_is_stricter_with_warm_water():
    assert words(judge({"temperature_rise": [1.5, 2.5, 4.1, -3]}, MAY)) == ["一类", "三类", "劣四类", "一类"]
    assert words(judge({"temperature_rise": [1.0, 1.5]}, JUNE)) == ["一类", "三类"]


def test_waters_of_shellfish_eaten_raw():
    water = {"fecal_coliform": [140, 141], "pathogen": [0, 0]}
    assert words(judge(water, waters="shellfish")) == ["一类", "四类"]
    assert words(judge(water)) == ["一类", "一类"]
    assert words(judge({"pathogen": [1]}, waters="shellfish")) == ["劣四类"]
    assert words(judge({"pathogen": [1]})) == [""]


def test_the_target_says_what_exceeds():
    verdict = judge({"inorganic_nitrogen": [0.36]})  # class 2 by default: 0.30
    assert verdict.multiples["inorganic_nitrogen"][0] == pytest.approx(0.2)
    assert judge({"inorganic_nitrogen": [0.36]}, target="三类").exceeding == {}
    assert [TARGET.code(text) for text in ("2", "二类", "第二类", "5")] == [1, 1, 1, -1]


def test_limits_from_memory_do_not_decide_in_silence():
    assert notes(judge({"cd": [5.0, 0.5], "do": [7.0, 5.5]})) == ["定类项目的限值尚未与标准原文核对", ""]


def test_negative_values_do_not_enter_sums():
    verdict = judge({"nitrate": [-0.1], "nitrite": [0.01], "nh3n": [0.09]})
    assert words(verdict) == [""]


def test_there_is_no_verdict_before_the_first_edition():
    assert words(judge({"do": [7.0]}, date(1998, 6, 30))) == [""]
    assert words(judge({"do": [7.0]}, date(1998, 7, 1))) == ["一类"]
    assert limits(date(1998, 6, 30)) == ()
    assert [line.value for line in limits(MAY) if line.parameter == "do"] == [6, 5, 4, 3]


def test_the_descriptor_is_complete():
    assert set(SEA.inputs[Period.SAMPLE]) <= set(SEA.parameters)
    assert {check.parameter for check in SEA.checks} <= set(SEA.parameters)
    printed = {row["no"] for row in SHELF.edition("GB 3097-1997").table("table1")}
    assert printed == {str(number) for number in range(1, 40)}


@given(st.sampled_from(MAXIMA), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_class_never_improves_when_a_value_rises(item, one, other):
    low, high = judge({item.parameter: sorted((one, other))}).klass.tolist()
    assert low <= high
