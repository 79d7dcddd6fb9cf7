from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.air.shelf import SHELF
from lichen.elements.air.validity import (
    daily_max_8h,
    mean_of_enough,
    needed,
    period_start,
    period_validity,
    running_mean,
)
from lichen.standards import TableError, find_limit, limits
from lichen.vocab.periods import Period

OLD = SHELF.edition("GB 3095-2012"), SHELF.edition("HJ 663-2013")
NEW = SHELF.edition("GB 3095-2026"), SHELF.edition("HJ 663-2026")
LIMIT = find_limit(limits(NEW[0], "table1", date(2026, 3, 1), {"grade2": "2"}), "o3_8h", "day", "2")
NAN = np.nan


def days(start, stop):
    return np.arange(start, stop, dtype="datetime64[D]")


def enough(chosen, parameter, period, editions=NEW):
    return period_validity(chosen, np.ones(len(chosen), bool), parameter, period, *editions).enough.tolist()


@pytest.mark.parametrize("standard", [OLD[0], NEW[0]], ids=lambda edition: edition.id)
@pytest.mark.parametrize(
    ("parameter", "period", "month", "count"),
    [
        ("so2", Period.HOUR, None, 45),
        ("o3", Period.H8, None, 6),
        ("pm25", Period.DAY, None, 20),
        ("pm25", Period.MONTH, 1, 27),
        ("pm25", Period.MONTH, 2, 25),
        ("pm25", Period.YEAR, None, 324),
        ("air_pb", Period.QUARTER, None, 15),
        ("air_pb", Period.MONTH, 2, 5),
        ("tsp", Period.YEAR, None, 60),
        ("tsp", Period.DAY, None, 24),
    ],
)
def test_gb3095_table_4(standard, parameter, period, month, count):
    assert needed(standard, parameter, period, month).count == count


def test_a_count_the_standard_does_not_give_is_not_invented():
    with pytest.raises(TableError, match="0 counts for pm25 over a quarter"):
        needed(NEW[0], "pm25", Period.QUARTER)
    with pytest.raises(TableError, match="neither GB 3095-2026 nor HJ 663-2026"):
        enough(days("2026-01-01", "2027-01-01"), "weight", Period.YEAR)


@pytest.mark.parametrize(("minutes", "valid"), [(44, False), (45, True), (46, True)])
def test_table_4_an_hour_has_45_minutes(minutes, valid):
    hour = np.where(np.arange(60) < minutes, 30.0, NAN)
    mean = mean_of_enough(hour, needed(NEW[0], "so2", Period.HOUR).count)
    assert (mean == 30.0) if valid else np.isnan(mean)


@pytest.mark.parametrize(("hours", "valid"), [(19, False), (20, True), (24, True)])
def test_table_4_a_day_has_20_hours(hours, valid):
    day = np.where(np.arange(24) < hours, np.arange(24.0), NAN)
    mean = mean_of_enough(day, needed(NEW[0], "pm10", Period.DAY).count)
    assert (mean == (hours - 1) / 2) if valid else np.isnan(mean)


def test_an_empty_mean_is_no_mean_even_if_none_were_needed():
    assert np.isnan(mean_of_enough([NAN, NAN], 0))


def test_table_4_eight_hours_have_six():
    # Hours 1 … 10, the third and fourth missing. The window ending with hour 8: (1+2+5+6+7+8)/6 = 29/6.
    hours = np.array([1, 2, NAN, NAN, 5, 6, 7, 8, 9, 10], float)
    running = running_mean(hours, needed(NEW[0], "o3", Period.H8).count)
    assert np.isnan(running[:7]).all()
    assert running[7:].tolist() == pytest.approx([29 / 6, 37 / 6, 45 / 6])


def test_running_means_go_on_over_midnight():
    two_days = np.arange(48.0)
    assert running_mean(two_days, 6).reshape(2, 24)[1, 0] == np.mean([17, 18, 19, 20, 21, 22, 23, 24])


def running(count, value):
    """A day of running means with `count` valid ones among those that end at 08:00 to 24:00."""
    row = np.full(24, NAN)
    row[7 : 7 + count] = value
    return row


@pytest.mark.parametrize(
    ("count", "value", "expected"),
    [(14, 100.0, 100.0), (13, 100.0, NAN), (13, 160.0, NAN), (13, 160.1, 160.1), (1, 161.0, 161.0), (0, 0.0, NAN)],
    ids=["14", "13", "13 at the limit", "13 above it", "1 above it", "none"],
)
def test_clause_6_1_2_mda8_needs_14_unless_above_the_limit(count, value, expected):
    assert daily_max_8h(running(count, value), NEW[1], LIMIT).item() == pytest.approx(expected, nan_ok=True)


def test_clause_6_1_2_only_means_that_end_at_8_to_24_count():
    day = running(17, 50.0)
    day[6] = 300.0  # ends at 07:00
    day[23] = 90.0  # ends at 24:00
    assert daily_max_8h([day, running(17, 60.0)], OLD[1], LIMIT).tolist() == [90.0, 60.0]


def test_a_day_has_24_running_means():
    with pytest.raises(ValueError, match="24"):
        daily_max_8h(np.zeros(23), NEW[1], LIMIT)


@pytest.mark.parametrize(
    ("start", "stop", "valid"),
    [
        ("2026-01-01", "2026-01-27", False),
        ("2026-01-01", "2026-01-28", True),
        ("2026-02-01", "2026-02-25", False),
        ("2026-02-01", "2026-02-26", True),
        ("2024-02-01", "2024-02-26", True),
    ],
    ids=["26 in January", "27", "24 in February", "25", "25 in a leap year"],
)
def test_table_4_months(start, stop, valid):
    for parameter in ("pm25", "co", "o3_8h"):
        assert enough(days(start, stop), parameter, Period.MONTH) == [valid]


def test_table_4_a_year_has_324_days():
    # The first 1 to 3 or 4 days of each month go: 27 stay in eleven months and 25 in February (322), then more.
    year = days("2026-01-01", "2027-01-01")
    day_of_month = (year - year.astype("datetime64[M]")).astype(int) + 1
    february = year.astype("datetime64[M]") == np.datetime64("2026-02")
    least = year[np.where(february, day_of_month <= 25, day_of_month <= 27)]
    assert len(least) == 322
    assert enough(least, "pm25", Period.YEAR) == [False]
    assert enough(np.union1d(least, days("2026-01-28", "2026-01-30")), "pm25", Period.YEAR) == [True]


def test_table_4_a_year_needs_each_of_its_months():
    year = days("2026-01-01", "2027-01-01")
    holed = year[(year < np.datetime64("2026-06-01")) | (year > np.datetime64("2026-06-05"))]  # June has 25 of 30
    assert len(holed) == 360
    assert enough(holed, "pm25", Period.YEAR) == [False]
    assert enough(holed, "co", Period.YEAR) == [True]  # percentiles: 324 days, no monthly count known


def test_lead_needs_15_days_a_quarter_and_5_a_month():
    spread = np.concatenate([days(f"2026-{m:02}-01", f"2026-{m:02}-06") for m in (1, 2, 3)])
    assert enough(spread, "air_pb", Period.QUARTER) == [True]
    assert enough(days("2026-01-01", "2026-01-21"), "air_pb", Period.QUARTER) == [False]


def test_other_quarters_need_three_months_and_the_rule_says_it_is_a_proposal():
    quarter = days("2026-04-01", "2026-07-01")
    result = period_validity(quarter, quarter >= np.datetime64("2026-04-04"), "pm25", Period.QUARTER, *NEW)
    assert result.enough.tolist() == [True]
    assert result.days.tolist() == [88]
    assert "proposal" in {rule.status for rule in result.rules}
    assert enough(days("2026-04-01", "2026-06-01"), "pm25", Period.QUARTER) == [False]


def test_a_day_given_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        enough(np.array(["2026-01-01", "2026-01-01"], "datetime64[D]"), "pm25", Period.MONTH)
    with pytest.raises(ValueError, match="allowed: month, quarter, year"):
        period_start(["2026-01-01"], Period.DAY)


@given(st.lists(st.one_of(st.just(NAN), st.floats(0, 1000)), min_size=8, max_size=40), st.integers(1, 8))
def test_a_running_mean_is_the_mean_of_its_window(hours, count):
    result = running_mean(hours, count)
    for end in range(7, len(hours)):
        window = [hour for hour in hours[end - 7 : end + 1] if not np.isnan(hour)]
        expected = np.mean(window) if len(window) >= count else NAN
        assert result[end] == pytest.approx(expected, abs=1e-8, nan_ok=True)


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_periods_start_where_the_calendar_says(day):
    month, quarter, year = (period_start([day], p).tolist()[0] for p in (Period.MONTH, Period.QUARTER, Period.YEAR))
    assert month == day.replace(day=1)
    assert quarter == date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    assert year == date(day.year, 1, 1)


@given(st.sets(st.integers(0, 364)), st.sampled_from(["pm25", "o3_8h", "tsp"]))
def test_more_days_never_make_a_year_invalid(chosen, parameter):
    year = days("2026-01-01", "2027-01-01")
    valid = np.isin(np.arange(365), list(chosen))
    fewer = period_validity(year, valid, parameter, Period.YEAR, *NEW).enough
    more = period_validity(year, valid | (np.arange(365) < 200), parameter, Period.YEAR, *NEW).enough
    assert (more >= fewer).all()
