"""Indices and their scales."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.soil.indices import (
    backgrounds,
    ecological_risk,
    enrichment,
    geo_accumulation,
    nemerow,
    pollution_load,
    responses,
    risk_scales,
    scale,
)


@pytest.mark.parametrize(
    ("name", "index", "grades"),
    [
        ("nemerow", [0.7, 0.71, 1.0, 1.01, 2.0, 2.01, 3.0, 3.01], [0, 1, 1, 2, 2, 3, 3, 4]),
        ("igeo", [-1, 0, 0.01, 1, 2, 3, 4, 5, 5.01], [0, 0, 1, 1, 2, 3, 4, 5, 6]),
        ("er", [39.9, 40, 80, 160, 319.9, 320], [0, 1, 2, 3, 3, 4]),
        ("hakanson_1980", [149.9, 150, 300, 600], [0, 1, 2, 3]),
        ("heze_2022", [59.9, 60, 120, 240], [0, 1, 2, 3]),
        ("songnen_2012", [134.9, 135, 265, 525, 525.1], [0, 1, 2, 2, 3]),
        ("enrichment", [1.9, 2, 5, 20, 40, 40.1], [0, 1, 2, 3, 3, 4]),
    ],
)
def test_grades_at_their_bounds(name, index, grades):
    assert scale(name).grades(index).tolist() == grades
    assert scale(name).grades([np.nan]).tolist() == [-1]


def test_a_risk_grade_names_its_scale():
    contents, background = {"soil_cd": np.array([0.158])}, backgrounds("四川省")
    assert ecological_risk(contents, background, "heze_2022").grades.tolist() == [1]  # RI 60 of two or more metals
    own = ecological_risk(contents, background)
    assert (own.scale, own.grades.tolist(), own.items) == ("hakanson_1980", [0], ("soil_cd",))
    assert next(iter(risk_scales())) == "hakanson_1980"
    with pytest.raises(ValueError, match="heze_2022"):
        ecological_risk(contents, background, "mine")


def test_a_sample_that_lacks_an_item_has_no_risk_index():
    both = {"soil_cd": np.array([0.1, np.nan]), "soil_hg": np.array([0.1, 0.1])}
    found = ecological_risk(both, backgrounds("china"))
    assert np.isnan(found.index).tolist() == [False, True]
    assert found.grades[1] == -1
    with pytest.raises(ValueError, match="toxic-response"):
        ecological_risk({"soil_benzene": np.array([1.0])}, backgrounds("china"))


def test_background_values():
    assert backgrounds("guizhou")["soil_cd"] == 0.659
    assert "soil_hg" not in backgrounds("北京市")  # the study has none
    with pytest.raises(ValueError, match="sichuan 四川省"):
        backgrounds("atlantis")
    assert (responses()["soil_hg"], responses()["soil_zn"]) == (40, 1)


def test_contents_of_zero_have_no_logarithm():
    assert np.isnan(geo_accumulation([0.0, -1.0, np.nan], 1.0)).all()


def test_enrichment_is_one_in_the_background_itself():
    assert float(enrichment(0.1, 8e4, 0.1, 8e4)) == 1


def test_load_and_nemerow_of_nothing_are_nothing():
    assert np.isnan(pollution_load(np.full((2, 1), np.nan))).all()
    assert np.isnan(nemerow(np.full((2, 1), np.nan))).all()


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=8))
def test_nemerow_lies_between_mean_and_largest(shares):
    index = float(nemerow(np.array(shares)[:, None])[0])
    assert np.mean(shares) * (1 - 1e-9) <= index <= max(shares) * (1 + 1e-9)
