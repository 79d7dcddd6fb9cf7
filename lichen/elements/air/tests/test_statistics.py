from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.air.shelf import SHELF
from lichen.elements.air.statistics import (
    assess_years,
    attainment_rate,
    change_rate,
    exceedance_multiple,
    items,
    percentile,
    period_values,
    published,
    trend,
)
from lichen.elements.air.validity import mean_of_enough
from lichen.standards import TableError, find_limit, limits
from lichen.vocab.periods import Period

OLD = SHELF.edition("GB 3095-2012"), SHELF.edition("HJ 663-2013")
NEW = SHELF.edition("GB 3095-2026"), SHELF.edition("HJ 663-2026")
NAN = np.nan
YEAR = np.arange("2026-01-01", "2027-01-01", dtype="datetime64[D]")


def limit(parameter, period, on=date(2026, 6, 1)):
    return find_limit(limits(NEW[0], "table1", on, {"grade2": "2"}), parameter, period, "2")


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [
        # k = 1 + 4 × 0.9 = 4.6: 40 + 0.6 × (50 - 40) = 46
        ([50, 10, 40, 30, 20], 90, 46.0),
        # k = 1 + 20 × 0.95 = 20, exactly the twentieth of 1 … 21
        (list(range(1, 22)), 95, 20.0),
        ([7], 98, 7.0),
        ([1, 2, 3], 0, 1.0),
        ([1, 2, 3], 100, 3.0),
        ([NAN, 10, NAN, 20], 50, 15.0),
        ([NAN], 50, NAN),
    ],
)
def test_hj663_annex_a_percentiles(values, p, expected):
    assert percentile(values, p) == pytest.approx(expected, nan_ok=True)


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=50), st.integers(0, 1000).map(lambda n: n / 10))
def test_a_percentile_is_the_usual_linear_one(values, p):
    assert percentile(values, p) == pytest.approx(np.percentile(values, p), rel=1e-9, abs=1e-8)


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=50))
def test_percentiles_rise_with_p(values):
    ladder = [float(percentile(values, p)) for p in (0, 50, 90, 95, 98, 100)]
    assert all(low <= high + 1e-9 for low, high in pairwise(ladder))


def test_a_tie_is_a_tie_before_rounding():
    # 1 + 358 × 0.95 = 341.1: 34 + 0.1 × (39 - 34) = 34.5 exactly, half to even 34
    values = [34.0] * 341 + [39.0] * 18
    assert percentile(values, 95) == 34.5
    assert published(percentile(values, 95), "pm10", NEW[1]) == 34.0
    # Ten days with a sum of 293.5 in tenths: 29.35, half to even 29.4
    assert published(mean_of_enough([29.3] * 5 + [29.4] * 5, 1), "pm25", NEW[1]) == 29.4


def test_a_percentile_out_of_range_or_of_nothing_is_refused():
    with pytest.raises(ValueError, match="p=101"):
        percentile([1.0], 101)
    with pytest.raises(ValueError, match="three decimals"):
        percentile([1.0], 33.33333)
    with pytest.raises(ValueError, match="needs values"):
        percentile([], 50)


def test_hj663_table_1_items():
    found = [(item.parameter, item.percentile, item.limit_period) for item in items(NEW[1])]
    assert found == [
        ("so2", None, "year"), ("so2", 98, "day"), ("no2", None, "year"), ("no2", 98, "day"), ("co", 95, "day"),
        ("o3_8h", 90, "day"), ("pm10", None, "year"), ("pm10", 95, "day"), ("pm25", None, "year"), ("pm25", 95, "day"),
    ]  # fmt: skip


def test_period_means_are_means_of_days_and_know_their_validity():
    # January: 31 days of 10; February: 24 days of 40, too few. The quarter: (310 + 960) / 55 = 23.0909…
    days = np.concatenate([YEAR[:31], YEAR[31:55]])
    values = [10.0] * 31 + [40.0] * 24
    item = items(NEW[1])[0]
    months = period_values(days[::-1], values[::-1], item, Period.MONTH, *NEW)
    assert months.validity.start.tolist() == [date(2026, 1, 1), date(2026, 2, 1)]
    assert months.value.tolist() == [10.0, 40.0]
    assert months.validity.enough.tolist() == [True, False]
    quarter = period_values(days, values, item, Period.QUARTER, *NEW)
    assert quarter.value.tolist() == [pytest.approx(1270 / 55)]
    assert quarter.validity.enough.tolist() == [False]


def test_a_period_without_any_valid_day_has_no_value():
    for item in items(NEW[1]):
        result = period_values(YEAR[:3], [NAN] * 3, item, Period.MONTH, *NEW)
        assert np.isnan(result.value).all()
        assert result.validity.days.tolist() == [0]


@given(st.lists(st.floats(0, 500), min_size=365, max_size=365), st.sampled_from([95, 98]))
def test_a_year_is_computed_as_by_numpy(values, p):
    item = next(one for one in items(NEW[1]) if one.percentile == p)
    result = period_values(YEAR, values, item, Period.YEAR, *NEW)
    assert result.value.tolist() == [pytest.approx(np.percentile(values, p), abs=1e-8)]


def test_rounding_is_half_to_even_once():
    assert published([34.5, 35.5], "pm25", OLD[1]).tolist() == [34.0, 36.0]
    assert published([29.25, 29.35], "pm25", NEW[1]).tolist() == [29.2, 29.4]
    assert published([1.25, 1.35], "co", OLD[1]).tolist() == [1.2, 1.4]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(60.0, 0.0), (59.0, 0.0), (60.9, 0.02), (61.5, 0.02), (150.0, 1.5), (NAN, NAN)],
    ids=["at the limit", "below", "0.015 exactly", "0.025 exactly", "1.5", "missing"],
)
def test_exceedance_multiple(value, expected):  # S = 60
    assert exceedance_multiple([value], limit("pm25", "day"), NEW[1])[0] == pytest.approx(expected, nan_ok=True)


def test_attainment_rate():
    # 300 of 360 = 83.33 %; 1 of 16 = 6.25 %, half to even 6.2
    assert attainment_rate([True] * 300 + [False] * 60, [True] * 360, NEW[1]) == 83.3
    assert attainment_rate([True] + [False] * 15, [True] * 16, NEW[1]) == 6.2
    assert attainment_rate([True, True], [True, False], NEW[1]) == 100.0
    assert np.isnan(attainment_rate([True], [False], NEW[1]))


CLEAN = {"so2": 8.0, "no2": 25.0, "co": 0.8, "o3_8h": 120.0, "pm10": 50.0, "pm25": 28.0}


def year_of(**changed):
    return {name: np.full(365, value) for name, value in {**CLEAN, **changed}.items()}


def test_a_place_attains_when_all_items_do():
    result = assess_years(YEAR, year_of(), *NEW, date(2026, 6, 1))
    assert result.attains.tolist() == [True]
    assert len(result.items) == 10


@pytest.mark.parametrize(
    ("on", "value", "attains"),
    [
        (date(2026, 6, 1), 30.0, True),
        (date(2026, 6, 1), 30.04, True),
        (date(2026, 6, 1), 30.06, False),
        (date(2031, 1, 1), 30.0, False),
    ],
    ids=["at the limit", "rounds to it", "rounds above", "limits of 2031"],
)
def test_the_year_mean_of_pm25(on, value, attains):
    result = assess_years(YEAR, year_of(pm25=value), *NEW, on)
    [mean] = [one for one in result.items if one.values.item.parameter == "pm25" and not one.values.item.percentile]
    assert mean.attains.tolist() == [attains]


def test_one_exceeding_percentile_is_enough_to_fail():
    columns = year_of()
    columns["o3_8h"][:40] = 200.0  # 11 % of the days, so the 90th percentile lies above
    result = assess_years(YEAR, columns, *NEW, date(2026, 6, 1))
    assert result.attains.tolist() == [False]
    assert [one.values.item.parameter for one in result.items if not one.attains[0]] == ["o3_8h"]
    [failed] = [one for one in result.items if not one.attains[0]]
    assert failed.multiple.tolist() == [0.25]  # (200 - 160) / 160


def test_a_year_with_too_few_days_has_no_verdict():
    columns = year_of()
    columns["co"][:42] = NAN  # 323 valid days
    result = assess_years(YEAR, columns, *NEW, date(2026, 6, 1))
    assert (result.complete.tolist(), result.attains.tolist()) == ([False], [False])


def test_a_forgotten_column_is_named():
    columns = year_of()
    del columns["no2"]
    with pytest.raises(TableError, match="assesses no2 too"):
        assess_years(YEAR, columns, *NEW, date(2026, 6, 1))


def test_change_rate():
    assert change_rate([3.6, NAN], [4.0, 1.0])[0] == pytest.approx(-0.1)


def test_spearman_by_hand():
    # 35 33 36 30 28 26 25: ranks 6 5 7 4 3 2 1, periods 1 … 7, d² = 25 + 9 + 16 + 0 + 4 + 16 + 36 = 106;
    # r = 1 - 6 × 106 / (343 - 7) = -0.892857; critical for 7: 0.714
    result = trend([35, 33, 36, 30, 28, 26, 25], NEW[1])
    assert result.r == pytest.approx(-0.892857, abs=1e-6)
    assert (result.critical, result.direction, result.periods, result.status) == (0.714, -1, 7, "memory")


def test_ties_share_the_mean_rank():
    # 1 2 2 3 4: ranks 1 2.5 2.5 4 5, d² = 0 + 0.25 + 0.25 = 0.5; r = 1 - 3 / 120
    assert trend([1, 2, 2, 3, 4], NEW[1]).r == pytest.approx(0.975)


def test_at_the_critical_value_nothing_is_significant():
    # 1 2 3 5 4: d² = 2, r = 1 - 12 / 120 = 0.9, which is the critical value for 5
    result = trend([1, 2, 3, 5, 4], NEW[1])
    assert (result.r, result.direction) == (0.9, 0)


@pytest.mark.parametrize(("periods", "critical"), [(4, NAN), (5, 0.9), (11, 0.564), (12, 0.506), (40, 0.306)])
def test_critical_values(periods, critical):
    result = trend(np.arange(periods), NEW[1])
    assert result.critical == pytest.approx(critical, nan_ok=True)
    assert result.direction == (periods >= 5)


def test_a_correlation_equal_to_the_critical_value_is_not_significant():
    # Nine periods, sum of d² = 48: r = 1 - 6 * 48 / 720 = 0.6, and 192 for its reverse: r = -0.6. Critical: 0.600.
    values = [8, 6, 4, 3, 1, 7, 5, 0, 2]
    for column, r in ((values, -0.6), (values[::-1], 0.6)):
        result = trend(column, NEW[1])
        assert (result.r, result.critical, result.direction) == (r, 0.6, 0)


@given(st.lists(st.integers(0, 1000), min_size=5, max_size=30, unique=True))
def test_backwards_the_trend_is_the_opposite(values):
    there, back = trend(values, NEW[1]), trend(values[::-1], NEW[1])
    assert there.r == pytest.approx(-back.r)
    assert there.direction == -back.direction
    assert -1 <= there.r <= 1
