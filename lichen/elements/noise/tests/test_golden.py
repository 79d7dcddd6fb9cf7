"""Published and hand-worked examples."""

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lichen.elements.descriptor import Site, Survey
from lichen.elements.noise.indoor import corrected_level
from lichen.elements.noise.levels import day_level, equivalent_level, night_level
from lichen.elements.noise.limits import ZONE, zone_limits
from lichen.elements.noise.reports import road, zone_compliance
from lichen.vocab.clock import HOUR_MS, day_start_ms
from lichen.vocab.periods import Period

CASES = tomllib.loads(Path(__file__).with_name("evaluation_examples.toml").read_text(encoding="utf-8"))


def one_day_of_hunan():
    """Each result one point on one day: as many as were compliant lie at the limit, the others 0.1 dB above."""
    sites, day, night = [], [], []
    for case in CASES["functional_zone_2021q4"]:
        bounds, zone = zone_limits("GB 3096-2008"), ZONE.code(case["zone"])
        for number in range(case["n"]):
            sites.append(Site(f"{case['zone']}-{number}", "", "", "functional_zone", {"zone": case["zone"]}))
            day.append([bounds.day[zone] + 0.1 * (number >= case["day_ok"])])
            night.append([bounds.night[zone] + 0.1 * (number >= case["night_ok"])])
    time = np.array([day_start_ms(date(2021, 11, 8))])
    columns = {"ld": np.array(day), "ln": np.array(night)}
    return Survey(tuple(sites), Period.DAY, time, columns, {}, np.zeros((len(sites), 1), np.int8))


def test_compliance_rates_of_hunan_as_published():
    table = zone_compliance(one_day_of_hunan())
    for row, case in zip(table.rows, [*CASES["functional_zone_2021q4"], CASES["total"]], strict=True):
        assert row[1:4] == (case["n"], case["day_ok"], case["expected_day_pct"])
        assert row[4:] == (case["n"], case["night_ok"], case["expected_night_pct"])
    assert [row[0] for row in table.rows] == ["1类", "2类", "3类", "4a类", "合计"]


def test_road_mean_is_weighted_with_length():
    case = CASES["road_mean"]
    sites = tuple(Site(str(m), f"{m} m", "", "road", {"length_m": m}) for m in case["length_m"])
    noon = np.array([day_start_ms(date(2026, 5, 6)) + 12 * HOUR_MS])
    columns = {"leq": np.array(case["leq"])[:, np.newaxis]}
    table = road(Survey(sites, Period.SAMPLE, noon, columns, {}, np.zeros((3, 1), np.int8)))
    # 500 m of 3000 m are louder than 70 dB(A)
    assert table.rows == (("昼间", 3, 3000.0, case["expected"], f"{case['grade']}级", "较好", 16.7),)


def test_levels():
    assert float(equivalent_level(CASES["leq"]["levels"])) == pytest.approx(CASES["leq"]["expected"], abs=5e-4)
    hourly = CASES["ld_ln"]["hourly"]
    assert round(float(day_level(hourly)), 1) == CASES["ld_ln"]["expected_ld"]
    assert round(float(night_level(hourly)), 1) == CASES["ld_ln"]["expected_ln"]


def test_background_correction():
    case = CASES["background"]
    for edition in ("GB 12348-2008", "GB 22337-2008", "GB 12523-2011"):
        found = corrected_level(case["measured"], case["background"], edition)
        assert float(found) == pytest.approx(case["expected"])


@pytest.mark.parametrize(("difference", "correction"), [(2.4, None), (2.6, -3), (3.4, -3), (3.6, -2), (5.4, -2),
                                                        (5.6, -1), (10.4, -1), (10.6, 0), (30.0, 0)])  # fmt: skip
def test_each_step_of_the_background_correction(difference, correction):
    found = float(corrected_level(60.0, 60.0 - difference, "GB 12348-2008"))
    assert np.isnan(found) if correction is None else found == pytest.approx(60.0 + correction)
