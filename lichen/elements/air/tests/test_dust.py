import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.air.dust import dust_hours, without_dust
from lichen.elements.air.shelf import SHELF

RULE = SHELF.edition("环办监测〔2016〕120号")
NAN = np.nan
BEFORE10, BEFORE25 = [100.0] * 6, [50.0] * 6  # mean 100, ratio 0.5: onset at 200 with a ratio up to 0.25


def found(pm10, pm25):
    return np.flatnonzero(dust_hours(BEFORE10 + pm10, BEFORE25 + pm25, RULE)).tolist()


def test_an_episode_from_onset_to_its_end():
    # Ends when PM10 is back to 110 (100 + 10 %): hour 9; hours 6, 7, 8 are dust.
    assert found([200.0, 600.0, 110.1, 110.0, 100.0], [50.0, 80.0, 40.0, 40.0, 40.0]) == [6, 7, 8]


@pytest.mark.parametrize(
    ("pm10", "pm25", "begins"),
    [(200.0, 50.0, True), (199.9, 40.0, False), (200.0, 50.1, False), (NAN, 40.0, False), (300.0, NAN, False)],
    ids=["at both bounds", "less than double", "too fine", "no PM10", "no PM2.5"],
)
def test_onset(pm10, pm25, begins):
    assert bool(found([pm10], [pm25])) is begins


def test_double_of_little_is_no_dust():
    pm10, pm25 = [50.0] * 6 + [150.0], [40.0] * 6 + [20.0]  # three times the mean, but not above 150
    assert not dust_hours(pm10, pm25, RULE).any()
    assert dust_hours([*pm10[:6], 150.1], pm25, RULE)[6]


def test_without_six_hours_before_nothing_begins():
    assert not dust_hours([100.0] * 5 + [900.0], [50.0] * 5 + [50.0], RULE).any()
    assert not dust_hours([*BEFORE10[:5], NAN, 900.0], [*BEFORE25, 50.0], RULE).any()


def test_a_missing_hour_inside_belongs_to_the_episode():
    assert found([300.0, NAN, 300.0, 100.0], [50.0, NAN, 50.0, 50.0]) == [6, 7, 8]


def test_an_episode_may_last_to_the_end_of_the_data():
    assert found([300.0, 300.0], [50.0, 50.0]) == [6, 7]


def test_dust_hours_are_taken_out_of_the_means():
    values = np.array([80.0, 900.0, NAN])
    assert np.array_equal(without_dust(values, [False, True, False]), [80.0, NAN, NAN], equal_nan=True)
    assert values[1] == 900.0


def test_columns_of_one_length():
    with pytest.raises(ValueError, match="one length"):
        dust_hours([1.0], [1.0, 2.0], RULE)


@given(st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 500)), max_size=60))
def test_every_episode_begins_above_150(hours):
    pm10, pm25 = np.array([h[0] for h in hours]), np.array([h[1] for h in hours])
    affected = dust_hours(pm10, pm25, RULE)
    begins = affected & ~np.concatenate([[False], affected[:-1]])[: len(affected)]
    assert (pm10[begins] > 150).all()
    assert not affected[:6].any()
