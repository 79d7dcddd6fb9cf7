from datetime import date

import numpy as np
import pytest

from lichen.elements.descriptor import Samples
from lichen.elements.surface_water import black_odorous, ranking
from lichen.elements.surface_water.area import against_class_iii, evaluate_area, main_pollutants, state_of_shares
from lichen.elements.surface_water.classify import CLASSES, RULES
from lichen.vocab.clock import day_start_ms

DAY = day_start_ms(date(2026, 1, 1))


def sections(rules="manual", **columns):
    n = len(next(iter(columns.values())))
    options = {"rules": np.full(n, RULES.code(rules), np.int16)}
    return Samples({slug: np.array(c, float) for slug, c in columns.items()}, np.full(n, DAY), options=options)


def pollutants(**values):
    samples = sections(**{slug: [value] for slug, value in values.items()})
    return [str(one) for one in main_pollutants(against_class_iii(samples), 0)]


def test_none_where_the_section_is_good():
    assert pollutants(codmn=6.0, nh3n=1.0) == []


def test_the_worst_three_by_class_then_by_times_exceeded():
    # codmn 12: V, 1.0 times; nh3n 1.8: V, 0.8; tp 0.29: IV, 0.45 (prints 0.4); cod 25: IV, 0.25
    assert pollutants(codmn=12, nh3n=1.8, tp=0.29, cod=25) == ["高锰酸盐指数(1.0)", "氨氮(0.8)", "总磷(0.4)"]


def test_oxygen_and_ph_have_no_times():
    assert pollutants(do=2.5, ph=9.6) == ["pH", "溶解氧"]


def test_cyanide_and_heavy_metals_go_first():
    assert pollutants(codmn=30, nh3n=5, tp=2, pb=0.06) == ["铅(0.2)", "总磷(9.0)", "高锰酸盐指数(4.0)"]


@pytest.mark.parametrize(
    ("good", "worse", "state"),
    [(90, 10, "优"), (89.9, 0, "良好"), (75, 25, "良好"), (74.9, 19.9, "轻度污染"), (74.9, 20, "中度污染"),
     (60, 39.9, "中度污染"), (60, 40, "重度污染")],
)  # fmt: skip
def test_shares_at_their_bounds(good, worse, state):
    assert state_of_shares(good, worse) == state


def test_with_fewer_than_five_sections_the_mean_decides():
    # The mean of 0.2, 0.2, 0.2 and 3.0 is 0.9: class III, though one section is worse than V.
    area = evaluate_area(sections(nh3n=[0.2, 0.2, 0.2, 3.0]))
    assert (area.sections, area.state, CLASSES[area.klass].word) == (4, "良好", "Ⅲ")
    assert area.counts == (0, 3, 0, 0, 0, 1)


def test_with_five_the_shares_decide():
    area = evaluate_area(sections(nh3n=[0.2, 0.2, 0.2, 3.0, 1.4], tp=[0.1, 0.1, 0.1, 0.1, 0.25]))
    assert (area.good, area.worse, area.state, area.klass) == (60, 20, "中度污染", -1)
    assert [str(one) for one in area.pollutants] == ["氨氮(40.0%)", "总磷(20.0%)"]


def test_rivers_and_lakes_have_no_mean_in_common():
    samples = sections(nh3n=[0.2, 3.0])
    samples.options["water_body"] = np.array([0, 1], np.int16)
    area = evaluate_area(samples)
    assert (area.klass, area.state) == (-1, "重度污染")


def test_sections_without_a_class_do_not_count():
    area = evaluate_area(sections(nh3n=[0.2, np.nan]), np.array([0, 1]))
    assert (area.sections, area.state) == (1, "优")
    assert evaluate_area(sections(nh3n=[np.nan])).state == ""


def test_the_mean_of_ph_is_that_of_hydrogen_ions():
    # 5.5 and 9: arithmetic 7.25 and class I; the ions give 5.8, below the range.
    area = evaluate_area(sections(rules="auto", ph=[5.5, 9.0]))
    assert area.state == "重度污染"


def test_the_city_index_by_hand():
    river = {"ph": 6.5, "do": 4.0, "codmn": 3.0, "tp": 0.1}
    # pH 7 - 6.5; oxygen 5/4; 3/6; 0.1/0.2
    assert ranking.item_indices(river, "river") == {"ph": 0.5, "do": 1.25, "codmn": 0.5, "tp": 0.5}
    assert ranking.item_indices({"tp": 0.1}, "lake") == {"tp": 2.0}
    assert ranking.cwqi(river, {"tp": 0.1}, 3, 1) == pytest.approx((3 * 2.75 + 1 * 2.0) / 4)
    assert np.isnan(ranking.cwqi({}, {}, 0, 0))
    assert len(ranking.ITEMS) == 21


def test_black_and_odorous_at_the_bounds():
    grade = black_odorous.grade
    assert grade({"transparency": np.array([25.0, 24, 10, 9])}).tolist() == [0, 1, 1, 2]
    assert grade({"redox_potential": np.array([50.0, 49, -200, -201])}).tolist() == [0, 1, 1, 2]
    assert grade({"nh3n": np.array([8.0, 8.1, 15, 15.1])}).tolist() == [0, 1, 1, 2]
    assert grade({"do": np.array([2.0, 1.9, 0.2, 0.1])}).tolist() == [0, 1, 1, 2]
