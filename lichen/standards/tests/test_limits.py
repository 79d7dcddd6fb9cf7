from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.standards import Breakpoints, Limit, TableError, attains, exceedance_multiple, exceeds

LIMIT = Limit("cod", "day", "2", Decimal("0.05"), "0.05", "mg/L", "GB 9999-2026", "", "4.1", "verified")


def test_a_value_equal_to_its_limit_attains_it():
    values = [0.049, 0.05, 0.051, np.nan]
    assert attains(values, LIMIT).tolist() == [True, True, False, False]
    assert exceeds(values, LIMIT).tolist() == [False, False, True, False]


def test_the_multiple_counts_from_the_limit():
    assert exceedance_multiple([0.04, 0.05, 0.1, np.nan], LIMIT)[:3].tolist() == [0.0, 0.0, 1.0]
    assert np.isnan(exceedance_multiple([np.nan], LIMIT)[0])


def toy(*pairs):
    return Breakpoints.from_rows([{"concentration": str(c), "iaqi": str(i)} for c, i in pairs])


@given(st.lists(st.floats(0, 200), min_size=2))
def test_the_index_never_falls_when_a_concentration_rises(values):
    ordered = np.sort(np.array(values))
    assert (np.diff(toy((0, 0), (10, 50), ("35.5", 100), (150, 300)).round_up(ordered, above=300)) >= 0).all()


def test_binary_fractions_do_not_lift_the_index():
    # 0.1 + 0.2 is 0.30000000000000004; its index is 30 and not 31.
    assert toy((0, 0), (1, 100)).round_up(np.array([0.1 + 0.2]), above=np.nan).tolist() == [30.0]


def test_beyond_the_table_is_what_the_caller_says():
    result = toy((0, 0), (1, 100)).round_up(np.array([1.0, 1.000001]), above=np.nan)
    assert result[0] == 100
    assert np.isnan(result[1])


def test_a_negative_concentration_is_refused():
    with pytest.raises(ValueError, match="negative"):
        toy((0, 0), (1, 100)).round_up(np.array([-0.1]), above=np.nan)


@pytest.mark.parametrize("pairs", [[(0, 0)], [(0, 0), (0, 50)], [(0, 0), (5, "x")], [(0, 50), (5, 50)]])
def test_breakpoints_must_rise(pairs):
    with pytest.raises(TableError):
        toy(*pairs)
