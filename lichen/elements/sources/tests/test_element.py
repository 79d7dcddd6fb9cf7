"""The descriptor, and the reports over many outlets."""

from datetime import date

import numpy as np
import pytest

from lichen.elements.descriptor import METHODS, Site, Survey
from lichen.elements.sources import marks
from lichen.elements.sources.element import SOURCES, aggregations
from lichen.elements.sources.reports import compliance, emitted_amounts, self_monitoring
from lichen.vocab.clock import DAY_MS, HOUR_MS, day_start_ms
from lichen.vocab.periods import Period

START = day_start_ms(date(2026, 1, 1))


def survey(sites, columns, period=Period.HOUR, klass=None, step=HOUR_MS):
    columns = {slug: np.array(column, float) for slug, column in columns.items()}
    shape = next(iter(columns.values())).shape
    klass = np.full(shape, -1, np.int8) if klass is None else np.array(klass, np.int8)
    return Survey(tuple(sites), period, START + np.arange(shape[1]) * step, columns, {}, klass)


def site(name, **attributes):
    return Site(name, name, name, "gas_outlet", attributes)


def test_what_is_judged_is_measured():
    for slugs in SOURCES.inputs.values():
        assert set(slugs) <= set(SOURCES.parameters)
    assert set(SOURCES.evaluators) == set(SOURCES.inputs) == {Period.HOUR, Period.DAY, Period.SAMPLE}


@pytest.mark.parametrize(("month", "gas", "water"), [(1, 25, 24), (2, 23, 21), (4, 25, 23)])
def test_valid_days_of_a_month(month, gas, water):
    needed = {a.parameters[0]: a.needed for a in aggregations(date(2026, month, 9)) if a.target is Period.MONTH}
    assert needed == {"smoke_dust": gas, "ph": water}


def test_aggregations_are_of_known_methods_and_parameters():
    for rule in aggregations(date(2026, 3, 1)):
        assert rule.method in METHODS
        assert set(rule.parameters) <= set(SOURCES.parameters)


def test_options_have_words_and_defaults_that_they_allow():
    slugs = [option.slug for option in SOURCES.options]
    assert len(slugs) == len(set(slugs))
    for option in SOURCES.options:
        assert option.name_zh
        assert option.name_en
        if not option.is_number and option.default != "":
            assert option.code(str(option.default)) >= 0
        words = [word for pair in option.choices.values() for word in pair]
        assert len(words) == len(set(words)), option.slug


def test_letters_of_all_editions_of_hj212():
    letters = np.array(["N", "F", "M", "S", "D", "C", "T", "B", "Td", "", "n", "3", "2"])
    assert marks.usable(letters).tolist() == [True] + [False] * 8 + [True, False, True, False]


def test_compliance_counts_only_what_was_judged():
    klass = [[0] * 19 + [1], [0, 1] + [-1] * 18]
    one = survey([site("甲", level="ultra_low"), site("乙")], {"stack_so2": np.ones((2, 20))}, klass=klass)
    assert compliance(one).rows == (("甲", 20.0, 1.0, 95.0, 0.0, "达到"), ("乙", 2.0, 1.0, 50.0, 18.0, None))


def test_amounts_of_gas_by_the_hour():
    # 100 mg/m3 x 100 m3/s = 360000 m3/h: 36 kg/h; two of three hours known: 72 kg of 0.08 t
    one = survey(
        [site("甲", permitted_stack_so2=0.08)],
        {"stack_so2": [[100.0, np.nan, 100.0]], "waste_gas_flow": [[100.0] * 3]},
    )
    table = emitted_amounts(one)
    assert table.rows == (("甲", "SO2", pytest.approx(0.072), 0.08, pytest.approx(90.0), "严重预警", 1.0),)


def test_amounts_of_water_by_the_day():
    # 10 L/s = 864 m3 a day; 50 mg/L: 43.2 kg
    one = survey([site("乙")], {"cod": [[50.0]], "sewage_flow": [[10.0]]}, Period.DAY, step=DAY_MS)
    assert emitted_amounts(one).rows == (("乙", "CODcr", pytest.approx(0.0432), None, None, None, 0.0),)
    with pytest.raises(ValueError, match="流量"):
        emitted_amounts(survey([site("乙")], {"cod": [[50.0]]}, Period.DAY))
    with pytest.raises(ValueError, match="应为数字"):
        emitted_amounts(
            survey([site("乙", permitted_cod="许多")], {"cod": [[50.0]], "sewage_flow": [[10.0]]}, Period.DAY)
        )


def test_self_monitoring_against_its_plan():
    plan = [{"parameter": "cod", "times": 1, "every": "month"}]
    cod = np.full((2, 60), np.nan)
    cod[0, 4] = cod[0, 59] = 20.0  # 5 January and 1 March
    one = survey([site("甲", self_monitoring=plan), site("乙")], {"cod": cod}, Period.SAMPLE, step=DAY_MS)
    table = self_monitoring(one)
    assert [row[3:] for row in table.rows] == [
        ("2026-01-01～2026-01-31", 1.0, 0.0, "完成"), ("2026-02-01～2026-02-28", 0.0, 1.0, "未完成"),
    ]  # fmt: skip
    assert any("乙" in note for note in table.notes)
