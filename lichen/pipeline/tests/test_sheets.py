"""Tables through the whole road: read, refused cell by cell, sealed, stored, judged, and walked back to the cell."""

import csv
import io
from contextlib import closing
from datetime import date

import pytest
from openpyxl import Workbook

from lichen.elements import ELEMENTS
from lichen.elements.air.element import AIR
from lichen.elements.sources.element import SOURCES
from lichen.pipeline.sheets.check import check
from lichen.pipeline.sheets.entry import FILE, SHEET, Column, Head, Row, entries_of, place_of, read
from lichen.pipeline.sheets.observe import observe, value_of
from lichen.pipeline.sheets.said import BadTable
from lichen.pipeline.sheets.template import heads_of, template
from lichen.pipeline.testing import Ledger, ledger, network  # noqa: F401
from lichen.pipeline.trace import why
from lichen.pipeline.worker import Worker
from lichen.store import open_store
from lichen.vocab.clock import HOUR_MS, day_start_ms
from lichen.vocab.entry import Entry, EntryError
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point, Snapshot

DAY = day_start_ms(date(2026, 3, 2))
NOW = DAY + 100 * HOUR_MS
SNAPSHOT = network(2)
GOOD = "点位编码,采样时间,PM2.5(mg/m3),so2,备注\nP1,2026-03-02 08:00,0.061,<8,晴\nP2,2026-03-02 08:00,0.02,12L,\n"


def checked(text, name="a.csv", **how):
    body = text if isinstance(text, bytes) else text.encode()
    return check(name, body, AIR, SNAPSHOT, **{"period": Period.HOUR, "by": "li", "now": NOW, **how})


def faults(text, **how):
    return [(fault.cell, fault.value, fault.rule.en) for fault in checked(text, **how).faults]


def test_a_table_is_read_with_its_units_and_detection_limits():
    found = checked(GOOD)
    assert found.head.columns == (Column("C", "pm25", "mg/m3"), Column("D", "so2", "ug/m3"))
    assert found.good == (
        Row(2, "P1", "2026-03-02T08:00:00+08:00", ("0.061", "<8")),
        Row(3, "P2", "2026-03-02T08:00:00+08:00", ("0.02", "12L")),
    )
    assert [(fault.cell, fault.value) for fault in found.faults] == [("E1", "备注")], "what nobody knows is said"


def test_excel_says_the_same():
    book = Workbook()
    book.active.append(["point", "time", "pm25"])
    book.active.append(["P1", "2026-03-02 08:00", 61])
    packed = io.BytesIO()
    book.save(packed)
    (row,) = checked(packed.getvalue(), "a.xlsx").good
    assert row.cells == ("61",)


@pytest.mark.parametrize(
    ("row", "cell", "rule"),
    [
        ("P9,2026-03-02 08:00,1", "A2", "No such point is registered."),
        (",2026-03-02 08:00,1", "A2", "The point is missing."),
        ("P1,yesterday,1", "B2", "This is no time."),
        ("P1,2027-03-02 08:00,1", "B2", "The time lies in the future."),
        ("P1,2026-03-02 08:30,1", "B2", "This is not the start of an hour."),
        ("P1,2026-03-02 08:00,about 3", "C2", "This is no number."),
        ("P1,2026-03-02 08:00,3 mg/m3", "C2", "The cell holds a unit; the column is in µg/m³."),
        ("P1,2026-03-02 08:00,-3", "C2", "PM2.5 cannot be negative."),
        ("P1,2026-03-02 08:00,ND", "C2", "The detection limit is not given."),
        ("P1,2026-03-02 08:00,", "C2", "The row has no result."),
    ],
)
def test_every_fault_names_cell_rule_and_remedy(row, cell, rule):
    found = checked(f"point,time,pm25\n{row}\n")
    (fault,) = found.faults
    assert (fault.cell, fault.rule.en) == (cell, rule)
    assert fault.remedy.zh
    assert fault.remedy.en
    assert found.good == ()


def test_the_same_point_and_time_twice_and_the_reach_of_the_account():
    twice = "point,time,pm25\nP1,2026-03-02 08:00,1\nP1,2026-03-02 08:00,2\n"
    assert faults(twice) == [("B3", "2026-03-02 08:00", "Row 2 has the same point and time.")]
    assert faults(twice, reach={"P2"})[0] == ("A2", "P1", "Results of this point are not yours to bring.")


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        ("time,pm25", "Exactly one column must be headed point"),
        ("point,pm25", "Exactly one column must be headed time"),
        ("point,time,foo", "No column names a parameter"),
        ("", "The file is empty"),
        ("point,time,pm25", "heads but no rows"),
    ],
)
def test_a_file_that_is_no_table_of_results_is_refused_as_a_whole(heads, said):
    with pytest.raises(BadTable, match=said) as refused:
        checked(heads + "\n")
    assert refused.value.said.zh


def test_units_that_cannot_be_converted_are_a_fault_of_the_head():
    found = checked("point,time,pm25(dB),so2\nP1,2026-03-02 08:00,1,2\n")
    assert [(fault.cell, fault.value) for fault in found.faults] == [("C1", "pm25(dB)")]
    assert found.head.columns == (Column("D", "so2", "ug/m3"),)


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: element.slug)
def test_templates_are_read_back(element):
    if element is AIR:
        for ending in ("csv", "xlsx"):
            with pytest.raises(BadTable, match="heads but no rows"):
                checked(template(element, ending), f"template.{ending}")
    out = io.StringIO()
    point = Point("P1", "点", "", element.slug, next(iter(element.point_kinds)), "城")
    csv.writer(out).writerows([heads_of(element), ["P1", "2026-03-02 08:00", *["1"] * len(element.parameters)]])
    body = out.getvalue().encode()
    found = check("a.csv", body, element, Snapshot(1, (point,), ()), by="li", now=NOW)
    assert tuple(column.parameter for column in found.head.columns) == element.parameters
    assert found.faults == ()


def test_of_parameters_with_one_name_the_unit_chooses():
    """Fluorides are measured in gas and in water; the name alone would be a guess."""
    point = Point("O1", "排口", "", "sources", next(iter(SOURCES.point_kinds)), "城")

    def heads(head):
        body = f"point,time,{head}\nO1,2026-03-02 08:00,1,1\n".encode()
        return check("a.csv", body, SOURCES, Snapshot(1, (point,), ()), by="li", now=NOW)

    assert heads("氟化物(mg/m3)").head.columns[0].parameter == "air_fluorides"
    assert heads("氟化物(mg/L),cod").head.columns[0].parameter == "f"
    (fault,) = heads("氟化物,cod").faults
    assert (fault.cell, "air_fluorides" in fault.rule.en) == ("C1", True)


def test_a_long_table_is_sealed_in_several_entries_that_hold_every_row():
    head = Head("a.csv", "air", "hour", "li", (Column("C", "pm25", "ug/m3"),))
    rows = [Row(n, "P1", "2026-03-02T08:00:00+08:00", (f"{n}",)) for n in range(2, 5000)]
    entries = [Entry.decode(one) for one in entries_of(b"x" * 130_000, head, rows, received=NOW, peer="user:li")]
    assert b"".join(one.body for one in entries if one.door == FILE) == b"x" * 130_000
    sheets = [one for one in entries if one.door == SHEET]
    assert len(sheets) > 1
    assert [row for one in sheets for row in read(one.body.decode())[1]] == rows
    assert len({one.station for one in entries}) == 1


@pytest.mark.parametrize("body", ["", "{}", '{"format": "other/9"}', "not json\n1,2"])
def test_what_is_no_sheet_is_refused_and_counted(body):
    with pytest.raises(EntryError):
        read(body)
    found = observe([Entry(NOW, SHEET, "p", "s", "ok", body.encode()).encode()], 0)
    assert (len(found.batch), dict(found.refused)) == (0, {"sheet": 1})


def test_cells_with_commas_and_quotation_marks_are_found_again():
    row = Row(3, 'P"1', "2026-03-02T08:00:00+08:00", ("1", "<0,5"))
    head = Head("a", "air", "hour", "li", (Column("C", "pm25", "ug/m3"), Column("D", "so2", "ug/m3")))
    body = Entry.decode(entries_of(b"", head, [row], received=NOW, peer="")[-1]).body.decode()
    begin, end = place_of(body, row, 1)
    assert body[begin:end] == "<0,5"


def test_values():
    assert value_of("＜ 0.5") == (0.5, True)
    assert value_of("1e-3") == (0.001, False)
    assert value_of("12 L") == (12.0, True)


def test_from_the_cell_to_the_verdict_and_back(tmp_path, ledger: Ledger, monkeypatch):  # noqa: F811
    monkeypatch.setattr("lichen.pipeline.worker.now_ms", lambda: NOW)
    found = checked(GOOD)
    ledger.seal(*entries_of(GOOD.encode(), found.head, found.good, received=NOW, peer="user:li"))
    with closing(open_store(f"chdb://{tmp_path}/store")) as store:
        worker = Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT)
        while worker.step():
            pass
        assert dict(worker.refused) == {}
        assert worker.values == 4
        time = DAY + 8 * HOUR_MS
        verdict = why(store, ledger.raw, SNAPSHOT, point="P1", name="air", period=Period.HOUR, time=time, depth=3)
        assert (AIR.classes[verdict.klass].word, verdict.deciding, verdict.problems()) == ("轻度污染", ("pm25",), [])
        cell = next(part for part in verdict.parts if part.name == "pm25").parts[0].packet
        assert (cell.door, cell.file, cell.address, cell.digits, cell.unit, cell.value) == (
            SHEET, "a.csv", "C2", "0.061", "mg/m3", 61.0,
        )  # fmt: skip
        assert cell.text[slice(*cell.span)] == "0.061"
        limit = next(part for part in verdict.parts if part.name == "so2").parts[0]
        assert (limit.packet.mark, limit.value, limit.flag) == ("L", 8.0, Flag.GOOD)
