"""The tables hang together: words, parameters, and one row for every question."""

import itertools
from datetime import date, timedelta

import pytest

from lichen.elements.sources import options
from lichen.elements.sources.limits import CONDITION, SEASON, bounds, national, oxygen
from lichen.elements.sources.shelf import SHELF
from lichen.vocab.clock import day_start_ms
from lichen.vocab.parameters import PARAMETERS as VOCABULARY
from lichen.vocab.periods import Period

WITH_LIMITS = [edition for edition in SHELF.editions if "limits" in edition.tables]
VALUES = {
    **{option.slug: set(option.choices) for option in options.SELECTORS},
    SEASON: {"warm", "cold"},
    CONDITION: {"normal", "exempt"},
}


def test_every_parameter_is_known_to_the_vocabulary():
    assert set(options.PARAMETERS) <= set(VOCABULARY)


@pytest.mark.parametrize("edition", WITH_LIMITS, ids=lambda one: one.id)
def test_every_limit_is_of_a_known_parameter_and_kind_of_outlet(edition):
    limited = {*options.GAS, *options.WATER, *options.FURNACE}
    for one in bounds(edition.id):
        assert one.parameter in limited
        assert one.level in options.LEVEL.choices
        assert one.low < one.high
        for option, values in one.when.items():
            assert values <= VALUES[option], (edition.id, one)
    for reference in oxygen(edition.id):
        assert 0 < reference.percent < 21


@pytest.mark.parametrize("edition", WITH_LIMITS, ids=lambda one: one.id)
def test_no_two_rows_answer_the_same_question(edition):
    # Phosphorus works in a low-fluoride area have two fluoride limits in GB 8978: the stricter counts.
    for one, other in itertools.combinations(bounds(edition.id), 2):
        same = (one.parameter, one.level, one.period, len(one.when)) == (
            other.parameter, other.level, other.period, len(other.when),
        )  # fmt: skip
        if same and one.start < other.stop and other.start < one.stop:
            together = set(one.when) | set(other.when)
            anything = {option: VALUES[option] for option in together}
            shared = [one.when.get(o, v) & other.when.get(o, v) for o, v in anything.items()]
            both = (edition.id, one.parameter) == ("GB 8978-1996", "f")
            assert both or not all(shared), (edition.id, one, other)


@pytest.mark.parametrize("number", sorted({one.number for one in WITH_LIMITS}))
def test_editions_of_a_standard_follow_each_other(number):
    for before, after in itertools.pairwise(SHELF.of(number)):
        assert before.end is not None
        assert before.end + timedelta(days=1) == after.start


def test_every_standard_a_person_can_choose_has_limits():
    for standard in options.STANDARDS.values():
        assert standard.number or standard.ultra_low
        for number in filter(None, (standard.number, standard.ultra_low)):
            assert any("limits" in edition.tables for edition in SHELF.of(number)), number


def test_nothing_holds_before_the_first_edition():
    outlet = {"standard": "gb13223", "category": "coal_boiler", "built": "new", "region": "other"}
    day = day_start_ms(date(2011, 12, 31))
    assert not national(outlet, Period.HOUR, day).bounds
