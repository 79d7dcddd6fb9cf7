import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.noise.levels import (
    DAY_HOURS,
    NIGHT_HOURS,
    day_level,
    day_night_level,
    equivalent_level,
    exceeded_level,
    exposure_level,
    level_deviation,
    night_level,
)

levels = st.lists(st.floats(20, 120), min_size=1, max_size=60)


@given(levels)
def test_the_equivalent_level_lies_between_mean_and_maximum(some):
    found = float(equivalent_level(some))
    assert np.mean(some) - 1e-9 <= found <= max(some) + 1e-9


@given(levels, st.floats(0, 30))
def test_louder_by_so_much_everywhere_is_louder_by_so_much(some, more):
    assert float(equivalent_level(np.array(some) + more)) == pytest.approx(float(equivalent_level(some)) + more)


@given(levels)
def test_percentiles_fall_and_are_levels_that_occurred(some):
    found = [float(exceeded_level(some, percent)) for percent in (5, 10, 50, 90, 95, 100)]
    assert found == sorted(found, reverse=True)
    assert set(found) <= set(some)
    assert found[-1] == min(some)


def test_minutes_make_the_same_as_their_seconds():
    seconds = np.random.default_rng(1).uniform(40, 80, (60, 60))
    minutes = equivalent_level(seconds)
    assert minutes.shape == (60,)
    assert float(equivalent_level(minutes)) == pytest.approx(float(equivalent_level(seconds.ravel())))


def test_missing_levels_are_left_out():
    assert float(equivalent_level([np.nan, 60.0])) == pytest.approx(60.0)
    assert float(exceeded_level([np.nan, 60.0, 70.0], 50)) == 70.0
    assert np.isnan([equivalent_level([np.nan]), exceeded_level([np.nan], 10), level_deviation([1.0, np.nan])]).all()


def test_percent_out_of_range_is_refused():
    with pytest.raises(ValueError, match="above 0, at most 100"):
        exceeded_level([60.0], 0)


def test_day_and_night_share_the_hours():
    assert sorted(DAY_HOURS + NIGHT_HOURS) == list(range(24))
    assert (len(DAY_HOURS), len(NIGHT_HOURS)) == (16, 8)
    hourly = np.full(24, 50.0)
    hourly[[6, 21]] = 70.0
    assert float(night_level(hourly)) == pytest.approx(50.0)
    assert float(day_level(hourly)) > 60
    with pytest.raises(ValueError, match="24 hours"):
        day_level(hourly[:12])


def test_the_night_counts_ten_more():
    # 10 lg((16 * 10^6 + 8 * 10^6) / 24) = 60 where the night is 10 dB quieter
    assert float(day_night_level(60.0, 50.0)) == pytest.approx(60.0)
    assert np.isnan(day_night_level(60.0, np.nan))


def test_exposure_and_equivalent_level():
    # Leq = SEL + 10 lg(n) - 10 lg(T / 1 s): 20 events of 85 dB in an hour
    event = float(exposure_level([75.0] * 10, 1.0))
    assert event == pytest.approx(85.0)
    assert event + 10 * np.log10(20) - 10 * np.log10(3600) == pytest.approx(62.447, abs=1e-3)
