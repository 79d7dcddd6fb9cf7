"""Months, quarters and years; grab samples where there is no automatic station."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from lichen.elements.air.element import AIR
from lichen.elements.descriptor import METHODS, Aggregation
from lichen.pipeline.aggregate import aggregate
from lichen.pipeline.combine import COMBINED
from lichen.pipeline.frames import Names, keys
from lichen.pipeline.intervals import end_after, end_of, start_before, start_of
from lichen.pipeline.recomputation import Recomputation
from lichen.pipeline.testing import network
from lichen.store import open_store
from lichen.vocab.batch import Batch, Series
from lichen.vocab.clock import DAY_MS, HOUR_MS, day_start_ms
from lichen.vocab.flags import Flag
from lichen.vocab.marks import BELOW_DETECTION
from lichen.vocab.periods import Period, Source

JANUARY, FEBRUARY, APRIL = (day_start_ms(date(2026, month, 1)) for month in (1, 2, 4))
BY_DAYS = Aggregation(("pm25",), None, Period.DAY, Period.MONTH, "mean", 27, "clause")
BY_SAMPLES = replace(BY_DAYS, source=Period.SAMPLE, needed=1, unless=Period.DAY)
QUARTER = replace(BY_DAYS, source=Period.MONTH, target=Period.QUARTER, needed=2)


@pytest.fixture
def store(tmp_path):
    store = open_store(f"chdb://{tmp_path}/store")
    yield store
    store.close()


def put(store, period, times, values, mark="", version=1):
    source = Source.REPORTED if period is Period.SAMPLE else Source.COMPUTED
    n = len(times)
    store.append(Batch(
        (Series("P1", "pm25", period, source),), np.zeros(n, np.int32), np.array(times), np.array(values, float),
        np.full(n, Flag.GOOD, np.uint8), (mark,), np.zeros(n, np.uint16), np.full(n, version, np.uint64),
    ))  # fmt: skip


def computed(store, rules, closed_from, closed_to, touched=(), version=9):
    names = Names()
    work = Recomputation(store, network(), names, closed_from, closed_to, version)
    for period, times in touched:
        source = Source.REPORTED if period is Period.SAMPLE else Source.COMPUTED
        codes = np.full(len(times), names.code("P1"), np.int32), np.full(len(times), names.code("pm25"), np.int32)
        work.touch(period, source, keys(*codes, np.array(times)))
    aggregate(replace(AIR, aggregations=lambda on: rules), work)
    found = store.range(JANUARY, day_start_ms(date(2027, 1, 1)), periods=["month", "quarter", "year"])
    return {
        (found.series[code].period, time): (value, flag)
        for code, time, value, flag in zip(
            found.code.tolist(), found.time.tolist(), found.value.tolist(), found.flag.tolist(), strict=True
        )
    }


def test_a_month_is_made_when_it_ends_and_a_quarter_of_its_months(store):
    days = [JANUARY + day * DAY_MS for day in range(59)]
    put(store, Period.DAY, days, [10.0] * 31 + [40.0] * 28)
    assert computed(store, (BY_DAYS, QUARTER), FEBRUARY - 2, FEBRUARY - 1) == {}
    assert computed(store, (BY_DAYS, QUARTER), FEBRUARY - 1, FEBRUARY) == {("month", JANUARY): (10.0, Flag.GOOD)}
    found = computed(store, (BY_DAYS, QUARTER), FEBRUARY, APRIL)
    assert found["month", FEBRUARY] == (40.0, Flag.GOOD)
    assert found["quarter", JANUARY] == (25.0, Flag.GOOD)


def test_a_late_day_makes_its_month_anew(store):
    days = [JANUARY + day * DAY_MS for day in range(31)]
    put(store, Period.DAY, days, [10.0] * 31)
    computed(store, (BY_DAYS,), FEBRUARY - 1, FEBRUARY)
    put(store, Period.DAY, days[:1], [41.0], version=2)
    found = computed(store, (BY_DAYS,), APRIL, APRIL + 1, touched=[(Period.DAY, days[:1])], version=10)
    assert found["month", JANUARY] == (11.0, Flag.GOOD)


def test_too_few_days_are_no_month(store):
    put(store, Period.DAY, [JANUARY + day * DAY_MS for day in range(26)], [10.0] * 26)
    value, flag = computed(store, (BY_DAYS,), FEBRUARY - 1, FEBRUARY)["month", JANUARY]
    assert np.isnan(value)
    assert flag == Flag.MISSING


def test_grab_samples_make_a_month_only_without_days_and_count_half_below_the_limit(store):
    put(store, Period.SAMPLE, [JANUARY + 5], [4.0])
    put(store, Period.SAMPLE, [JANUARY + 6], [2.0], mark=BELOW_DETECTION)
    rules = (BY_DAYS, BY_SAMPLES)
    assert computed(store, rules, FEBRUARY - 1, FEBRUARY) == {("month", JANUARY): (2.5, Flag.GOOD)}
    put(store, Period.DAY, [JANUARY + day * DAY_MS for day in range(31)], [10.0] * 31)
    touched = [(Period.DAY, [JANUARY]), (Period.SAMPLE, [JANUARY + 5])]
    found = computed(store, rules, APRIL, APRIL + 1, touched, version=10)
    assert found["month", JANUARY] == (10.0, Flag.GOOD)


def test_intervals_of_expressions_and_of_instants_agree():
    instants = np.arange(JANUARY - 400 * DAY_MS, JANUARY + 800 * DAY_MS, 7 * DAY_MS // 3)
    for period in (Period.HOUR, Period.DAY, Period.MONTH, Period.QUARTER, Period.YEAR):
        starts = pl.select(start_of(pl.lit(pl.Series(instants)), period)).to_series()
        ends = pl.select(end_of(pl.lit(starts), period)).to_series()
        assert starts.to_list() == [start_before(int(one), period) for one in instants]
        assert ends.to_list() == [end_after(one, period) for one in starts.to_list()]
        assert ((starts.to_numpy() <= instants) & (instants < ends.to_numpy())).all()


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("mean", 3.0), ("running_mean", 3.0), ("max", 6.0), ("min", 1.0), ("sum", 9.0),
        ("ph_mean", -np.log10((1e-1 + 1e-2 + 1e-6) / 3)),
        ("energy_mean", 10 * np.log10((10**0.1 + 10**0.2 + 10**0.6) / 3)),
    ],
)  # fmt: skip
def test_methods(method, expected):
    value, usable = np.array([1.0, 99.0, 2.0, 6.0]), np.array([True, False, True, True])
    found = COMBINED[method](value, usable, np.array([0]), np.array([3]))
    assert found[0] == pytest.approx(expected, rel=1e-12)


def test_directions_around_north_have_a_northern_mean():
    found = COMBINED["angle_mean"](np.array([350.0, 20.0]), np.array([True, True]), np.array([0]), np.array([2]))
    assert found[0] == pytest.approx(5.0)


def test_every_method_is_known():
    assert set(COMBINED) == set(METHODS)


def test_a_night_takes_both_ends_of_its_calendar_day(store):
    night = replace(BY_DAYS, source=Period.HOUR, target=Period.DAY, method="max", needed=8, first_hour=23, last_hour=6)
    hours = [JANUARY + hour * HOUR_MS for hour in range(24)]
    level = [float(hour) if 6 <= hour < 22 else 1.0 for hour in range(24)]
    put(store, Period.HOUR, hours, level)
    computed(store, (night,), JANUARY + DAY_MS - 1, JANUARY + DAY_MS)
    found = store.range(JANUARY, JANUARY + 1, periods=["day"])
    assert found.value.tolist() == [1.0], "the eight hours from 22:00 to 6:00"
