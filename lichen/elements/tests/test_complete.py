"""Every element has what the rest of Lichen asks of one. A new element is tested here without a change."""

import re
import tomllib
from datetime import date
from importlib import resources

import numpy as np
import pytest

from lichen.elements import ELEMENTS
from lichen.elements.descriptor import METHODS, Samples
from lichen.standards import Shelf
from lichen.standards.edition import STATUSES
from lichen.vocab.clock import day_start_ms
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period

DAYS = [date(1980, 1, 1), date(2005, 6, 1), date(2020, 2, 1), date(2026, 3, 1), date(2031, 1, 1)]
elements = pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: element.slug)


def folder(element):
    return resources.files(f"lichen.elements.{element.slug}")


def shelf(element):
    tables = folder(element).joinpath("tables")
    return Shelf.load(tables) if tables.is_dir() else None


@elements
def test_names_and_words_are_there_in_both_languages(element):
    assert re.fullmatch(r"[a-z][a-z_]*", element.slug)
    assert element.name_zh
    assert element.name_en
    words = [*element.point_kinds.values(), (element.deciding_zh, element.deciding_en)]
    words += [(one.word, one.name_en) for one in element.classes]
    words += [(option.name_zh, option.name_en) for option in element.options]
    words += [pair for option in element.options for pair in option.choices.values()]
    words += [(report.name_zh, report.name_en) for report in element.reports]
    assert all(zh and en for zh, en in words), [pair for pair in words if not all(pair)]
    assert [pair for pair in words if re.search(r"[\u3400-\u9fff]", pair[1])] == []
    assert element.point_kinds


@elements
def test_parameters_are_known_and_every_reader_knows_them(element):
    assert len(set(element.parameters)) == len(element.parameters)
    named = {slug for slugs in element.inputs.values() for slug in slugs} | {
        check.parameter for check in element.checks
    }
    assert set(element.parameters) | named <= set(PARAMETERS)
    assert named <= set(element.parameters)


@elements
def test_evaluators_have_inputs_and_classes_have_colours(element):
    assert set(element.inputs) == set(element.evaluators)
    if not element.classes and not element.index_name:  # supporting values: shown, never judged
        for period, evaluator in element.evaluators.items():
            ones = {slug: np.ones(1) for slug in element.inputs[period]}
            assert evaluator(Samples(ones, np.zeros(1, np.int64))).klass.tolist() == [-1]
    assert all(0 <= part <= 255 for one in element.classes for part in one.rgb)


@elements
def test_checks_are_ranges_with_a_source(element):
    for check in element.checks:
        assert check.low < check.high, check
        assert check.source
        assert check.status in STATUSES


@elements
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_aggregations_are_known_methods_with_a_clause_and_rest_on_one_another(element, day):
    rules = element.aggregations(day)
    for place, rule in enumerate(rules):
        assert rule.method in METHODS
        assert rule.clause
        assert rule.needed > 0
        assert set(rule.parameters) <= set(PARAMETERS)
        later = {(one.target, slug) for one in rules[place + 1 :] for slug in one.parameters}
        for slug in (rule.source_parameter,) if rule.source_parameter else rule.parameters:
            assert (rule.source, slug) not in later, f"{rule} reads what is made after it"


@elements
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_limits_are_of_known_parameters_with_clause_and_status(element, day):
    for line in element.limits(day):
        assert line.parameter in PARAMETERS
        assert np.isfinite(line.value)
        assert line.clause
        assert line.status in STATUSES


@elements
def test_options_have_a_default_that_is_allowed(element):
    for option in element.options:
        if not option.is_number and option.default:
            assert option.code(str(option.default)) >= 0, option.slug
        assert all(option.code(value) >= 0 for value in option.accepts), option.slug


@elements
def test_every_row_of_every_table_has_a_clause_and_a_status(element):
    if shelf(element) is None:
        assert not element.evaluators, "what judges has tables"
        return
    for edition in shelf(element).editions:
        assert edition.status in STATUSES
        assert edition.title_zh
        assert edition.title_en
        assert edition.source
        for name, table in edition.tables.items():
            for row in table:
                assert row["status"] in STATUSES, (edition.id, name, row)
                assert row["clause"], (edition.id, name, row)


@elements
def test_about_files_are_read_whole(element):
    tables = folder(element).joinpath("tables")
    known = {
        "id", "number", "title_zh", "title_en", "issued", "effective", "until", "replaced_by", "source", "status",
        "note", "phases",
    }  # fmt: skip
    if tables.is_dir():
        for edition in tables.iterdir():
            assert set(tomllib.loads(edition.joinpath("about.toml").read_text("utf-8"))) <= known, edition.name


@elements
def test_there_is_a_page_about_it(element):
    text = folder(element).joinpath("README.md").read_text(encoding="utf-8")
    assert element.name_zh in text
    assert len(text) > 500


@elements
def test_there_are_tests_of_its_own(element):
    tests = [one.name for one in folder(element).joinpath("tests").iterdir() if one.name.startswith("test_")]
    assert tests


@elements
def test_nothing_measured_is_no_class_but_a_note(element):
    for period, evaluator in element.evaluators.items():
        for day in DAYS:
            found = evaluator(Samples({}, np.array([day_start_ms(day)] * 2)))
            assert found.klass.tolist() == [-1, -1], (period, day)
            assert np.isnan(found.index).all()
            assert found.notes[found.note[0]], (period, day)
            assert found.clause


@elements
def test_no_sample_is_no_verdict(element):
    for evaluator in element.evaluators.values():
        assert len(evaluator(Samples({}, np.empty(0, np.int64))).klass) == 0


@elements
def test_a_verdict_does_not_depend_on_the_samples_judged_beside_it(element):
    random = np.random.default_rng(5)
    n = 12
    for period, evaluator in element.evaluators.items():
        slugs = element.inputs[period]
        columns = {slug: random.gamma(1.5, 2.0, n).round(3) for slug in slugs}
        for column in columns.values():
            column[random.random(n) < 0.3] = np.nan
        time = np.array([day_start_ms(DAYS[place % len(DAYS)]) for place in range(n)])
        together = evaluator(Samples(columns, time))
        for row in range(n):
            alone = evaluator(
                Samples({slug: column[row : row + 1] for slug, column in columns.items()}, time[row : row + 1])
            )
            assert alone.klass[0] == together.klass[row]
            assert alone.index[0] == together.index[row] or np.isnan([alone.index[0], together.index[row]]).all()
            assert {slug for slug, where in alone.deciding.items() if where[0]} == {
                slug for slug, where in together.deciding.items() if where[row]
            }
            assert alone.notes[alone.note[0]] == together.notes[together.note[row]]
            assert alone.edition[alone.edition_code[0]] == together.edition[together.edition_code[row]]
            assert alone.clause == together.clause


def test_slugs_and_period_words_are_not_mixed_up():
    assert len({element.slug for element in ELEMENTS}) == len(ELEMENTS)
    assert not {element.slug for element in ELEMENTS} & set(PARAMETERS)
    assert not {element.slug for element in ELEMENTS} & set(Period)
