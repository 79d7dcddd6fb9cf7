"""The device wall, live packets, commands over a real stream, and claiming."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from lichen.hj212.compose import compose
from lichen.hj212.content import Reading
from lichen.pipeline.worker import Worker
from lichen.stream.client import connect
from lichen.vocab.clock import MINUTE_MS, now_ms
from lichen.vocab.entry import Entry
from lichen.web.acts.models import Act
from lichen.web.belt import Belt
from lichen.web.desk import packets
from lichen.web.registry import actions
from lichen.web.registry.models import Device

pytestmark = pytest.mark.django_db(transaction=True)

MN, UNKNOWN = "010000A8900016F000169DC0", "010000A8900016F000169DC9"
PASSWORD = "s3cret-pw"


class Gateway:
    """A gateway on a real stream, as the web sees one: who is online, commands, the list of unclaimed devices."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    def __enter__(self) -> Gateway:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._loop.close()

    async def _run(self) -> None:
        async with await connect(self._url, name="gateway") as stream:
            await stream.respond("gateway.online", self._online)
            await stream.respond("command.*", self._command)
            record = (
                f'{{"mn": "{UNKNOWN}", "peer": "203.0.113.9:5", '
                '"first_seen": 1772323200000, "last_seen": 1772323260000, '
                '"count": 3, "st": "22", "cn": "2011", "edition": "2017", "last_frame": "##0013PW=secret;<b>"}'
            )
            await stream.kv_put(f"unclaimed.{UNKNOWN}", record.encode())
            self._ready.set()
            await self._stop.wait()

    async def _online(self, subject: str, body: dict[str, Any], reply: Any) -> None:
        await reply({"devices": [{"mn": MN, "peer": "203.0.113.7:5", "time": now_ms() - 60_000}]})

    async def _command(self, subject: str, body: dict[str, Any], reply: Any) -> None:
        now = now_ms()
        if subject != f"command.{MN}":
            await reply({"step": "offline", "time": now, "known": True})
            return
        await reply({"step": "accepted", "time": now, "qn": "20260301000000001"})
        await reply({"step": "sent", "time": now, "sending": 1})
        await reply({"step": "reply", "time": now, "code": "1"})
        data = {
            "cn": body["cn"],
            "data_time": None,
            "fields": {"SystemTime": "20260301000000"},
            "values": [],
            "frame": "",
        }
        await reply({"step": "data", "time": now, **data})
        await reply({"step": "end", "time": now, "outcome": "done", "code": "1"})


@pytest.fixture
def gateway(nats_server: Any, web_engines: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setenv("LICHEN_STREAM_URL", nats_server.url)
    belt = Belt(web_engines.raw_log, lambda: None, lambda: None)
    with Gateway(nats_server.url) as gateway:
        belt.start()
        until(lambda: belt.is_up)
        web_engines.belt = belt
        yield gateway
        belt.stop()


def until(true: Any) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def device(web_engines: Any, cast: dict[str, Any]) -> Device:
    point = actions.register_point(
        cast["bureau"], code="p1", name_zh="春华路", name_en="Chunhua Road", element="air", kind="urban", city="自贡",
        district="大安区",
    )  # fmt: skip
    return actions.register_device(cast["bureau"], point, mn=MN, password=PASSWORD)


@pytest.fixture
def sent(web_engines: Any, device: Device) -> None:
    """The device has sent minute values for two hours; its clock is 90 s ahead."""
    worker = Worker(web_engines.store, web_engines.raw_log, web_engines.acts_log, web_engines.snapshot, settle_ms=0)
    now = now_ms() // (5 * MINUTE_MS) * 5 * MINUTE_MS
    for start in range(now - 120 * MINUTE_MS, now, 5 * MINUTE_MS):
        received = start + 5 * MINUTE_MS + 7_000
        (frame,) = compose(
            cn="2051", mn=MN, st="22", pw=PASSWORD, qn=received + 90_000, time_ms=start,
            values=[Reading("a34004", "Avg", 61.0, "61.0", "N"), Reading("a21026", "Avg", 8.0, "8.0", "N")],
        )  # fmt: skip
        web_engines.raw_log.append([Entry(received, "hj212", "203.0.113.7:5", MN, "ok", frame).encode()])
    while worker.step():
        pass


@pytest.fixture
def keeper(cast: dict[str, Any], client: Client) -> Client:
    client.force_login(cast["bureau"])
    client.cookies["lichen_language"] = "en"
    return client


def test_the_wall_says_how_each_device_is_doing(gateway: Gateway, sent: None, keeper: Client) -> None:
    answer = keeper.get("/desk/devices/")
    (seen,) = (shown.row for shown in answer.context["table"].rows)
    assert (seen.state, seen.online, seen.point.code) == ("sending", True, "p1")
    assert (seen.delay, seen.skew, seen.is_skewed) == (7.0, 90.0, True)
    assert seen.percent == 8, "two of 24 hours"
    page = answer.content.decode()
    assert "online" in page
    assert f"/desk/devices/claim/{UNKNOWN}/" in page
    (line,) = keeper.get("/desk/devices/?export=csv").content.decode().splitlines()[1:]
    assert line.startswith(f"{MN},春华路 (p1),sending,online,")


def test_without_a_stream_it_shows_what_is_sealed(web_engines: Any, sent: None, keeper: Client) -> None:
    answer = keeper.get("/desk/devices/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "No gateway answers at present" in page
    assert "The stream does not answer at present" in page
    assert answer.context["table"].rows[0].row.delay == 7.0
    assert keeper.get(f"/desk/devices/claim/{UNKNOWN}/").status_code == 503


def test_the_newest_packets_are_decoded_without_their_password(web_engines: Any, sent: None, keeper: Client) -> None:
    page = keeper.get(f"/desk/devices/{MN}/").content.decode()
    assert "a34004" in page
    assert "PM2.5" in page or "PM₂.₅" in page
    assert "61.0" in page
    assert packets._name("a21026", "22") != packets._name("a21026", "31"), "in air and in flue gas"
    assert PASSWORD not in page
    assert "PW=*********" in page
    assert 'http-equiv="refresh"' not in page
    assert 'http-equiv="refresh"' in keeper.get(f"/desk/devices/{MN}/?live=yes").content.decode()


def test_a_command_and_its_answer(gateway: Gateway, device: Device, keeper: Client) -> None:
    said = {"cn": "1011", "fields_text": "", "reason": "is its clock right?"}
    answer = keeper.post(f"/desk/devices/{MN}/command/", said)
    assert answer.status_code == 302, answer.content.decode()
    until(lambda: keeper.get(answer["Location"]).context["call"].is_over)
    page = keeper.get(answer["Location"]).content.decode()
    for told in ("The command went out.", "SystemTime", "20260301000000", "Done."):
        assert told in page
    assert "refresh" not in page, "it is over"
    assert page.count("What came") == 1, "one packet of data"
    act = Act.objects.latest("id")
    assert (act.action, act.subject, act.reason) == ("device.command", MN, "is its clock right?")


def test_a_device_that_is_not_connected(gateway: Gateway, device: Device, cast: dict[str, Any], keeper: Client) -> None:
    other = actions.register_device(cast["bureau"], device.bindings.get().point, mn="AWAY")
    answer = keeper.post(f"/desk/devices/{other.mn}/command/", {"cn": "1011", "reason": "is its clock right?"})
    until(lambda: keeper.get(answer["Location"]).context["call"].is_over)
    assert "not connected" in keeper.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"cn": "1072"}, "1072"), ({"cn": "2051", "fields_text": "Nonsense=1"}, "BeginTime"),
     ({"cn": "1062", "fields_text": "RtdInterval=3;PW=x"}, "ASCII"), ({"reason": "no"}, "errorlist")],
)  # fmt: skip
def test_a_wrong_command_is_refused_in_words(
    web_engines: Any, device: Device, keeper: Client, changed: dict[str, str], told: str
) -> None:
    said = {"cn": "1011", "fields_text": "", "reason": "is its clock right?", **changed}
    answer = keeper.post(f"/desk/devices/{MN}/command/", said)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Act.objects.filter(action="device.command").exists()


def test_without_a_stream_nothing_is_sent(web_engines: Any, device: Device, keeper: Client) -> None:
    answer = keeper.post(f"/desk/devices/{MN}/command/", {"cn": "1011", "reason": "is its clock right?"})
    assert answer.status_code == 422
    assert "nothing was sent" in answer.content.decode()
    assert not Act.objects.filter(action="device.command").exists()


def test_claiming(gateway: Gateway, device: Device, web_engines: Any, cast: dict[str, Any], keeper: Client) -> None:
    page = keeper.get(f"/desk/devices/claim/{UNKNOWN}/").content.decode()
    assert "##0013PW=******;&lt;b&gt;" in page
    said = {
        "point": device.bindings.get().point.pk, "edition": "2017", "st": "22", "password": PASSWORD,
        "reason": "installed last week",
    }  # fmt: skip
    for name, value in (("point", "999"), ("edition", "1999"), ("st", "<>"), ("reason", "no"), ("password", "x" * 21)):
        answer = keeper.post(f"/desk/devices/claim/{UNKNOWN}/", {**said, name: value})
        assert answer.status_code == 422
        assert "errorlist" in answer.content.decode()
    answer = keeper.post(f"/desk/devices/claim/{UNKNOWN}/", said)
    assert answer["Location"] == f"/desk/devices/{UNKNOWN}/"
    claimed = next(one for one in web_engines.snapshot().devices if one.mn == UNKNOWN)
    assert (claimed.point, claimed.password) == ("p1", PASSWORD)
    act = Act.objects.latest("id")
    assert (act.by, act.reason, act.subject) == (cast["bureau"], "installed last week", UNKNOWN)
    page = keeper.get("/desk/devices/").content.decode()
    assert f"/desk/devices/claim/{UNKNOWN}/" not in page, "before the gateway has taken it off the list"
    assert keeper.get("/desk/devices/claim/NOBODY/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_devices(
    gateway: Gateway, device: Device, cast: dict[str, Any], keeper: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        actions.register_device(cast["bureau"], device.bindings.get().point, mn=f"DEVICE{number}")
    with django_assert_max_num_queries(10):
        keeper.get("/desk/devices/")
