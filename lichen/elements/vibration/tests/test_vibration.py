from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import Samples
from lichen.elements.vibration.compliance import QUANTITY, evaluate
from lichen.elements.vibration.element import VIBRATION
from lichen.standards import UnknownEdition
from lichen.vocab.clock import HOUR_MS, day_start_ms
from lichen.vocab.parameters import PARAMETERS


def judge(value, hour=12, quantity="vlz10", day=75.0, night=72.0, column="vlz10", edition=None):
    time = np.array([day_start_ms(date(2026, 5, 1)) + hour * HOUR_MS])
    options = {
        "vibration_quantity": np.array([QUANTITY.code(quantity)]),
        "vibration_limit_day": np.array([day]),
        "vibration_limit_night": np.array([night]),
    }
    verdict = evaluate(Samples({column: np.array([value])}, time, edition, options=options))
    return int(verdict.klass[0]), verdict.notes[verdict.note[0]]


@pytest.mark.parametrize(
    ("value", "hour", "expected"),
    [(75.0, 6, 0), (75.1, 21, 1), (72.0, 5, 0), (72.1, 22, 1), (74.0, 12, 0), (74.0, 0, 1)],
)
def test_the_registered_limit_itself_attains(value, hour, expected):
    assert judge(value, hour) == (expected, "")


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"quantity": ""}, "未登记执行限值或评价量，未评价"),
        ({"day": np.nan}, "未登记执行限值或评价量，未评价"),
        ({"column": "vlz"}, "评价量缺测，未评价"),
        ({"value": np.nan}, "评价量缺测，未评价"),
        ({"value": -5.0}, "振级超出仪器的测量范围，按缺测计；评价量缺测，未评价"),
    ],
)
def test_without_what_it_needs_there_is_no_verdict(change, note):
    assert judge(**{"value": 60.0} | change) == (-1, note)


def test_there_are_no_editions():
    with pytest.raises(UnknownEdition, match="registered limits"):
        judge(60.0, edition="GB 10070-88")


@given(st.floats(20, 150), st.floats(0, 9))
def test_more_is_never_better(value, more):
    assert judge(value + more)[0] >= judge(value)[0]


def test_the_descriptor_is_whole():
    assert set(VIBRATION.parameters) == {check.parameter for check in VIBRATION.checks}
    assert all(PARAMETERS[slug].unit == "dB" for slug in VIBRATION.parameters)
    assert [rule.method for rule in VIBRATION.aggregations(date(2026, 1, 1))] == ["max", "max"]
