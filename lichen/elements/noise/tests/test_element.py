from datetime import date

import pytest

from lichen.elements.descriptor import METHODS
from lichen.elements.noise.element import NOISE, aggregations
from lichen.elements.noise.indoor import indoor_limit, indoor_octave_limits
from lichen.elements.noise.shelf import SHELF
from lichen.vocab.parameters import PARAMETERS, by_code
from lichen.vocab.periods import Period

CODES = {"LA": "la", "L5": "l5", "L10": "l10", "L50": "l50", "L90": "l90", "L95": "l95", "Leq": "leq", "Ldn": "ldn",
         "Ld": "ld", "Ln": "ln", "LMx": "lmax", "LMn": "lmin"}  # fmt: skip


@pytest.mark.parametrize(("code", "slug"), CODES.items())
def test_what_hj_212_sends_of_noise_is_known_here(code, slug):
    assert by_code(code, "23").slug == slug
    assert slug in NOISE.parameters
    assert PARAMETERS[slug].unit == "dB"


@pytest.mark.parametrize("table", [t for edition in SHELF.editions for t in edition.tables.values()],
                         ids=lambda t: f"{t.edition} {t.name}")  # fmt: skip
def test_every_row_names_its_clause_and_how_sure_it_is(table):
    assert len(table)  # loading has checked that each row has both


def test_the_descriptor_is_whole():
    assert set(NOISE.inputs) == set(NOISE.evaluators)
    for slugs in NOISE.inputs.values():
        assert set(slugs) <= set(NOISE.parameters)
    assert {check.parameter for check in NOISE.checks} <= set(NOISE.parameters)
    assert all(slug in PARAMETERS for slug in NOISE.parameters)


def test_a_day_has_sixteen_hours_and_a_night_eight():
    rules = {a.parameters[0]: a for a in aggregations(date(2026, 1, 1)) if a.target is Period.DAY}
    ends = range(1, 25)
    day, night = rules["ld"], rules["ln"]
    assert [end for end in ends if day.first_hour <= end <= day.last_hour] == list(range(7, 23))
    assert [end for end in ends if end >= night.first_hour or end <= night.last_hour] == [1, 2, 3, 4, 5, 6, 23, 24]
    assert {a.method for a in aggregations(date(2026, 1, 1))} <= set(METHODS)


def test_noise_in_rooms():
    # GB 12348-2008 and GB 22337-2008, tables 2 and 3
    assert [indoor_limit("GB 22337-2008", "1", room, part) for room in "AB" for part in ("day", "night")] == [
        40, 30, 45, 35,
    ]  # fmt: skip
    assert indoor_octave_limits("GB 12348-2008", "0", "A", "night").tolist() == [69, 51, 39, 30, 24]
    with pytest.raises(ValueError, match="rooms A and B"):
        indoor_limit("GB 12348-2008", "2", "C", "day")
