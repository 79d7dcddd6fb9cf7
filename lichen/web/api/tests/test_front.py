"""Answers shared between readers: the same for everybody, asked of the store once, never older than the worker."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lichen.pipeline.testing import entry
from lichen.web.api import limits
from lichen.web.api.testing import MINUTES, SIX, SNAPSHOT, START, STEP


def ask(served: Any, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    connection.request(method, path if path.startswith("/") else f"/api/v1/{path}", headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


@pytest.fixture
def questions(served: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the store is asked for the newest values."""
    asked: list[str] = []
    latest = served.engines.store.latest

    def counted(**wanted: Any) -> Any:
        asked.append("latest")
        return latest(**wanted)

    monkeypatch.setattr(served.engines.store, "latest", counted)
    return asked


def test_the_second_reader_gets_the_first_one_s_answer(
    served: Any, questions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits.buckets, "_clock", lambda: 0.0)  # nothing flows back between the two questions
    limits.buckets.clear()
    first, second = ask(served, "latest"), ask(served, "latest")
    assert (first[0], first[2]) == (second[0], second[2])
    ours = {"ratelimit-remaining", "ratelimit-reset", "date"}
    assert {name: value for name, value in first[1].items() if name not in ours} == {
        name: value for name, value in second[1].items() if name not in ours
    }
    assert int(second[1]["ratelimit-remaining"]) == int(first[1]["ratelimit-remaining"]) - 1
    assert questions == ["latest"]
    status, headers, content = ask(served, "latest", **{"If-None-Match": first[1]["etag"]})
    assert (status, content, headers["etag"]) == (304, b"", first[1]["etag"])
    status, headers, content = ask(served, "latest", "HEAD")
    assert (status, content, headers["etag"]) == (200, b"", first[1]["etag"])
    assert questions == ["latest"]


def test_readers_at_once_ask_the_store_once(served: Any, questions: list[str]) -> None:
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: ask(served, "latest?point=P1"), range(40)))
    assert {status for status, _headers, _content in found} == {200}
    assert len({content for _status, _headers, content in found}) == 1
    assert questions == ["latest"]


def test_what_the_worker_took_in_is_in_the_next_answer(served: Any) -> None:
    before = json.loads(ask(served, "latest?point=P2")[2])["items"]
    served.engines.raw_log.append([entry(SNAPSHOT.devices[1], "2051", START + STEP, SIX)])
    served.engines.worker.step()
    after = json.loads(ask(served, "latest?point=P2")[2])["items"]
    assert (before, len(after) >= 6) == ([], True)


def test_questions_that_differ_get_answers_that_differ(served: Any) -> None:
    json_, csv = ask(served, f"series?{MINUTES}"), ask(served, f"series?{MINUTES}", Accept="text/csv")
    assert json_[1]["content-type"].startswith("application/json")
    assert csv[1]["content-type"].startswith("text/csv")
    assert ask(served, f"series?{MINUTES}", Accept="text/csv")[2] == csv[2]
    assert ask(served, "latest?limit=1")[2] != ask(served, "latest?limit=2")[2]


def test_refusals_are_not_kept(served: Any, settings: Any) -> None:
    assert [ask(served, "latest?point=P9")[0] for _ in range(2)] == [404, 404]
    settings.API_RATE = 1
    found = [ask(served, "latest?point=P3") for _ in range(3)]
    assert found[-1][0] == 429
    assert json.loads(found[-1][2])["error"]["code"] == "too-many-requests"
    assert ask(served, "latest", Host="evil.example")[0] == 400


def test_pages_carry_our_headers_too(served: Any) -> None:
    for _ in range(2):
        headers = ask(served, "latest")[1]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["access-control-allow-origin"] == "*"


@pytest.mark.django_db(transaction=True)
def test_a_public_page_is_shared_between_readers_without_a_session(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lichen.web.api import front
    from lichen.web.asgi import application

    monkeypatch.setattr(front, "PAGE_S", 10_000)
    first = ask(served, "/")
    assert (first[0], "set-cookie" in first[1]) == (200, False)
    assert ask(served, "/")[2] == first[2]
    english = ask(served, "/", Cookie="lichen_language=en")
    assert b'<html lang="en"' in english[2]
    assert b'<html lang="zh-Hans"' in first[2]
    kept = len(application._answers)
    ask(served, "/", Cookie="lichen_session=abc")
    ask(served, "/", Cookie="lichen_language=en; lichen_session=abc")
    ask(served, "/ledger/")
    assert len(application._answers) == kept, "somebody's own pages, and those that read the ledger, are never kept"
