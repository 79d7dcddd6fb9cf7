"""Furnaces, instruments, stacks, plans and codes."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.sources.furnace import exempt_hours, exempt_hours_left, low_counts
from lichen.elements.sources.instruments import comparison_test, drift_test, linearity_test
from lichen.elements.sources.outlet_codes import FAULTS, source_code_fault
from lichen.elements.sources.self_monitoring import Every, Planned, against_plan, window_end, window_start
from lichen.elements.sources.stack_rate import permitted_rate, rate_curve
from lichen.vocab.clock import DAY_MS, MINUTE_MS, day_start_ms
from lichen.vocab.flags import Flag

DAY = day_start_ms(date(2024, 5, 1))
NEW = {"built": "new", "air_zone": "class2"}


@pytest.mark.parametrize(("edition", "limit"), [("GB 18485-2014", 850), ("GB 18484-2020", 1100)])
def test_the_furnace_limit_itself_is_not_low(edition, limit):
    time = DAY + np.arange(0, 60, 5) * MINUTE_MS
    readings = np.full(12, float(limit))
    readings[:3] -= 0.1
    assert low_counts(readings, time, np.array([DAY]), edition=edition).tolist() == [3.0]


def test_furnace_means_are_of_five_minutes_and_days_are_of_beijing():
    time = DAY - MINUTE_MS + np.arange(7) * MINUTE_MS  # one minute of the day before
    readings = np.array([800.0, 840.0, 840.0, 840.0, 860.0, 875.0, 800.0])  # 00:00-00:05: mean 851
    assert low_counts(readings, time, np.array([DAY - DAY_MS, DAY, DAY + DAY_MS]))[:2].tolist() == [1.0, 1.0]
    assert np.isnan(low_counts(readings, time, np.array([DAY + DAY_MS]))[0])


def test_furnace_readings_of_excluded_conditions_do_not_count():
    time = DAY + np.arange(2) * 5 * MINUTE_MS
    conditions = np.array(["启炉", "正常运行"])
    assert low_counts([500.0, 900.0], time, np.array([DAY]), conditions=conditions).tolist() == [0.0]


def test_sixty_exempt_hours():
    conditions = np.array(["启炉", "停炉", "故障", "事故", "烘炉", "停炉降温", "停运", "正常运行"])
    used = exempt_hours(conditions, np.full(8, DAY), 15.0)
    assert used == 60.0
    assert exempt_hours_left(used) == 0.0


@pytest.mark.parametrize(
    ("item", "test", "drift", "flag"),
    [
        ("smoke_dust", "zero", 2.0, Flag.GOOD), ("smoke_dust", "zero", 2.1, Flag.SUSPECT),
        ("smoke_dust", "span", 8.0, Flag.SUSPECT), ("smoke_dust", "span", 8.1, Flag.BAD),
        ("stack_nox", "zero", 2.5, Flag.GOOD), ("stack_nox", "zero", 5.1, Flag.BAD),
        ("stack_nox", "span", 10.0, Flag.SUSPECT), ("stack_nox", "span", -10.1, Flag.BAD),
        ("stack_oxygen", "span", float("nan"), Flag.MISSING),
    ],
)  # fmt: skip
def test_drift(item, test, drift, flag):
    assert drift_test(item, test, [drift], 0.0, 100.0).tolist() == [flag]


def test_a_small_drift_of_the_velocity_is_tolerated():
    # Span 10 m/s: 0.9 m/s is 9 % but within the floor; 1.8 m/s is 18 % but not yet out of control.
    flags = drift_test("stack_velocity", "zero", [0.9, 1.0, 1.8, 1.9], 0.0, 10.0)
    assert flags.tolist() == [Flag.GOOD, Flag.SUSPECT, Flag.SUSPECT, Flag.BAD]
    with pytest.raises(ValueError, match="zero"):
        drift_test("stack_velocity", "span", [1.0], 0.0, 10.0)
    with pytest.raises(ValueError, match="allowed"):
        drift_test("stack_so2", "middle", [1.0], 0.0, 10.0)


@pytest.mark.parametrize(
    ("item", "reference", "measured", "passed"),
    [
        ("smoke_dust", 10, 15, True), ("smoke_dust", 10, 15.1, False), ("smoke_dust", 10.1, 16.1, True),
        ("smoke_dust", 100, 125, True), ("smoke_dust", 100, 125.1, False), ("smoke_dust", 100.1, 125, False),
        ("stack_so2", 56.9, 73.9, True), ("stack_so2", 57, 74.2, False), ("stack_so2", 143, 200, True),
        ("stack_nox", 40.9, 52.9, True), ("stack_nox", 41, 53.4, False),
        ("stack_oxygen", 5.0, 6.0, True), ("stack_oxygen", 5.0, 6.1, False),
        ("stack_temperature", 100, 103, True), ("stack_temperature", 100, 103.1, False),
        ("cod", 29.9, 34.9, True), ("cod", 30, 39, True), ("cod", 30, 39.1, False), ("cod", 100, 115, True),
        ("nh3n", 1.9, 2.2, True), ("nh3n", 2.0, 2.31, False), ("tp", 0.39, 0.43, True), ("ph", 7.0, 7.5, True),
    ],
)  # fmt: skip
def test_comparison_bands(item, reference, measured, passed):
    assert comparison_test(item, [measured] * 3, [reference] * 3)[0] is passed


def test_relative_accuracy_by_hand():
    # Differences 10, 20, 30: mean 20, s = 10, t(2) = 4.3027, cc = 24.842; (20 + 24.842) / 1000 = 4.4842 %
    passed, why = comparison_test("stack_so2", [1010.0, 1020.0, 1030.0], [1000.0] * 3)
    assert passed
    assert "相对准确度4.484%" in why


def test_comparison_refuses_what_it_cannot_judge():
    with pytest.raises(ValueError, match="none may be missing"):
        comparison_test("cod", [1.0, float("nan")], [1.0, 2.0])
    with pytest.raises(ValueError, match="two pairs"):
        comparison_test("stack_so2", [1000.0], [1000.0])
    with pytest.raises(ValueError, match="there are"):
        comparison_test("mercury", [1.0], [1.0])


def test_linearity():
    assert linearity_test("stack_so2", [52.5, 52.6], 50.0, 99.0).tolist() == [False, False]  # 2.475 of full scale
    assert linearity_test("stack_so2", [52.4], 50.0, 99.0).tolist() == [True]
    assert linearity_test("stack_nox", [105.0, 105.1], 100.0, 200.0).tolist() == [True, False]
    with pytest.raises(ValueError, match="no limit"):
        linearity_test("cod", [1.0], 1.0, 10.0)


@pytest.mark.parametrize(
    ("height", "expected"),
    [
        (15, 2.6), (100, 170), (25, (4.3 + 15) / 2), (110, 170 * 1.21), (10, 2.6 * (10 / 15) ** 2 / 2),
        (float("nan"), float("nan")), (0, float("nan")),
    ],
)  # fmt: skip
def test_gb16297_rates_of_so2(height, expected):
    found = permitted_rate(float(height), *rate_curve("stack_so2", NEW))
    assert found == pytest.approx(expected, nan_ok=True)


def test_gb16297_by_zone_trade_and_buildings():
    class3 = permitted_rate(15.0, *rate_curve("stack_so2", NEW | {"air_zone": "class3"}))
    assert class3 == pytest.approx(3.5)
    assert permitted_rate(15.0, *rate_curve("smoke_dust", NEW)) == pytest.approx(3.5)
    black = rate_curve("smoke_dust", NEW | {"category": "carbon_black_dye"})
    assert permitted_rate(15.0, *black) == pytest.approx(0.51)
    low = permitted_rate(15.0, *rate_curve("stack_so2", NEW), clear_of_buildings=False)
    assert low == pytest.approx(1.3)
    assert np.isnan(permitted_rate(15.0, *rate_curve("stack_co", NEW)))


@given(st.floats(1, 300), st.floats(1, 300))
def test_a_higher_stack_may_never_emit_less(one, other):
    low, high = sorted((one, other))
    curve = rate_curve("stack_nox", NEW)
    assert permitted_rate(low, *curve) <= permitted_rate(high, *curve) * (1 + 1e-12)


@given(st.dates(date(1990, 1, 1), date(2050, 1, 1)), st.sampled_from(list(Every)))
def test_windows_cover_the_calendar(day, every):
    start = window_start(day, every)
    end = window_end(start, every)
    assert start <= day <= end
    assert window_start(end, every) == start
    assert window_start(date.fromordinal(end.toordinal() + 1), every) == date.fromordinal(end.toordinal() + 1)


def test_plan_against_done():
    plan = [Planned("cod", 2, Every.MONTH), Planned("total_hg", 1, Every.QUARTER)]
    done = {"cod": [date(2026, 1, 5), date(2026, 1, 20), date(2026, 2, 1)]}
    found = against_plan(plan, done, date(2026, 1, 1), date(2026, 4, 30))
    assert [(w.planned.parameter, w.first, w.done, w.missing) for w in found] == [
        ("cod", date(2026, 1, 1), 2, 0), ("cod", date(2026, 2, 1), 1, 1), ("cod", date(2026, 3, 1), 0, 2),
        ("cod", date(2026, 4, 1), 0, 2), ("total_hg", date(2026, 1, 1), 0, 1),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="自行监测方案"):
        Planned.read({"parameter": "cod", "times": 1, "every": "sometimes"})


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("source", "91130200699229617X001P", "91130200699229617X001"), ("outlet", "DA001", "DA01"),
        ("outlet", "DW012", "DB001"), ("production", "MF0001", "MF001"), ("treatment", "TS001", "TX001"),
    ],
)  # fmt: skip
def test_codes_of_hj608(kind, good, bad):
    assert FAULTS[kind](good) == ""
    assert FAULTS[kind](bad).endswith("。")


@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_any_single_wrong_character_of_a_credit_code_is_found(place, letter):
    code = "91130200699229617X001P"
    wrong = code[:place] + letter + code[place + 1 :]
    assert (source_code_fault(wrong) == "") == (wrong == code)
