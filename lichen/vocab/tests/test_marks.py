from datetime import date

import pytest

from lichen.vocab.flags import Flag, is_usable
from lichen.vocab.marks import MARKS, flag_of, load, meaning, schemes


@pytest.mark.parametrize("edition", ["2005", "2017", "2025"])
def test_only_normal_marks_may_be_used(edition):
    for (scheme, mark), rows in MARKS.items():
        if scheme in schemes(edition):
            normal = mark in {"N", "3"}
            assert all(is_usable(row.flag) == normal for row in rows), (scheme, mark)


def test_every_row_has_words_and_an_honest_status():
    for rows in MARKS.values():
        for row in rows:
            assert row.name_zh
            assert row.name_en
            assert row.source
            assert row.status in {"verified", "memory", "conflict"}


@pytest.mark.parametrize("mark", ["X", "Sr", "正常", "NN"])
def test_an_unknown_mark_is_not_normal(mark):
    assert flag_of(mark, "2017") is Flag.SUSPECT
    assert not is_usable(flag_of(mark, "2017"))


def test_no_mark_is_yet_to_be_checked():
    assert flag_of("", "2017") is Flag.UNCHECKED


def test_ambient_stations_may_send_the_marks_of_their_network():
    assert flag_of("HSp", "2017", "22") is Flag.BAD
    assert flag_of("HSp", "2017", "31") is Flag.SUSPECT
    assert meaning("RM", "2017", "22").name_zh == "人工审核为无效"


def test_case_is_forgiven_where_it_is_not_ambiguous():
    assert flag_of("n", "2017") is Flag.UNCHECKED
    assert meaning("td", "2025").mark == "Td"


def test_an_installation_can_date_its_own_marks():
    header = "scheme,mark,name_zh,name_en,flag,from,until,source,status"
    table = load(
        [
            header,
            "hj212-2017,Q,试运行,trial,SUSPECT,,2020-12-31,x,memory",
            "hj212-2017,Q,停用,off,BAD,2021-01-01,,x,memory",
        ]
    )
    assert flag_of("Q", "2017", on=date(2020, 12, 31), table=table) is Flag.SUSPECT
    assert flag_of("Q", "2017", on=date(2021, 1, 1), table=table) is Flag.BAD


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a,Q,x,x,FINE,,,x,memory", "line 2.*flags"),
        ("a,Q,x,x,BAD,,,x,memory\na,Q,x,x,GOOD,,,x,memory", "line 3.*already"),
    ],
)
def test_a_broken_mark_table_says_where(row, says):
    with pytest.raises(ValueError, match=says):
        load(["scheme,mark,name_zh,name_en,flag,from,until,source,status", *row.split("\n")])
