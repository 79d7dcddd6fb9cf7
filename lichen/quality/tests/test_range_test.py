import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lichen.quality import QualityError, range_test
from lichen.vocab.flags import Flag

numbers = arrays.arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e6, 1e6) | st.just(np.nan))


def test_a_bound_itself_is_inside():
    assert range_test([-0.01, 0, 10, 10.01], low=0, high=10).tolist() == [Flag.BAD, Flag.GOOD, Flag.GOOD, Flag.BAD]


def test_each_value_may_have_its_own_bounds_and_none():
    flags = range_test([5, 5, 5, 50], low=[0, 6, np.nan, np.nan], high=[10, 10, 10, 10])
    assert flags.tolist() == [Flag.GOOD, Flag.BAD, Flag.UNCHECKED, Flag.BAD]


def test_infinity_is_never_a_measurement():
    assert range_test([np.inf, -np.inf], low=-np.inf, high=np.inf).tolist() == [Flag.BAD, Flag.BAD]


def test_bounds_that_cross_or_do_not_fit_are_refused():
    with pytest.raises(QualityError, match=r"low 2\.0 is above high 1\.0"):
        range_test([1.0], low=2, high=1)
    with pytest.raises(QualityError, match="one for each value"):
        range_test([1.0, 2.0], low=[0, 0, 0], high=1)


@given(numbers, st.floats(-1e3, 0), st.floats(0, 1e3))
def test_flags_keep_the_shape_and_values_stay(values, low, high):
    before = values.copy()
    flags = range_test(values, low=low, high=high)
    assert (flags.shape, flags.dtype) == (values.shape, np.uint8)
    assert np.array_equal(values, before, equal_nan=True)
    assert np.array_equal(flags == Flag.MISSING, np.isnan(values))


@given(numbers, st.floats(0, 1e3), st.floats(0, 1e3))
def test_a_wider_range_never_finds_more(values, width, more):
    narrow = range_test(values, low=-width, high=width)
    wide = range_test(values, low=-width - more, high=width + more)
    assert (wide <= narrow).all()
