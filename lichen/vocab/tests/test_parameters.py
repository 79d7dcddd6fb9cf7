"""Completeness of the parameter table, and looking codes up."""

import re

import pytest

from lichen.vocab import units
from lichen.vocab.parameters import PARAMETERS, TEXT_UNITS, UNDEFINED_UNITS, by_code, is_emission


def test_every_parameter_has_its_words_unit_decimals_and_status():
    for slug, parameter in PARAMETERS.items():
        assert re.fullmatch(r"[a-z0-9_]+", slug)
        assert parameter.name_zh, slug
        assert parameter.name_en, slug
        assert parameter.source, slug
        assert parameter.decimals >= 0, slug
        assert parameter.status in {"verified", "second hand", "memory", "conflict", "proposal"}, slug


def test_every_unit_is_known_to_the_unit_table():
    for parameter in PARAMETERS.values():
        if parameter.unit not in TEXT_UNITS | UNDEFINED_UNITS:
            assert units.unit(parameter.unit).name == parameter.unit, parameter.slug


def test_all_factors_of_hj212_are_there():
    counts = {
        "HJ 212-2017 Appendix B table B.1": 63,
        "HJ 212-2017 Appendix B table B.2": 121 + 6,  # 6 stack twins
        "HJ 212-2017 Appendix B table B.3": 12,
        "HJ 212-2017 Appendix B table B.5": 90,
        "HJ 212-2017 Appendix B table B.7": 55,
        "HJ 212-2017 Appendix B table B.10": 38,
    }
    for source, count in counts.items():
        assert sum(p.source == source for p in PARAMETERS.values()) == count, source
    from_tables = [p for p in PARAMETERS.values() if (p.code or p.code_2005) and p.medium != "stack"]
    assert len(from_tables) == 404


@pytest.mark.parametrize(
    ("code", "st", "slug"),
    [
        ("a34004", "22", "pm25"),
        ("A34002", None, "pm10"),
        ("a05024", "22", "o3"),
        ("w01009", "21", "do"),
        ("w01019", "32", "codmn"),
        ("w21003", None, "nh3n"),
        ("w21011", None, "tp"),
        ("w21001", None, "tn"),
        ("a21004", "22", "no2"),
        ("a21004", "31", "stack_no2"),
        ("a21026", "32", "stack_so2"),
        ("a34013", "31", "smoke_dust"),
        ("a21005", "39", "co"),
        ("leq", "23", "leq"),
        ("LEQ", "23", "leq"),
        ("g10109", "51", "g101_booster_fan_state"),
        ("i33317", "31", "i3331_furnace_upper_combustion_temperature"),
        ("I33400", None, "i33400_production_load"),
        ("060", "32", "nh3n"),
        ("01", "31", "smoke_dust"),
        ("030", None, "total_zn"),
        ("30", None, "co2"),
        ("s01", "31", "stack_oxygen"),
    ],
)
def test_codes_are_found(code, st, slug):
    assert by_code(code, st).slug == slug


def test_a_code_printed_twice_means_its_first_reading_until_the_conflict_is_settled():
    assert by_code("e70101").slug == "e701_sewage_lift_pump_current"


def test_every_code_finds_a_parameter():
    for parameter in PARAMETERS.values():
        if parameter.code:
            assert by_code(parameter.code).code == parameter.code
        if parameter.code_2005:
            assert by_code(parameter.code_2005).code_2005 == parameter.code_2005


@pytest.mark.parametrize("code", ["", "a99999", "e1010", "12345", "w0101"])
def test_an_unknown_code_is_nobody(code):
    assert by_code(code) is None


def test_ambient_air_is_in_the_units_of_gb3095():
    for slug in ("so2", "no2", "o3", "o3_8h", "pm10", "pm25"):
        assert PARAMETERS[slug].unit == "ug/m3"
    assert PARAMETERS["co"].unit == "mg/m3"
    assert PARAMETERS["pm25"].unit_hj212 == "ng/m3"


@pytest.mark.parametrize(
    ("st", "source"), [("31", True), ("32", True), ("51", True), ("39", False), ("22", False), ("91", False)]
)
def test_st_says_source_or_environment(st, source):
    assert is_emission(st) is source
