from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.vocab.rounding import (
    divide_half_even,
    divide_up,
    round_decimal,
    round_half_even,
    round_up_decimal,
    to_fixed,
)


@pytest.mark.parametrize(
    ("numeral", "decimals", "expected"),
    [
        ("2.5", 0, "2"),
        ("3.5", 0, "4"),
        ("0.15", 1, "0.2"),
        ("0.25", 1, "0.2"),
        ("0.2500001", 1, "0.3"),
        ("-2.5", 0, "-2"),
        ("250", -2, "2E+2"),
    ],
)
def test_half_goes_to_the_even_digit(numeral, decimals, expected):
    assert str(round_decimal(numeral, decimals)) == expected


numerals = st.builds(
    lambda digits, places: float(Decimal(digits).scaleb(-places)), st.integers(-(10**9), 10**9), st.integers(0, 8)
)
floats = st.floats(allow_nan=False, allow_infinity=False, width=64)


@given(st.lists(st.one_of(numerals, floats), min_size=1), st.integers(0, 6))
def test_floats_round_as_their_shortest_numeral_does(values, decimals):
    expected = [float(round_decimal(repr(x), decimals)) for x in values]
    assert round_half_even(values, decimals).tolist() == expected


@given(st.integers(-(10**7), 10**7), st.integers(1, 5))
def test_ties_are_decided_as_written(tens, decimals):
    value = float(Decimal(tens * 10 + 5).scaleb(-decimals - 1))
    assert round_half_even([value], decimals)[0] == float(round_decimal(repr(value), decimals))


def test_missing_stays_missing():
    result = round_half_even([np.nan, np.inf, 1.25], 1)
    assert np.isnan(result[0])
    assert result[1:].tolist() == [np.inf, 1.2]


def test_too_many_decimals_are_refused():
    with pytest.raises(ValueError, match="0 to 15"):
        round_half_even([1.0], 16)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_divide_up_is_the_ceiling(numerator, denominator):
    result = divide_up(np.array([numerator]), np.array([denominator]))[0]
    assert (result - 1) * denominator < numerator <= result * denominator


@given(st.integers(0, 10**10))
def test_fixed_point_keeps_six_decimals_exactly(micros):
    assert to_fixed([float(Decimal(micros).scaleb(-6))], 6)[0] == micros


def test_fixed_point_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="64 bits"):
        to_fixed([1e15], 6)


def test_round_up_does_not_lift_whole_numbers():
    assert [str(round_up_decimal(x)) for x in ("50", "50.000", "50.001")] == ["50", "50", "51"]


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_quotients_go_half_to_even_exactly(numerator, denominator):
    result = divide_half_even(np.array([numerator]), np.array([denominator]))
    assert result.tolist() == [round(Fraction(numerator, denominator))]
