"""GB 15618-2018 and GB 36600-2018: limits by land use and pH, editions, what cannot be judged."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import Samples
from lichen.elements.soil.element import SOIL
from lichen.elements.soil.risk import (
    CLASSES,
    LAND_USE,
    SOIL_TYPE,
    development_limits,
    farmland_limits,
    limits_of_point,
    soil_risk,
)
from lichen.elements.soil.shelf import SHELF
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period

FARMLAND = SHELF.edition("GB 15618-2018")
DEVELOPMENT = SHELF.edition("GB 36600-2018")
IN_FORCE = date(2018, 8, 1)
#: One pH of each band.
BANDS = (5.0, 6.0, 7.0, 8.0)


def judge(use, columns, day=IN_FORCE, below=None, **options):
    n = len(next(iter(columns.values())))
    arrays = {slug: np.array(values, float) for slug, values in columns.items()}
    low = {slug: np.array(values) for slug, values in (below or {}).items()}
    said = {"land_use": np.full(n, LAND_USE.code(use), np.int16)}
    said |= {slug: np.full(n, SOIL_TYPE.code(text), np.int16) for slug, text in options.items()}
    return soil_risk(Samples(arrays, np.full(n, day_start_ms(day)), below=low, options=said))


def words(verdict):
    return [CLASSES[k].word if k >= 0 else "" for k in verdict.klass]


def notes(verdict):
    return [verdict.notes[note] for note in verdict.note]


ITEMS = [
    (use, ph, item)
    for use in ("paddy", "rotation", "orchard", "other")
    for band, ph in enumerate(BANDS)
    for item in farmland_limits(FARMLAND, use, band).items
]
LAND = [(use, item) for use in ("class1", "class2") for item in development_limits(DEVELOPMENT, use).items]


@pytest.mark.parametrize(("use", "ph", "item"), ITEMS, ids=lambda x: getattr(x, "parameter", str(x)))
def test_farmland_limits_are_attained_by_their_value(use, ph, item):
    for level, bound in enumerate(item.high):
        if np.isfinite(bound):
            verdict = judge(use, {item.parameter: [bound, bound * 1.000001], "soil_ph": [ph, ph]})
            assert verdict.klass.tolist() == [level, level + 1]


@pytest.mark.parametrize(("use", "item"), LAND, ids=lambda x: getattr(x, "parameter", str(x)))
def test_development_limits_are_attained_by_their_value(use, item):
    screening, intervention = item.high
    verdict = judge(use, {item.parameter: [screening, screening * 1.000001, intervention, intervention * 1.000001]})
    middle = 1 if screening < intervention else 2  # toluene and others: both values are the same
    assert verdict.klass.tolist() == [0, middle, middle if middle == 1 else 0, 2]


@pytest.mark.parametrize(
    ("slug", "use", "screening", "intervention"),
    [
        # GB 15618-2018 tables 1 and 3, by pH band
        ("soil_cd", "paddy", [0.3, 0.4, 0.6, 0.8], [1.5, 2.0, 3.0, 4.0]),
        ("soil_cd", "orchard", [0.3, 0.3, 0.3, 0.6], [1.5, 2.0, 3.0, 4.0]),
        ("soil_hg", "other", [1.3, 1.8, 2.4, 3.4], [2.0, 2.5, 4.0, 6.0]),
        ("soil_as", "paddy", [30, 30, 25, 20], [200, 150, 120, 100]),
        ("soil_pb", "paddy", [80, 100, 140, 240], [400, 500, 700, 1000]),
        ("soil_cr", "other", [150, 150, 200, 250], [800, 850, 1000, 1300]),
        ("soil_cu", "orchard", [150, 150, 200, 200], [np.inf] * 4),
        ("soil_cu", "paddy", [50, 50, 100, 100], [np.inf] * 4),
        ("soil_ni", "paddy", [60, 70, 100, 190], [np.inf] * 4),
        ("soil_zn", "other", [200, 200, 250, 300], [np.inf] * 4),
        # rotation: the stricter of paddy and other
        ("soil_cd", "rotation", [0.3, 0.3, 0.3, 0.6], [1.5, 2.0, 3.0, 4.0]),
        ("soil_hg", "rotation", [0.5, 0.5, 0.6, 1.0], [2.0, 2.5, 4.0, 6.0]),
        ("soil_cu", "rotation", [50, 50, 100, 100], [np.inf] * 4),
    ],
)
def test_farmland_limits_by_use_and_band(slug, use, screening, intervention):
    rows = [farmland_limits(FARMLAND, use, band).by_parameter[slug].high for band in range(4)]
    assert [low for low, _ in rows] == screening
    assert [high for _, high in rows] == intervention


def test_a_bound_of_ph_belongs_to_the_band_below():
    verdict = judge("paddy", {"soil_cd": [0.35] * 4, "soil_ph": [5.5, 5.51, 6.5, 6.51]})
    assert words(verdict) == ["可能存在风险", "风险低", "风险低", "风险低"]


def test_all_items_are_there():
    assert len(farmland_limits(FARMLAND, "paddy", 0).items) == 11
    assert len(DEVELOPMENT.table("table1")) == 45
    assert len(DEVELOPMENT.table("table2")) == 40
    assert len(development_limits(DEVELOPMENT, "class1").items) == 85


def test_without_ph_metals_of_farmland_are_not_judged():
    verdict = judge("other", {"soil_cd": [0.1, np.nan], "soil_bap": [0.5, 0.56], "soil_ph": [np.nan, np.nan]})
    assert words(verdict) == ["", "可能存在风险"]
    assert "pH缺测" in notes(verdict)[0]
    assert words(judge("class1", {"soil_cd": [20.0]})) == ["风险低"]  # GB 36600 asks for no pH


def test_without_a_land_use_there_is_no_verdict():
    verdict = judge("", {"soil_cd": [0.1], "soil_ph": [7.0]})
    assert words(verdict) == [""]
    assert "land_use" in notes(verdict)[0]


def test_copper_nickel_and_zinc_never_make_a_high_risk():
    water = {"soil_cu": [9e4], "soil_ni": [9e4], "soil_zn": [9e4], "soil_ph": [7.0]}
    assert words(judge("orchard", water)) == ["可能存在风险"]


def test_organics_of_farmland_are_summed():
    hch = {"soil_alpha_hch": [0.03, 0.03], "soil_beta_hch": [0.03, 0.03], "soil_gamma_hch": [0.02, 0.02]}
    verdict = judge("paddy", hch | {"soil_delta_hch": [0.02, 0.03]})
    assert words(verdict) == ["风险低", "可能存在风险"]
    assert verdict.multiples["soil_hch_total"][1] == pytest.approx(0.1)
    assert words(judge("paddy", hch)) == ["", ""]  # one isomer is not known


def test_arsenic_not_above_its_background_is_natural():
    # GB 36600-2018 annex A (memory): 水稻土 40 mg/kg; screening value of class 1: 20
    verdict = judge("class1", {"soil_as": [20, 40, 40.1]}, soil_type="水稻土")
    assert words(verdict) == ["风险低", "风险低", "可能存在风险"]
    assert "背景值" in notes(verdict)[1]
    assert notes(verdict)[0] == ""
    assert words(judge("class1", {"soil_as": [40]})) == ["可能存在风险"]


def test_index_and_multiples():
    # P: Cd 0.6/0.3 = 2, Pb 45/90 = 0.5; mean 1.25, P_N = sqrt((1.5625 + 4) / 2) = 1.6677
    verdict = judge("other", {"soil_cd": [0.6], "soil_pb": [45], "soil_ph": [6.0]})
    assert verdict.index[0] == pytest.approx(1.6677, abs=1e-4)
    assert verdict.sub["soil_cd"][0] == pytest.approx(2)
    assert verdict.multiples["soil_cd"][0] == pytest.approx(1)
    assert [slug for slug, where in verdict.deciding.items() if where[0]] == ["soil_cd"]


def test_half_the_detection_limit_is_judged():
    assert words(judge("class1", {"soil_vinyl_chloride": [0.2]}, below={"soil_vinyl_chloride": [True]})) == ["风险低"]


@pytest.mark.parametrize(("use", "number"), [("paddy", "GB 15618"), ("class2", "GB 36600")])
def test_there_is_no_verdict_before_the_first_edition(use, number):
    sample = {"soil_cd": [0.1], "soil_ph": [7.0]}
    before = judge(use, sample, date(2018, 7, 31))
    assert words(before) == [""]
    assert number in notes(before)[0]
    after = judge(use, sample, date(2018, 8, 1))
    assert after.edition[after.edition_code[0]] == f"{number}-2018"


def test_mixed_samples_are_judged_each_by_its_own_rule():
    uses = np.array([LAND_USE.code(use) for use in ("paddy", "class1", "class2", "orchard")], np.int16)
    columns = {"soil_cd": np.array([0.5, 0.5, 66, 0.5]), "soil_ph": np.array([5.0, np.nan, 9.0, np.nan])}
    verdict = soil_risk(Samples(columns, np.full(4, day_start_ms(IN_FORCE)), options={"land_use": uses}))
    assert words(verdict) == ["可能存在风险", "风险低", "可能存在风险", ""]
    editions = [verdict.edition[code] for code in verdict.edition_code]
    assert editions == ["GB 15618-2018", "GB 36600-2018", "GB 36600-2018", "GB 15618-2018"]


def test_limit_lines_depend_on_the_land_use():
    plot = {"land_use": [{"value": "paddy"}, {"from": "2020-01-01", "value": "第二类用地"}]}
    arsenic = [line for line in limits_of_point(plot, date(2020, 1, 1)) if line.parameter == "soil_as"]
    assert [(line.grade_zh, line.value) for line in arsenic] == [("筛选值", 60), ("管制值", 140)]
    farmland = limits_of_point(plot, date(2019, 12, 31))
    assert {line.parameter for line in farmland} == {"soil_hch_total", "soil_ddt_total", "soil_bap"}
    assert limits_of_point(plot, date(2018, 7, 31)) == ()
    assert limits_of_point({}, IN_FORCE) == ()


def test_the_descriptor_is_complete():
    assert set(SOIL.inputs[Period.SAMPLE]) <= set(SOIL.parameters)
    assert {check.parameter for check in SOIL.checks} <= set(SOIL.parameters)
    assert [LAND_USE.code(text) for text in ("水田", "旱地", "第二类用地", "林地")] == [0, 3, 5, -1]


@given(st.sampled_from(LAND), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_class_never_improves_when_a_content_rises(land, one, other):
    use, item = land
    low, high = judge(use, {item.parameter: sorted((one, other))}).klass.tolist()
    assert low <= high
