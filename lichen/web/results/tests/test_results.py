"""Tables of results from the upload to the verdicts, through the real stream; and everything that is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import now
from openpyxl import load_workbook

from lichen.pipeline.worker import Worker
from lichen.web.accounts import access
from lichen.web.accounts.models import Role, User
from lichen.web.acts.models import Act
from lichen.web.belt import Belt
from lichen.web.registry import actions as registry
from lichen.web.registry.models import Kind, Organisation
from lichen.web.results.actions import MOST_KEPT
from lichen.web.results.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "断面编码,采样时间,氨氮,总磷\nS1,2026-03-02 08:00,0.31,0.12\nS1,2026-03-09 08:00,<0.025,0.3\n"
#: A point nobody knows, a time in the future, and a cell that is no number.
BAD = GOOD + "S9,2026-03-02 08:00,0.4,0.1\nS1,2096-03-02 08:00,0.4,0.1\nS1,2026-03-03 08:00,约0.4,0.1\n"


@pytest.fixture
def agency(cast: dict[str, Any]) -> User:
    office = Organisation.objects.create(code="lab", name_zh="某检测公司", kind=Kind.LABORATORY, city="自贡")
    return User.objects.create(username="lab", display_name="检测周", role=Role.OFFICER, organisation=office)


@pytest.fixture
def sections(web_engines: Any, cast: dict[str, Any], agency: User) -> None:
    """S1 is operated by the agency and owned by the company, S2 is nobody's, S3 stands in another city."""
    works = cast["company"].organisation
    for code, city, own in (
        ("S1", "自贡", {"operator": agency.organisation, "owner": works}), ("S2", "自贡", {}), ("S3", "天津", {}),
    ):  # fmt: skip
        registry.register_point(
            cast["admin"], code=code, name_zh=f"断面{code}", element="surface_water", kind="section", city=city,
            attributes={"target": "III"}, **own,
        )  # fmt: skip


@pytest.fixture
def stream(web_engines: Any, nats_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """The real stream, sealing what comes; the worker, to be stepped."""
    monkeypatch.setenv("LICHEN_STREAM_URL", nats_server.url)
    worker = Worker(web_engines.store, web_engines.raw_log, web_engines.acts_log, web_engines.snapshot)
    belt = Belt(web_engines.raw_log, worker.wake, lambda: None)
    belt.start()
    web_engines.belt, web_engines.cursor = belt, lambda: worker.cursor
    for _ in range(3000):
        if belt.is_up:
            break
        worker._wake.wait(0.01)
    yield worker
    belt.stop()


@pytest.fixture
def lab(sections: None, agency: User, client: Client) -> Client:
    client.force_login(agency)
    client.cookies["lichen_language"] = "en"
    return client


def bring(client: Client, text: str | bytes, name: str = "a.csv", period: str = "sample") -> Any:
    body = text if isinstance(text, bytes) else text.encode()
    said = {"sheet": SimpleUploadedFile(name, body), "period": period}
    return client.post("/desk/results/new/?element=surface_water", said)


def accept(client: Client, address: str, **said: Any) -> Any:
    held = Upload.objects.get()
    return client.post(address, {"sha256": held.sha256, "rows": 2, **said})


def follow(client: Client, worker: Worker, address: str) -> Any:
    """The page of what was accepted, once it is sealed and taken in."""
    for _ in range(3000):
        worker.step()
        page = client.get(address)
        if page.context["is_done"]:
            return page
        worker._wake.wait(0.01)
    raise AssertionError("not sealed and judged within 30 s")


def test_from_a_file_to_verdicts_and_values(lab: Client, stream: Worker, web_engines: Any) -> None:
    checked = bring(lab, GOOD)
    assert checked.status_code == 302, checked.content.decode()
    page = lab.get(checked["Location"])
    assert "All 2 rows are right." in page.content.decode()
    assert web_engines.raw_log.size == 0, "nothing is sealed before it is accepted"
    answer = accept(lab, checked["Location"])
    assert answer.status_code == 302, answer.content.decode()
    assert not Upload.objects.exists()
    page = follow(lab, stream, answer["Location"])
    first, second = page.context["table"].rows
    assert [(one.row.klass.word, one.row.deciding) for one in (first, second)] == [("Ⅲ", ("tp",)), ("Ⅳ", ("tp",))]
    assert [value.text for value in second.row.values] == ["<0.025", "0.3"]
    text = page.content.decode()
    assert 'href="/stations/S1/"' in text
    for value in first.row.values:
        assert lab.get(value.url).status_code == 200
    assert lab.get(first.row.url).status_code == 200
    act = Act.objects.get(action="results.bring")
    assert (act.subject, act.by.username) == ("a.csv", "lab")
    assert (act.details["rows"], act.details["taken"], act.details["left_out"]) == (2, 2, 0)
    assert act.details["sha256"] in lab.get("/desk/results/?columns=file&columns=sha256").content.decode()


def test_every_fault_is_shown_and_taken_away_as_a_file(lab: Client) -> None:
    address = bring(lab, BAD)["Location"]
    page = lab.get(address).content.decode()
    for told in ("A4", "S9", "No such point is registered.", "Correct the code, or register the point first.", "B5",
                 "The time lies in the future.", "C6", "约0.4", "This is no number."):  # fmt: skip
        assert told in page
    assert "Take the 2 good rows only, leave 3 out" in page
    lab.cookies["lichen_language"] = "zh-hans"
    assert "没有登记这个点位。" in lab.get(address).content.decode()
    assert len(lab.get(f"{address}?export=csv").content.decode().splitlines()) == 4
    book = load_workbook(io.BytesIO(lab.get(f"{address}?export=xlsx").content))
    assert book.worksheets[0]["A2"].value == "A4"


def test_rows_are_left_out_only_when_somebody_says_so(lab: Client, stream: Worker) -> None:
    address = bring(lab, BAD)["Location"]
    assert accept(lab, address).status_code == 422, "not said"
    assert accept(lab, address, partial="on").status_code == 422, "no reason given"
    answer = accept(lab, address, partial="on", reason="the laboratory sends the rest on Monday")
    assert answer.status_code == 302, answer.content.decode()
    page = follow(lab, stream, answer["Location"])
    assert "3 rows were left out." in page.content.decode()
    assert [row.row.number for row in page.context["table"].rows] == [2, 3]


def test_the_file_is_checked_anew(lab: Client, stream: Worker, cast: dict[str, Any], web_engines: Any) -> None:
    address = bring(lab, GOOD)["Location"]
    assert accept(lab, address, sha256="0" * 64).status_code == 422, "another file than the one looked at"
    assert accept(lab, address, rows=1).status_code == 422, "another count"
    point = registry.Point.objects.get(code="S1")
    registry.change(cast["admin"], point, reason="another agency", operator=None)
    answer = accept(lab, address)
    assert answer.status_code == 422
    assert "Results of this point are not yours to bring." in answer.content.decode()
    assert web_engines.raw_log.size == 0
    assert not Act.objects.filter(action="results.bring").exists()


def test_without_a_stream_nothing_is_lost(lab: Client) -> None:
    address = bring(lab, GOOD)["Location"]
    answer = accept(lab, address)
    assert answer.status_code == 422
    assert "The file is kept" in answer.content.decode()
    assert Upload.objects.count() == 1
    assert not Act.objects.filter(action="results.bring").exists()


def test_what_is_no_table_is_refused_at_once(lab: Client) -> None:
    answer = bring(lab, b"\x00\x01")
    assert answer.status_code == 422
    assert "neither a CSV file" in answer.content.decode()
    assert not Upload.objects.exists()
    assert lab.get("/desk/results/new/?element=aether").status_code == 404
    assert lab.get("/desk/results/templates/surface_water.doc").status_code == 404
    assert "氨氮" in lab.get("/desk/results/templates/surface_water.csv").content.decode()


def test_files_wait_for_an_hour_few_at_a_time_for_who_brought_them(lab: Client, cast: dict[str, Any]) -> None:
    addresses = [bring(lab, GOOD + f"S1,2026-04-0{n} 08:00,1,\n")["Location"] for n in range(1, MOST_KEPT + 2)]
    assert lab.get(addresses[0]).status_code == 404, "the oldest went"
    assert lab.get(addresses[-1]).status_code == 200
    assert addresses[-1] in lab.get("/desk/results/").content.decode(), "whoever went away finds it again"
    lab.force_login(cast["admin"])
    assert lab.get(addresses[-1]).status_code == 404, "somebody else's"
    lab.force_login(User.objects.get(username="lab"))
    Upload.objects.update(at=now() - timedelta(minutes=61))
    assert lab.get(addresses[-1]).status_code == 404, "the hour is over"
    bring(lab, GOOD)
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "own"),
    [("admin", "S1 S2 S3"), ("bureau", "S1 S2"), ("lab", "S1"), ("company", "S1"), ("inspector", ""), ("public", "")],
)
def test_whose_results_one_may_bring(
    sections: None, agency: User, cast: dict[str, Any], client: Client, who: str, own: str
) -> None:
    user = {**cast, "lab": agency}[who]
    found = registry.Point.objects.filter(access.points_to_bring(user)).order_by("code")
    assert [point.code for point in found] == own.split()
    client.force_login(user)
    rows = "".join(f"{code},2026-03-02 08:00,0.3\n" for code in ("S1", "S2", "S3"))
    answer = bring(client, "point,time,nh3n\n" + rows)
    if not own:
        assert answer.status_code == 403
        return
    checked = client.get(answer["Location"]).context["checked"]
    assert [row.point for row in checked.good] == own.split()
    assert {fault.rule.en for fault in checked.faults} <= {"Results of this point are not yours to bring."}


def test_the_list_is_searched_and_shows_the_own_organisation_s(
    lab: Client, stream: Worker, cast: dict[str, Any]
) -> None:
    accept(lab, bring(lab, GOOD, "march.csv")["Location"])
    assert "march.csv" in lab.get("/desk/results/?q=march&by=lab&element=surface_water").content.decode()
    for nothing in ("q=april", "by=admin", "element=sea", "day=2020-01-01"):
        assert "march.csv" not in lab.get(f"/desk/results/?{nothing}").content.decode()
    assert "march.csv" in lab.get("/desk/results/?export=csv").content.decode()
    lab.force_login(cast["company"])
    assert "march.csv" not in lab.get("/desk/results/").content.decode()
    lab.force_login(cast["bureau"])
    assert "march.csv" in lab.get("/desk/results/").content.decode()
