import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.quality import QualityError, spike_test
from lichen.vocab.flags import Flag

finite = st.lists(st.integers(-1000, 1000), min_size=3, max_size=30)


def flags(values, times=None, **kwargs):
    times = range(0, 10 * len(values), 10) if times is None else list(times)
    return spike_test(values, times, **{"step": 10, "height": 5, **kwargs}).tolist()


def test_a_spike_as_high_as_allowed_passes():
    assert flags([0, 5, 0]) == [2, 1, 2]
    assert flags([0, 5.1, 0]) == [2, 3, 2]
    assert flags([0, -5.1, 0]) == [2, 3, 2]


def test_a_step_is_no_spike():
    assert flags([0, 0, 100, 100]) == [2, 1, 1, 2]


def test_without_both_neighbours_nothing_can_be_said():
    assert flags([0, 100, np.nan, 100, 0]) == [2, 2, 9, 2, 2]
    assert flags([0, 100, 0], [0, 10, 26]) == [2, 2, 2]
    assert flags([0, 100, 0], height=np.nan) == [2, 2, 2]
    assert flags([0, 100, 0, 100], [0, 10, 0, 10], series=[1, 1, 2, 2]) == [2, 2, 2, 2]
    assert flags([1, 2]) == [2, 2]
    assert flags([]) == []


def test_a_negative_height_is_refused():
    with pytest.raises(QualityError, match=r"height -1\.0"):
        flags([0, 1, 0], height=-1)


@given(finite, st.integers(0, 500), st.integers(-500, 500))
def test_shifting_and_turning_all_values_changes_no_flag(values, height, shift):
    array = np.array(values, dtype=float)
    assert flags(array, height=height) == flags(array + shift, height=height) == flags(-array, height=height)


@given(finite)
def test_rising_values_have_no_spike(values):
    assert Flag.SUSPECT not in flags(np.sort(values), height=0)
