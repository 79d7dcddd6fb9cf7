"""The JSON API: what it says, how it pages, how it refuses, and that it keeps secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from lichen.ledger import verify_offline
from lichen.web import engines
from lichen.web.api.testing import MINUTES, SECRETS, SNAPSHOT, SPAN


def ask(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1/{path}")
    said = answer.content.decode()
    assert answer.status_code == status, said
    assert answer["Content-Type"].startswith("application/json")
    for secret in SECRETS.values():
        assert secret not in said
    if status >= 400:
        assert set(json.loads(said)) == {"error"}
        assert set(json.loads(said)["error"]) == {"code", "message"}
        return json.loads(said)["error"]["code"]
    return json.loads(said)


def all_of(client: Client, path: str) -> list[Any]:
    items, cursor = [], ""
    while cursor is not None:
        page = ask(client, f"{path}&cursor={cursor}")
        items += page["items"]
        cursor = page["next"]
    return items


def test_points(filled: Any, client: Client) -> None:
    page = ask(client, "points")
    assert (page["registry_version"], page["registry_hash"]) == (1, SNAPSHOT.hash)
    assert [point["id"] for point in page["items"]] == ["P1", "P2", "P3"]
    assert page["next"] is None
    assert [point["id"] for point in all_of(client, "points?limit=2")] == ["P1", "P2", "P3"]
    assert ask(client, "points?element=noise")["items"] == []
    assert ask(client, "points/P2")["name_zh"] == "2号点"
    assert ask(client, "points/P9", 404) == "no-such-point"


def test_latest(filled: Any, client: Client) -> None:
    (item,) = ask(client, "latest?point=P1&parameter=pm25&source=reported")["items"]
    assert item == {
        "point": "P1", "parameter": "pm25", "period": "minute", "source": "reported", "stat": "avg", "unit": "ug/m3",
        "time": "2026-03-02T00:55:00+08:00", "value": 41.0, "flag": "good", "mark": "N", "version": "12",
    }  # fmt: skip
    assert len(all_of(client, "latest?source=reported&limit=4")) == 6


def test_a_series_page_by_page(filled: Any, client: Client) -> None:
    items = all_of(client, f"series?{MINUTES}&limit=5")
    assert [item["value"] for item in items] == [30.0 + n for n in range(12)]
    assert items[0]["time"] == "2026-03-02T00:00:00+08:00"
    unescaped = MINUTES.replace("%2B", "+")
    assert all_of(client, f"series?{unescaped}") == items, "a + that was not escaped"
    utc = MINUTES.replace(SPAN, "from=2026-03-01T16:00:00Z&to=2026-03-01T16:10:00Z")
    assert all_of(client, f"series?{utc}") == items[:2]


def test_results(filled: Any, client: Client) -> None:
    (item,) = ask(client, f"results?element=air&period=hour&{SPAN}")["items"]
    assert (item["point"], item["time"], item["index"]) == ("P1", "2026-03-02T00:00:00+08:00", 52.0)
    assert (item["klass"], item["klass_zh"], item["deciding"]) == (1, "良", ["pm25"])
    assert item["snapshot"] == SNAPSHOT.hash
    assert ask(client, f"results?element=air&period=hour&point=P2&{SPAN}")["items"] == []


def test_why_goes_down_to_the_packet(filled: Any, client: Client) -> None:
    node = ask(client, "why?point=P1&name=air&period=hour&time=2026-03-02T00:00:00%2B08:00")
    (hour,) = [part for part in node["parts"] if part["name"] == "pm25"]
    minute = hour["parts"][0]
    packet = minute["packet"]
    assert packet["text"][slice(*packet["span"])] == "30.0"
    assert packet["received"] == "2026-03-02T00:05:00+08:00"
    assert minute["time"] == "2026-03-02T00:00:00+08:00"
    assert node["problem"] == ""


def test_why_blots_out_the_password(filled: Any, client: Client) -> None:
    node = ask(client, "why?point=P1&name=air&period=hour&time=2026-03-02T00:00:00%2B08:00")
    (hour,) = [part for part in node["parts"] if part["name"] == "pm25"]
    assert ";PW=******;" in hour["parts"][0]["packet"]["text"]


def test_there_is_no_such_number(filled: Any, client: Client) -> None:
    at = "2026-03-02T00:00:00Z"
    assert ask(client, f"why?point=P2&name=air&period=hour&time={at}", 404) == "no-such-number"
    assert ask(client, f"why?point=P9&name=air&period=hour&time={at}", 404) == "no-such-point"
    assert ask(client, f"why?point=P1&name=nothing&period=hour&time={at}", 404) == "no-such-parameter"


@pytest.mark.parametrize("log", ["raw", "acts"])
def test_the_head_of_a_log(filled: Any, client: Client, log: str) -> None:
    found = ask(client, f"ledger/{log}")
    opened = getattr(filled, f"{log}_log")
    assert (found["origin"], found["size"], found["root"]) == (opened.origin, opened.size, opened.root().hex())
    assert found["checkpoint"] == opened.checkpoint().decode()
    assert all(key["has_signed"] for key in found["keys"])


def test_an_entry_and_its_proof(filled: Any, client: Client) -> None:
    found = ask(client, "ledger/raw/entries/3")
    assert (found["station"], found["verdict"], found["door"]) == (SNAPSHOT.devices[0].mn, "ok", "hj212")
    assert found["received"] == "2026-03-02T00:20:00+08:00"
    bundle = ask(client, "ledger/raw/entries/3/proof")
    assert bundle["entry"] == found["entry"]
    keys = [key["vkey"] for key in ask(client, "ledger/raw")["keys"]]
    assert verify_offline.verify(bundle, keys).index == 3
    assert ask(client, "ledger/raw/entries/12", 404) == "no-such-entry"
    assert ask(client, "ledger/acts/entries/0/proof", 404) == "no-such-entry"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nothing", 404, "no-such-address"),
        ("ledger/other", 422, "bad-request"),
        ("ledger/raw/entries/-1", 422, "bad-request"),
        ("ledger/raw/entries/x", 422, "bad-request"),
        ("points?limit=0", 422, "bad-request"),
        ("points?limit=1001", 422, "bad-request"),
        ("points?cursor=²", 422, "bad-request"),
        ("points?cursor=AAAA", 400, "bad-cursor"),
        ("points?cursor=WzFd", 400, "bad-cursor"),
        (f"series?{MINUTES}&cursor=WyJhIl0", 400, "bad-cursor"),
        ("points?fields=nothing", 400, "bad-fields"),
        ("points?fields=,", 422, "bad-request"),
        (f"series?{MINUTES}&format=xml", 422, "bad-request"),
        (f"series?{MINUTES.replace('2026', '1026')}", 400, "bad-time"),
        ("latest?period=week", 422, "bad-request"),
        ("latest?parameter=nothing", 404, "no-such-parameter"),
        ("series?point=P1", 422, "bad-request"),
        (f"series?{MINUTES}&limit=10001", 422, "bad-request"),
        (f"series?{MINUTES.replace('P1', 'P9')}", 404, "no-such-point"),
        (f"series?{MINUTES.replace('%2B08:00', '')}", 422, "bad-request"),
        (f"series?{MINUTES.replace('to=2026-03', 'to=2026-02')}", 400, "bad-span"),
        (f"series?{MINUTES.replace('to=2026', 'to=2036')}", 400, "bad-span"),
        (f"results?element=soup&period=hour&{SPAN}", 404, "no-such-element"),
        (f"results?element=air&period=minute&{SPAN}", 404, "no-such-element"),
        (f"results?element=air&period=hour&{SPAN.replace('to=2026-03-02', 'to=2026-03-08')}", 400, "bad-span"),
        ("why?point=P1&name=air&period=hour&time=2026-03-02T00:00:00Z&depth=5", 422, "bad-request"),
    ],
)
def test_every_refusal_has_one_shape(filled: Any, client: Client, path: str, status: int, code: str) -> None:
    assert ask(client, path, status) == code


def test_a_time_without_a_zone_is_told_so(filled: Any, client: Client) -> None:
    said = client.get(f"/api/v1/series?{MINUTES.replace('%2B08:00', '')}").json()["error"]["message"]
    assert "from: " in said
    assert "timezone" in said


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("path", ["points", "latest", "ledger/raw", "nothing", ""])
def test_is_read_only(filled: Any, client: Client, method: str, path: str) -> None:
    answer = client.generic(method, f"/api/v1/{path}")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.json()["error"]["code"] == "read-only"


def test_head_and_options(filled: Any, client: Client) -> None:
    assert client.head("/api/v1/latest")["ETag"] == client.get("/api/v1/latest")["ETag"]
    assert client.head("/api/v1/latest").content == b""
    asked = client.options("/api/v1/latest")
    assert (asked.status_code, asked["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "Authorization" in asked["Access-Control-Allow-Headers"]


def test_an_altered_ledger_is_not_passed_on(filled: Any, client: Client) -> None:
    filled.raw_log._published = filled.raw_log.checkpoint().replace(b"\n12\n", b"\n11\n")
    assert ask(client, "ledger/raw", 500) == "ledger-damaged"


def test_says_so_where_no_engines_are_open(client: Client) -> None:
    engines.install(None)
    assert ask(client, "points", 503) == "not-ready"


def test_describes_itself(client: Client) -> None:
    described = ask(client, "openapi.json")
    assert set(described["paths"]) == {
        "/api/v1/points", "/api/v1/points/{point}", "/api/v1/latest", "/api/v1/series", "/api/v1/results",
        "/api/v1/why", "/api/v1/ledger/{log}", "/api/v1/ledger/{log}/entries/{index}",
        "/api/v1/ledger/{log}/entries/{index}/proof", "/api/v1/live",
    }  # fmt: skip
    for operations in described["paths"].values():
        assert set(operations) == {"get"}
        assert operations["get"]["summary"]
