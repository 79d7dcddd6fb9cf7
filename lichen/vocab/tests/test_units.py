import numpy as np
import pytest

from lichen.vocab.units import UNITS, UnknownUnit, convert, exact_factor, factor, text_of, unit


@pytest.mark.parametrize("spelling", ["ug/m3", "μg/m3", "µg/m³", "μg/m³", " ug/m³ "])
def test_micrograms_have_many_spellings(spelling):
    assert unit(spelling).name == "ug/m3"


@pytest.mark.parametrize(
    ("source", "target", "parameter", "expected"),
    [
        ("mg/m3", "ug/m3", None, 1000.0),
        ("ng/m3", "ug/m3", None, 0.001),
        ("mg/L", "ug/L", None, 1000.0),
        ("hPa", "kPa", None, 0.1),
        ("kPa", "hPa", None, 10.0),
        ("mS/m", "uS/cm", None, 10.0),
        # M / 24.465, HJ arithmetic at 298.15 K
        ("ppb", "ug/m3", "no2", 46.01 / 24.465),
        ("ppb", "ug/m3", "o3", 48.0 / 24.465),
        ("ppm", "mg/m3", "co", 28.01 / 24.465),
        ("ug/m3", "ppb", "so2", 24.465 / 64.06),
    ],
)
def test_factors(source, target, parameter, expected):
    assert factor(source, target, parameter) == pytest.approx(expected, rel=1e-12)


def test_there_and_back_is_one():
    for source in UNITS.values():
        for target in UNITS.values():
            if source.dimension == target.dimension != "temperature":
                there = exact_factor(source.name, target.name) * exact_factor(target.name, source.name)
                assert float(there) == pytest.approx(1, rel=1e-24)


def test_a_division_stays_exact_and_missing_stays_missing():
    result = convert([35.0, 7.0, np.nan], "ug/m3", "mg/m3")
    assert result[:2].tolist() == [0.035, 0.007]
    assert np.isnan(result[2])


@pytest.mark.parametrize(
    ("source", "target", "parameter", "says"),
    [
        ("grain/ft3", "ug/m3", None, "known: ug/m3"),
        ("ppb", "ug/m3", "pm25", "known for: so2"),
        ("ppb", "ug/m3", None, "molar mass"),
        ("mg/L", "mg/m3", "co", "units that can"),
        ("degC", "K", None, "convert"),
    ],
)
def test_what_is_not_known_is_refused_and_says_what_is(source, target, parameter, says):
    with pytest.raises(UnknownUnit, match=says):
        factor(source, target, parameter)


def test_temperatures_shift():
    assert convert([298.15], "K", "℃").tolist() == [25.0]


def test_text_for_people():
    assert text_of("ug/m3") == "µg/m³"
