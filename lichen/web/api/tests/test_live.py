"""The live stream: who hears what, who is let go, and a thousand readers at once."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import resource
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lichen.pipeline.detect import Fault, Judged, Observed
from lichen.pipeline.testing import entry
from lichen.vocab.periods import Period
from lichen.web.api import live
from lichen.web.api.testing import SIX, SNAPSHOT, START, STEP

NEWS = Observed("P1", Period.MINUTE, 0, 6)


@contextlib.contextmanager
def listening(served: Any, query: str = "", **headers: str) -> Iterator[http.client.HTTPResponse]:
    before = len(live.fanout)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.request("GET", f"/api/v1/live{query}", headers=headers)
    answer = connection.getresponse()
    try:
        until = time.monotonic() + 20
        while answer.status == 200 and len(live.fanout) <= before and time.monotonic() < until:
            time.sleep(0.01)
        yield answer
    finally:
        answer.close()
        connection.close()


def event(answer: http.client.HTTPResponse) -> tuple[str, Any]:
    kind = ""
    while True:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        if line.startswith("data: "):
            return kind, json.loads(line.removeprefix("data: "))


def more(served: Any, hours: int = 1) -> list[Any]:
    """Another hour of data: what the worker has to say about it."""
    said: list[Any] = []
    served.engines.worker._on_event = said.append
    device = SNAPSHOT.devices[0]
    start = START + hours * 12 * STEP
    served.engines.raw_log.append([entry(device, "2051", start + n * STEP, SIX) for n in range(12)])
    served.engines.worker.step()
    return said


def test_a_verdict_is_heard(served: Any) -> None:
    with listening(served) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        for one in more(served):
            live.fanout.publish(one)
        kind, said = event(answer)
    assert (kind, said) == (
        "judged",
        {"element": "air", "period": "hour", "points": ["P1"], "newest": "2026-03-02T01:00:00+08:00"},
    )


def test_readers_choose(served: Any) -> None:
    with listening(served, "?events=observed") as observed, listening(served, "?element=noise&events=judged") as none:
        for one in more(served):
            live.fanout.publish(one)
        assert event(observed)[0] == "observed"
        reader = next(reader for reader in live.fanout._readers if reader._element == "noise")
        assert reader._waiting.empty()
        assert none.status == 200


def test_only_news_of_data_are_told() -> None:
    assert live.message(Fault("silent", "P1", "", None, 0, 5)) is None
    from lichen.store.results import to_results  # an empty table makes empty results

    empty = to_results("air", Period.HOUR, _no_rows())
    assert live.message(Judged(empty)) is None


def _no_rows() -> Any:
    import pyarrow as pa

    words = ("edition", "clause", "note", "snapshot", "code", "point")
    kinds = {name: pa.string() for name in (*words, "deciding", "exceeding")}
    kinds |= {name: pa.map_(pa.string(), pa.float64()) for name in ("sub", "multiples")}
    kinds |= {name: pa.int64() for name in ("time", "version", "klass", "index")}
    return pa.schema(list(kinds.items())).empty_table()


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("?events=nothing", 422, "bad-request"), ("?events=", 422, "bad-request"),
     ("?element=" + "x" * 61, 422, "bad-request")],
)  # fmt: skip
def test_refusals(served: Any, query: str, status: int, code: str) -> None:
    with listening(served, query) as answer:
        assert (answer.status, json.load(answer)["error"]["code"]) == (status, code)


def test_a_refusal_speaks_the_language_chosen(served: Any, settings: Any) -> None:
    settings.API_LIVE_READERS = 0
    said = []
    for cookie in ("", f"{settings.LANGUAGE_COOKIE_NAME}=en"):
        with listening(served, Cookie=cookie) as answer:
            said.append(json.load(answer)["error"]["message"])
    assert said == ["目前无法读取数据；请稍后再试。", "The data cannot be read at present; try again in a minute."]


def test_too_many_readers(served: Any, settings: Any) -> None:
    settings.API_LIVE_READERS = 1
    with listening(served) as first, listening(served) as second:
        assert (first.status, second.status) == (200, 503)
        assert second.headers["Retry-After"] == "60"


@pytest.mark.django_db(transaction=True)
def test_a_wrong_token_and_another_host(served: Any) -> None:
    with listening(served, "", Authorization="Bearer nothing") as answer:
        assert answer.status == 401
    with listening(served, "", Host="evil.example") as answer:
        assert answer.status == 400


@pytest.mark.parametrize(("method", "status"), [("POST", 405), ("HEAD", 204), ("OPTIONS", 204)])
def test_other_methods(served: Any, method: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.request(method, "/api/v1/live")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Allow"]) == (status, "GET, HEAD, OPTIONS")
    connection.close()


async def test_a_slow_reader_is_let_go_and_the_others_are_not() -> None:
    fanout = live.Fanout()
    slow, quick = (live.Reader(frozenset({"observed"}), "") for _ in range(2))
    fanout.join(slow)
    fanout.join(quick)
    for _ in range(200):
        await asyncio.to_thread(fanout.publish, NEWS)
        await asyncio.sleep(0)
        assert (await quick.next() or b"").startswith(b"event: observed")
    assert slow.is_gone
    assert not quick.is_gone
    heard = 0
    while await slow.next() is not None:
        heard += 1
    assert heard == live._QUEUE, "what was queued is still told, then the stream ends"


async def test_silence_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)
    assert (await live.Reader(frozenset(live.KINDS), "").next() or b"").startswith(b":")


async def test_who_is_gone_is_forgotten() -> None:
    reader, sent = live.Reader(frozenset(live.KINDS), ""), []

    async def send(said: Any) -> None:
        sent.append(said)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    await live.follow(reader, receive, send)
    assert reader not in live.fanout._readers


def test_a_thousand_readers(served: Any, settings: Any) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    settings.API_RATE = 10_000

    async def readers() -> list[bytes]:
        async def one() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(b"GET /api/v1/live?events=observed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            await reader.readuntil(b": connected\n\n")
            return reader, writer

        found = []
        for _ in range(20):
            found += await asyncio.gather(*(one() for _ in range(50)))
        while len(live.fanout) < 1000:
            await asyncio.sleep(0.01)
        live.fanout.publish(NEWS)
        heard = await asyncio.gather(*(reader.readuntil(b"}\n\n") for reader, _writer in found))
        for _reader, writer in found:
            writer.close()
        return heard

    heard = asyncio.run(asyncio.wait_for(readers(), 120))
    assert len(heard) == 1000
    assert all(b'"points":["P1"]' in one for one in heard)
