from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.elements.descriptor import Samples
from lichen.elements.surface_water.classify import (
    AUTO_ITEMS,
    CLASSES,
    MANUAL_ITEMS,
    RULES,
    SATURATION,
    TARGET,
    WATER_BODY,
    class_table,
    evaluated,
    single_factor,
    source_table,
)
from lichen.elements.surface_water.shelf import SHELF
from lichen.standards import UnknownEdition
from lichen.vocab.clock import day_start_ms

DAY = day_start_ms(date(2026, 1, 1))
EDITION = SHELF.edition("GB 3838-2002")
CLEAN = {"ph": 7.0, "do": 9.0, "codmn": 1.0, "nh3n": 0.1, "tp": 0.005}


def judge(day=DAY, edition=None, below=(), **given):
    """One sample; options by their words."""
    words = {option.slug: given.pop(option.slug) for option in (WATER_BODY, TARGET, RULES, SATURATION)
             if option.slug in given}  # fmt: skip
    options = {
        option.slug: np.array([option.code(words[option.slug])], np.int16)
        for option in (WATER_BODY, TARGET, RULES, SATURATION)
        if option.slug in words
    }
    columns = {slug: np.array([float(value)]) for slug, value in given.items()}
    marks = {slug: np.array([True]) for slug in below}
    return single_factor(Samples(columns, np.array([day]), edition, marks, options))


def word(verdict):
    return CLASSES[verdict.klass[0]].word if verdict.klass[0] >= 0 else ""


def note(verdict):
    return verdict.notes[verdict.note[0]]


def names(flags):
    return [slug for slug, column in flags.items() if column[0]]


ROWS = [(body, item) for body in ("river", "lake") for item in class_table(EDITION.id, body).items]


@pytest.mark.parametrize(("body", "item"), ROWS, ids=[f"{body} {item.clause} {item.parameter}" for body, item in ROWS])
def test_a_value_at_a_limit_of_table_1_attains_it_and_just_beyond_does_not(body, item):
    for k in range(len(CLASSES) - 1):
        bounds = {"max": [(item.high[k], 1)], "min": [(item.low[k], -1)],
                  "range": [(item.low[k], -1), (item.high[k], 1)]}[item.direction]  # fmt: skip
        for bound, outwards in bounds:
            at, beyond = item.classes(np.array([bound, bound * (1 + outwards * 1e-6)]))
            assert at <= k
            assert beyond > k


def test_all_109_items_are_there():
    # 24 with water temperature, which limits changes only and has no class; total phosphorus has two rows.
    assert len({row["parameter"] for row in EDITION.table("table1")}) == 23
    assert len(EDITION.table("table2")) == 5
    assert len(EDITION.table("table3")) == 80
    assert len(source_table(EDITION.id).items) == 85
    assert len(MANUAL_ITEMS) == 21
    assert AUTO_ITEMS == ("ph", "do", "codmn", "nh3n", "tp")


def test_limits_come_in_the_units_of_the_parameters():
    mercury = class_table(EDITION.id, "river").by_parameter["hg"]
    assert mercury.high == (0.05, 0.05, 0.1, 1.0, 1.0)  # ug/L; printed in mg/L
    assert source_table(EDITION.id).by_parameter["ddt"].high == (1000.0,)  # ng/L
    assert source_table(EDITION.id).by_parameter["bap"].high == (0.0028,)  # ug/L


def test_values_are_judged_before_rounding_by_the_automatic_rules():
    # 2.0036 mg/L is published as 2.00 and class II.
    assert word(judge(**CLEAN | {"codmn": 2.0036})) == "Ⅱ"
    assert word(judge(**CLEAN | {"codmn": 2.0})) == "Ⅰ"
    assert word(judge(**CLEAN | {"codmn": 2.0036}, rules="manual")) == "Ⅰ"


def test_lakes_have_their_own_phosphorus():
    assert word(judge(**CLEAN | {"tp": 0.06})) == "Ⅱ"
    assert word(judge(**CLEAN | {"tp": 0.06}, water_body="湖库")) == "Ⅳ"
    assert word(judge(**CLEAN | {"tp": 0.06}, water_body="水库")) == "Ⅳ"


def test_ph_outside_its_range_is_worse_than_v():
    verdict = judge(**CLEAN | {"ph": 9.01})
    assert word(verdict) == "劣Ⅴ"
    assert names(verdict.deciding) == ["ph"]
    assert "ph" not in verdict.multiples or np.isnan(verdict.multiples["ph"][0])


def test_total_nitrogen_and_coliforms_never_count():
    verdict = judge(**CLEAN, tn=10, fecal_coliform=1e6, water_body="lake", rules="manual")
    assert word(verdict) == "Ⅰ"
    assert (verdict.sub["tn"][0], verdict.sub["fecal_coliform"][0]) == (5, 5)
    assert "tn" not in judge(**CLEAN, tn=10).sub  # rivers have no limit


def test_other_items_count_by_the_manual_rules_only():
    assert word(judge(**CLEAN, cod=35)) == "Ⅰ"
    verdict = judge(**CLEAN, cod=35, rules="manual")
    assert word(verdict) == "Ⅴ"
    assert names(verdict.exceeding) == ["cod"]
    assert verdict.multiples["cod"][0] == pytest.approx(0.75)  # (35 - 20) / 20
    assert note(verdict) == "按21项中有数据的6项评价"


def test_the_target_class_is_what_exceeding_counts_from():
    same = CLEAN | {"nh3n": 0.75}
    assert not names(judge(**same).exceeding)
    verdict = judge(**same, target="II")
    assert names(verdict.exceeding) == ["nh3n"]
    assert verdict.multiples["nh3n"][0] == pytest.approx(0.5)
    assert word(verdict) == "Ⅲ"


def test_missing_items_are_named_and_the_others_judged():
    verdict = judge(**{slug: value for slug, value in CLEAN.items() if slug != "tp"})
    assert word(verdict) == "Ⅰ"
    assert note(verdict) == "总磷缺测"
    assert note(judge(ph=np.nan, do=np.nan)) == "5项均缺测，未评价"
    assert note(judge(cod=10)) == "5项均缺测，未评价"


def test_a_negative_value_counts_as_missing():
    verdict = judge(**CLEAN | {"nh3n": -0.01})
    assert word(verdict) == "Ⅰ"
    assert note(verdict) == "氨氮为负，按缺测处理"


def test_half_the_detection_limit_stands_for_what_is_below_it():
    assert word(judge(**CLEAN | {"tp": 0.03})) == "Ⅱ"
    assert word(judge(**CLEAN | {"tp": 0.03}, below=["tp"])) == "Ⅰ"


def test_saturation_makes_class_i_only_when_asked():
    # 468 / (31.6 + 25) = 8.27; 90 % is 7.44, above the 7.0 measured; at 30 °C it is 6.84.
    oxygen = CLEAN | {"do": 7.0}
    assert word(judge(**oxygen, water_temperature=30)) == "Ⅱ"
    assert word(judge(**oxygen, water_temperature=30, do_saturation="yes")) == "Ⅰ"
    assert word(judge(**oxygen, water_temperature=25, do_saturation="yes")) == "Ⅱ"
    assert note(judge(**oxygen, do_saturation="是")) == "缺水温，溶解氧未按饱和率评价"


def test_sources_are_judged_by_tables_2_and_3_beside_the_class():
    verdict = judge(**CLEAN, sulfate=300, water_benzene=0.01, mn=0.2, rules="source")
    assert word(verdict) == "Ⅰ"
    assert names(verdict.exceeding) == ["sulfate", "mn"]
    assert verdict.multiples["sulfate"][0] == pytest.approx(0.2)
    assert note(verdict) == "按21项中有数据的5项评价；硫酸盐超过表2、表3限值；锰超过表2、表3限值"


def test_a_type_or_rules_that_nobody_knows_give_no_verdict():
    assert note(judge(**CLEAN, water_body="海")) == "水体类型不明（河流或湖库），未评价"
    assert note(judge(**CLEAN, rules="?")) == "评价规则不明，未评价"
    unknown = judge(**CLEAN | {"nh3n": 3.0}, target="?")
    assert word(unknown) == "劣Ⅴ"
    assert not names(unknown.exceeding)


def test_the_standard_is_in_force_from_its_first_day():
    before, after = day_start_ms(date(2002, 6, 1)) - 1, day_start_ms(date(2002, 6, 1))
    early = judge(day=before, **CLEAN)
    assert (word(early), early.edition[early.edition_code[0]]) == ("", "")
    assert note(early) == "采样日没有现行有效的 GB 3838，未评价；可指定版本"
    late = judge(day=after, **CLEAN)
    assert (word(late), late.edition[late.edition_code[0]]) == ("Ⅰ", "GB 3838-2002")
    assert word(judge(day=before, edition="2002", **CLEAN)) == "Ⅰ"
    with pytest.raises(UnknownEdition, match="GB 3838-2002"):
        judge(edition="1988", **CLEAN)


@pytest.mark.parametrize(
    ("slug", "value", "rounded"),
    [("ph", 6.5, 6), ("do", 7.45, 7.4), ("codmn", 6.05, 6.0), ("nh3n", 0.005, 0.005), ("nh3n", 0.015, 0.02),
     ("tp", 0.0005, 0.0005), ("tp", 0.0125, 0.012), ("hg", 0.045, 0.04), ("cr6", 0.4, 0.4), ("cr6", 4.5, 4.0)],
)  # fmt: skip
def test_decimals_of_the_manual_rules(slug, value, rounded):
    assert evaluated(slug, np.array([value])).tolist() == [rounded]


def test_samples_of_different_kinds_are_judged_together():
    n = 6
    columns = {slug: np.full(n, value) for slug, value in (CLEAN | {"tp": 0.06, "cod": 35}).items()}
    options = {"water_body": np.array([0, 1, 0, 1, -1, 0], np.int16), "rules": np.array([0, 0, 1, 1, 0, 2], np.int16)}
    verdict = single_factor(Samples(columns, np.full(n, DAY), options=options))
    assert [CLASSES[k].word if k >= 0 else "" for k in verdict.klass] == ["Ⅱ", "Ⅳ", "Ⅴ", "Ⅴ", "", "Ⅴ"]
    assert verdict.deciding["tp"].tolist() == [True, True, False, False, False, False]
    assert verdict.deciding["cod"].tolist() == [False, False, True, True, False, True]
    assert np.isnan(verdict.sub["cod"]).tolist() == [True, True, False, False, True, False]


def test_no_samples_are_no_trouble():
    empty = single_factor(Samples({slug: np.array([]) for slug in AUTO_ITEMS}, np.array([], np.int64)))
    assert len(empty.klass) == 0


amounts = st.floats(0, 50, allow_nan=False)


@settings(deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(CLEAN, amounts)), st.sampled_from(["codmn", "nh3n", "tp"]), amounts)
def test_a_class_never_improves_when_a_concentration_rises(sample, slug, more):
    worse = sample | {slug: sample[slug] + more}
    assert judge(**worse).klass[0] >= judge(**sample).klass[0]


@settings(deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(CLEAN, amounts)))
def test_a_lake_is_never_better_than_a_river_of_the_same_water(sample):
    assert judge(**sample, water_body="lake").klass[0] >= judge(**sample).klass[0]
