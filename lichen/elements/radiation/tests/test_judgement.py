from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import Samples, Site, Survey
from lichen.elements.radiation.baseline import after_rain, baseline, is_rain_rise
from lichen.elements.radiation.element import RADIATION
from lichen.elements.radiation.judgement import CLASSES, evaluate, limits_of_point
from lichen.elements.radiation.reports import statement
from lichen.elements.radiation.shelf import SHELF
from lichen.standards import UnknownEdition
from lichen.vocab.clock import HOUR_MS, day_start_ms
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period

STATION = {"gamma_baseline": 80.0, "gamma_spread": 2.0, "gamma_reference_high": 120.0, "gamma_reference_low": 60.0}


def judge(on=date(2026, 5, 1), options=None, below=(), edition=None, **columns):
    verdict = evaluate(
        Samples(
            {slug: np.array([value]) for slug, value in columns.items()}, np.array([day_start_ms(on)]), edition,
            {slug: np.array([True]) for slug in below},
            {slug: np.array([value]) for slug, value in (options or {}).items()},
        )
    )  # fmt: skip
    word = CLASSES[verdict.klass[0]].word if verdict.klass[0] >= 0 else None
    return word, verdict.notes[verdict.note[0]]


@pytest.mark.parametrize(
    ("dose", "rain", "expected"),
    [
        (59.0, 0, "正常"), (80.0, 0, "正常"), (86.0, 0, "正常"), (86.1, 0, "偏高"), (86.1, 1, "降水升高"),
        (111.9, 1, "降水升高"), (112.0, 1, "偏高"), (120.1, 0, "偏高"), (180.0, 0, "偏高"), (180.1, 0, "异常"),
        (180.1, 5, "异常"),
    ],
)  # fmt: skip
def test_each_rule_at_its_bound(dose, rain, expected):
    assert judge(options=STATION, gamma_dose_rate=dose, precipitation=float(rain))[0] == expected


def test_the_note_names_the_rules_that_fired():
    _, note = judge(options=STATION | {"gamma_ceiling": 150.0}, gamma_dose_rate=200.0)
    assert note == "高于当地参考范围上限；高于本底中位数加k倍稳健标准差；高于本底中位数加调查水平；高于报警上限"


def test_limit_lines_of_a_point_follow_what_is_registered():
    by_season = {"gamma_baseline": [{"value": 80}, {"from": "2026-06-01", "value": "90"}], "gamma_rise": "?"}
    assert limits_of_point({}, date(2026, 5, 1)) == ()
    assert limits_of_point(by_season, date(2026, 5, 1)) == ()
    by_season["gamma_spread"] = 2
    for on, value in ((date(2026, 5, 31), 86.0), (date(2026, 6, 1), 96.0)):
        assert [line.value for line in limits_of_point(by_season, on)] == [value, value]


def test_a_low_reading_is_a_question_about_the_instrument():
    assert judge(options=STATION, gamma_dose_rate=50.0) == ("正常", "低于参考范围下限，不属辐射升高，请检查仪器")


def test_rules_can_be_set_and_are_off_without_their_number():
    assert judge(options={"gamma_baseline": 80.0, "gamma_rise": 20.0}, gamma_dose_rate=100.1)[0] == "异常"
    assert judge(options={"gamma_baseline": 80.0}, gamma_dose_rate=130.0)[0] == "正常"
    assert judge(options={"gamma_ceiling": 100.0}, gamma_dose_rate=101.0)[0] == "异常"
    assert judge(options={"gamma_reference_high": 100.0}, gamma_dose_rate=100.0) == ("正常", "")
    assert judge(gamma_dose_rate=80.0) == (None, "未登记本底或参考范围，γ剂量率未评价")
    assert judge(options=STATION, gamma_dose_rate=np.nan) == (None, "各项均缺测，未评价")
    assert judge(options=STATION, gamma_dose_rate=-1.0)[1] == "有数值超出仪器的测量范围，按缺测计"


@pytest.mark.parametrize(
    ("columns", "below", "expected"),
    [
        ({"gross_alpha": 0.5, "gross_beta": 1.0}, (), "正常"), ({"gross_alpha": 0.51}, (), "偏高"),
        ({"gross_beta": 1.01}, (), "偏高"), ({"gross_alpha": 0.9}, ("gross_alpha",), "正常"),
    ],
)  # fmt: skip
def test_gross_activity_of_drinking_water(columns, below, expected):  # GB 5749-2022, items 38 and 39
    assert judge(below=below, **columns)[0] == expected


def test_gross_activity_before_and_from_the_first_edition():
    assert judge(date(2023, 3, 31), gross_alpha=0.1) == (None, "当日没有现行有效的 GB 5749，总放射性未评价")
    assert judge(date(2023, 4, 1), gross_alpha=0.1) == ("正常", "")
    assert judge(date(2023, 3, 31), gross_alpha=0.1, edition="GB 5749-2022") == ("正常", "")
    with pytest.raises(UnknownEdition):
        judge(gross_alpha=0.1, edition="Order 449-2019")


@given(st.floats(20, 300), st.floats(0, 100), st.floats(0, 3))
def test_more_is_never_better(dose, more, rain):
    words = [one.word for one in CLASSES]
    less = words.index(judge(options=STATION, gamma_dose_rate=dose, precipitation=rain)[0])
    assert words.index(judge(options=STATION, gamma_dose_rate=dose + more, precipitation=rain)[0]) >= less


def test_a_baseline_of_a_month_leaves_out_rain():
    rng = np.random.default_rng(4)
    hours = 24 * 45
    rain = np.zeros(hours)
    rain[::97] = 2.0
    dose = rng.normal(80.0, 2.0, hours) + 25.0 * after_rain(rain)
    found = baseline(dose, rain)
    assert found.median == pytest.approx(80.0, abs=0.3)
    assert found.spread == pytest.approx(2.0, abs=0.3)
    assert found.hours == int((~after_rain(rain)).sum())
    with pytest.raises(ValueError, match="720 rain-free hours; there are 100"):
        baseline(dose[:100], np.zeros(100))


def test_what_is_no_rain():
    rain = np.array([0.0, 3, 0, 0, 0, 0, 0])
    fits = [80.0, 90, 95, 85, 81, 80, 80]
    assert is_rain_rise(fits, rain, 80.0, 1.0).tolist() == [False, True, True, True, True, False, False]
    stays = [80.0, 90, 95, 95, 95, 95, 95]
    assert is_rain_rise(stays, rain, 80.0, 1.0).tolist() == [False, True, True, False, False, False, False]
    assert not is_rain_rise(fits, np.zeros(7), 80.0).any()
    assert not is_rain_rise([80.0, 112.0, 80], [0, 9.0, 0], 80.0)[1]  # 40 % of the background
    assert not is_rain_rise([80.0, np.nan, 80], [0, 9.0, 0], 80.0).any()


def test_a_statement_looks_back_for_rain():
    columns = {
        "gamma_dose_rate": np.array([[80.0, 100, 104, 87, 81], np.full(5, np.nan)]),
        "precipitation": np.array([[0.0, 6, 0, 0, 0]] * 2),
    }
    site = Site("s", "甲站", "", "gamma_station", STATION)
    other = Site("t", "乙站", "", "gamma_station")
    survey = Survey((site, other), Period.HOUR, HOUR_MS * np.arange(5), columns, {}, np.zeros((2, 5), np.int8))
    table = statement(survey)
    ((*_, word, rained, sentence),) = table.rows
    assert (word, rained) == ("降水升高", 3.0)
    assert sentence.endswith("受降水影响有所升高，未见异常。")
    assert table.notes[1] == "没有数据，未列入：乙站"


def test_a_statement_needs_dose_rates():
    survey = Survey((), Period.DAY, np.array([0]), {}, {}, np.zeros((0, 1), np.int8))
    with pytest.raises(ValueError, match="没有γ剂量率数据"):
        statement(survey)


def test_the_descriptor_is_whole():
    assert set(RADIATION.inputs) == set(RADIATION.evaluators)
    for slugs in RADIATION.inputs.values():
        assert set(slugs) <= set(RADIATION.parameters) <= set(PARAMETERS)
    assert PARAMETERS["gamma_dose_rate"].unit == "nGy/h"
    assert {PARAMETERS[slug].unit for slug in ("gross_alpha", "gross_beta")} == {"Bq/L"}
    assert {check.parameter for check in RADIATION.checks} == set(RADIATION.parameters)
    assert len(RADIATION.aggregations(date(2026, 1, 1))) == 4


@pytest.mark.parametrize("table", [t for edition in SHELF.editions for t in edition.tables.values()],
                         ids=lambda t: f"{t.edition} {t.name}")  # fmt: skip
def test_every_row_names_its_clause_and_how_sure_it_is(table):
    assert len(table)  # loading has checked that each row has both
