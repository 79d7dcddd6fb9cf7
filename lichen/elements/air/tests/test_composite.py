from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.air.composite import composite_index, composite_rule, rank, worsening_rank
from lichen.elements.air.shelf import SHELF
from lichen.standards import TableError

OLD = composite_rule(SHELF.edition("GB 3095-2012"), SHELF.edition("HJ 663-2013"), date(2026, 2, 28))
NEW_EDITIONS = SHELF.edition("GB 3095-2026"), SHELF.edition("HJ 663-2026")
NEW = composite_rule(*NEW_EDITIONS, date(2026, 3, 1))
FINAL = composite_rule(*NEW_EDITIONS, date(2031, 1, 1))
NAMES = ("so2", "no2", "co", "o3_8h", "pm10", "pm25")


def index(rule, *values):
    return composite_index({name: [value] for name, value in zip(NAMES, values, strict=True)}, rule)


@pytest.mark.parametrize(
    ("rule", "divisors"),
    [(OLD, (60, 40, 4, 160, 70, 35)), (NEW, (60, 40, 4, 160, 60, 30)), (FINAL, (20, 30, 4, 160, 50, 25))],
    ids=["until 2026-02-28", "from 2026-03-01", "from 2031-01-01"],
)
def test_limits_by_date(rule, divisors):
    assert tuple(part.item.parameter for part in rule.parts) == NAMES
    assert tuple(int(part.limit.value) for part in rule.parts) == divisors


def test_weights_and_how_sure_they_are():
    assert [int(part.weight) for part in OLD.parts] == [1] * 6
    assert [int(part.weight) for part in NEW.parts] == [1, 2, 1, 2, 1, 3]
    assert {part.status for part in NEW.parts} == {"second hand"}


def test_old_index_by_hand():
    # 12/60 + 36/40 + 1.2/4 + 152/160 + 77/70 + 42/35 = 0.2 + 0.9 + 0.3 + 0.95 + 1.1 + 1.2 = 4.65
    result = index(OLD, 12, 36, 1.2, 152, 77, 42)
    assert result.index.tolist() == [4.65]
    assert [column.item() for column in result.single.values()] == [0.2, 0.9, 0.3, 0.95, 1.1, 1.2]
    assert result.primary == (("pm25",),)


def test_new_index_by_hand():
    # 12/60 + 2 × 36/40 + 1.2/4 + 2 × 152/160 + 66/60 + 3 × 30/30 = 0.2 + 1.8 + 0.3 + 1.9 + 1.1 + 3 = 8.3
    result = index(NEW, 12, 36, 1.2, 152, 66, 30)
    assert result.index.tolist() == [8.3]
    assert result.primary == (("pm10",),)  # the largest C / S, without its weight


def test_equal_shares_are_primary_together():
    assert index(NEW, 0, 40, 0, 160, 60, 15).primary == (("no2", "o3_8h", "pm10"),)


def test_a_tie_goes_to_the_even_digit():
    # Only SO2: 0.3/60 = 0.005 → 0.00; 0.9/60 = 0.015 → 0.02; 1.5/60 = 0.025 → 0.02
    assert [index(OLD, value, 0, 0, 0, 0, 0).index.item() for value in (0.3, 0.9, 1.5)] == [0.0, 0.02, 0.02]


def test_without_one_pollutant_there_is_no_index():
    result = index(NEW, 12, 36, 1.2, np.nan, 66, 30)
    assert np.isnan(result.index[0])
    assert result.primary == ((),)
    assert result.single["pm25"].tolist() == [1.0]


def test_weights_are_a_setting():
    weights = dict.fromkeys(NAMES, Decimal(1))
    rule = composite_rule(*NEW_EDITIONS, date(2026, 3, 1), weights)
    assert index(rule, 12, 36, 1.2, 152, 66, 30).index.tolist() == [4.45]
    with pytest.raises(TableError, match="needed: so2, no2"):
        composite_rule(*NEW_EDITIONS, date(2026, 3, 1), {"so2": Decimal(1)})


def test_bad_columns_are_refused():
    with pytest.raises(ValueError, match="no column for co, o3_8h"):
        composite_index({name: [1.0] for name in ("so2", "no2", "pm10", "pm25")}, NEW)
    with pytest.raises(ValueError, match=r"-1\.0 is negative"):
        index(NEW, -1, 0, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="one length"):
        composite_index({name: [1.0] if name != "co" else [1.0, 2.0] for name in NAMES}, NEW)


def test_equal_indices_share_a_rank():
    assert rank([4.1, 3.0, 4.1, 5.0]).tolist() == [2, 1, 2, 4]


def test_attaining_places_are_not_among_the_worse():
    assert worsening_rank([0.2, 0.5, 0.2, np.nan, -0.1], [False, True, False, False, False]).tolist() == [1, 0, 1, 0, 3]


concentrations = st.tuples(*[st.integers(0, 6000).map(lambda tenths: tenths / 10)] * 6)


@given(concentrations, st.sampled_from([OLD, NEW, FINAL]))
def test_it_is_the_weighted_sum(values, rule):
    exact = sum(
        part.weight * Decimal(str(value)) / part.limit.value for part, value in zip(rule.parts, values, strict=True)
    )
    assert index(rule, *values).index.item() == pytest.approx(float(exact), abs=0.5 * 10**-rule.decimals + 1e-9)


@given(concentrations, st.integers(0, 5), st.sampled_from([OLD, NEW]))
def test_worse_air_never_lowers_the_index(values, which, rule):
    worse = tuple(value + 10 * (at == which) for at, value in enumerate(values))
    assert index(rule, *worse).index.item() >= index(rule, *values).index.item()


@given(st.lists(st.integers(100, 900).map(lambda n: n / 100), max_size=30))
def test_a_rank_counts_the_better_places(values):
    assert rank(values).tolist() == [1 + sum(other < value for other in values) for value in values]
