import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.quality import QualityError, expected_times, gap_test
from lichen.vocab.clock import DAY_MS, HOUR_MS
from lichen.vocab.flags import Flag


def test_days_are_cut_in_beijing():
    assert expected_times(0, 3 * DAY_MS, DAY_MS).tolist() == [16 * HOUR_MS, 40 * HOUR_MS]


def test_an_interval_holds_its_start_and_not_its_end():
    assert gap_test([0, 10], [1.0], [0], step=10).tolist() == [Flag.GOOD, Flag.MISSING]
    assert gap_test([0, 10], [1.0], [9], step=10).tolist() == [Flag.GOOD, Flag.MISSING]
    assert gap_test([0, 10], [1.0], [10], step=10).tolist() == [Flag.MISSING, Flag.GOOD]


def test_what_was_not_expected_is_ignored():
    assert gap_test([10, 30], [1.0, 1.0, 1.0], [5, 20, 40], step=10).tolist() == [Flag.MISSING, Flag.MISSING]


def test_one_value_among_missing_ones_is_enough():
    assert gap_test([0], [np.nan, 1.0, np.nan], [1, 2, 3], step=10).tolist() == [Flag.GOOD]


def test_overlapping_expectations_are_refused():
    with pytest.raises(QualityError, match="not overlap"):
        gap_test([0, 5], [], [], step=10)
    with pytest.raises(QualityError, match="columns"):
        gap_test([0], [1.0], [], step=10)
    with pytest.raises(QualityError, match="step 0"):
        expected_times(0, 10, 0)


@given(st.sets(st.integers(0, 23)))
def test_what_came_and_what_is_missing_make_up_the_day(hours):
    expected = expected_times(0, 24 * HOUR_MS, HOUR_MS)
    times = np.array(sorted(hours), dtype=np.int64) * HOUR_MS
    flags = gap_test(expected, np.ones(len(times)), times, step=HOUR_MS)
    assert set(np.flatnonzero(flags == Flag.GOOD).tolist()) == hours
    assert np.count_nonzero(flags == Flag.MISSING) == 24 - len(hours)
