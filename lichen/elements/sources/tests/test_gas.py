"""Flue gas formulas: HJ 212-2017 D.2."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.sources import gas

concentrations = st.floats(0, 1e4)
oxygen = st.floats(0, 20.99)


@pytest.mark.parametrize(
    ("molar_mass", "factor"),
    [(64, 2.857), (46, 2.054), (30, 1.339), (28, 1.25), (36.46, 1.628)],
    ids=["SO2", "NO2", "NO", "CO", "HCl"],
)
def test_factors_of_equation_20(molar_mass, factor):
    assert gas.mass_concentration(1.0, molar_mass) == pytest.approx(factor, abs=6e-4)


def test_a_converted_value_by_oxygen_is_that_by_excess_air():
    # alpha_s = 21/(21-6) = 1.4; alpha at 11 % = 2.1: 100 * 2.1/1.4 = 150
    assert gas.converted(100.0, 11.0, 6.0) == pytest.approx(150.0)
    assert 100.0 * gas.excess_air(11.0) / gas.excess_air(6.0) == pytest.approx(150.0)


@given(concentrations, oxygen, oxygen)
def test_conversion_rises_with_oxygen(c, one, other):
    low, high = sorted((one, other))
    assert gas.converted(c, low, 6.0) <= gas.converted(c, high, 6.0)


@given(st.floats(20.0, 30.0), st.sampled_from([3.5, 6.0, 9.0, 16.0]))
def test_nothing_is_converted_near_air(o2, reference):
    assert np.isnan(gas.converted(100.0, o2, reference, not_from=20.0))


@pytest.mark.parametrize("o2", [21.0, 21.5, float("nan"), -0.1])
def test_nothing_is_divided_by_zero_or_less(o2):
    with np.errstate(all="raise"):
        assert np.isnan(gas.converted(100.0, o2, 6.0))
        assert np.isnan(gas.excess_air(o2))


def test_from_the_instrument_to_the_kilogram_by_hand():
    # 120 mg/m3 wet at 127.4 degC, -2 kPa, ambient 100 kPa, 8 % moisture
    standard = gas.standard_state(120.0, 127.4, -2.0, 100.0)
    assert standard == pytest.approx(120 * (101325 / 98000) * (400.4 / 273))
    dry = gas.dry(standard, 8.0)
    flow = gas.dry_flow(gas.wet_flow(10.0, gas.velocity(12.0, 0.9)), 127.4, -2.0, 100.0, 8.0)
    assert flow == pytest.approx(3600 * 10 * 10.8 * 273 / 400.4 * 98000 / 101325 * 0.92)
    # State and moisture cancel: mass is what the instrument saw times the flow at the state of the gas.
    assert gas.mass_rate(dry, flow) == pytest.approx(120 * 3600 * 10 * 10.8 * 1e-6)


@given(concentrations, st.floats(0, 99))
def test_dry_is_never_less_than_wet(c, moisture):
    assert gas.dry(c, moisture) >= c * (1 - 1e-12)
