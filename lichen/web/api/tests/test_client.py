"""The Python client against the real server."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from lichen.client import BEIJING, ApiError, Client
from lichen.ledger.verify_offline import Refusal
from lichen.web.api.limits import buckets
from lichen.web.api.testing import SNAPSHOT

FROM = datetime(2026, 3, 2, tzinfo=BEIJING)
TO = FROM + timedelta(hours=1)


@pytest.fixture
def lichen(served: Any) -> Client:
    return Client(served.url + "/")


def test_points(lichen: Client) -> None:
    assert [point.id for point in lichen.points()] == ["P1", "P2", "P3"]
    assert list(lichen.points(element="noise")) == []


def test_latest(lichen: Client) -> None:
    (value,) = lichen.latest(point="P1", parameter="pm25", source="reported")
    assert (value.value, value.unit, value.version) == (41.0, "ug/m3", 12)
    assert value.time == datetime(2026, 3, 1, 16, 55, tzinfo=UTC)


def test_series(lichen: Client) -> None:
    values = list(lichen.series("P1", "pm25", "minute", FROM, TO, source="reported"))
    assert [value.value for value in values] == [30.0 + n for n in range(12)]
    text = lichen.series_file("P1", "pm25", "minute", FROM, TO, source="reported")
    assert text.count(b"\n") == 13
    table = pq.read_table(io.BytesIO(
        lichen.series_file("P1", "pm25", "minute", FROM, TO, source="reported", form="parquet")
    ))  # fmt: skip
    assert table["value"].to_pylist() == [value.value for value in values]


def test_pages_are_followed(lichen: Client) -> None:
    asked = {"from": FROM.isoformat(), "to": TO.isoformat(), "point": "P1", "parameter": "pm25", "period": "minute",
             "source": "reported", "limit": "5"}  # fmt: skip
    assert len(list(lichen._items("series", asked))) == 12
    assert len(list(lichen._items("latest", {"limit": "7"}))) == len(list(lichen.latest()))


def test_results_and_why(lichen: Client) -> None:
    (result,) = lichen.results("air", "hour", FROM, TO)
    assert (result.point, result.index, result.klass_zh, result.deciding) == ("P1", 52.0, "良", ["pm25"])
    why = lichen.why("P1", "air", "hour", result.time)
    assert why["value"] == result.index
    assert {part["name"] for part in why["parts"]} >= {"pm25"}


def test_the_ledger(lichen: Client, served: Any) -> None:
    head = lichen.ledger_head()
    assert (head.size, head.root) == (12, served.engines.raw_log.root().hex())
    entry = lichen.entry(3)
    assert (entry.station, entry.verdict) == (SNAPSHOT.devices[0].mn, "ok")
    proven = lichen.proof(3, keys=[key.vkey for key in head.keys])
    assert (proven.index, proven.entry, proven.trusted) == (3, entry.entry, True)


def test_an_altered_or_swapped_proof_is_refused(lichen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    other = lichen.bundle(4)
    monkeypatch.setattr(lichen, "bundle", lambda index, log: other)
    with pytest.raises(Refusal, match="asked for entry 3"):
        lichen.proof(3)
    altered = {**other, "entry": "AAAA"}
    monkeypatch.setattr(lichen, "bundle", lambda index, log: altered)
    with pytest.raises(Refusal):
        lichen.proof(4)


def test_refusals(lichen: Client, settings: Any) -> None:
    with pytest.raises(ApiError) as refused:
        list(lichen.series("P9", "pm25", "hour", FROM, TO))
    assert (refused.value.status, refused.value.code) == (404, "no-such-point")
    with pytest.raises(ValueError, match="time zone"):
        list(lichen.series("P1", "pm25", "hour", datetime(2026, 3, 2), TO))
    settings.API_RATE = 1
    buckets.clear()
    list(lichen.points())
    with pytest.raises(ApiError) as refused:
        list(lichen.points(city="城"))
    assert refused.value.code == "too-many-requests"
    assert refused.value.retry_after


def test_nobody_answers() -> None:
    with pytest.raises(ApiError) as refused:
        Client("http://127.0.0.1:9").ledger_head()
    assert (refused.value.status, refused.value.code) == (0, "unreachable")
