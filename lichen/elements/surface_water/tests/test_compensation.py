"""Published results of compensation schemes. Each table says where it is from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.elements.surface_water.compensation import (
    Case,
    StepScheme,
    deductions,
    load_money,
    tianjin_money,
    tianjin_ranks,
    times_exceeded,
)
from lichen.elements.surface_water.shelf import SHELF
from lichen.standards import TableError
from lichen.standards.edition import load_edition

# District: ranks by composite index, by change, by ratio → final rank. Monthly notices of Tianjin.
NOVEMBER_2021 = """宝坻 4 1 3 1;滨海 2 5 2 2;宁河 5 4 1 3;静海 1 3 7 4;蓟州 3 2 6 5;武清 7 6 10 6;东丽 8 7 8 7;
北辰 12 10 5 8;红桥 6 9 14 9;和平 9 11 9 10;西青 10 8 16 11;河东 15 15 4 12;南开 11 13 12 13;津南 13 12 13 14;
河西 14 14 11 15;河北 16 16 15 16"""
AUGUST_2021 = """滨海 2 4 1 1;静海 1 2 7 2;蓟州 3 5 5 3;宁河 6 1 10 4;宝坻 4 10 4 5;北辰 9 6 3 6;津南 7 7 9 7;
西青 5 3 16 8;河东 12 11 2 9;武清 8 8 13 10;和平 10 12 8 11;东丽 11 9 12 12;河西 13 15 6 13;南开 15 14 11 14;
河北 14 13 14 15;红桥 16 16 15 16"""
MONEY = [140, 120, 100, 80, 60, 40, 20, 0, 0, -20, -40, -60, -80, -100, -120, -140]


@pytest.mark.parametrize("table", [NOVEMBER_2021, AUGUST_2021], ids=["November 2021", "August 2021"])
def test_the_published_ranks_of_tianjin(table):
    rows = [one.split() for one in table.replace("\n", "").split(";")]
    composite, change, ratio, final = (np.array([int(row[k]) for row in rows]) for k in (1, 2, 3, 4))
    assert tianjin_ranks(composite, change, ratio).tolist() == final.tolist()


def test_the_published_money_of_tianjin():
    assert tianjin_money(np.arange(1, 17)).tolist() == MONEY
    assert sum(MONEY) == 0
    with pytest.raises(ValueError, match="16 districts"):
        tianjin_money([17])


@settings(deadline=None)
@given(st.permutations(range(1, 17)), st.permutations(range(1, 17)), st.permutations(range(1, 17)))
def test_every_final_rank_is_given_once(composite, change, ratio):
    assert sorted(tianjin_ranks(composite, change, ratio).tolist()) == list(range(1, 17))


@pytest.mark.parametrize(
    ("times", "money"), [(0, 0), (0.01, 10), (0.5, 10), (0.51, 50), (1.0, 50), (2.0, 100), (2.01, 150)]
)
def test_steps_of_hebei_2009(times, money):
    assert StepScheme(SHELF.edition("河北-2009")).money("cod", times).item() == money


@pytest.mark.parametrize(
    ("times", "money"),
    [(0.1, 0), (0.2, 10 * 1.2), (0.5, 15), (0.6, 25 * 1.6), (1.2, 50 * 2.2), (1.8, 100 * 2.8), (3.0, 200 * 4)],
)
def test_steps_of_zhoukou(times, money):
    assert StepScheme(SHELF.edition("周口")).money("nh3n", times).item() == pytest.approx(money)


def test_inlets_of_zhoukou():
    assert StepScheme(SHELF.edition("周口")).money("cod", 0.4, "inlet").item() == pytest.approx(15 * 1.4)


def test_binary_dust_does_not_lift_a_step():
    # (1.1 - 1) / 1 is 0.10000000000000009
    assert StepScheme(SHELF.edition("周口")).money("nh3n", times_exceeded(1.1, 1.0)).item() == 0


def test_sichuan_asks_for_base_sums():
    sichuan = SHELF.edition("四川-2011")
    with pytest.raises(ValueError, match="base_sums"):
        StepScheme(sichuan).money("tp", 0.5)
    assert StepScheme(sichuan, {"tp": 40.0}).money("tp", [0.5, 0.0]).tolist() == [20.0, 0.0]
    with pytest.raises(ValueError, match="does not judge cod"):
        StepScheme(sichuan).money("cod", 0.5)


def test_a_form_that_nobody_knows_is_refused(tmp_path):
    head = "parameter,water,above,up_to,form,money,clause,status\n"
    (tmp_path / "steps.csv").write_text(head + "cod,section,0,,squared,1,1,proposal\n", encoding="utf-8")
    (tmp_path / "about.toml").write_text(
        'id = "toy"\nnumber = "toy"\ntitle_zh = "甲"\ntitle_en = "toy"\neffective = 2026-01-01\nsource = "ours"\n'
        'status = "proposal"\n', encoding="utf-8",
    )  # fmt: skip
    with pytest.raises(TableError, match="squared"):
        StepScheme(load_edition(tmp_path))


def test_exemptions_say_why():
    def case(value, inflow=None, exempt=""):
        return Case("甲断面", "cod", value, 40.0, "上游", "下游", inflow, exempt)

    found = deductions(
        StepScheme(SHELF.edition("河北-2009")),
        [case(60), case(60, inflow=65), case(60, inflow=50), case(60, exempt="断流"), case(np.nan), case(30)],
    )
    assert [one.money for one in found] == [10, 0, 10, 0, 0, 0]
    assert [one.note for one in found] == ["", "污染物未增加，不扣缴", "", "断流", "缺测，未计", ""]


def test_money_by_load():
    assert load_money([25.0, 20.0, np.nan], 20.0, 2e6, 0.5)[:2].tolist() == [5.0, 0.0]  # 5 mg/L × 2e6 m³ = 10 t
