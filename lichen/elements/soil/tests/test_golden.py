"""Published and hand-worked examples, see data/README.md."""

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lichen.elements.descriptor import Samples
from lichen.elements.soil.indices import ecological_risk, geo_accumulation, nemerow_of, scale
from lichen.elements.soil.risk import LAND_USE, soil_risk
from lichen.vocab.clock import day_start_ms

EXAMPLES = tomllib.loads((Path(__file__).parent / "data" / "examples.toml").read_text(encoding="utf-8"))
LEVELS = ("low", "possible", "strict")


@pytest.mark.parametrize("case", EXAMPLES["nemerow"], ids=lambda case: case["item"])
def test_nemerow(case):
    index = nemerow_of(case["p_mean"], case["p_max"])
    assert float(index) == pytest.approx(case["expected"], abs=0.01)
    assert scale("nemerow").grades(index) + 1 == case["grade"]


@pytest.mark.parametrize("case", EXAMPLES["farmland"], ids=lambda case: f"{case['land_use']} pH {case['ph']}")
def test_farmland(case):
    columns = {f"soil_{name.lower()}": np.array([float(case[name])]) for name in ("Cd", "As", "Cu") if name in case}
    columns["soil_ph"] = np.array([case["ph"]])
    uses = {"land_use": np.array([LAND_USE.code(case["land_use"])], np.int16)}
    verdict = soil_risk(Samples(columns, np.array([day_start_ms(date(2026, 1, 1))]), options=uses))
    assert LEVELS[verdict.klass[0]] == case["expected"]


@pytest.mark.parametrize("case", EXAMPLES["hakanson"])
def test_hakanson(case):
    contents = {f"soil_{name.lower()}": np.array([value]) for name, value in case["conc"].items()}
    background = {f"soil_{name.lower()}": value for name, value in case["background"].items()}
    found = ecological_risk(contents, background)
    for name, er in case["expected_er"].items():
        assert found.factors[f"soil_{name.lower()}"][0] == pytest.approx(er)
    assert found.index[0] == pytest.approx(case["expected_ri"])


@pytest.mark.parametrize("case", EXAMPLES["igeo"])
def test_igeo(case):
    index = geo_accumulation(case["c"], case["b"])
    assert float(index) == pytest.approx(case["expected"])
    assert scale("igeo").grades(index) == case["class"]
