from datetime import date

import pytest

from lichen.elements.air.element import AIR, aggregations
from lichen.elements.air.shelf import SHELF
from lichen.elements.air.words import FEED_NAME, SYMBOL
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period

BEFORE, AFTER = date(2026, 2, 28), date(2026, 3, 1)


def rules(on, slug):
    return [
        (rule.source.value, rule.target.value, rule.method, rule.needed)
        for rule in aggregations(on)
        if slug in rule.parameters
    ]


@pytest.mark.parametrize("slug", AIR.parameters)
def test_every_parameter_has_words_and_a_way_to_be_computed(slug):
    parameter = PARAMETERS[slug]
    assert parameter.name_zh
    assert parameter.name_en
    assert SYMBOL[slug]
    assert FEED_NAME[slug]
    assert rules(AFTER, slug)


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


@pytest.mark.parametrize("number", ["GB 3095", "HJ 633", "HJ 663"])
def test_editions_follow_each_other_without_a_gap(number):
    old, new = SHELF.of(number)
    assert (old.end, new.start, new.end) == (BEFORE, AFTER, None)
    assert old.replaced_by == new.id


LADDER = [("minute", "hour", "mean", 45), ("hour", "day", "mean", 20)]


def test_counts_of_gb_3095_table_4_and_hj_663():
    assert rules(AFTER, "so2") == [*LADDER, ("day", "month", "mean", 27), ("day", "year", "mean", 324)]
    assert rules(date(2027, 2, 1), "so2") == [*LADDER, ("day", "month", "mean", 25), ("day", "year", "mean", 324)]
    assert sorted(rules(AFTER, "pm25")) == sorted(rules(AFTER, "so2"))
    assert rules(AFTER, "o3") == [("minute", "hour", "mean", 45), ("hour", "h8", "running_mean", 6)]
    assert rules(AFTER, "o3_8h") == [("h8", "day", "max", 14)]


def test_the_largest_hour_of_ozone_belongs_to_the_old_day():
    assert ("hour", "day", "max", 20) in rules(BEFORE, "o3")
    assert ("hour", "day", "max", 20) not in rules(AFTER, "o3")


def test_the_eight_hour_maximum_of_a_day():
    (rule,) = [rule for rule in aggregations(AFTER) if rule.parameters == ("o3_8h",)]
    assert (rule.source_parameter, rule.first_hour, rule.last_hour, rule.exceeds) == ("o3", 8, 24, 160.0)
    assert rule.clause == "HJ 663-2026 6.1.2"


def test_before_the_first_edition_means_are_made_all_the_same():
    assert aggregations(date(1990, 1, 1)) == aggregations(date(2016, 1, 1))


def test_what_is_computed_later_rests_on_what_is_computed_earlier():
    order = [(rule.source, rule.target) for rule in aggregations(AFTER)]
    for at, (source, _) in enumerate(order):
        if source is not Period.MINUTE:
            assert any(target is source for _, target in order[:at])
            assert not any(target is source for _, target in order[at + 1 :])


def test_checks_are_known_parameters_with_a_width():
    for check in AIR.checks:
        assert check.parameter in AIR.parameters
        assert check.low < 0 < check.high
        assert check.source
        assert check.status == "proposal"
