from datetime import date

import pytest

from lichen.elements.surface_water.classify import CLASSES, inputs
from lichen.elements.surface_water.element import SURFACE_WATER, limit_lines, limits_of_point
from lichen.elements.surface_water.shelf import PARAMETERS, SHELF, SYMBOL
from lichen.elements.surface_water.statistics import aggregations
from lichen.vocab.parameters import PARAMETERS as ALL_PARAMETERS
from lichen.vocab.periods import Period

TODAY = date(2026, 1, 1)


def test_every_parameter_is_known_and_has_a_symbol():
    for slug in PARAMETERS:
        assert ALL_PARAMETERS[slug].medium in ("water", "hydrology"), slug
        assert SYMBOL[slug]


def test_the_109_items_and_what_supports_them():
    assert len(PARAMETERS) == 109 + 7
    assert set(inputs()) <= set(PARAMETERS)
    assert len(inputs()) == 109


@pytest.mark.parametrize("table", [t for edition in SHELF.editions for t in edition.tables.values()],
                         ids=lambda t: f"{t.edition} {t.name}")  # fmt: skip
def test_every_row_names_its_clause_and_how_sure_it_is(table):
    assert len(table)  # loading has checked that each row has both


@pytest.mark.parametrize("edition", SHELF.editions, ids=lambda e: e.id)
def test_every_edition_says_what_it_is(edition):
    assert edition.title_zh
    assert edition.title_en
    assert edition.source
    assert edition.start


def test_classes_best_first():
    assert [one.word for one in CLASSES] == ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ"]
    assert [one.level for one in CLASSES] == ["优", "优", "良好", "轻度污染", "中度污染", "重度污染"]


def test_every_period_that_is_judged_can_be_made():
    made = {rule.target for rule in aggregations(TODAY)}
    assert set(SURFACE_WATER.evaluators) == made | {Period.SAMPLE}
    assert set(SURFACE_WATER.inputs) == set(SURFACE_WATER.evaluators)


def test_ph_has_its_own_mean_and_manual_months_give_way():
    for rule in aggregations(TODAY):
        assert (rule.method == "ph_mean") == (rule.parameters == ("ph",))
        assert (rule.unless is Period.DAY) == (rule.source is Period.SAMPLE)


def test_options_have_defaults_that_are_choices():
    for option in SURFACE_WATER.options:
        assert option.code(str(option.default)) >= 0
        for text, value in option.accepts.items():
            assert option.code(text) == list(option.choices).index(value)


@pytest.mark.parametrize(("text", "word"), [("Ⅲ", "Ⅲ"), ("III", "Ⅲ"), ("Ⅲ类", "Ⅲ"), ("3", "Ⅲ"), ("iv", "Ⅳ")])
def test_target_classes_as_people_write_them(text, word):
    target = next(option for option in SURFACE_WATER.options if option.slug == "target")
    assert list(target.choices)[target.code(text)] == word


def test_limit_lines_begin_with_the_standard():
    assert limit_lines(date(2002, 5, 31)) == ()
    lines = limit_lines(date(2002, 6, 1))
    assert {line.clause.split(" table")[0] for line in lines} == {"GB 3838-2002"}
    assert sorted({line.value for line in lines if line.parameter == "ph"}) == [6.0, 9.0]


def test_limit_lines_of_phosphorus_follow_the_type_of_the_water_by_date():
    def third(attributes, on=TODAY):
        lines = limits_of_point(attributes, on)
        return {line.value for line in lines if (line.parameter, line.grade_zh) == ("tp", "Ⅲ类")}

    assert "tp" not in {line.parameter for line in limit_lines(TODAY)}
    assert third({}) == third({"water_body": "river"}) == {0.2}
    since = {"water_body": [{"value": "河流"}, {"from": "2025-07-01", "value": "湖库"}]}
    assert (third(since, date(2025, 6, 30)), third(since, date(2025, 7, 1))) == ({0.2}, {0.05})
    assert third({"water_body": "swamp"}) == third({}, date(2002, 5, 31)) == set()


def test_checks_are_known_parameters_with_a_width():
    for check in SURFACE_WATER.checks:
        assert check.parameter in PARAMETERS
        assert check.low < check.high
        assert check.source
        assert check.status == "proposal"
