import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.elements.surface_water.flux import ESTIMATORS, STEP_MS, balance, integrate, loads


def test_all_estimators_agree_on_steady_water():
    found = loads(np.full(5, 2.0), np.full(5, 10.0), 1e6, mean_flow=10.0, flow_between=np.full(5, 10.0))
    assert sorted(found) == sorted(ESTIMATORS)
    assert set(found.values()) == {20.0}


def test_estimators_by_hand():
    found = loads([1.0, 3.0, np.nan], [10.0, 30.0, 50.0], 1e6, mean_flow=15.0, flow_between=[12.0, 24.0, 1.0])
    # A 2·20, B 2·15, C (10 + 90)/2, D (12 + 72)/2, E 100/40·15
    assert found == {"A": 40.0, "B": 30.0, "C": 50.0, "D": 42.0, "E": 37.5}


def test_no_samples_no_load():
    assert all(np.isnan(value) for value in loads([np.nan], [1.0], 1.0).values())
    with pytest.raises(ValueError, match="one flow belongs"):
        loads([1.0], [1.0, 2.0], 1.0)


def steps(n):
    return np.arange(n) * STEP_MS


def test_gaps_in_concentration_are_bridged_up_to_a_day_and_flow_never():
    n = 20
    concentration, flow = np.full(n, 2.0), np.full(n, 10.0)
    concentration[3:9] = np.nan  # six steps: 24 h
    concentration[11:18] = np.nan  # seven: 28 h
    flow[19] = np.nan
    load = integrate(steps(n), concentration, flow, 0, n * STEP_MS)
    assert load.coverage == pytest.approx((n - 7 - 1) / n)
    assert load.bridged == pytest.approx(6 / n)
    assert load.tonnes == pytest.approx(12 * 2.0 * 10 * 4 * 3600 / 1e6)
    assert load.concentration == pytest.approx(2.0)


def test_nothing_is_made_up_before_the_first_and_after_the_last_value():
    load = integrate(steps(4), np.array([np.nan, 1, 1, np.nan]), np.ones(4), 0, 4 * STEP_MS)
    assert (load.coverage, load.bridged) == (0.5, 0.0)
    assert np.isnan(integrate(steps(2), np.full(2, np.nan), np.ones(2), 0, 2 * STEP_MS).tonnes)


def test_water_that_turns_carries_back():
    load = integrate(steps(2), np.array([3.0, 1.0]), np.array([10.0, -10.0]), 0, 2 * STEP_MS)
    assert load.tonnes == pytest.approx(20 * 4 * 3600 / 1e6)
    assert np.isnan(load.concentration)  # no net water


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-50, 50)), min_size=2, max_size=40), st.integers(1, 39))
def test_parts_of_a_period_add_up(pairs, cut):
    concentration, flow = (np.array(column) for column in zip(*pairs, strict=True))
    n = len(pairs)
    cut = min(cut, n - 1)
    whole = integrate(steps(n), concentration, flow, 0, n * STEP_MS).tonnes
    parts = [integrate(steps(n), concentration, flow, a * STEP_MS, b * STEP_MS).tonnes for a, b in ((0, cut), (cut, n))]
    assert whole == pytest.approx(sum(parts), abs=1e-9)


def test_a_balance_with_a_hole_is_refused():
    assert balance([4.0], [3.0]).change == -0.25
    with pytest.raises(ValueError, match="no load"):
        balance([np.nan], [3.0])
