import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.quality import QualityError, stuck_test
from lichen.vocab.flags import Flag

few = st.lists(st.sampled_from([1.0, 2.0, np.nan]), max_size=40)


def flags(values, times=None, **kwargs):
    times = range(0, 10 * len(values), 10) if times is None else list(times)
    return stuck_test(values, times, **{"step": 10, **kwargs}).tolist()


def test_a_row_that_lasts_exactly_as_long_is_too_long():
    assert flags([7, 7, 7, 8], lasts=30) == [3, 3, 3, 1]
    assert flags([7, 7, 7, 8], lasts=31) == [1, 1, 1, 1]


def test_a_missing_value_ends_a_row():
    assert flags([7, 7, np.nan, 7], lasts=30) == [1, 1, 9, 1]


def test_a_gap_ends_a_row_and_a_late_clock_does_not():
    assert flags([7, 7, 7], [0, 10, 26], lasts=30) == [1, 1, 1]
    assert flags([7, 7, 7], [0, 10, 25], lasts=30) == [3, 3, 3]


def test_rows_do_not_run_from_one_series_into_the_next():
    assert flags([7, 7, 7, 7], [0, 10, 0, 10], lasts=30, series=[4, 4, 9, 9]) == [1, 1, 1, 1]


def test_a_series_may_go_unchecked():
    assert flags([7, 7, 7, np.nan], [0, 10, 0, 10], lasts=[0, 0, 20, 20], series=[1, 1, 2, 2]) == [2, 2, 1, 9]


def test_one_long_interval_alone_is_no_row():
    assert flags([7, 8], lasts=5) == [1, 1]


def test_out_of_order_is_refused():
    with pytest.raises(QualityError, match="time 0 at position 1"):
        flags([1, 1], [10, 0], lasts=20)
    with pytest.raises(QualityError, match="stand together"):
        flags([1, 1, 1], [0, 0, 10], lasts=20, series=[1, 2, 1])
    with pytest.raises(QualityError, match="one length"):
        stuck_test([1, 2], [0], lasts=20, step=10)
    with pytest.raises(QualityError, match="step 0"):
        flags([1, 1], lasts=20, step=0)


def slowly(values, lasts, step=10):
    """The rule again, value by value."""
    found = []
    for at, value in enumerate(values):
        first = last = at
        while first and values[first - 1] == value:
            first -= 1
        while last + 1 < len(values) and values[last + 1] == value:
            last += 1
        stuck = last > first and (last - first + 1) * step >= lasts
        found.append(Flag.MISSING if np.isnan(value) else Flag.SUSPECT if stuck else Flag.GOOD)
    return found


@given(few, st.integers(1, 100))
def test_it_agrees_with_the_rule_value_by_value(values, lasts):
    assert flags(values, lasts=lasts) == slowly(values, lasts)


@given(few, few, st.integers(1, 100))
def test_series_tested_together_are_as_tested_alone(one, other, lasts):
    series = [0] * len(one) + [1] * len(other)
    times = [*range(0, 10 * len(one), 10), *range(0, 10 * len(other), 10)]
    assert flags(one + other, times, lasts=lasts, series=series) == flags(one, lasts=lasts) + flags(other, lasts=lasts)
