from datetime import date

import numpy as np
import pytest

from lichen.elements.air.element import AIR
from lichen.elements.air.place import limit_lines, place_mean
from lichen.elements.descriptor import Samples
from lichen.vocab.clock import DAY_MS, day_start_ms
from lichen.vocab.periods import Period

BEFORE, AFTER = date(2026, 2, 28), date(2026, 3, 1)


def line(on, parameter, period, grade="grade 2"):
    wanted = (parameter, period, grade)
    return [one.value for one in limit_lines(on) if (one.parameter, one.period, one.grade_en) == wanted]


def test_limits_are_those_of_the_day():
    assert line(BEFORE, "pm25", Period.DAY) == [75]
    assert line(AFTER, "pm25", Period.DAY) == [60]
    assert line(date(2031, 1, 1), "pm25", Period.DAY) == [50]
    assert line(AFTER, "pm25", Period.DAY, "grade 1") == [35]
    assert line(date(2001, 1, 1), "so2", Period.HOUR) == [500]


def test_particles_have_no_limit_of_an_hour():
    assert line(AFTER, "pm25", Period.HOUR) == line(AFTER, "pm10", Period.HOUR) == []


def test_concentrations_are_averaged_and_rounded_once():
    # 35.45 → 35; rounded to one decimal first (35.5 by halves) it would become 36.
    days = np.array([day_start_ms(AFTER)])
    found = place_mean({"pm25": np.array([[35.45], [35.47]])}, ["urban", "urban"], days)
    assert found.columns["pm25"].tolist() == [35]
    verdict = AIR.evaluators[Period.DAY](Samples(found.columns, days))
    assert verdict.sub["pm25"].tolist() == [50]


def test_each_day_by_its_edition():
    days = np.array([day_start_ms(BEFORE), day_start_ms(AFTER)])
    found = place_mean({"co": np.array([[0.66, 0.66]])}, ["urban"], days)
    assert found.columns["co"].tolist() == [0.7, 0.7]
    assert found.clause == "HJ 663-2013 city value | HJ 663-2026 city value"


def test_three_quarters_of_the_stations_must_be_valid():
    values = np.array([[10.0, 10.0], [20.0, np.nan], [30.0, 30.0], [np.nan, np.nan]])
    found = place_mean({"no2": values}, ["urban"] * 4, np.array([0, DAY_MS]) + day_start_ms(AFTER))
    assert found.columns["no2"][0] == 20
    assert np.isnan(found.columns["no2"][1])
    assert found.valid["no2"].tolist() == [3, 2]
    assert found.needed.tolist() == [3, 3]


@pytest.mark.parametrize("kinds", [[], ["traffic", "background"]])
def test_a_place_without_evaluation_stations_has_no_value(kinds):
    assert place_mean({"no2": np.empty((len(kinds), 1))}, kinds, np.array([day_start_ms(AFTER)])) is None
