"""The registry's pages: lists, forms over actions, history."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from lichen.vocab.clock import now
from lichen.web.accounts.models import User
from lichen.web.acts.models import Act
from lichen.web.registry import actions
from lichen.web.registry.models import Binding, Device, District, Instrument, Organisation, Point

pytestmark = pytest.mark.django_db

MN = "010000A8900016F000169DC0"
REASON = "moved to the new roof"


@pytest.fixture
def point(web_engines: Any, cast: dict[str, Any]) -> Point:
    return actions.register_point(
        cast["bureau"], code="p1", name_zh="春华路", name_en="Chunhua Road", element="air", kind="urban", city="自贡"
    )


@pytest.fixture
def keeper(cast: dict[str, Any], client: Client) -> Client:
    client.force_login(cast["bureau"])
    client.cookies["lichen_language"] = "en"
    return client


@pytest.fixture
def admin(cast: dict[str, Any], client: Client) -> Client:
    client.force_login(cast["admin"])
    client.cookies["lichen_language"] = "en"
    return client


def test_a_point_from_registration_to_its_end(keeper: Client, point: Point, cast: dict[str, Any]) -> None:
    said = {
        "code": "p2", "name_zh": "檀木林", "element": "air", "kind": "urban", "city": "自贡", "lon": "104.77",
        "lat": "29.34", "reason": "a new station",
    }  # fmt: skip
    page = keeper.post("/desk/registry/points/new/", {**said, "lon": "29.34", "lat": "104.77"})
    assert page.status_code == 422, "swapped"
    answer = keeper.post("/desk/registry/points/new/", said)
    assert answer.status_code == 302, answer.content.decode()
    made = Point.objects.get(code="p2")
    here = f"/desk/registry/points/{made.pk}/"
    changed = {**said, "name_zh": "檀木林体育场", "reason": "the name was short"}
    assert keeper.post(f"{here}edit/", {**changed, "code": "p9"}).status_code == 302
    made.refresh_from_db()
    assert (made.code, made.name_zh) == ("p2", "檀木林体育场"), "its code stays"
    assert keeper.post(f"{here}edit/", changed).status_code == 422, "nothing would change"
    assert keeper.post(f"{here}end/", {"at": "2031-01-01T00:00", "reason": "the lease ends"}).status_code == 302
    made.refresh_from_db()
    assert made.valid_until is not None
    assert list(Act.objects.filter(subject="p2").values_list("action", flat=True)) == [
        "registry.point.retire", "registry.point.change", "registry.point.register",
    ]  # fmt: skip
    page = keeper.get(here).content.decode()
    for told in ("檀木林 → 檀木林体育场", "the lease ends", "a new station", "市局李"):
        assert told in page


def test_a_device_keeps_its_secret_moves_and_retires(keeper: Client, point: Point, cast: dict[str, Any]) -> None:
    other = actions.register_point(cast["bureau"], code="p2", name_zh="乙", element="air", kind="urban", city="自贡")
    said = {
        "mn": MN, "edition": "2017", "st": "22", "password": "s3cret-pw", "minute_interval": 5,
        "realtime_interval": 60, "enabled": "on", "point": "p1", "valid_from": "2026-03-01T00:00", "reason": REASON,
    }  # fmt: skip
    answer = keeper.post("/desk/registry/devices/new/", said)
    assert answer.status_code == 302, answer.content.decode()
    device = Device.objects.get()
    here = f"/desk/registry/devices/{device.pk}/"
    assert "s3cret-pw" not in keeper.get(f"{here}edit/").content.decode()
    assert keeper.post(f"{here}edit/", {**said, "password": "", "minute_interval": 10}).status_code == 302
    device.refresh_from_db()
    assert (device.password, device.minute_interval) == ("s3cret-pw", 10), "an empty secret stays"
    move = {"point": other.pk, "at": "2026-05-01T00:00", "reason": REASON}
    assert keeper.post(f"/desk/registry/devices/{device.pk}/move/", move).status_code == 302
    assert keeper.post(f"{here}end/", {"at": "2026-04-01T00:00", "reason": REASON}).status_code == 422, "before it came"
    assert keeper.post(f"{here}end/", {"at": "2026-06-01T00:00", "reason": REASON}).status_code == 302
    assert [binding.point.code for binding in Binding.objects.all()] == ["p1", "p2"]
    assert not Binding.objects.filter(valid_until=None).exists()
    assert "s3cret" not in str(list(Act.objects.values_list("details", flat=True)))


def test_an_instrument(keeper: Client, point: Point) -> None:
    said = {"point": point.pk, "parameter": "pm25", "model": "BAM-1020", "serial": "S1", "reason": REASON}
    assert keeper.post("/desk/registry/instruments/new/", said).status_code == 302
    made = Instrument.objects.get()
    assert "BAM-1020" in keeper.get(f"/desk/registry/points/{point.pk}/").content.decode()
    end = {"at": "2031-01-01T00:00", "reason": REASON}
    assert keeper.post(f"/desk/registry/instruments/{made.pk}/end/", end).status_code == 302
    assert Act.objects.filter(subject="S1", action="registry.instrument.retire").exists()


def test_organisations_and_districts(admin: Client, web_engines: Any) -> None:
    said = {"code": "ops", "name_zh": "某运维公司", "kind": "laboratory", "city": "自贡", "reason": REASON}
    assert admin.post("/desk/registry/organisations/new/", said).status_code == 302
    assert Organisation.objects.filter(code="ops").exists()
    district = {"code": "51030", "city": "自贡", "name_zh": "大安区", "reason": REASON}
    assert admin.post("/desk/registry/districts/new/", district).status_code == 422, "six digits"
    assert admin.post("/desk/registry/districts/new/", {**district, "code": "510304"}).status_code == 302
    assert District.objects.get().name_zh == "大安区"
    point = {
        "code": "p7", "name_zh": "丙", "element": "air", "kind": "urban", "city": "自贡", "district": "大安",
        "reason": REASON,
    }  # fmt: skip
    page = admin.post("/desk/registry/points/new/", point)
    assert page.status_code == 422
    assert "大安区" in page.content.decode(), "it says which districts there are"


def test_people(admin: Client, cast: dict[str, Any], web_engines: Any) -> None:
    said = {
        "username": "zhou", "display_name": "周某某", "email": "zhou@example.cn", "role": "officer", "is_active": "on",
        "organisation": cast["bureau"].organisation.pk, "password": "a long one 77", "reason": "joins the bureau",
    }  # fmt: skip
    assert admin.post("/desk/registry/people/new/", {**said, "password": "short"}).status_code == 422
    assert admin.post("/desk/registry/people/new/", said).status_code == 302
    zhou = User.objects.get(username="zhou")
    assert zhou.check_password("a long one 77")
    here = f"/desk/registry/people/{zhou.pk}/"
    leaves = {**said, "password": "", "reason": "leaves the bureau"}
    del leaves["is_active"]
    assert admin.post(f"{here}edit/", leaves).status_code == 302
    zhou.refresh_from_db()
    assert not zhou.is_active
    assert zhou.check_password("a long one 77")
    act = Act.objects.get(action="person.change")
    assert act.details == {"is_active": {"was": "True", "is": "False"}}
    told = str(list(Act.objects.filter(subject="zhou").values_list("details", flat=True)))
    assert not any(secret in told for secret in ("周某某", "zhou@", "a long one"))
    assert admin.post(f"{here}second-factor/", {"reason": "the phone was lost"}).status_code == 302


def test_nobody_takes_the_own_part_away(admin: Client, cast: dict[str, Any], web_engines: Any) -> None:
    me = cast["admin"]
    said = {"username": "admin", "display_name": "管理员", "role": "public", "is_active": "on", "reason": REASON}
    page = admin.post(f"/desk/registry/people/{me.pk}/edit/", said)
    assert page.status_code == 422
    me.refresh_from_db()
    assert me.role == "administrator"


def test_lists_are_searched_ordered_and_paged(keeper: Client, cast: dict[str, Any], point: Point) -> None:
    Point.objects.bulk_create(
        Point(code=f"q{number:03}", name_zh=f"点{number}", element="air", kind="urban", city="自贡")
        for number in range(60)
    )
    page = keeper.get("/desk/registry/points/?page=2").content.decode()
    assert "2 / 2" in page
    assert "61 rows" in page
    page = keeper.get("/desk/registry/points/?q=春华").content.decode()
    assert "Chunhua Road" in page
    assert "q001" not in page
    first = keeper.get("/desk/registry/points/?sort=-code").context["table"].rows[0].row
    assert first.code == "q059"
    Point.objects.filter(code="q000").update(valid_until=now() - timedelta(days=1))
    ended = keeper.get("/desk/registry/points/?state=ended").context["table"].rows
    assert [shown.row.code for shown in ended] == ["q000"]
    assert keeper.get("/desk/registry/points/?sort=owner__password").status_code == 404, "orders by what it shows only"
    assert keeper.get("/desk/registry/nothing/").status_code == 404


def test_csv_is_safe_in_spreadsheets(keeper: Client, point: Point) -> None:
    Point.objects.filter(code="p1").update(name_en="=HYPERLINK(1)", lon=-1.5, lat=2)
    text = keeper.get("/desk/registry/points/?export=csv").content.decode()
    assert text.startswith("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text[1:]))
    assert row["name"] == "'=HYPERLINK(1)"
    assert row["longitude"] == "-1.5", "numbers stay numbers"


@pytest.mark.parametrize("slug", ["points", "devices", "instruments", "people"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    admin: Client, cast: dict[str, Any], point: Point, slug: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        actions.register_device(cast["bureau"], point, mn=f"DEVICE{number}")
        Instrument.objects.create(
            point=point, parameter="pm25", model="m", serial=f"s{number}", valid_until=now() + timedelta(days=number)
        )
    with django_assert_max_num_queries(8):
        assert admin.get(f"/desk/registry/{slug}/").status_code == 200
