"""Every list of the product is the one component: filtered, ordered, paged, with columns to choose, and two files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from lichen.vocab.clock import DAY_MS, from_ms, now_ms
from lichen.vocab.entry import Entry
from lichen.vocab.registry import Point as WordPoint
from lichen.vocab.registry import Snapshot
from lichen.web import datatable, exports
from lichen.web.accounts.models import Role, User
from lichen.web.acts.models import Act
from lichen.web.acts.sealing import seal
from lichen.web.registry.models import Device, District, Instrument, Kind, Organisation, Point

pytestmark = pytest.mark.django_db(transaction=True)

WEB = Path(__file__).resolve().parents[1]
MANY = datatable.PAGE + 7


def _points(engines: Any) -> list[Point]:
    return Point.objects.bulk_create(
        Point(code=f"p{at:03}", name_zh=f"点{at:03}", element="air", kind="urban", city="自贡") for at in range(MANY)
    )


def _stations(engines: Any) -> None:
    points = (WordPoint(f"p{at:03}", f"点{at:03}", "", "air", "urban", "自贡") for at in range(MANY))
    engines.put_snapshot(Snapshot(1, tuple(points), ()))


def _devices(engines: Any) -> None:
    Device.objects.bulk_create(Device(mn=f"MN{at:03}") for at in range(MANY))


def _instruments(engines: Any) -> None:
    points = _points(engines)
    Instrument.objects.bulk_create(
        Instrument(point=point, parameter="pm25", model="m", serial=f"s{at:03}") for at, point in enumerate(points)
    )


def _organisations(engines: Any) -> None:
    Organisation.objects.bulk_create(
        Organisation(code=f"o{at:03}", name_zh=f"单位{at:03}", kind=Kind.COMPANY) for at in range(MANY)
    )


def _districts(engines: Any) -> None:
    District.objects.bulk_create(
        District(code=f"{510000 + at}", city="自贡", name_zh=f"区{at:03}") for at in range(MANY)
    )


def _people(engines: Any) -> None:
    User.objects.bulk_create(
        User(username=f"u{at:03}", display_name=f"人{at:03}", role=Role.PUBLIC) for at in range(MANY)
    )


def _acts(engines: Any) -> None:
    start = now_ms() - DAY_MS
    for at in range(MANY):
        Act.objects.create(action="registry.load", subject=f"x{at:03}", reason="made up", at=from_ms(start + at))
    seal()


def _entries(engines: Any) -> None:
    entries = [Entry(at, "hj212", "203.0.113.7:5", f"MN{at:03}", "ok", b"##").encode() for at in range(MANY)]
    engines.raw_log.append(entries)


#: Address → (makes more than a page of rows, a filter that fits one of them).
LISTS: dict[str, tuple[Callable[[Any], object], dict[str, str]]] = {
    reverse("stations"): (_stations, {"q": "点003"}),
    reverse("devices"): (_devices, {"q": "MN003"}),
    reverse("desk-acts"): (_acts, {"q": "x003"}),
    reverse("ledger"): (_entries, {"station": "MN003"}),
    reverse("ledger-acts"): (_acts, {"contains": "x003"}),
    reverse("registry-rows", args=("points",)): (_points, {"q": "p003"}),
    reverse("registry-rows", args=("devices",)): (_devices, {"q": "MN003"}),
    reverse("registry-rows", args=("instruments",)): (_instruments, {"q": "s003"}),
    reverse("registry-rows", args=("organisations",)): (_organisations, {"q": "o003"}),
    reverse("registry-rows", args=("districts",)): (_districts, {"q": "区003"}),
    reverse("registry-rows", args=("people",)): (_people, {"q": "u003"}),
}


#: Lists whose rows cannot be made here, and the tests that ask for their filter and files.
ELSEWHERE = {
    "reports/report.html": "reports/tests/test_reports.py",
    "results/results.html": "results/tests/test_results.py",
    "results/check.html": "results/tests/test_results.py",
    "results/brought.html": "results/tests/test_results.py",
}


@pytest.fixture
def admin(web_engines: Any, cast: dict[str, Any], client: Client) -> Client:
    client.force_login(cast["admin"])
    client.cookies["lichen_language"] = "en"
    return client


def _csv(client: Client, address: str, **asked: Any) -> list[list[str]]:
    answer = client.get(address, {**asked, "export": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def _excel(client: Client, address: str, **asked: Any) -> list[tuple[Any, ...]]:
    answer = client.get(address, {**asked, "export": "xlsx"})
    assert answer["Content-Disposition"].endswith('.xlsx"')
    return list(load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))


@pytest.mark.parametrize("address", LISTS)
def test_a_list_filters_orders_pages_and_is_two_kinds_of_file(web_engines: Any, admin: Client, address: str) -> None:
    make, one = LISTS[address]
    make(web_engines)
    first = admin.get(address)
    shown = first.context["table"]
    assert len(shown.rows) == datatable.PAGE
    following = re.search(r'rel="next" href="([^"]+)"|href="([^"]+)" rel="next"', first.content.decode())
    assert following is not None, "leads to the page after"
    rest = admin.get(address + (following[1] or following[2]).replace("&amp;", "&")).context["table"]
    assert 0 < len(rest.rows) < datatable.PAGE
    assert not {repr(row.row) for row in shown.rows} & {repr(row.row) for row in rest.rows}, "no row on two pages"
    count = len(shown.rows) + len(rest.rows)
    for read in (_csv, _excel):
        head, *rows = read(admin, address)
        assert len(head) == len(shown.heads)
        assert len(rows) == count, "all rows, not only the page's"
    assert [len(_csv(admin, address, **one)), len(_excel(admin, address, **one))] == [2, 2]
    assert len(admin.get(address, one).context["table"].rows) == 1
    for column in shown.table.columns:
        if column.sort is not None:
            for sign in ("", "-"):
                assert admin.get(address, {"sort": f"{sign}{column.name}"}).status_code == 200
    assert admin.get(address, {"sort": "nonsense"}).status_code == 404
    assert admin.get(address, {"export": "pdf"}).status_code == 404


@pytest.mark.parametrize("address", LISTS)
def test_columns_are_chosen_and_remembered(web_engines: Any, admin: Client, address: str) -> None:
    LISTS[address][0](web_engines)

    def heads(**asked: Any) -> list[str]:
        return [head.name for head in admin.get(address, asked).context["table"].heads]

    usual = heads()
    chosen = [usual[0], usual[2]]
    assert heads(columns=chosen) == chosen
    assert heads() == chosen, "the next time too"
    assert len(_csv(admin, address)[0]) == 2, "a file has the columns of the page"
    assert heads(columns="") == usual
    assert heads() == usual
    assert admin.get(address, {"columns": "nonsense"}).status_code == 404


def test_no_list_is_paged_by_other_means() -> None:
    """What is added later is the component too, and is in `LISTS`."""
    paged = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*.py") if "Paginator(" in path.read_text("utf-8")}
    assert paged - {"tests/test_lists.py"} == {"datatable.py", "registry/pages.py"}, "the latter: one row's history"
    calls = sum(path.read_text("utf-8").count(" respond(") for path in WEB.rglob("*.py") if "tests" not in path.parts)
    pages = {path for path in WEB.rglob("templates/**/*.html") if '"table/table.html"' in path.read_text("utf-8")}
    listed = {re.sub(r"/registry/\w+", "/registry", address) for address in LISTS}
    others = len(listed) + len(ELSEWHERE)
    assert calls - 2 == len(pages) - 1 == others, "less the component's own definition, and the sample of /design"
    templates = {path.relative_to(WEB / "templates").as_posix() for path in pages}
    assert set(ELSEWHERE) <= templates


def test_a_filter_keeps_columns_and_a_choice_of_columns_keeps_the_filter(web_engines: Any, admin: Client) -> None:
    _points(web_engines)
    shown = admin.get("/desk/registry/points/?q=p0&sort=-code&columns=code&columns=city").context["table"]
    assert shown.kept_by_filter == [("columns", "code"), ("columns", "city")]
    assert shown.kept_by_chooser == [("q", "p0"), ("sort", "-code")]
    assert shown.unfiltered == "?sort=-code&columns=code&columns=city"


@pytest.mark.parametrize(("ending", "read"), [("csv", exports.TYPES["csv"]), ("xlsx", exports.TYPES["xlsx"])])
def test_the_faults_of_a_sheet_are_two_kinds_of_file(web_engines: Any, admin: Client, ending: str, read: str) -> None:
    said = {"rows": "code,name_zh,element,kind,city\np1,,air,urban,自贡\n", "export": ending}
    answer = admin.post("/desk/registry/points/import/", said)
    assert (answer.status_code, answer["Content-Type"]) == (200, read)
    if ending == "csv":
        head, fault = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    else:
        head, fault = load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)
    assert head[0] == "Cell"
    assert fault[0] == "B2"
    assert not Act.objects.exists()


def test_files_hold_numbers_and_moments_as_such_and_no_formulas() -> None:
    moment = datetime.fromisoformat("2026-03-01T00:30:00+00:00")
    row = ["=1+1", "-5", "-5+1", 3.5, float("nan"), None, True, moment, "0010", "\x07bell"]
    with io.BytesIO(exports.file_response("x", "xlsx", ["h"] * len(row), [row]).content) as file:
        page = load_workbook(file).worksheets[0]
    cells = next(page.iter_rows(min_row=2))
    assert [cell.data_type for cell in cells[:4]] == ["s", "s", "s", "n"]
    assert [cell.value for cell in cells] == [
        "=1+1", "-5", "-5+1", 3.5, None, None, "是", datetime(2026, 3, 1, 8, 30), "0010", "\ufffdbell",
    ]  # fmt: skip
    text = exports.file_response("x", "csv", ["h"] * len(row), [row]).content.decode("utf-8-sig").splitlines()[1]
    assert text == "'=1+1,-5,'-5+1,3.5,,,是,2026-03-01 08:30,0010,\x07bell"
