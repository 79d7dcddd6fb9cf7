from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.elements.surface_water import trophic
from lichen.elements.surface_water.statistics import (
    change_of_shares,
    change_of_state,
    mean,
    period_means,
    prefer_automatic,
    trend,
)
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period


def days(*words):
    return np.array([day_start_ms(date.fromisoformat(word)) for word in words])


def test_ph_is_averaged_as_hydrogen_ions():
    # (1e-6 + 1e-8) / 2 = 5.05e-7; -lg of it is 6.2967
    assert mean("ph", [6.0, 8.0, np.nan]).item() == pytest.approx(6.2967, abs=1e-4)
    assert np.isnan(mean("ph", [np.nan]))


def test_half_the_detection_limit_enters_a_mean():
    assert mean("hg", [0.04, 0.1], [True, False]).item() == pytest.approx(0.06)


def test_several_dates_at_several_points():
    assert mean("tp", [[0.1, 0.3], [np.nan, 0.5]]).tolist() == [0.2, 0.5]


def test_automatic_values_come_first():
    assert prefer_automatic([1.0, np.nan], [2.0, 3.0]).tolist() == [1.0, 3.0]


def test_months_quarters_and_years():
    time = days("2025-01-05", "2025-01-20", "2025-02-05", "2025-04-05")
    values = np.array([1.0, 3.0, 5.0, 7.0])
    month = period_means("codmn", time, values, Period.MONTH)
    assert month.value.tolist() == [2.0, 5.0, 7.0]
    assert month.count.tolist() == [2, 1, 1]
    quarter = period_means("codmn", time, values, Period.QUARTER)
    assert (quarter.value.tolist(), quarter.enough.tolist()) == ([3.0, 7.0], [True, False])  # two samples at least
    year = period_means("codmn", time, values, Period.YEAR)
    assert year.value.item() == pytest.approx(14 / 3)  # of the three months
    assert (year.count.tolist(), year.enough.tolist()) == ([3], [False])
    with pytest.raises(ValueError, match="month, quarter, year"):
        period_means("codmn", time, values, Period.DAY)


@pytest.mark.parametrize(
    ("good", "worse", "words"),
    [((70, 80), (10, 10), "无明显变化"), ((70, 80.1), (10, 10), "有所好转"), ((70, 80), (10, 0), "有所好转"),
     ((70, 80.1), (10, 0), "明显好转"), ((80, 70), (0, 10.1), "明显变差")],
)  # fmt: skip
def test_change_by_shares_at_its_bounds(good, worse, words):
    assert change_of_shares(good, worse) == words


def test_change_by_state():
    assert change_of_state("中度污染", "优") == "明显好转"
    assert change_of_state("优", "良好") == "有所变差"
    with pytest.raises(ValueError, match="一般"):
        change_of_state("一般", "优")


def test_a_trend_at_its_critical_value_is_none():
    # Ranks 2 1 3 4 5: Σd² = 2, r = 1 - 12/120 = 0.9, which is the critical value of five and not above it.
    assert trend([2.0, 1, 3, 4, 5]).direction == ""
    assert trend([1.0, 2, 3, 4, 5]).direction == "rising"
    assert trend([1.0, 2, 3, 4, 5], level=0.01).direction == ""  # 1.000 is not above 1.000
    assert trend([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1]).critical_n == 10  # eleven are in a gap of the table
    with pytest.raises(ValueError, match="needs 5"):
        trend([1.0, 2, 3, 4, np.nan])
    with pytest.raises(ValueError, match=r"level 0\.1"):
        trend([1.0, 2, 3, 4, 5], level=0.1)


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=30))
def test_a_trend_turns_around_with_the_values(values):
    there, back = trend(values), trend([-value for value in values])
    assert there.coefficient <= 1
    if len(set(values)) == len(values):
        assert back.coefficient == pytest.approx(-there.coefficient)


def test_the_trophic_level_index_by_hand():
    lake = {"chlorophyll_a": [20.0], "tp": [0.05], "tn": [1.0], "transparency": [80.0], "codmn": [4.0]}
    columns = {slug: np.array(value) for slug, value in lake.items()}
    parts = [trophic.item_index(slug, columns[slug])[0] for slug in trophic.ITEMS]
    # 10(2.5 + 1.086 ln 20), 10(9.436 + 1.624 ln 0.05), 10(5.453 + 0), 10(5.118 - 1.94 ln 0.8), 10(0.109 + 2.661 ln 4)
    assert parts == pytest.approx([57.533, 45.710, 54.530, 55.509, 37.980], abs=1e-3)
    # Printed weights 0.2663, 0.1879, 0.1790, 0.1834, 0.1834.
    assert trophic.tli(columns)[0] == pytest.approx(50.82, abs=0.01)
    assert np.isnan(trophic.tli(columns | {"tn": np.array([np.nan])})[0])
    with pytest.raises(ValueError, match="tn"):
        trophic.tli({slug: column for slug, column in columns.items() if slug != "tn"})
    with pytest.raises(ValueError, match="chlorophyll_a"):
        trophic.tli(columns, ["tp", "tn"])


def test_trophic_states_at_their_bounds():
    index = np.array([29.9, 30, 50, 50.1, 60, 60.1, 70, 70.1, np.nan])
    assert trophic.state_code(index).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, -1]
