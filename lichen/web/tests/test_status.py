"""The status page, and what readers see while a part is down: engines closed, a server gone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.utils import ConnectionHandler
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from lichen.elements.air.element import AIR
from lichen.pipeline.detect import Judged
from lichen.vocab.periods import Period
from lichen.web import engines, lastknown
from lichen.web.unavailable import unavailable_pages

pytestmark = pytest.mark.django_db

PAGES = ["/", "/room/state.json", "/explore/?s=P1:pm25:hour", "/open-data/", "/open-data/air-hour-readings/"]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    lastknown.forget()
    yield
    lastknown.forget()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("address", PAGES)
def test_a_closed_store_is_said_not_a_fault(measured: Any, client: Client, address: str, language: str) -> None:
    client.cookies["lichen_language"] = language
    measured.store.close()
    answer = client.get(address)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    text = answer.content.decode()
    if address.endswith(".json"):
        assert answer.json()["error"]["code"] == "not-ready"
    else:
        assert ("监测数据库没有响应" in text) == (language == "zh-hans")
        assert ("store of measured values does not answer" in text) == (language == "en")


def test_the_last_known_values_are_shown_with_their_age(measured: Any, client: Client) -> None:
    results = measured.store.latest_results("air", Period.HOUR)
    lastknown.heard(Judged(results))
    measured.store.close()
    text = client.get("/open-data/").content.decode()
    assert "最后已知的数值" in text
    assert "1号点" in text
    assert "76" in text
    assert "天前" in text
    engines.install(None)
    assert "P1" in client.get("/open-data/").content.decode()


def test_an_older_verdict_does_not_replace_a_newer_one(measured: Any) -> None:
    lastknown.prime(measured.store, measured.snapshot())
    (newest,) = lastknown.last_known()
    from lichen.web.readings.stations import verdicts_of

    older = measured.store.results("air", Period.HOUR, 0, newest.time, points=["P1"])
    lastknown.remember(verdicts_of(AIR, older))
    assert lastknown.last_known() == [newest]


def test_a_process_without_engines(client: Client) -> None:
    engines.install(None)
    answer = client.get("/explore/")
    assert answer.status_code == 503
    assert "本站的数据引擎没有运行" in answer.content.decode()


def test_a_database_that_is_not_there() -> None:
    gone = {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "HOST": "127.0.0.1", "PORT": "1"}
    connections = ConnectionHandler({"default": gone})

    def view(request: HttpRequest) -> HttpResponse:
        connections["default"].cursor()
        return HttpResponse()

    page = unavailable_pages(view)
    request = RequestFactory().get("/")
    with pytest.raises(Exception, match="refused") as raised:
        page(request)
    answer = page.process_exception(request, raised.value)
    assert answer is not None
    assert answer.status_code == 503
    assert "点位与账号数据库没有响应" in answer.content.decode()
    assert page.process_exception(request, ValueError("ours")) is None


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_operators_see_the_status(measured: Any, client: Client, cast: dict[str, Any], language: str) -> None:
    client.cookies["lichen_language"] = language
    client.force_login(cast["admin"])
    text = client.get("/status/").content.decode()
    assert ("已封存报文" in text) == (language == "zh-hans")
    for word in ("24", "Django", "✓", "✗"):
        assert word in text, "the stream is down in tests, and that must show"


def test_nobody_else_does(measured: Any, client: Client, cast: dict[str, Any]) -> None:
    assert client.get("/status/").status_code == 302
    for who in ("public", "company"):
        client.force_login(cast[who])
        assert client.get("/status/").status_code == 403


def test_the_status_tells_what_is_down(measured: Any, client: Client, cast: dict[str, Any]) -> None:
    client.force_login(cast["admin"])
    measured.store.close()
    text = client.get("/status/").content.decode()
    assert "监测数据库没有响应" in text
    engines.install(None)
    assert "未打开" in client.get("/status/").content.decode()
