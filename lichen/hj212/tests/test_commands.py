"""The tables are complete and say where they are from."""

import re

import pytest

from lichen.hj212.commands import codes, commands, find, is_defined
from lichen.hj212.content import SUFFIXES

# HJ 212-2017 table 9
IN_2017 = {
    "1000", "1011", "1012", "1013", "1061", "1062", "1063", "1064", "1072", "2011", "2012", "2021",
    "2022", "2031", "2041", "2051", "2061", "2081", "3011", "3012", "3013", "3014", "3015", "3016",
    "3017", "3018", "3019", "3020", "3021", "9011", "9012", "9013", "9014",
}  # fmt: skip
NEW_IN_2025 = {
    "1001", "1002", "1014", "2013", "2052", "2062", "2111", "3022", "3024", "9015",
}  # fmt: skip
GONE_IN_2025 = {
    "3014", "3016", "3017",
}  # fmt: skip
ONLY_2005 = {
    "1021", "1022", "1031", "1032", "1041", "1042", "2071", "2072", "9021", "9022",
}  # fmt: skip


def defined(edition):
    return {command.cn for command in commands() if edition in command.editions}


def test_commands_of_the_editions():
    assert defined("2017") == IN_2017
    assert defined("2025") == IN_2017 - GONE_IN_2025 | NEW_IN_2025
    assert defined("2005") >= ONLY_2005
    assert not is_defined("2083")


@pytest.mark.parametrize("command", commands(), ids=lambda command: f"{command.cn} {command.direction}")
def test_command(command):
    assert re.fullmatch(r"[0-9]{4}", command.cn)
    assert command.direction in ("up", "down", "both")
    assert command.kind in ("request", "upload", "notice", "interaction")
    assert re.search(r"[\u4e00-\u9fff]", command.zh)
    assert command.en.isascii()
    assert command.en
    assert command.editions
    assert set(command.editions) <= {"2005", "2017", "2025"}
    assert command.status in ("verified", "code", "memory")
    assert bool(command.clause_2017) == ("2017" in command.editions)
    assert bool(command.clause_2025) == ("2025" in command.editions)
    for field in command.fields:
        prefix, _, suffix = field.partition("-")
        assert not suffix or suffix in SUFFIXES
        assert prefix
    for edition in command.editions:
        assert find(command.cn, "up" if command.direction == "both" else command.direction, edition) is command


def test_one_meaning_for_each_code_direction_and_edition():
    keys = [(c.cn, c.direction, edition) for c in commands() for edition in c.editions]
    assert len(keys) == len(set(keys))


def test_requests_come_from_the_host_and_uploads_from_the_site():
    for command in commands():
        if command.kind == "request":
            assert command.direction == "down"
        if command.kind == "upload":
            assert command.direction == "up"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("QnRtn", "1 2 3 4 5 6 7 8 9 100"),
        ("ExeRtn", "1 2 3 4 5 6 100"),
        ("ST", "21 22 23 24 25 26 27 31 32 33 34 35 36 37 38 39 41 44 45 51 52 91"),
    ],
    ids=["2017 table 7", "2017 table 6", "2017 table 5"],
)
def test_codes(table, expected):
    found = codes(table)
    assert list(found) == expected.split()
    assert all(code.zh and code.en and code.clause and code.status for code in found.values())


def test_no_such_table():
    with pytest.raises(KeyError, match="QnRtn, ExeRtn, ST"):
        codes("CN")


def test_surface_water_stations_use_the_commands_of_2017():
    assert find("2011", "up", "surface-water") is find("2011", "up", "2017")
