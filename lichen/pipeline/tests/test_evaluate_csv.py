import csv
import gzip
import io

import numpy as np
import polars as pl
import pytest

from lichen.elements.descriptor import Option
from lichen.pipeline.cells import numbers, option_column
from lichen.pipeline.csv_table import UnusableInput
from lichen.pipeline.evaluate_csv import RESULT_COLUMNS, evaluate

HEADER = "time,so2,no2,co,o3,pm10,pm25\n"
GOOD = "2026-03-01T08:00:00,5,10,0.5,50,20,61\n"


def run(text, element="air", **options):
    target = io.BytesIO()
    body = text if isinstance(text, bytes) else text.encode()
    assert evaluate(element, io.BytesIO(body), target, **options) == 0
    return list(csv.DictReader(io.StringIO(target.getvalue().decode(), newline="")))


def one(row, header=HEADER, **options):
    (found,) = run(header + row, **options)
    return found


def verdict(row):
    return [row[name] for name in RESULT_COLUMNS]


def test_the_result_columns_are_appended():
    found = one(GOOD)
    assert list(found) == [*HEADER.strip().split(","), *RESULT_COLUMNS]
    assert verdict(found) == ["轻度污染", "101", "pm25", "pm25", "HJ 633-2026", ""]


def test_other_columns_pass_through_unchanged():
    found = one('007,"a ""b"", c",1e3,' + GOOD, header="code,站点,x," + HEADER)
    assert (found["code"], found["站点"], found["x"], found["time"]) == (
        "007", 'a "b", c', "1e3", "2026-03-01T08:00:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("time", "edition"),
    [
        ("2026-02-28T23:59:59", "2012"),
        ("2026-03-01T00:00:00", "2026"),
        ("2026-02-28T16:00:00Z", "2026"),
        ("2026-02-28T15:59:59Z", "2012"),
        ("2026-02-28 16:00+00:00", "2026"),
        ("2026-03-01T00:30:00+0900", "2012"),
        ("2026-03-01 00:00", "2026"),
        ("2026/3/1 0:00", "2026"),
        ("2026/2/28 23:00:00.5", "2012"),
        ("2026-02-28 24:00", "2026"),
        ("2026-03-01", "2026"),
        ("20260228", "2012"),
        ("2026030100", "2026"),
        ("202602282359", "2012"),
        ("20260301000000", "2026"),
        ("2026年2月28日23时", "2012"),
    ],
)
def test_times_as_people_write_them(time, edition):
    found = one(GOOD.replace("2026-03-01T08:00:00", time), period="hour")
    assert found["edition"] == f"HJ 633-{edition}"
    assert found["index"] == {"2012": "83", "2026": "101"}[edition]


@pytest.mark.parametrize("time", ["", "yesterday", "2026-02-30", "2026-13-01", "2026-03-01 25:00", "2026-03-01 08:60"])
def test_a_row_whose_time_cannot_be_read_comes_out_unjudged(time):
    found = one(GOOD.replace("2026-03-01T08:00:00", time))
    assert verdict(found)[:-1] == [""] * 5
    assert found["note"].startswith(f"时间“{time}”无法识别")
    assert found["pm25"] == "61"


def test_an_edition_may_be_named():
    for name in ("HJ 633-2012", "hj633-2012", "2012"):
        assert one(GOOD, edition=name)["index"] == "83"
    assert one(GOOD.replace("2026-03-01T08:00:00", "?"), edition="2026")["index"] == "101"
    found = run("pm25,so2,no2,co,o3,pm10\n61,5,10,0.5,50,20\n", edition="2012", period="hour")
    assert found[0]["index"] == "83"


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("", ""),
        ("35ug/m3", "pm25的“35ug/m3”带有单位，按缺测计（只写数值，单位须为 µg/m³）"),
        ("35 µg/m³", "pm25的“35 µg/m³”带有单位"),
        ("abc", "pm25的“abc”不是数值，按缺测计"),
        ("NA", "pm25的“NA”不是数值，按缺测计"),
        ("nan", "pm25的“nan”不是数值，按缺测计"),
        ("inf", "pm25的“inf”不是数值，按缺测计"),
        ('"1,200"', "pm25的“1,200”不是数值，按缺测计"),
        ("-999", "pm25的“-999”是负值，按缺测计"),
        ("-0.1", "pm25的“-0.1”是负值，按缺测计"),
    ],
)
def test_cells_that_are_not_usable_are_missing_and_noted(cell, note):
    found = one(f"2026-03-01T08:00:00,5,10,0.5,50,20,{cell}\n")
    assert note in found["note"]
    assert found["note"].endswith("PM2.5缺测，其余项目的指数不大于100，不发布AQI（5.3.1）")
    assert (found["class"], found["index"], found["pm25"]) == ("", "", cell.strip('"'))


def test_blanks_around_a_number_do_not_matter():
    assert one(GOOD.replace("61", " 61 "))["index"] == "101"


def test_blanks_around_a_column_name_do_not_matter():
    found = run(HEADER.replace(",", ", ") + GOOD)[0]
    assert (found["index"], found[" pm25"]) == ("101", "61")


@pytest.mark.parametrize("cell", ['a"b', '"a\nb"', '"a ""b"""', "a'b", '""'])
def test_quotation_marks(cell):
    found = run("site," + HEADER + f"{cell},{GOOD}{cell},{GOOD}x,{GOOD}")
    plain = cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
    assert [row["site"] for row in found] == [plain, plain, "x"]
    assert [row["index"] for row in found] == ["101"] * 3


def test_an_empty_line_is_a_row_without_values():
    found = run(HEADER + GOOD + "\n" + GOOD + "\n\n")
    assert [row["index"] for row in found] == ["101", "", "101"]


def test_one_bad_row_does_not_touch_the_others():
    found = run(HEADER + GOOD + GOOD.replace("61", "x") + GOOD)
    assert [row["index"] for row in found] == ["101", "", "101"]
    assert [bool(row["note"]) for row in found] == [False, True, False]


def test_a_short_row_comes_out_too():
    found = run(HEADER + "2026-02-28 08:00,5,10\n" + GOOD)
    assert [row["index"] for row in found] == ["5", "101"]
    assert "CO、O3、PM10、PM2.5缺测" in found[0]["note"]


def test_a_column_that_looks_like_a_parameter_is_named_in_every_row():
    found = run("time,so2,no2,co,o3,pm10,PM2.5(ug/m3)\n" + GOOD + GOOD)
    assert all("列“PM2.5(ug/m3)”未参与评价，如为pm25请改列名" in row["note"] for row in found)
    assert all(row["PM2.5(ug/m3)"] == "61" for row in found)


def test_days():
    header = "time,so2,no2,co,o3,o3_8h,pm10,pm25\n"
    old = one("2026-02-28,5,10,0.5,240,100,20,10\n", header)
    assert (old["index"], old["deciding"]) == ("120", "o3")  # a date alone: judged as a day
    new = one("2026-03-01,5,10,0.5,240,100,20,10\n", header)
    assert (new["index"], new["deciding"]) == ("50", "")
    clock = one("2026-03-01 00:00,5,10,0.5,240,100,20,10\n", header)
    assert clock["index"] == "120"


def test_ties_are_separated_by_semicolons():
    assert one("2026-03-01 08:00,5,10,0.5,50,120,60\n")["deciding"] == "pm10;pm25"


def test_a_table_without_rows():
    target = io.BytesIO()
    evaluate("air", io.BytesIO(HEADER.encode()), target)
    assert target.getvalue().decode() == HEADER.strip() + "," + ",".join(RESULT_COLUMNS) + "\n"


@pytest.mark.parametrize("encode", [str.encode, lambda t: t.encode("gb18030"), lambda t: t.encode("utf-8-sig"),
                                    lambda t: gzip.compress(t.encode()), lambda t: t.replace("\n", "\r\n").encode()],
                         ids=["utf-8", "gb18030", "utf-8 with mark", "gzip", "crlf"])  # fmt: skip
def test_encodings(encode):
    (found,) = run(encode("站点," + HEADER + "中山北路," + GOOD))
    assert (found["站点"], found["index"], found["note"]) == ("中山北路", "101", "")


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", {}, "the first line is empty"),
        (b"\xff\xfe\xfa\x81\x00", {}, "neither UTF-8 nor GB 18030"),
        (b"PK\x03\x04....", {}, "a workbook"),
        (HEADER.replace(",", ";"), {}, "separated by ';'"),
        ("pm25\n5\n", {}, "no column time; columns here: pm25"),
        ("time,PM\n2026-03-01,5\n", {}, "no column to judge; columns here: time, PM; air by the day reads: so2"),
        ("time,pm25,pm25\n", {}, "occur twice: 'pm25'"),
        ("time,pm25,note\n", {}, "has columns note already"),
        (HEADER + GOOD.strip() + ",9\n", {}, "line 2 has 8 cells, the header 7"),
        ("a," + HEADER + '"x,' + GOOD + "y," + GOOD, {}, "line 3: .*check its quotation marks"),
        ("a," + HEADER + '"x",' + GOOD.strip() + ",9\n", {}, "line 2 has 9 cells, the header 8"),
        (HEADER + GOOD, {"element": "fire"}, "element 'fire' is not known; known: air"),
        (HEADER + GOOD, {"period": "month"}, "not judged by 'month'; allowed: hour, day"),
        (HEADER + GOOD, {"edition": "1999"}, "edition '1999' is not known; known: HJ 633-2012, HJ 633-2026"),
        (HEADER + GOOD, {"options": {"rules": "manual"}}, "air has no option rules; it has: none"),
    ],
)
def test_input_that_cannot_be_judged_is_refused_with_a_reason(text, options, says):
    with pytest.raises(UnusableInput, match=says) as refused:
        run(text, **options)
    assert refused.value.exit_code == 2


def test_files(tmp_path, capfdbinary):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(HEADER + GOOD, encoding="utf-8")
    evaluate("air", source, target)
    evaluate("air", str(source))
    assert capfdbinary.readouterr().out == target.read_bytes()
    with pytest.raises(UnusableInput, match=r"absent\.csv: cannot be read"):
        evaluate("air", tmp_path / "absent.csv", target)
    with pytest.raises(UnusableInput, match="cannot be written"):
        evaluate("air", source, tmp_path / "absent" / "out.csv")


WATER = Option("water_body", "水体类型", "water body", {"river": ("河流", "river"), "lake": ("湖库", "lake")}, "river")


@pytest.mark.parametrize(
    ("cells", "codes", "said"),
    [
        (["lake", "湖库", "", None, " River "], [1, 1, 0, 0, 0], []),
        (["lake", "pond"], [1, -1], [None, "water_body“pond”无效，应为：river（河流）、lake（湖库）"]),
    ],
)
def test_options_are_read_by_value_and_by_word(cells, codes, said):
    found, remarks = option_column(pl.Series("water_body", cells, dtype=pl.String), WATER)
    assert found.tolist() == codes
    assert [text for one in remarks for text in one.to_list()] == said


def test_an_option_that_is_no_number_says_what_was_allowed():
    found, (said,) = option_column(
        pl.Series(["3", "x", None]), Option("height", "高度", "height", default=2.0, unit="m")
    )
    assert found.tolist()[0::2] == [3.0, 2.0]
    assert np.isnan(found[1])
    assert said.to_list() == [None, "height“x”无效，应为一个数，单位 m", None]


@pytest.mark.parametrize("cell", ["ND", "n.d.", "未检出", "<DL"])
def test_not_detected_without_a_limit_asks_for_the_limit(cell):
    found = numbers(pl.Series("nh3n", [cell]), "nh3n")
    assert np.isnan(found.values[0])
    assert "没有给出检出限" in found.remarks[0][0]
