from datetime import date

import numpy as np
import pytest

from lichen.elements.descriptor import Site, Survey
from lichen.elements.surface_water import reports
from lichen.elements.surface_water.element import SURFACE_WATER
from lichen.vocab.clock import DAY_MS, day_start_ms
from lichen.vocab.periods import Period

GOOD = {"ph": 7.5, "do": 8.0, "codmn": 3.0, "nh3n": 0.3, "tp": 0.05}
MONTHS = [date(2025, month, 1) for month in (1, 2, 3)]
BOTH_YEARS = [date(year, month, 1) for year in (2024, 2025) for month in (1, 2, 3)]


def site(name, kind="automatic_station", **attributes):
    return Site(name, name, name, kind, attributes)


def survey(sites, columns, days=MONTHS, period=Period.MONTH, below=None):
    """Columns hold one value a site, or one list of values a site."""
    time = np.array([day if isinstance(day, int) else day_start_ms(day) for day in days])
    shape = (len(sites), len(time))
    full = {slug: np.array([np.broadcast_to(np.asarray(one, float), len(time)) for one in column]).reshape(shape)
            for slug, column in columns.items()}  # fmt: skip
    return Survey(tuple(sites), period, time, full, below or {}, np.full(shape, -1, np.int8))


def rows(table):
    """Rows as mappings by the slugs of the columns."""
    return [dict(zip([column.slug for column in table.columns], row, strict=True)) for row in table.rows]


def same(n, **other):
    return {slug: [value] * n for slug, value in GOOD.items()} | other


def test_sections_are_judged_by_their_means():
    three = [site("甲", river="釜溪河"), site("乙", target="Ⅱ"), site("丙", water_body="湖库")]
    table = reports.sections(survey(three, same(3, nh3n=[[0.3, 0.3, 0.3], [0.5, 0.7, 0.9], 0.3])))
    first, second, third = rows(table)
    assert (first["class"], first["state"], first["attains"], first["river"]) == ("Ⅱ", "优", "是", "釜溪河")
    assert first["deciding"] == "高锰酸盐指数、氨氮、总磷"
    assert (second["class"], second["target"], second["attains"], second["main_pollutants"]) == ("Ⅲ", "Ⅱ", "否", None)
    assert second["nh3n"] == pytest.approx(0.7)
    assert (third["class"], third["deciding"]) == ("Ⅲ", "总磷")  # the limits of lakes


def test_half_the_detection_limit_enters_the_means():
    below = {"nh3n": np.array([[True, True, True]])}
    table = reports.sections(survey([site("甲")], same(1), below=below))
    assert rows(table)[0]["nh3n"] == pytest.approx(0.15)


def test_rivers_basins_and_cities():
    five = [site(f"断面{k}", river="甲河", basin="长江流域", city="自贡市") for k in range(5)]
    table = reports.rivers(
        survey([*five, site("乙", river="乙河"), site("丙")], same(7, nh3n=[0.3] * 4 + [3.0, 3.0, 0.3]))
    )
    many, one, total = rows(table)
    assert (many["river"], many["sections"], many["good"], many["by"], many["state"]) == (
        "甲河",
        5,
        80,
        "类别比例",
        "良好",
    )
    assert (one["by"], one["state"], one["main_pollutants"]) == ("断面均值", "重度污染", "氨氮(2.0)")
    assert (total["river"], total["sections"], total["on_target"]) == ("合计", 6, pytest.approx(100 * 4 / 6))
    assert table.notes == ("1个点位未登记河流，未列入。",)
    assert rows(reports.basins(survey(five, same(5))))[0]["basin"] == "长江流域"
    assert rows(reports.cities(survey(five, same(5))))[0]["state"] == "优"


def test_lakes_have_a_trophic_state():
    of_the_lake = {"lake": "甲湖", "water_body": "lake"}
    points = [site("湖心", "lake_point", **of_the_lake), site("湖岸", "lake_point", **of_the_lake)]
    points.append(site("库中", "lake_point", lake="乙库"))
    columns = same(
        3, tn=[1.0] * 3, chlorophyll_a=[20.0] * 3, transparency=[80.0] * 3, codmn=[4.0, 4.0, 4.0], tp=[0.04, 0.06, 0.05]
    )
    columns["chlorophyll_a"][2] = np.nan
    table = reports.lakes(survey(points, columns))
    lake, reservoir = rows(table)
    assert (lake["points"], lake["class"], lake["tn_class"], lake["trophic_state"]) == (2, "Ⅲ", "Ⅲ", "轻度富营养")
    assert lake["tli"] == pytest.approx(50.82, abs=0.01)
    assert (reservoir["class"], reservoir["tli"]) == ("Ⅱ", None)
    assert table.notes == (
        "水体类型登记为河流（或未登记），按河流的总磷限值评价：乙库。",
        "部分湖库缺叶绿素a，未计算综合营养状态指数。",
    )


def test_drinking_water_sources_and_their_two_rates():
    two = [site("甲水源地", "drinking_source", abstraction=600), site("乙水源地", "drinking_source", abstraction="200")]
    table = reports.sources(survey([*two, site("丙")], same(3, fe=[0.1, 0.36, 0.1])))
    good, bad = rows(table)
    assert (good["attains"], good["exceeding"], good["items"]) == ("是", None, 6)
    assert (bad["class"], bad["attains"], bad["exceeding"]) == ("Ⅱ", "否", "铁(0.20)")
    assert table.notes == (
        "达标水源地1个，共评价2个，达标率50.0%。",
        "达标取水量600万吨，总取水量800万吨，水量达标率75.0%。",
    )
    with pytest.raises(ValueError, match="没有饮用水水源地"):
        reports.sources(survey([site("丙")], same(1)))
    with pytest.raises(ValueError, match="应为数字"):
        reports.sources(survey([site("丙", "drinking_source", abstraction="多")], same(1)))


def test_cities_are_ranked_the_best_first():
    sites = [site("甲", city="甲市"), site("乙", city="乙市"), site("丙", city="乙市", water_body="lake")]
    table = reports.city_ranking(survey(sites, same(3, nh3n=[0.9, 0.3, 0.3])))
    best, other = rows(table)
    # 乙市: its river 0.25 + 0.625 + 0.5 + 0.3 + 0.25, its lake, whose limit of TP is 0.05, 0.75 more; the mean of both
    assert (best["city"], best["rank"], best["sections"], best["points"]) == ("乙市", 1, 1, 1)
    assert best["cwqi"] == pytest.approx((1.925 + 2.675) / 2)
    assert (other["city"], other["cwqi"]) == ("甲市", pytest.approx(2.525))


def test_cities_by_improvement():
    sites = [site("甲", city="甲市"), site("乙", city="乙市"), site("丙", city="丙市")]
    ammonia = [[2.0, 2, 2, 1, 1, 1], [1, 1, 1, 1.5, 1.5, 1.5], 0.3]
    table = reports.improvement_ranking(survey(sites, same(3, nh3n=ammonia), BOTH_YEARS))
    better, worse = rows(table)
    assert (better["city"], worse["city"]) == ("甲市", "乙市")
    assert better["change"] < 0 < worse["change"]
    assert table.notes == ("两期断面均达到Ⅱ类及以上且达标，不参加变化排名：丙市。",)
    with pytest.raises(ValueError, match="上年同期"):
        reports.improvement_ranking(survey(sites, same(3)))


def test_changes_against_last_year():
    sites = [site("甲", basin="长江流域"), site("乙", basin="长江流域")]
    both = survey(sites, same(2, nh3n=[[3.0, 3, 3, 0.3, 0.3, 0.3], 0.3]), BOTH_YEARS)
    assert rows(reports.section_change(both)) == [
        {"site": "甲", "before": "劣Ⅴ", "after": "Ⅱ", "change": "明显好转"},
        {"site": "乙", "before": "Ⅱ", "after": "Ⅱ", "change": "无明显变化"},
    ]
    (basin,) = rows(reports.basin_change(both))
    assert (basin["good_before"], basin["good"], basin["worse_before"], basin["change"]) == (50, 100, 50, "明显好转")


def test_only_months_that_both_years_have_are_compared():
    days = [date(2024, 1, 1), date(2025, 1, 1), date(2025, 2, 1)]
    table = reports.section_change(survey([site("甲")], same(1, nh3n=[[0.3, 0.3, 9.0]]), days))
    assert rows(table)[0]["after"] == "Ⅱ"


def test_trends_of_five_months_and_more():
    table = reports.trends(survey([site("甲")], same(1, nh3n=[[1.0, 0.9, 0.8, 0.7, 0.6, 0.5]]), BOTH_YEARS))
    found = {row["item"]: row["trend"] for row in rows(table)}
    assert found["氨氮"] == "显著下降"
    assert "pH" not in found
    with pytest.raises(ValueError, match="不足5期"):
        reports.trends(survey([site("甲")], same(1)))


def test_loads_and_the_balance_of_a_city():
    start = day_start_ms(date(2025, 1, 1))
    days = [start + k * DAY_MS for k in range(10)]
    sites = [site("入", city="自贡市", border="入境"), site("出", city="自贡市", border="出境"), site("无流量")]
    columns = {"nh3n": [0.5, 1.0, 1.0], "river_flow": [10.0, 12.0, np.nan]}
    two = survey(sites, columns, days, Period.DAY)
    inflow, outflow = rows(reports.section_loads(two))
    assert inflow["load"] == pytest.approx(0.5 * 10 * 864000 / 1e6)
    assert (outflow["coverage"], outflow["concentration"]) == (100, pytest.approx(1.0))
    (balance,) = rows(reports.border_balance(two))
    assert balance["added"] == pytest.approx(10.368 - 4.32)
    with pytest.raises(ValueError, match="没有流量数据"):
        reports.section_loads(survey(sites, {"nh3n": [1, 1, 1]}, days))
    with pytest.raises(ValueError, match="入境或出境"):
        reports.border_balance(survey([site("甲")], {"nh3n": [1.0], "river_flow": [1.0]}, days))


def test_black_and_odorous_waters():
    table = reports.black_and_odorous(survey([site("甲", "urban_water")], {"do": [1.0], "transparency": [30.0]}))
    assert rows(table)[0]["grade"] == "轻度黑臭"
    with pytest.raises(ValueError, match="黑臭"):
        reports.black_and_odorous(survey([site("甲")], {"tp": [1.0]}))


def test_a_registered_word_that_is_no_choice_is_refused():
    with pytest.raises(ValueError, match="点位 甲 的水体类型为“海”"):
        reports.sections(survey([site("甲", water_body="海")], same(1)))
    with pytest.raises(ValueError, match="没有点位"):
        reports.sections(survey([], {}))


def test_the_type_of_a_water_may_change_by_date():
    changed = site("甲", water_body=[{"value": "river"}, {"from": "2025-03-01", "value": "lake"}])
    assert rows(reports.sections(survey([changed], same(1))))[0]["class"] == "Ⅲ"
    assert rows(reports.sections(survey([changed], same(1), MONTHS[:2])))[0]["class"] == "Ⅱ"


def test_every_report_says_what_it_rests_on():
    for report in SURFACE_WATER.reports:
        assert report.name_zh
        assert report.name_en
        assert report.periods
    assert len({report.slug for report in SURFACE_WATER.reports}) == len(SURFACE_WATER.reports)
