from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import METHODS, Samples
from lichen.elements.weather.element import WEATHER, aggregations
from lichen.elements.weather.wind import vector_mean
from lichen.standards import UnknownEdition
from lichen.vocab.parameters import PARAMETERS, by_code
from lichen.vocab.periods import Period


def test_every_parameter_is_known_checked_and_aggregated_once_per_step():
    checked = {check.parameter for check in WEATHER.checks}
    for slug in WEATHER.parameters:
        assert PARAMETERS[slug].name_zh
        assert slug in checked
        steps = [(rule.source, rule.target) for rule in aggregations(date(2026, 1, 1)) if slug in rule.parameters]
        assert steps == [(Period.MINUTE, Period.HOUR), (Period.HOUR, Period.DAY)]
    assert {rule.method for rule in aggregations(date(2026, 1, 1))} <= set(METHODS)


@pytest.mark.parametrize("period", [Period.HOUR, Period.DAY, Period.SAMPLE])
def test_it_shows_all_and_judges_nothing(period):
    assert WEATHER.inputs[period] == WEATHER.parameters
    verdict = WEATHER.evaluators[period](Samples({"air_temperature": np.array([20.0, np.nan])}, np.zeros(2, np.int64)))
    assert verdict.klass.tolist() == [-1, -1]
    assert [verdict.notes[code] for code in verdict.note] == ["气象水文参数不作评价"] * 2
    assert not WEATHER.classes
    assert WEATHER.limits(date(2026, 1, 1)) == ()


def test_there_are_no_editions():
    with pytest.raises(UnknownEdition, match="no standard judges"):
        WEATHER.evaluators[Period.HOUR](Samples({}, np.zeros(1, np.int64), "GB 1-2000"))


@pytest.mark.parametrize(
    ("code", "slug"),
    [("a01001", "air_temperature"), ("a01002", "humidity"), ("a01006", "pressure"), ("a01007", "wind_speed"),
     ("a01008", "wind_direction")],
)  # fmt: skip
def test_what_hj_212_names(code, slug):
    assert by_code(code, "22").slug == slug


def test_directions_around_north_do_not_cancel():
    _, direction, steadiness = vector_mean([3.0, 3.0, 3.0], [359.0, 0.0, 1.0])
    assert float(np.minimum(direction, 360 - direction)) == pytest.approx(0.0, abs=1e-9)
    assert float(steadiness) == pytest.approx(1.0, abs=1e-3)


def test_winds_that_cancel_have_no_direction():
    speed, direction, steadiness = vector_mean([5.0, 5.0], [90.0, 270.0])
    assert float(speed) == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(direction)
    assert float(steadiness) == pytest.approx(0.0, abs=1e-9)


def test_incomplete_pairs_are_left_out():
    speed, direction, _ = vector_mean(
        [[5.0, np.nan, 7.0], [np.nan, 1.0, np.nan]], [[90.0, 10.0, np.nan], [0, np.nan, 1]]
    )
    assert speed.tolist()[0] == pytest.approx(5.0)
    assert direction[0] == pytest.approx(90.0)
    assert np.isnan(speed[1])


@given(st.lists(st.tuples(st.floats(0.1, 30), st.floats(0, 359)), min_size=1, max_size=20), st.floats(0, 359))
def test_turning_all_winds_turns_the_mean(winds, turn):
    force, angle = np.array(winds).T
    speed, _, steadiness = vector_mean(force, angle)
    turned, _, same = vector_mean(force, (angle + turn) % 360)
    assert float(turned) == pytest.approx(float(speed), abs=1e-9)
    assert float(same) == pytest.approx(float(steadiness), abs=1e-9)
    assert -1e-12 <= float(steadiness) <= 1 + 1e-12
