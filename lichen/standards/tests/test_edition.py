"""Editions by day, on made-up standards."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lichen.standards import NoStandardInForce, Shelf, TableError, UnknownEdition, find_limit, limits
from lichen.vocab.clock import DAY_MS, day_start_ms

ABOUT = """\
id = "GB 9999-{year}"
number = "GB 9999"
title_zh = "某标准"
title_en = "Some standard"
effective = {start}
{end}
source = "made up"
status = "verified"
"""

PHASES = """\
[[phases]]
id = "early"
from = 2026-01-01
until = 2026-06-30
[[phases]]
id = "late"
from = 2026-07-01
"""


def write(folder: Path, year: int, start: str, end: str = "", phases: str = "", table: str | None = None) -> None:
    place = folder / f"gb9999-{year}"
    place.mkdir()
    (place / "about.toml").write_text(ABOUT.format(year=year, start=start, end=end) + phases, encoding="utf-8")
    header = "parameter,period,unit,grade1,grade2,phase,clause,status\n"
    (place / "table1.csv").write_text(header + (table or "cod,day,mg/L,10,20,,4.1,verified\n"), encoding="utf-8")


@pytest.fixture
def shelf(tmp_path):
    write(tmp_path, 2020, "2020-01-01", "until = 2025-12-31")
    write(
        tmp_path, 2026, "2026-01-01", phases=PHASES,
        table="cod,day,mg/L,10,20,early,4.1,verified\ncod,day,mg/L,5,10.0,late,4.1,verified\ntn,day,mg/L,,1,,4.1,memory\n",
    )  # fmt: skip
    return Shelf.load(tmp_path)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2020-01-01", "GB 9999-2020"),
        ("2025-12-31", "GB 9999-2020"),
        ("2026-01-01", "GB 9999-2026"),
        ("2040-01-01", "GB 9999-2026"),
    ],
)
def test_the_day_picks_the_edition(shelf, day, expected):
    on = date.fromisoformat(day)
    assert shelf.in_force("GB 9999", on).id == expected
    assert shelf.in_force_at("GB 9999", day_start_ms(on)).id == expected
    assert shelf.in_force_at("GB 9999", day_start_ms(on) + DAY_MS - 1).id == expected
    editions, codes = shelf.codes_at("GB 9999", np.array([day_start_ms(on), day_start_ms(on) + DAY_MS - 1]))
    assert [editions[code].id for code in codes] == [expected, expected]


def test_before_the_first_edition_there_is_none(shelf):
    with pytest.raises(
        NoStandardInForce, match=r"2019-12-31; editions known: GB 9999-2020 \(from 2020-01-01 until 2025-12-31\), GB"
    ):
        shelf.in_force("GB 9999", date(2019, 12, 31))
    assert shelf.codes_at("GB 9999", np.array([0]))[1].tolist() == [-1]


@pytest.mark.parametrize("name", ["GB 9999-2026", "gb9999-2026", "GB/9999—2026", "2026"])
def test_people_write_an_edition_in_many_ways(shelf, name):
    assert shelf.edition(name, "GB 9999").id == "GB 9999-2026"


def test_an_unknown_edition_lists_the_known(shelf):
    with pytest.raises(UnknownEdition, match="known: GB 9999-2020, GB 9999-2026"):
        shelf.edition("GB 9999-1999")


@pytest.mark.parametrize(("day", "value", "text"), [("2026-06-30", 20, "20"), ("2026-07-01", 10, "10.0")])
def test_limits_move_with_the_phase_and_keep_their_digits(shelf, day, value, text):
    on = date.fromisoformat(day)
    pool = limits(shelf.in_force("GB 9999", on), "table1", on, {"grade1": "1", "grade2": "2"})
    limit = find_limit(pool, "cod", "day", "2")
    assert (limit.value, limit.text) == (value, text)
    assert limit.clause == "4.1"
    with pytest.raises(TableError, match="there is: day grade 2"):  # an empty cell is no limit
        find_limit(pool, "tn", "day", "1")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("cod,day,mg/L,10,20,,,verified\n", "no clause"),
        ("cod,day,mg/L,10,20,,4.1,sure\n", "status 'sure'"),
        ("cod,day,mg/L,10\n", "wrong number of cells"),
        ("cod,day,mg/L,10,twenty,,4.1,verified\n", "not a number"),
    ],
)
def test_a_broken_table_says_where(tmp_path, row, says):
    write(tmp_path, 2030, "2030-01-01", table=row)
    edition = Shelf.load(tmp_path).editions[0]
    with pytest.raises(TableError, match=says):
        limits(edition, "table1", date(2030, 1, 1), {"grade1": "1", "grade2": "2"})


def test_a_folder_without_about_is_refused(tmp_path):
    (tmp_path / "gb1-2000").mkdir()
    with pytest.raises(TableError, match=r"no about\.toml"):
        Shelf.load(tmp_path)
