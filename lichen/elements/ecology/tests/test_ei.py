import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.ecology.ei import (
    INDICES,
    LANDS,
    POLLUTANTS,
    STRESSES,
    biological_abundance,
    counted_resource,
    ei,
    habitat_quality,
    land_stress,
    pollution_load,
    vegetation_cover,
    water_density,
)
from lichen.elements.ecology.grades import CLASSES, change_word, fluctuation_word, grade
from lichen.elements.ecology.shelf import SHELF

CASES = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf-8"))
index = st.floats(0, 100)


@pytest.mark.parametrize("case", CASES["ei"], ids=lambda case: case["grade"])
def test_ei_of_five_indices(case):
    found = ei(dict(zip(INDICES, case["indices"], strict=True)))
    assert float(found) == case["expected"]
    assert CLASSES[grade("ei", found)].word == case["grade"]


def test_habitat_quality():
    case = CASES["habitat"]
    assert round(float(habitat_quality(case["areas"], case["unit_km2"])), 1) == case["expected"]


@pytest.mark.parametrize("table", ["weights", "land_stress", "pollution"])
def test_weights_sum_to_one(table):
    assert sum(float(row["weight"]) for row in SHELF.edition("HJ 192-2015").table(table)) == pytest.approx(1.0)


def test_habitat_weights_sum_to_one():
    rows = SHELF.edition("HJ 192-2015").table("habitat").rows
    assert sum({row["type"]: float(row["weight"]) for row in rows}.values()) == pytest.approx(1.0)
    for kind in {row["type"] for row in rows}:
        assert sum(float(row["part"]) for row in rows if row["type"] == kind) == pytest.approx(1.0), kind
    assert sum(float(r["weight"]) for r in SHELF.edition("EQI 2021 (trial)").table("weights")) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("value", "word"),
    [(75.0, "优"), (74.999, "良"), (55.0, "良"), (54.999, "一般"), (35.0, "一般"), (34.999, "较差"), (20.0, "较差"),
     (19.999, "差"), (0.0, "差")],
)  # fmt: skip
def test_grades_of_ei(value, word):
    assert CLASSES[grade("ei", value)].word == word


@pytest.mark.parametrize(
    ("value", "word"),
    [(70.0, "一类"), (69.999, "二类"), (55.0, "二类"), (54.999, "三类"), (40.0, "三类"), (39.999, "四类"),
     (30.0, "四类"), (29.999, "五类")] + [(case["value"], case["expected"]) for case in CASES["eqi"]],
)  # fmt: skip
def test_grades_of_eqi(value, word):
    assert CLASSES[grade("eqi", value)].word == word


@pytest.mark.parametrize(
    ("index", "difference", "word"),
    [
        ("ei", 0.999, "无明显变化"), ("ei", 1.0, "略微变化（变好）"), ("ei", -2.999, "略微变化（变差）"),
        ("ei", 3.0, "明显变化（变好）"), ("ei", -7.999, "明显变化（变差）"), ("ei", 8.0, "显著变化（变好）"),
        ("eqi", -0.999, "基本稳定"), ("eqi", 1.0, "轻微变化（变好）"), ("eqi", -2.0, "一般变化（变差）"),
        ("eqi", 4.0, "明显变化（变好）"), ("ei", float("nan"), ""),
    ],
)  # fmt: skip
def test_words_for_change(index, difference, word):
    assert change_word(index, 50.0, 50.0 + difference) == word


def test_words_for_fluctuation():
    assert [fluctuation_word(50.0, 50.0 + x) for x in (0.9, 1.0, 3.0, 8.0)] == ["稳定", "波动", "较大波动", "剧烈波动"]


@pytest.mark.parametrize(
    ("level", "before", "after"),
    [(0, 80.0, 80.0), (2, 80.0, 74.9), (2, 74.9, 54.9), (2, 55.0, 54.9), (2, 40.0, 34.9), (2, 20.0, 19.9),
     (2, 10.0, 10.0), (3, 90.0, 54.9), (3, 60.0, 54.9), (3, 40.0, 40.0)],
)  # fmt: skip
def test_a_restriction_lowers_ei(level, before, after):
    # 0.35 x + 0.25 x + 0.15 x + 0.15 x + 0.10 x
    indices = dict(zip(INDICES, [before, before, before, 100 - before, 100 - before], strict=True))
    assert float(ei(indices, level)) == pytest.approx(after)


def test_an_unknown_restriction_gives_nothing():
    assert np.isnan(ei(dict.fromkeys(INDICES, 50.0), [1, np.nan])).all()


@given(st.lists(index, min_size=5, max_size=5), st.integers(0, 4), st.floats(0, 50))
def test_ei_rises_with_what_is_good_and_falls_with_stress(values, which, more):
    before = float(ei(dict(zip(INDICES, values, strict=True))))
    values[which] = min(values[which] + more, 100.0)
    after = float(ei(dict(zip(INDICES, values, strict=True))))
    assert after >= before if which < 3 else after <= before
    assert -1e-9 <= after <= 100 + 1e-9


def test_the_other_indices_by_hand():
    assert float(biological_abundance(40.0, 60.0)) == 50.0
    assert float(vegetation_cover(5000)) == pytest.approx(60.5825620)  # 0.0121165124 * 5000
    # (84.3704083981 * 200 + 591.7908642005 * 30 + 86.3869548281 * 300) / 1000 / 3
    assert float(water_density(200.0, 30.0, 300.0, 1000.0)) == pytest.approx(20.181298, abs=1e-5)
    # 236.0435677948 * (0.4 * 100 + 0.2 * (50 + 80 + 20)) / 1000
    areas = dict(zip(STRESSES, (100.0, 50.0, 80.0, 20.0), strict=True))
    assert float(land_stress(areas, 1000.0)) == pytest.approx(16.5230497)
    # 0.2*4.3937397289*5000/1e6 + 0.2*40.1764754986*500/1e6 + 0.2*0.0648660287*2000/1000 + 0.1*4.0904459321*1000/1000
    # + 0.2*0.5103049278*3000/1000 + 0.1*0.0749894283*20000/1000
    emissions = dict(zip(POLLUTANTS, (5000.0, 500.0, 2000.0, 1000.0, 3000.0, 20000.0), strict=True))
    assert float(pollution_load(emissions, 1000.0, 1000.0)) == pytest.approx(0.8995633, abs=1e-6)


def test_indices_are_capped_and_missing_stays_missing():
    assert float(habitat_quality({"forest_closed": 1000}, 1000)) == 100.0
    found = habitat_quality({"forest_closed": [100.0, np.nan]}, [1000.0, 1000.0])
    assert found[0] > 0
    assert np.isnan(found[1])


@given(st.floats(0, 5), st.floats(1, 1000))
def test_the_counted_resource_never_exceeds_what_there_is(ratio, mean):
    found = float(counted_resource(ratio * mean, mean))
    assert 0 <= found <= max(ratio * mean, 1.4 * mean) + 1e-9


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: habitat_quality({"lawn": 1.0}, 10.0), "known: forest_closed"),
        (lambda: land_stress({"lawn": 1.0}, 10.0), "known: severe_erosion"),
        (lambda: pollution_load({"cod": 1.0}, 1.0, 1.0), "lack nh3n"),
    ],
)
def test_what_is_not_known_or_lacking_is_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_all_lands_have_a_name_of_their_own():
    assert len(set(LANDS)) == 20
