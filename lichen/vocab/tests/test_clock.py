from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.vocab import clock

instants = st.integers(0, 4_102_444_800_000)  # 1970 to 2100


@given(instants)
def test_seventeen_digits_are_exact(instant):
    assert clock.parse_digits(clock.format_digits(instant, 17)) == instant


@given(instants)
def test_fourteen_digits_keep_the_second(instant):
    assert clock.parse_digits(clock.format_digits(instant)) == instant - instant % 1000


@given(instants)
def test_a_day_begins_at_midnight_in_beijing(instant):
    start = clock.day_start_ms(clock.beijing_day(instant))
    assert start <= instant < start + clock.DAY_MS
    assert clock.floor_ms(np.array([instant]), clock.DAY_MS)[0] == start


@pytest.mark.parametrize(
    "text",
    ["", "2016", "20160832", "2016080108585", "2016-08-01", "20160801085857a", "202013251099"],
)
def test_what_names_no_moment_is_none(text):
    assert clock.parse_digits(text) is None


@pytest.mark.parametrize(
    ("text", "start"), [("20260301", "2026-03-01T00:00:00"), ("2026030107", "2026-03-01T07:00:00")]
)
def test_short_times_mean_the_start(text, start):
    moment = datetime.fromisoformat(start).replace(tzinfo=clock.BEIJING)
    assert clock.parse_digits(text) == clock.to_ms(moment)


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        clock.to_ms(datetime(2026, 3, 1))


def test_the_day_of_an_edition_change_begins_in_beijing_not_in_utc():
    first = clock.day_start_ms(date(2026, 3, 1))
    assert clock.beijing_day(first) == date(2026, 3, 1)
    assert clock.beijing_day(first - 1) == date(2026, 2, 28)
    assert clock.from_ms(first).date() == date(2026, 2, 28)


def test_now_has_a_zone_and_agrees_with_its_milliseconds():
    assert abs(clock.now() - clock.from_ms(clock.now_ms())) < timedelta(seconds=5)
