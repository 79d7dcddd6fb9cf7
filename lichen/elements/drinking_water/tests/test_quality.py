"""GB 5749-2022: items, disinfectants by stage, guide values, editions."""

from datetime import date

import numpy as np
import pytest

from lichen.elements.descriptor import Samples
from lichen.elements.drinking_water.element import DRINKING_WATER
from lichen.elements.drinking_water.quality import (
    CLASSES,
    DISINFECTANT,
    SHELF,
    STAGE,
    SUPPLY_SCALE,
    drinking_water,
    limits,
    limits_of,
    limits_of_point,
)
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period

EDITION = SHELF.edition("GB 5749-2022")
TABLE = limits_of(EDITION)
IN_FORCE = date(2023, 4, 1)
OPTIONS = {"stage": STAGE, "disinfectant": DISINFECTANT, "supply_scale": SUPPLY_SCALE}


def judge(columns, day=IN_FORCE, below=None, **options):
    n = len(next(iter(columns.values())))
    arrays = {slug: np.array(values, float) for slug, values in columns.items()}
    low = {slug: np.array(values) for slug, values in (below or {}).items()}
    said = {slug: np.full(n, OPTIONS[slug].code(text), np.int16) for slug, text in options.items()}
    return drinking_water(Samples(arrays, np.full(n, day_start_ms(day)), below=low, options=said))


def words(verdict):
    return [CLASSES[k].word if k >= 0 else "" for k in verdict.klass]


def notes(verdict):
    return [verdict.notes[note] for note in verdict.note]


def test_all_97_items_are_there():
    assert len(EDITION.table("table1")) == 39
    assert len(EDITION.table("table3")) == 54
    assert len({row["disinfectant"] for row in EDITION.table("table2")} - {"ozone_chlorine"}) == 4
    assert len(TABLE.items) == 93


@pytest.mark.parametrize(
    "item",
    [item for item in TABLE.items if item.direction == "max" and not item.parameter.startswith("gross_")],
    ids=lambda item: f"{item.clause} {item.parameter}",
)
def test_a_limit_is_attained_by_its_value_and_missed_just_above(item):
    bound = item.high[0]
    verdict = judge({item.parameter: [bound, bound + max(bound * 1e-6, 1e-9)]})
    assert words(verdict) == ["合格", "不合格"]
    assert verdict.exceeding[item.parameter].tolist() == [False, True]


@pytest.mark.parametrize(
    ("slug", "values", "expected"),
    [
        ("total_coliform", [0, 1], "合格 不合格"),
        ("total_bacteria", [100_000, 100_001], "合格 不合格"),  # 100 CFU/mL
        ("turbidity", [1.0, 1.01], "合格 不合格"),
        ("ph", [6.5, 8.5, 6.49, 8.51], "合格 合格 不合格 不合格"),
        ("cr6", [50, 50.1], "合格 不合格"),  # 0.05 mg/L
        ("tl", [100, 101], "合格 不合格"),  # 0.0001 mg/L in ng/L
        ("bap", [0.01, 0.0101], "合格 不合格"),  # 0.00001 mg/L in µg/L
        ("giardia", [0, 1], "合格 不合格"),  # table 3: <1 in 10 L
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_single_items(slug, values, expected):
    assert words(judge({slug: values})) == expected.split()


def test_nothing_detected_where_nothing_may_be():
    assert words(judge({"e_coli": [2]}, below={"e_coli": [True]})) == ["合格"]


@pytest.mark.parametrize(
    ("stage", "disinfectant", "slug", "values", "expected"),
    [
        # table 2: at most, and at least, leaving the works; at least in the network
        ("works", "free_chlorine", "free_chlorine", [0.3, 0.29, 2.0, 2.01], "合格 不合格 合格 不合格"),
        ("tap", "free_chlorine", "free_chlorine", [0.05, 0.04, 2.5], "合格 不合格 合格"),
        ("works", "chloramine", "total_chlorine", [0.5, 0.49, 3.0, 3.01], "合格 不合格 合格 不合格"),
        ("network", "chloramine", "total_chlorine", [0.05, 0.04], "合格 不合格"),
        ("works", "ozone", "water_ozone", [0.0, 0.3, 0.31], "合格 合格 不合格"),
        ("tap", "ozone", "water_ozone", [0.02, 0.01], "合格 不合格"),
        ("tap", "ozone_chlorine", "total_chlorine", [0.05, 0.04], "合格 不合格"),
        ("works", "chlorine_dioxide", "chlorine_dioxide", [0.1, 0.09, 0.8, 0.81], "合格 不合格 合格 不合格"),
        ("tap", "chlorine_dioxide", "chlorine_dioxide", [0.02, 0.01], "合格 不合格"),
        # nobody said which disinfectant: the one that was measured
        ("tap", "", "free_chlorine", [0.05, 0.04], "合格 不合格"),
    ],
)
def test_disinfectants(stage, disinfectant, slug, values, expected):
    verdict = judge({slug: values, "ph": [7.0] * len(values)}, stage=stage, disinfectant=disinfectant)
    assert words(verdict) == expected.split()


def test_several_disinfectants_without_a_method_are_judged_by_their_upper_limits():
    # A works that uses chlorine: total chlorine 0.4 would be too little for chloramine, but that is not used.
    measured = {"free_chlorine": [0.35, 2.1], "total_chlorine": [0.4, 2.2]}
    verdict = judge(measured, stage="works")
    assert words(verdict) == ["合格", "不合格"]
    assert "余量下限未评价" in notes(verdict)[0]
    assert words(judge(measured, stage="works", disinfectant="氯胺")) == ["不合格", "合格"]


def test_without_a_stage_disinfectants_are_not_judged():
    verdict = judge({"free_chlorine": [9.0], "ph": [7.0]})
    assert words(verdict) == ["合格"]
    assert notes(verdict) == ["未注明采样环节，消毒剂指标未评价"]
    assert notes(judge({"ph": [7.0]})) == [""]


def test_source_water_is_judged_elsewhere():
    verdict = judge({"ph": [7.0]}, stage="水源水")
    assert words(verdict) == [""]
    assert "GB 3838" in notes(verdict)[0]


def test_trihalomethanes_add_up():
    # table 1: 0.03/0.06 + 0.02/0.1 + 0.012/0.06 + 0.01/0.1 = 1.0, then 0.5 + 0.2 + 0.2 + 0.101
    four = {
        "water_chloroform": [0.03, 0.03], "water_dibromochloromethane": [0.02, 0.02],
        "water_bromodichloromethane": [0.012, 0.012], "water_bromoform": [0.01, 0.0101],
    }  # fmt: skip
    verdict = judge(four)
    assert words(verdict) == ["合格", "不合格"]
    assert verdict.multiples["thm_ratio"][1] == pytest.approx(0.001)
    assert "thm_ratio" not in judge({"water_chloroform": [0.03]}).sub


def test_guide_values_alone_make_no_verdict():
    verdict = judge({"gross_alpha": [0.5, 0.51, 0.51], "turbidity": [0.5, 0.5, 2.0]})
    assert words(verdict) == ["合格", "", "不合格"]
    assert notes(verdict)[0] == ""
    assert "核素分析" in notes(verdict)[1]
    assert verdict.exceeding["gross_alpha"].tolist() == [False, True, True]
    assert set(verdict.deciding) == {"turbidity"}


def test_small_supplies_have_relief():
    water = {"turbidity": [3.0, 3.1], "f": [1.2, 1.2], "nitrate": [20, 20], "total_bacteria": [500_000, 500_000]}
    assert words(judge(water, supply_scale="small")) == ["合格", "不合格"]
    assert words(judge(water)) == ["不合格", "不合格"]


def test_mixed_samples_are_judged_each_by_its_own_rule():
    codes = {"stage": np.array([STAGE.code(one) for one in ("source", "works", "tap")], np.int16)}
    chlorine = {"free_chlorine": np.array([0.0, 0.1, 0.1])}
    verdict = drinking_water(Samples(chlorine, np.full(3, day_start_ms(IN_FORCE)), options=codes))
    assert words(verdict) == ["", "不合格", "合格"]
    assert [verdict.edition[code] for code in verdict.edition_code] == ["GB 5749-2022"] * 3


def test_there_is_no_verdict_before_the_first_edition():
    verdict = judge({"turbidity": [0.5]}, date(2023, 3, 31))
    assert words(verdict) == [""]
    assert "GB 5749" in notes(verdict)[0]
    assert words(judge({"turbidity": [0.5]}, date(2023, 4, 1))) == ["合格"]
    assert limits(date(2023, 3, 31)) == ()
    assert len([line for line in limits(IN_FORCE) if line.parameter == "ph"]) == 2


def test_limit_lines_of_a_disinfectant_depend_on_the_point():
    works = {"stage": "出厂水", "disinfectant": "free_chlorine"}
    assert [(line.parameter, line.value) for line in limits_of_point(works, IN_FORCE)] == [
        ("free_chlorine", 0.3), ("free_chlorine", 2.0),
    ]  # fmt: skip
    assert [line.value for line in limits_of_point(works | {"stage": "tap"}, IN_FORCE)] == [0.05]
    assert limits_of_point(works, date(2023, 3, 31)) == ()
    assert limits_of_point({"stage": "tap"}, IN_FORCE) == limits_of_point(works | {"stage": "source"}, IN_FORCE) == ()


def test_the_descriptor_is_complete():
    assert set(DRINKING_WATER.inputs[Period.SAMPLE]) <= set(DRINKING_WATER.parameters)
    assert len(DRINKING_WATER.inputs[Period.SAMPLE]) == 97
    assert {check.parameter for check in DRINKING_WATER.checks} <= set(DRINKING_WATER.parameters)
