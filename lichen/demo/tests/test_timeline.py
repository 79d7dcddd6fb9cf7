"""Replayed times keep their hour of day; replayed values keep the hour's mean."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.demo.record import load
from lichen.demo.split import five_minute_values
from lichen.demo.timeline import LONGEST_GAP, Replay, Spell, Timeline, YearTimeline
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, beijing, parse_digits
from lichen.vocab.rounding import round_half_even

RECORD = load("official_hours_202004")
YEAR = load("beijing_hours_2016")
STARTED = parse_digits("20270315103000")
instants = st.integers(STARTED - 3 * DAY_MS, STARTED + 400 * DAY_MS)


def published():
    whole = st.integers(0, 1200).map(str)
    tenths = st.integers(0, 600).map(lambda n: f"{n / 10:.1f}")
    return whole | tenths


@given(published(), published() | st.none(), published() | st.none(), st.integers(1, 3), st.text(max_size=5))
def test_the_mean_of_the_five_minute_values_is_the_recorded_value(recorded, before, after, decimals, seed):
    values = five_minute_values(recorded, decimals, before=before, after=after, seed=seed)
    assert len(values) == 12
    assert sum(map(Decimal, values)) == 12 * Decimal(recorded)
    assert all(Decimal(value) >= 0 and len(value.partition(".")[2]) == decimals for value in values)
    published_decimals = len(recorded.partition(".")[2])
    mean = sum(map(float, values)) / 12
    assert round_half_even([mean], published_decimals)[0] == float(recorded)


@pytest.mark.parametrize("recorded", ["-1", "0.55"])
def test_an_hour_value_the_device_cannot_send_is_refused(recorded):
    with pytest.raises(ValueError, match="cannot be split"):
        five_minute_values(recorded, 1)


@given(instants)
def test_the_hour_of_day_is_true_and_the_hour_is_in_the_record(instant):
    timeline = Timeline.of(RECORD, STARTED)
    hour = timeline.recorded_hour(instant)
    assert (instant // HOUR_MS * HOUR_MS - hour) % DAY_MS == 0
    assert timeline.first <= hour <= timeline.last


@pytest.mark.parametrize("started", ["20270315103000", "20270315205959", "20270315230000", "20270401000000"])
def test_the_hour_now_is_replayed_from_the_last_recorded_one(started):
    now = parse_digits(started)
    timeline = Timeline.of(RECORD, now)
    assert timeline.last - timeline.recorded_hour(now) < DAY_MS


def test_the_record_covers_two_whole_days():
    assert Timeline.of(RECORD, STARTED).lap == 2 * DAY_MS


@pytest.mark.parametrize(
    ("instant", "recorded"),
    [
        ("20270228220000", "2017-02-28T22:00:00+08:00"),
        ("20270301000000", "2016-03-01T00:00:00+08:00"),
        ("20280229110000", "2017-02-28T11:00:00+08:00"),
        ("20261231235959", "2016-12-31T23:00:00+08:00"),
    ],
)
def test_the_year_is_laid_over_the_same_calendar_hour(instant, recorded):
    first = min(YEAR.hours["bj-aotizhongxin"])
    assert beijing(YearTimeline(first).recorded_hour(parse_digits(instant))).isoformat() == recorded


@given(st.integers(0, 200))
def test_replayed_minutes_give_the_official_hour_back(number):
    timeline = Timeline.of(RECORD, STARTED)
    replay = Replay("tj-qinjian-road", RECORD, timeline)
    hour = STARTED // HOUR_MS * HOUR_MS - number * HOUR_MS
    sums: dict[str, Decimal] = {}
    for minute in range(0, 60, 5):
        for item in replay.items("2051", hour + minute * MINUTE_MS, 5 * MINUTE_MS):
            code, _, text = item.split(",")[0].partition("-Avg=")
            sums[code] = sums.get(code, Decimal(0)) + Decimal(text)
    official = replay.hour(hour)
    assert len(sums) == len(official)
    assert sums["a34004"] == 12 * Decimal(official["pm25"])
    assert sums["a21005"] == 12 * Decimal(official["co"])


def test_absent_hours_are_interpolated_and_announced():
    timeline = Timeline(*_span(), 0)
    replay = Replay("zg-datangshan", RECORD, timeline)
    recorded, absent = parse_digits("20200403010000"), parse_digits("20200403040000")
    assert replay.is_recorded(recorded)
    assert not replay.is_recorded(absent)
    assert replay.hour(absent).keys() == {"so2", "no2", "co", "o3", "pm10", "pm25"}
    assert replay.items("3020", recorded, 0) == ()
    assert "4时官方记录缺失" in replay.items("3020", absent, 0)[0]
    assert replay.items("2061", absent, HOUR_MS) == []


def test_a_long_silence_of_the_record_stays_one():
    first = min(YEAR.hours["bj-aotizhongxin"])
    known = sorted(YEAR.hours["bj-aotizhongxin"])
    replay = Replay("bj-aotizhongxin", YEAR, YearTimeline(first))
    long = [a for a, b in pairwise(known) if b - a > (LONGEST_GAP + 1) * HOUR_MS]
    short = [a for a, b in pairwise(known) if HOUR_MS < b - a <= (LONGEST_GAP + 1) * HOUR_MS]
    assert long
    assert short
    assert all(replay.hour(at + HOUR_MS) == {} for at in long)
    assert all(replay.hour(at + HOUR_MS) for at in short)
    assert not any(replay.items("2061", at + HOUR_MS, HOUR_MS) for at in long + short)


def test_a_missing_pollutant_of_a_recorded_hour_stays_missing():
    timeline = Timeline(*_span(), 0)
    replay = Replay("zg-chunhua-road", RECORD, timeline)
    assert "pm10" not in replay.hour(parse_digits("20200402220000"))


def test_a_stuck_instrument_repeats_and_a_maintained_one_says_so():
    timeline = Timeline(*_span(), 0)
    spells = (Spell("co", 8, 12, stuck=True), Spell("o3", 8, 12, mark="M"))
    replay = Replay("zg-datangshan", RECORD, timeline, spells)
    start = parse_digits("20200403080000")
    items = [replay.items("2051", start + n * 5 * MINUTE_MS, 5 * MINUTE_MS) for n in range(48)]
    assert len({next(i for i in row if i.startswith("a21005")) for row in items}) == 1
    assert all("a05024-Flag=M" in next(i for i in row if i.startswith("a05024")) for row in items)
    after = replay.items("2051", start + 4 * HOUR_MS, 5 * MINUTE_MS)
    assert all(item.endswith("Flag=N") for item in after)


def test_real_time_readings_flicker_around_the_five_minute_value():
    replay = Replay("zg-datangshan", RECORD, Timeline(*_span(), 0))
    start = parse_digits("20200403080000")
    readings = {tuple(replay.items("2011", start + n * MINUTE_MS, 0)) for n in range(5)}
    assert len(readings) > 1


def _span():
    timeline = Timeline.of(RECORD, STARTED)
    return timeline.first, timeline.last
