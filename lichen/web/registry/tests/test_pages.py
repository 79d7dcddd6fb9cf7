"""The pages of devices: who may see them, what they show, and claiming."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.test import Client

from lichen.vocab.batch import Batch, Series
from lichen.vocab.clock import to_ms
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot
from lichen.web.acts.models import Act
from lichen.web.belt import StreamDown
from lichen.web.registry import actions, pages
from lichen.web.registry.models import Device

pytestmark = pytest.mark.django_db(transaction=True)

MN = "010000A8900016F000169DC0"
PASSWORD = "s3cret-pw"


class Waiting:
    """A stream on which devices wait to be claimed."""

    is_up = True

    def __init__(self, *mns: str, up: bool = True) -> None:
        self.mns, self.is_up = mns, up

    def put_snapshot(self, snapshot: Snapshot) -> None: ...

    def publish_event(self, subject: str, event: dict[str, Any]) -> None: ...

    def unclaimed(self) -> list[dict[str, Any]]:
        if not self.is_up:
            raise StreamDown("the stream does not answer at present")
        return [
            {
                "mn": mn, "first_seen": 1_772_323_200_000, "last_seen": 1_772_323_260_000, "peer": "203.0.113.9:5",
                "count": 3, "st": "22", "cn": "2011", "edition": "2017", "last_frame": f"##PW=<b>;MN={mn}",
            }
            for mn in self.mns
        ]  # fmt: skip


@pytest.fixture
def point(web_engines: Any, cast: dict[str, Any]) -> Any:
    return actions.register_point(
        cast["bureau"], code="p1", name_zh="春华路", name_en="Chunhua Road", element="air", kind="urban", city="自贡"
    )


@pytest.fixture
def keeper(client: Client, cast: dict[str, Any]) -> Client:
    client.force_login(cast["bureau"])
    client.cookies.load({"lichen_language": "en"})
    return client


PATHS = ("/devices/", "/devices.csv", f"/devices/claim/{MN}/")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", ["inspector", "company", "public"])
def test_others_may_not(web_engines: Any, cast: dict[str, Any], client: Client, who: str, path: str) -> None:
    web_engines.belt = Waiting(MN)
    client.force_login(cast[who])
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_is_asked_to_sign_in(web_engines: Any, client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


def test_shows_each_device_with_its_point_and_when_it_was_last_heard(
    web_engines: Any, cast: dict[str, Any], keeper: Client, point: Any
) -> None:
    actions.register_device(cast["bureau"], point, mn=MN, edition="2025", password=PASSWORD)
    time = to_ms(datetime(2026, 3, 1, tzinfo=UTC))
    of = Series("p1", "pm25", Period.HOUR, Source.REPORTED)
    times, ones = np.array([time, time - 9]), np.ones(2)
    codes, marks = np.zeros(2, np.int32), np.zeros(2, np.uint16)
    flags, versions = ones.astype(np.uint8), ones.astype(np.uint64)
    web_engines.store.append(Batch((of,), codes, times, ones, flags, ("N",), marks, versions))
    page = keeper.get("/devices/").content.decode()
    for expected in (MN, "Chunhua Road", "HJ 212-2025", "2026-03-01 08:00:00"):
        assert expected in page
    assert PASSWORD not in page
    sheet = keeper.get("/devices.csv").content.decode()
    (row,) = csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff")))
    assert row == {
        "mn": MN, "edition": "2025", "st": "22", "enabled": "yes", "point": "p1", "point_name": "春华路",
        "newest_observation": "2026-03-01T08:00:00+08:00",
    }  # fmt: skip


def test_filters_and_pages(
    web_engines: Any, cast: dict[str, Any], keeper: Client, point: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        actions.register_device(cast["bureau"], point, mn=f"DEVICE{number}")
    monkeypatch.setattr(pages, "PAGE", 2)
    page = keeper.get("/devices/?q=春华&page=2").content.decode()
    assert "DEVICE2" in page
    assert "DEVICE1" not in page
    assert "page=3" in page
    assert "2 / 3" in page
    page = keeper.get("/devices/?q=device4").content.decode()
    assert "DEVICE4" in page
    assert "DEVICE0" not in page
    assert "No device fits." in keeper.get("/devices/?q=nothing").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_devices(
    web_engines: Any, cast: dict[str, Any], keeper: Client, point: Any, django_assert_max_num_queries: Any
) -> None:
    web_engines.belt = Waiting("X")
    for number in range(20):
        actions.register_device(cast["bureau"], point, mn=f"DEVICE{number}")
    with django_assert_max_num_queries(9):
        keeper.get("/devices/")


def test_claiming(web_engines: Any, cast: dict[str, Any], keeper: Client, point: Any) -> None:
    web_engines.belt = Waiting(MN)
    assert f"/devices/claim/{MN}/" in keeper.get("/devices/").content.decode()
    page = keeper.get(f"/devices/claim/{MN}/").content.decode()
    assert "##PW=&lt;b&gt;" in page
    said = {"point": point.pk, "edition": "2017", "st": "22", "password": PASSWORD, "reason": "installed last week"}
    answer = keeper.post(f"/devices/claim/{MN}/", said)
    assert answer.status_code == 302, answer.content.decode()
    (device,) = web_engines.snapshot().devices
    assert (device.mn, device.point, device.password) == (MN, "p1", PASSWORD)
    act = Act.objects.latest("id")
    assert (act.by, act.reason, act.subject) == (cast["bureau"], "installed last week", MN)
    page = keeper.get("/devices/").content.decode()
    assert f"/devices/claim/{MN}/" not in page, "before the gateway has taken it off the list"


@pytest.mark.parametrize(
    ("name", "value"), [("point", "999"), ("edition", "1999"), ("st", "<>"), ("reason", "no"), ("password", "x" * 21)]
)
def test_a_bad_claim_says_which_answer_is_wrong(
    web_engines: Any, keeper: Client, point: Any, name: str, value: str
) -> None:
    web_engines.belt = Waiting(MN)
    said = {"point": point.pk, "edition": "2017", "st": "22", "password": PASSWORD, "reason": "installed last week"}
    answer = keeper.post(f"/devices/claim/{MN}/", {**said, name: value})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not Device.objects.exists()


def test_a_device_that_does_not_wait_cannot_be_claimed(web_engines: Any, keeper: Client, point: Any) -> None:
    web_engines.belt = Waiting()
    assert keeper.get(f"/devices/claim/{MN}/").status_code == 404


def test_says_so_when_the_stream_is_away(web_engines: Any, keeper: Client) -> None:
    web_engines.belt = Waiting(up=False)
    answer = keeper.get("/devices/")
    assert answer.status_code == 200
    assert "The stream does not answer at present" in answer.content.decode()
    answer = keeper.get(f"/devices/claim/{MN}/")
    assert answer.status_code == 503
    assert "The stream does not answer at present" in answer.content.decode()
