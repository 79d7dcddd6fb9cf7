"""Sea areas: shares by area, state, main factors."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import Site, Survey
from lichen.elements.sea.areas import class_shares, points, state
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period

NAN = np.nan


def survey(areas, **columns):
    sites = tuple(
        Site(str(i), f"{i}号", f"no. {i}", "national", {} if area is None else {"area": area})
        for i, area in enumerate(areas, start=1)
    )
    arrays = {slug: np.array(values, float)[:, None] for slug, values in columns.items()}
    klass = np.zeros((len(sites), 1), np.int8)
    return Survey(sites, Period.SAMPLE, np.array([day_start_ms(date(2026, 5, 1))]), arrays, {}, klass)


NITROGEN = [0.1, 0.3, 0.6, NAN]
PHOSPHATE = [0.01, 0.01, 0.05, NAN]


def test_classes_are_weighted_by_area():
    table = class_shares(survey([60, 30, 10, 5], inorganic_nitrogen=NITROGEN, active_phosphate=PHOSPHATE))
    assert table.rows == (
        ("一类", 1, 60, pytest.approx(60)), ("二类", 1, 30, pytest.approx(30)), ("三类", 0, 0, 0), ("四类", 0, 0, 0),
        ("劣四类", 1, 10, pytest.approx(10)), ("优良（一、二类）", None, 90, pytest.approx(90)),
        ("水质状况：优", None, None, None),
        ("主要超标因子：无机氮", None, None, pytest.approx(10)),
        ("主要超标因子：活性磷酸盐", None, None, pytest.approx(10)),
    )  # fmt: skip
    assert table.notes == ("未评价的点位：4号。",)
    assert table.status == "memory"


def test_without_areas_points_count_and_the_table_says_so():
    table = class_shares(survey([None] * 4, inorganic_nitrogen=NITROGEN))
    assert table.rows[0][3] == pytest.approx(100 / 3)
    assert "按点位数" in table.notes[0]
    some = class_shares(survey([60, None, None, None], inorganic_nitrogen=NITROGEN))
    assert some.rows[0][3] == 100
    assert "2号、3号" in some.notes[0]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        # HJ 442.10-2020 (memory): classes 1, 2, 3, 4, worse than 4
        ([60, 30, 10, 0, 0], "优"), ([59.9, 30.1, 10, 0, 0], "良好"), ([80, 9.9, 10.1, 0, 0], "良好"),
        ([0, 80, 0, 0, 20], "良好"), ([0, 79.9, 0.1, 0, 20], "一般"), ([60, 0, 10, 0, 30], "一般"),
        ([60, 0, 9, 0, 31], "差"), ([59.9, 0, 40.1, 0, 0], "差"), ([0, 0, 60, 0, 40], "差"),
        ([59, 0, 0, 0, 41], "极差"),
    ],
)  # fmt: skip
def test_the_state_of_an_area(shares, expected):
    assert state(np.array(shares, float)) == expected


@given(st.lists(st.floats(0.01, 100), min_size=5, max_size=5))
def test_the_state_does_not_improve_when_area_moves_from_best_to_worst(parts):
    words = ["优", "良好", "一般", "差", "极差"]
    shares = np.array(parts) / sum(parts) * 100
    moved = shares + shares[0] * np.array([-0.5, 0, 0, 0, 0.5])
    assert words.index(state(moved)) >= words.index(state(shares))


def test_points_show_what_decides_them():
    rows = points(survey([60, 30, 10, 5], inorganic_nitrogen=NITROGEN, active_phosphate=PHOSPHATE)).rows
    # 0.6 / 0.3 - 1 = 1.0 and 0.05 / 0.03 - 1 = 0.67 times above class 2
    assert rows[2] == ("3号", 10, "劣四类", "无机氮(1.0)、活性磷酸盐(0.7)", "无机氮(1.0)、活性磷酸盐(0.7)")
    assert len(rows) == 3


def test_reports_say_what_they_cannot_do():
    with pytest.raises(ValueError, match="登记点位"):
        class_shares(survey([]))
    with pytest.raises(ValueError, match="没有一个点位可以评价"):
        class_shares(survey([1], inorganic_nitrogen=[NAN]))
    with pytest.raises(ValueError, match="不是数值"):
        class_shares(survey(["很大"], inorganic_nitrogen=[0.1]))
    with pytest.raises(ValueError, match="100 %"):
        state(np.array([1.0, 0, 0, 0, 0]))
