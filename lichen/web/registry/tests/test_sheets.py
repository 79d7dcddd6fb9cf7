"""Importing sheets: every fault by its cell, nothing imported unasked, and what was good when asked."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from lichen.vocab.clock import BEIJING
from lichen.web.acts.models import Act
from lichen.web.registry import actions, sheets
from lichen.web.registry.models import Device, Point

pytestmark = pytest.mark.django_db(transaction=True)

HEADS = ["code", "name_zh", "element", "kind", "city", "district", "lon", "lat", "valid_from"]
GOOD = ["zg-1", "春华路", "air", "urban", "自贡", "自流井区", "104.7786", "29.3392", "2026-03-01 00:00"]
THREE_KINDS = [
    GOOD,
    ["zg-2", "", "air", "urban", "自贡", "大安区", "104.77", "29.34", ""],  # must be filled in
    ["zg-3", "大安", "air", "urban", "自贡", "大安区", "29.34", "104.77", ""],  # swapped: out of range, twice
    ["zg-1", "又一", "air", "市区", "自贡", "", "104.7", "29.3", ""],  # twice in the sheet, and no such kind
    ["zg-5", "沿滩", "空气", "城市评价点", "自贡", "", "", "", ""],  # a name instead of a code is understood
]  # fmt: skip


def csv_of(rows: list[list[str]], heads: list[str] = HEADS, encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in [heads, *rows]).encode(encoding)


def excel_of(rows: list[list[Any]], heads: list[str] = HEADS) -> bytes:
    book = Workbook()
    for row in [heads, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def keeper(web_engines: Any, cast: dict[str, Any], client: Client) -> Client:
    client.force_login(cast["bureau"])
    client.cookies["lichen_language"] = "en"
    return client


def bring(client: Client, data: bytes, name: str = "points.csv", slug: str = "points") -> Any:
    return client.post(f"/desk/registry/{slug}/import/", {"sheet": SimpleUploadedFile(name, data)})


@pytest.mark.parametrize(("name", "made"), [("points.csv", csv_of), ("points.xlsx", excel_of)])
def test_three_kinds_of_faults_are_shown_at_once(keeper: Client, name: str, made: Any) -> None:
    rows = [[cell if cell != "空气" else "air" for cell in row] for row in THREE_KINDS]
    answer = bring(keeper, made(rows), name)
    assert answer.status_code == 422
    faults = {fault.cell: fault for fault in answer.context["sheet"].faults}
    assert set(faults) == {"B3", "G4", "H4", "A5", "D5"}
    assert faults["B3"].rule == "This must be filled in."
    assert faults["G4"].rule == "From 73 to 136 degrees."
    assert "swapped" in faults["G4"].remedy
    assert faults["A5"].rule == "Row 2 has the same."
    assert "roadside station" in faults["D5"].rule
    page = answer.content.decode()
    for fault in faults.values():
        assert f'<th scope="row">{fault.cell}</th>' in page
    assert not Point.objects.exists(), "nothing before it is asked for"


def test_only_what_is_asked_for_is_imported(keeper: Client, web_engines: Any) -> None:
    sheet = bring(keeper, csv_of(THREE_KINDS)).context["sheet"]
    said = {"rows": sheet.to_csv(), "reason": "the network of 2026"}
    assert keeper.post("/desk/registry/points/import/", said).status_code == 422, "not while there are faults"
    assert not Point.objects.exists()
    answer = keeper.post("/desk/registry/points/import/", {**said, "only_good": "yes"})
    assert answer.status_code == 302
    assert list(Point.objects.values_list("code", flat=True)) == ["zg-1"]
    point = Point.objects.get()
    assert (point.lon, point.lat, point.valid_from) == (104.7786, 29.3392, datetime(2026, 3, 1, tzinfo=BEIJING))
    act = Act.objects.get()
    assert (act.action, act.subject, act.reason) == ("registry.point.register", "zg-1", "the network of 2026")
    assert [one.id for one in web_engines.snapshot().points] == ["zg-1"]


def test_a_clean_sheet_is_imported_whole_with_one_publication(keeper: Client, web_engines: Any) -> None:
    published = []
    put = web_engines.put_snapshot
    web_engines.put_snapshot = lambda snapshot: (published.append(snapshot), put(snapshot))
    rows = [[f"p{number}", *GOOD[1:]] for number in range(30)]
    answer = bring(keeper, csv_of(rows))
    assert answer.status_code == 200
    said = {"rows": answer.context["sheet"].to_csv(), "reason": "the network of 2026"}
    assert keeper.post("/desk/registry/points/import/", {**said, "reason": "no"}).status_code == 422
    assert keeper.post("/desk/registry/points/import/", said).status_code == 302
    assert Point.objects.count() == Act.objects.filter(index__isnull=False).count() == 30
    assert len(published) == 1


def test_a_made_up_page_is_checked_anew(keeper: Client) -> None:
    said = {"rows": csv_of([["x", "", *GOOD[2:]]]).decode(), "reason": "the network of 2026"}
    assert keeper.post("/desk/registry/points/import/", said).status_code == 422
    assert not Point.objects.exists()


def test_another_city_is_not_ours_to_import(keeper: Client) -> None:
    row = [*GOOD]
    row[4] = "天津"
    (fault,) = bring(keeper, csv_of([row])).context["sheet"].faults
    assert (fault.cell, fault.rule) == ("E2", "Your bureau keeps the registry of another city.")


def test_what_is_registered_already(keeper: Client, cast: dict[str, Any]) -> None:
    actions.register_point(cast["bureau"], code="zg-1", name_zh="春华路", element="air", kind="urban", city="自贡")
    (fault,) = bring(keeper, csv_of([GOOD])).context["sheet"].faults
    assert (fault.cell, fault.rule) == ("A2", "This is registered already.")


def test_devices_and_a_number_that_a_spreadsheet_has_rounded(keeper: Client, cast: dict[str, Any]) -> None:
    actions.register_point(cast["bureau"], code="zg-1", name_zh="春华路", element="air", kind="urban", city="自贡")
    rows = [[123456789012345678901234, "zg-1", "2017", "22", "s3cret", 5, 60],
            ["88888880000001", "nowhere", "2017", "22", "", 90, 60],
            ["88888880000002", "zg-1", "2017", "22", "s3cret", 5, 60]]  # fmt: skip
    heads = ["mn", "point", "edition", "st", "password", "minute_interval", "realtime_interval"]
    sheet = bring(keeper, excel_of(rows, heads), "devices.xlsx", "devices").context["sheet"]
    faults = {fault.cell: fault for fault in sheet.faults}
    assert set(faults) == {"A2", "B3", "F3"}
    assert "rounded" in faults["A2"].rule
    assert "registered" in faults["B3"].rule
    said = {"rows": sheet.to_csv(), "reason": "the network of 2026", "only_good": "yes"}
    assert keeper.post("/desk/registry/devices/import/", said).status_code == 302
    device = Device.objects.get()
    assert (device.mn, device.password, device.enabled) == ("88888880000002", "s3cret", True)
    assert "s3cret" not in str(list(Act.objects.values_list("details", flat=True)))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("slug", ["points", "devices"])
def test_the_template_is_read_back_in_either_language(keeper: Client, slug: str, language: str, ending: str) -> None:
    keeper.cookies["lichen_language"] = language
    data = keeper.get(f"/desk/registry/{slug}/template.{ending}").content
    with pytest.raises(sheets.SheetError):
        sheets.read(slug, f"x.{ending}", data)  # heads, but no rows
    if ending == "xlsx":
        book = load_workbook(io.BytesIO(data))
        book.worksheets[0].append(["x"] * len(sheets.COLUMNS[slug]))
        out = io.BytesIO()
        book.save(out)
        data = out.getvalue()
    else:
        data += ",".join(["x"] * len(sheets.COLUMNS[slug])).encode()
    raw = sheets.read(slug, f"x.{ending}", data)
    ((number, row),) = raw.rows
    assert (number, tuple(row), raw.columns) == (2, sheets.COLUMNS[slug], sheets.COLUMNS[slug])


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"\x00\x01\x02\xff", "x.csv", "neither a CSV"),
        (b"PK\x03\x04 nothing", "x.xlsx", "cannot be opened"),
        (b"", "x.csv", "empty"),
        (b"code,colour\n1,2", "x.csv", "“colour”"),
        (b"code,code\n1,2", "x.csv", "twice"),
        (b"code\nx", "x.csv", "missing"),
        (b"x" * 1_000_001, "x.csv", "1 MB"),
    ],
)
def test_what_is_no_sheet_is_refused_in_words(keeper: Client, data: bytes, name: str, said: str) -> None:
    answer = bring(keeper, data, name)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_chinese_spreadsheets_write_gb18030(keeper: Client) -> None:
    assert bring(keeper, csv_of([GOOD], encoding="gb18030")).status_code == 200


def test_options_are_columns_by_slug_or_name(keeper: Client) -> None:
    heads = ["code", "name_zh", "element", "kind", "city", "water_body", "目标类别"]
    page = keeper.get("/desk/registry/points/template.xlsx")
    said = [row[0] for row in load_workbook(io.BytesIO(page.content)).worksheets[1].iter_rows(values_only=True)]
    assert {"water_body", "target", "zone"} <= set(said), "the template explains what may be added"
    good = ["s-1", "双河口", "地表水", "手工监测断面", "自贡", "湖库", "Ⅲ"]
    answer = bring(keeper, csv_of([good, ["a-1", "站", "air", "urban", "自贡", "river", ""],
                                   ["s-2", "二", "surface_water", "section", "自贡", "pond", ""]], heads))  # fmt: skip
    sheet = answer.context["sheet"]
    assert [(fault.cell, fault.value) for fault in sheet.faults] == [("F3", "river"), ("F4", "pond")]
    said = {"rows": sheet.to_csv(), "reason": "sections of 2026", "only_good": "yes"}
    assert keeper.post("/desk/registry/points/import/", said).status_code == 302
    made = Point.objects.get()
    assert (made.element, made.kind) == ("surface_water", "section")
    assert made.attributes == {"water_body": "lake", "target": "Ⅲ"}
