"""Published statements, and numbers worked by hand."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from lichen.elements.descriptor import Site, Survey
from lichen.elements.radiation.dose import air_kerma_rate, annual_dose, terrestrial_rate
from lichen.elements.radiation.incidents import accident_level, source_category
from lichen.elements.radiation.reports import statement
from lichen.elements.radiation.shelf import SHELF
from lichen.vocab.clock import HOUR_MS
from lichen.vocab.periods import Period

CASES = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["annual_dose"], ids=lambda case: str(case["dose_rate"]))
def test_annual_dose(case):
    assert round(float(annual_dose(case["dose_rate"], case["occupancy"])), 3) == case["expected_mSv"]


@pytest.mark.parametrize("case", CASES["judgement"], ids=lambda case: case["station"])
def test_published_statements_say_normal(case):
    low, high = case["reference"]
    middle = 3 * case["mean"] - case["min"] - case["max"]
    site = Site("s", case["station"], "", "gamma_station", {"gamma_reference_low": low, "gamma_reference_high": high})
    dose = np.array([[case["min"], middle, case["max"]]])
    survey = Survey(
        (site,), Period.HOUR, HOUR_MS * np.arange(3), {"gamma_dose_rate": dose}, {}, np.zeros((1, 3), np.int8)
    )
    ((name, least, most, mean, reference, word, rain, sentence),) = statement(survey).rows
    assert (name, least, most, word, rain) == (case["station"], case["min"], case["max"], "正常", 0.0)
    assert mean == pytest.approx(case["mean"])
    assert reference == f"{low}～{high}"
    assert sentence == (
        f"{case['station']}环境γ辐射空气吸收剂量率为{case['min']}～{case['max']} nGy/h，平均值{case['mean']} nGy/h，"
        f"当地参考范围为{low}～{high} nGy/h，处于正常水平。"
    )
    row = SHELF.edition("reference ranges 2011").table("stations").one(station=case["station"])
    assert (float(row["low"]), float(row["high"])) == (low, high)


@pytest.mark.parametrize(
    ("activities", "category"),
    [
        ({"Cs137": 0.0037}, "IV"), ({"Ir192": 3.7}, "II"),
        ({"Co60": 30.0}, "I"), ({"Co60": 29.9}, "II"), ({"Co60": 0.3}, "II"), ({"Co60": 0.03}, "III"),
        ({"Co60": 0.0299}, "IV"), ({"Co60": 0.0003}, "IV"), ({"Co60": 0.00029}, "V"),
        ({"Co60": 0.015, "Cs137": 0.05}, "III"),  # 0.5 + 0.5
    ],
)  # fmt: skip
def test_source_categories(activities, category):  # ratio A/D
    assert source_category(activities) == category


def test_a_nuclide_without_d_value_is_refused():
    with pytest.raises(ValueError, match="no D value for Xx1; known: H3"):
        source_category({"Xx1": 1.0})
    with pytest.raises(ValueError, match="above 0"):
        source_category({"Co60": 0.0})


@pytest.mark.parametrize(
    ("event", "level"),
    [
        ({"category": "IV"}, "general"), ({"category": "V"}, "general"), ({"category": "III"}, "larger"),
        ({"category": "I"}, "serious"), ({"category": "II"}, "serious"),
        ({"category": "I", "wide_contamination": True}, "especially_serious"),
        ({"category": "III", "wide_contamination": True}, "larger"),
        ({"deaths": 3}, "especially_serious"), ({"deaths": 2}, "serious"), ({"injured": 10}, "serious"),
        ({"injured": 9}, "larger"), ({"above_annual_limit": True}, "general"),
    ],
)  # fmt: skip
def test_accident_levels(event, level):  # Regulations, article 40
    row = accident_level(**event)
    assert row["level"] == level
    assert row["report_hours"] == ("4" if level in ("serious", "especially_serious") else "")


def test_no_accident():
    assert accident_level() is None
    with pytest.raises(ValueError, match="allowed: I, II"):
        accident_level("6")


def test_dose_rate_formula():
    # 1.02 * 95 - 0.9 * 30 = 69.9
    found = terrestrial_rate(95.0, calibration=1.02, cosmic=30.0, place="single_storey")
    assert float(found) == pytest.approx(69.9)
    assert float(air_kerma_rate(116.0, "co60")) == pytest.approx(100.0)
    with pytest.raises(ValueError, match="allowed: cs137, co60"):
        air_kerma_rate(1.0, "am241")
    with pytest.raises(ValueError, match="multistorey"):
        terrestrial_rate(1.0, calibration=1.0, cosmic=1.0, place="roof")
