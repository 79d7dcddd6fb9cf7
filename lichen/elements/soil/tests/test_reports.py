"""Tables over plots, and surveys of one plot over years."""

from datetime import date

import numpy as np
import pytest

from lichen.elements.descriptor import Site, Survey
from lichen.elements.soil.reports import accumulation, items, plots, repeats
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period

NAN = np.nan
DAYS = (date(2019, 5, 1), date(2022, 5, 1), date(2025, 5, 1))


def site(name, **attributes):
    return Site(name, name, name, "farmland", attributes)


SITES = (
    site("甲田", land_use="paddy", background="四川省"),
    site("乙地", land_use="other", background="sichuan", risk_scale="heze_2022"),
    site("丙地"),
)


def survey(sites=SITES, below=None, **columns):
    arrays = {f"soil_{slug}": np.array(values, float) for slug, values in columns.items()}
    low = {f"soil_{slug}": np.array(values) for slug, values in (below or {}).items()}
    time = np.array([day_start_ms(day) for day in DAYS])
    return Survey(sites, Period.SAMPLE, time, arrays, low, np.zeros((len(sites), len(DAYS)), np.int8))


FILLED = survey(
    ph=[[5.4, NAN, 5.6], [NAN, 6.0, NAN], [NAN, NAN, 7.0]],
    cd=[[0.35, NAN, 0.28], [NAN, 0.6, NAN], [NAN, NAN, 0.1]],
    hg=[[0.122, NAN, 0.122], [NAN, 0.061, NAN], [NAN, NAN, NAN]],
)


def test_plots_show_their_last_sample():
    rows = plots(FILLED).rows
    # 甲田 2025: pH 5.6, Cd 0.28 of 0.4 → 0.7, Hg 0.122 of 0.5 → 0.244; P_N = sqrt((0.472² + 0.7²) / 2) = 0.597
    assert rows[0][:6] == ("甲田", "水田", "5.60", "2025-05-01", "风险低", None)
    assert rows[0][6] == pytest.approx(0.597, abs=1e-3)
    # 乙地: Cd 0.6 of 0.3
    assert rows[1][4:6] == ("可能存在风险", "镉(1.0)")
    assert rows[1][7] == "轻度污染"
    assert rows[2][4] is None
    assert "丙地" in plots(FILLED).notes[0]


def test_items_are_judged_across_plots():
    rows = {row[0]: row[1:] for row in items(FILLED).rows}
    # Cd: 0.7 and 2.0; mean 1.35, P_N = sqrt((1.8225 + 4) / 2) = 1.706
    assert rows["镉"][0] == 2
    assert rows["镉"][3:6] == (pytest.approx(1.35), pytest.approx(2.0), 50.0)
    assert rows["镉"][6:] == (pytest.approx(1.706, abs=1e-3), "轻度污染")


def test_accumulation_names_the_scale_of_its_grade():
    first, second = accumulation(FILLED).rows
    # 甲田: Cd 0.28/0.079 = 3.544, Hg 2; Igeo log2(3.544/1.5) = 1.2405; Er 106.3 and 80; RI 186.3
    assert first[:3] == ("甲田", "四川省", "镉")
    assert first[3] == pytest.approx(1.2405, abs=1e-4)
    assert first[4:6] == ("中度污染", pytest.approx(3.544, abs=1e-3))
    assert first[6] == pytest.approx((3.5443 * 2) ** 0.5, abs=1e-3)
    assert first[9] == pytest.approx(186.33, abs=0.01)
    assert first[11:] == ("中等", "Hakanson 1980（8种污染物，含多氯联苯）")
    assert second[12] == "菏泽沉积物 2022"
    assert "丙地" in accumulation(FILLED).notes[0]


def test_surveys_of_a_plot_are_compared_over_the_years():
    table = repeats(FILLED)
    assert [column.slug for column in table.columns] == ["plot", "item", "y2019", "y2025", "change"]
    rows = {row[1]: row[2:] for row in table.rows}
    assert {row[0] for row in table.rows} == {"甲田"}  # the others were surveyed once
    # 2019: pH 5.4, screening 0.3, so 0.35 is above; 2025: pH 5.6, screening 0.4
    assert rows["风险类别"] == ("可能存在风险", "风险低", None)
    assert rows["镉（mg/kg）"] == ("0.350", "0.280", pytest.approx(-20.0))
    assert rows["pH"] == ("5.40", "5.60", None)


def test_below_the_detection_limit_is_shown_as_such():
    table = repeats(survey(ph=[[6, 6, 6]] * 3, cd=[[0.01, NAN, 0.02]] * 3, below={"cd": [[True, False, False]] * 3}))
    row = next(row for row in table.rows if row[1] == "镉（mg/kg）")
    assert row[2] == "<0.010"
    assert row[-1] == pytest.approx(300)  # from half the limit


def test_a_land_use_may_change():
    changed = site("丁地", land_use=[{"value": "paddy"}, {"from": "2024-01-01", "value": "class1"}])
    table = repeats(survey((changed,), ph=[[5.0, NAN, 5.0]], cd=[[0.4, NAN, 0.4]]))
    assert table.rows[0][2:4] == ("可能存在风险", "风险低")


def test_reports_say_what_they_cannot_do():
    with pytest.raises(ValueError, match="登记点位"):
        plots(survey(()))
    with pytest.raises(ValueError, match="没有土壤测值"):
        plots(survey(cd=[[NAN] * 3] * 3))
    with pytest.raises(ValueError, match="两个以上年份"):
        repeats(survey(cd=[[NAN, NAN, 1.0]] * 3))
    with pytest.raises(ValueError, match="background"):
        accumulation(survey((site("孤地", land_use="paddy"),), cd=[[1.0, 1.0, 1.0]]))
    with pytest.raises(ValueError, match="林地"):
        plots(survey((site("林", land_use="林地"),), cd=[[1.0, 1.0, 1.0]]))
    with pytest.raises(ValueError, match="background 为“某省”，可选"):
        accumulation(survey((site("田", background="某省"),), cd=[[1.0, 1.0, 1.0]]))
    with pytest.raises(ValueError, match="risk_scale 为“我的”"):
        accumulation(survey((site("田", background="全国", risk_scale="我的"),), cd=[[1.0, 1.0, 1.0]]))
