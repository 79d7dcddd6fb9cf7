"""Masses: substitution, flow-weighted means, totals of a year, effective transmission."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.sources.substitution import Day, Hour, capture_rate, substitute_days, substitute_hours
from lichen.elements.sources.totals import LEVELS, year_totals
from lichen.elements.sources.transmission import transmission
from lichen.elements.sources.water import flow_weighted
from lichen.vocab.clock import HOUR_MS, day_start_ms


def run_of(length, valid, *, kind=Hour.INVALID, mass=None):
    """Valid hours of rising mass, then a run of missing ones, then valid hours of mass 1 to fill a quarter."""
    before = np.arange(1.0, valid + 1) if mass is None else np.full(valid, mass)
    state = np.concatenate([np.zeros(valid, int), np.full(length, kind)])
    return np.concatenate([before, np.full(length, np.nan)]), state


@pytest.mark.parametrize(
    ("length", "valid", "looked_back"),
    [(24, 2000, 180), (25, 2000, 720), (300, 2000, 2160)],
    ids=["<= 24 h, >= 90 %", "> 24 h, >= 90 %", "75-90 %"],
)
def test_hj75_chapter_12_how_far_is_looked_back(length, valid, looked_back):
    # The largest mass lies just inside, or just outside, the hours looked back at.
    mass, state = run_of(length, valid, mass=1.0)
    for distance, expected in ((looked_back, 9.0), (looked_back + 1, 1.0)):
        if distance > valid:
            continue
        tried = mass.copy()
        tried[valid - distance] = 9.0
        done = substitute_hours(tried, state, np.zeros(len(state), int))
        assert done.mass[valid] == expected
        assert done.replaced.sum() == length


def test_hj75_below_75_percent_nothing_is_usable():
    mass, state = run_of(260, 750)
    assert capture_rate(state, np.zeros(len(state), int))[0] < 0.75
    done = substitute_hours(mass, state, np.zeros(len(state), int))
    assert np.isnan(done.mass).all()


def test_exactly_75_percent_is_enough():
    mass, state = run_of(250, 750)
    assert not np.isnan(substitute_hours(mass, state, np.zeros(len(state), int)).mass).any()


def test_out_of_control_looks_before_the_last_good_calibration():
    mass = np.ones(1000)
    mass[500], mass[900] = 5.0, 9.0  # 9 was measured after the last good calibration: not trusted
    state = np.zeros(1000, int)
    state[950:960] = Hour.OUT_OF_CONTROL
    calibrated = np.full(1000, -1)
    calibrated[950:960] = 600
    done = substitute_hours(mass, state, np.zeros(1000, int), calibrated)
    assert done.mass[955] == 5.0


def test_a_stopped_source_emits_nothing_and_is_not_due():
    mass, state = run_of(500, 1000, kind=Hour.STOPPED)
    assert capture_rate(state, np.zeros(len(state), int)).tolist() == [1.0]
    assert substitute_hours(mass, state, np.zeros(len(state), int)).mass[1200] == 0.0


@given(st.lists(st.sampled_from(list(Hour)), min_size=1, max_size=300))
def test_valid_hours_are_never_changed(kinds):
    state = np.array([int(kind) for kind in kinds])
    mass = np.where(state == Hour.VALID, 2.0, np.nan)
    done = substitute_hours(mass, state, np.zeros(len(state), int))
    kept = done.mass[state == Hour.VALID]
    assert np.isnan(kept).all() or (kept == 2.0).all()  # all or none: a poor quarter is not usable
    assert not done.replaced[state == Hour.VALID].any()


def test_hj356_days():
    mass = [9.0, 2.0, 3.0, np.nan, np.nan, np.nan, np.nan]
    state = [Day.VALID] * 3 + [Day.NORMAL, Day.NOT_NORMAL, Day.NOT_NORMAL, Day.NO_FLOW]
    passed = [False, True, False, False, False, False, False]
    manual = [np.nan] * 4 + [1.5, np.nan, 7.0]
    done = substitute_days(mass, state, passed, manual)
    assert done.mass.tolist() == [9.0, 2.0, 3.0, 3.0, 1.5, 3.0, 0.0]
    assert done.replaced.tolist() == [False, False, False, True, True, True, False]


def test_hj356_nothing_since_the_check_gives_nothing():
    done = substitute_days([5.0, np.nan], [Day.VALID, Day.NORMAL], [False, True])
    assert np.isnan(done.mass[1])
    assert not done.replaced[1]


@pytest.mark.parametrize(("valid", "enough"), [(18, True), (17, False)])
def test_hj356_three_quarters_of_the_hours_make_a_day(valid, enough):
    usable = np.arange(24) < valid
    found = flow_weighted(np.full(24, 30.0), np.ones(24), usable, np.zeros(24, int), [24], share=0.75)
    assert np.isnan(found.mean[0]) != enough


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0.1, 100)), min_size=1, max_size=24))
def test_a_weighted_mean_lies_between_its_values_and_carries_the_mass(pairs):
    c, v = np.array(pairs).T
    n = len(c)
    found = flow_weighted(c, v, np.ones(n, bool), np.zeros(n, int), [n], share=0.75)
    assert c.min() - 1e-9 <= found.mean[0] <= c.max() + 1e-9
    assert found.mass[0] == pytest.approx((c * v).sum() * 1e-3)


@pytest.mark.parametrize(
    ("tonnes", "level"), [(79.999, "正常"), (80, "预警"), (90, "严重预警"), (100, "超总量"), (120, "超总量")]
)
def test_early_warning_of_totals(tonnes, level):
    found = year_totals([tonnes * 1000], np.array([day_start_ms(date(2026, 3, 1))]), 100.0)
    assert LEVELS[found.level[0]] == level


def test_a_total_begins_again_on_the_first_of_january_in_beijing():
    new_year = day_start_ms(date(2026, 1, 1))
    found = year_totals([1000.0, np.nan, 500.0], new_year + np.array([-HOUR_MS, 0, HOUR_MS]), float("nan"))
    assert found.tonnes.tolist() == [1.0, 0.0, 0.5]
    assert found.missing.tolist() == [0, 1, 1]
    assert np.isnan(found.share).all()
    assert len(year_totals([], np.empty(0, np.int64), 1.0).tonnes) == 0


def test_values_set_by_hand_never_raise_the_rate():
    marks = np.array(["N", "S", "D", ""])
    found = transmission([1.0, 1.0, 1.0, np.nan], marks, np.zeros(4, int), groups=1)
    assert (found.due[0], found.received[0], found.valid[0]) == (4, 3, 1)
    assert found.effective[0] == pytest.approx(0.25)


def test_an_approved_stop_leaves_the_denominator():
    values, marks, group = [1.0, np.nan], np.array(["N", ""]), np.zeros(2, int)
    found = transmission(values, marks, group, groups=2, stopped=[False, True])
    assert found.effective.tolist()[0] == 1.0
    assert np.isnan(found.effective[1])


def test_nothing_received_is_a_rate_of_zero():
    assert transmission([np.nan], np.array([""]), np.zeros(1, int), groups=1).effective.tolist() == [0.0]
