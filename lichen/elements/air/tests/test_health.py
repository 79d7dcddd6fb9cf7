"""Every level and every pollutant of the index has its words, in both editions."""

import pytest

from lichen.elements.air.aqi import CLASSES
from lichen.elements.air.element import AIR
from lichen.elements.air.health import advice, sensitive_groups
from lichen.standards import UnknownEdition
from lichen.vocab.periods import Period

EDITIONS = ("HJ 633-2012", "HJ 633-2026")


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("level", range(6))
def test_every_level_has_words_in_both_languages(edition, level):
    words = advice(level, edition)
    assert words.class_zh == CLASSES[level].word
    assert words.numeral == CLASSES[level].level
    for chinese in (words.effect_zh, words.advice_zh):
        assert chinese.endswith("。")
    for english in (words.effect_en, words.advice_en):
        assert english.endswith(".")
    assert words.clause
    assert words.status


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_pollutant_of_the_index_has_its_groups(edition):
    slugs = tuple(dict.fromkeys(AIR.inputs[Period.HOUR] + AIR.inputs[Period.DAY]))
    found = sensitive_groups(slugs, edition)
    assert tuple(one.parameter for one in found) == slugs
    assert all(one.groups_zh and one.groups_en for one in found)


def test_the_2026_edition_tells_pollutants_apart():
    co, pm25 = sensitive_groups(("co", "pm25"), "HJ 633-2026")
    assert "呼吸系统" not in co.groups_zh
    assert "呼吸系统" in pm25.groups_zh


def test_others_than_those_of_the_index_have_no_groups():
    assert sensitive_groups(("tsp",), "HJ 633-2026") == ()


@pytest.mark.parametrize("level", [-1, 6])
def test_there_are_six_levels(level):
    with pytest.raises(ValueError, match="0 to 5"):
        advice(level, "HJ 633-2026")


def test_an_unknown_edition_is_refused():
    with pytest.raises(UnknownEdition, match="HJ 633-2012, HJ 633-2026"):
        advice(0, "HJ 633-1999")
