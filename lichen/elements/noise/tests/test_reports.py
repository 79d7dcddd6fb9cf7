from datetime import date

import numpy as np
import pytest

from lichen.elements.descriptor import Site, Survey
from lichen.elements.noise.reports import regional, road, zone_compliance
from lichen.vocab.clock import HOUR_MS, day_start_ms
from lichen.vocab.periods import Period

DAY = day_start_ms(date(2026, 5, 6))


def survey(sites, period, time, **columns):
    return Survey(tuple(sites), period, np.array(time), {slug: np.array(c) for slug, c in columns.items()}, {},
                  np.full((len(sites), len(time)), -1, np.int8))  # fmt: skip


def test_a_zone_that_changed_counts_where_it_was_on_the_day():
    site = Site("a", "甲", "a", "functional_zone", {"zone": [{"value": "1"}, {"from": "2026-05-07", "value": "4a"}]})
    table = zone_compliance(survey([site], Period.DAY, [DAY, DAY + 24 * HOUR_MS], ld=[[60.0, 60.0]], ln=[[50, np.nan]]))
    assert table.rows == (
        ("1类", 1, 0, 0.0, 1, 0, 0.0),
        ("4a类", 1, 1, 100.0, 0, 0, None),
        ("合计", 2, 1, 50.0, 1, 0, 0.0),
    )


def test_results_without_a_zone_are_left_out_and_counted():
    site = Site("a", "甲", "a", "functional_zone")
    table = zone_compliance(survey([site], Period.DAY, [DAY], ld=[[60.0]], ln=[[50.0]]))
    assert table.rows == (("合计", 0, 0, None, 0, 0, None),)
    assert table.notes == ("2个结果没有登记功能区类别，或当日没有限值，未计入",)


@pytest.mark.parametrize(
    ("levels", "mean", "grade"),
    [
        ([50.0, 50.0], 50.0, "好"), ([50.0, 50.2], 50.1, "较好"), ([54.9, 55.1], 55.0, "较好"),
        ([60.0, 60.0], 60.0, "一般"), ([60.1, 60.1], 60.1, "较差"), ([65.0, 65.0], 65.0, "较差"),
        ([65.1, 65.1], 65.1, "差"),
    ],
)  # fmt: skip
def test_regional_grades_of_the_day(levels, mean, grade):  # HJ 640-2012
    sites = [Site(str(n), "", "", "regional") for n in range(len(levels))]
    (row,) = regional(survey(sites, Period.SAMPLE, [DAY + 10 * HOUR_MS], leq=[[one] for one in levels])).rows
    assert (row[2], row[4]) == (mean, grade)


def test_regional_shares_and_night():
    sites = [Site(str(n), "", "", "regional") for n in range(4)] + [Site("other", "", "", "road")]
    time = [DAY + 10 * HOUR_MS, DAY + 11 * HOUR_MS, DAY + 23 * HOUR_MS]
    nan = np.nan
    leq = [[48, nan, 45.0], [52, 53, nan], [57, nan, 40.0], [nan, nan, nan], [80, 80, 80]]
    day, night = regional(survey(sites, Period.SAMPLE, time, leq=leq)).rows
    assert day == ("昼间", 3, 52.7, "2级", "较好", 33.3, 33.3, 33.3, 0.0, 0.0)  # 48, 53 (the last), 57
    assert night == ("夜间", 2, 42.5, "2级", "较好", 50.0, 50.0, 0.0, 0.0, 0.0)


def test_a_road_without_length_is_left_out_and_named():
    sites = [Site("a", "甲路", "a", "road", {"length_m": 100}), Site("b", "乙路", "b", "road", {"length_m": "?"})]
    table = road(survey(sites, Period.SAMPLE, [DAY + 10 * HOUR_MS], leq=[[68.0], [90.0]]))
    assert table.rows == (("昼间", 1, 100.0, 68.0, "1级", "好", 0.0),)
    assert table.notes == ("未登记路段长度，未计入：乙路",)


@pytest.mark.parametrize("make", [zone_compliance, regional, road])
def test_no_site_of_the_kind_is_said(make):
    with pytest.raises(ValueError, match="所选点位中没有"):
        make(survey([Site("a", "", "", "boundary")], Period.DAY, [DAY], ld=[[60.0]]))
