"""Formats, fields, time zones and ETags."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from lichen.pipeline.testing import entry
from lichen.web.api.formats import MEDIA
from lichen.web.api.testing import MINUTES, SIX, SNAPSHOT, SPAN, START, STEP

WIDE = MINUTES.replace("from=2026-03-02", "from=2025-12-02")  # four pieces, most of them empty


def got(client: Client, path: str, **headers: str) -> Any:
    answer = client.get(f"/api/v1/{path}", headers=headers)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_csv_says_what_json_says(filled: Any, client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(got(client, f"series?{WIDE}&format=csv").decode())))
    items = client.get(f"/api/v1/series?{MINUTES}").json()["items"]
    assert [{**row, "value": float(row["value"])} for row in rows] == items


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_arrow_and_parquet_say_what_json_says(filled: Any, client: Client, form: str) -> None:
    content = pa.BufferReader(got(client, f"series?{WIDE}&tz=UTC", accept=MEDIA[form]))
    table = pa.ipc.open_stream(content).read_all() if form == "arrow" else pq.read_table(content)
    assert table.schema.field("time").type == pa.timestamp("ms", "UTC")
    items = client.get(f"/api/v1/series?{MINUTES}&tz=UTC").json()["items"]
    rows = table.to_pylist()
    for row in rows:
        row["time"] = row["time"].strftime("%Y-%m-%dT%H:%M:%SZ")
        row["version"] = str(row["version"])
    assert rows == items


def test_a_series_without_values_is_a_file_without_rows(filled: Any, client: Client) -> None:
    nothing = MINUTES.replace("P1", "P2")
    assert pq.read_table(pa.BufferReader(got(client, f"series?{nothing}&format=parquet"))).num_rows == 0
    assert got(client, f"series?{nothing}&format=csv").decode().count("\n") == 1


def test_the_latest_as_a_file(filled: Any, client: Client) -> None:
    text = got(client, "latest?format=csv&fields=parameter,value&source=reported").decode()
    assert "parameter,value\n" in text
    assert "pm25,41.0\n" in text


def test_what_nobody_accepts(filled: Any, client: Client) -> None:
    answer = client.get(f"/api/v1/series?{MINUTES}", headers={"accept": "image/png"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (406, "not-acceptable")
    assert client.get(f"/api/v1/series?{MINUTES}", headers={"accept": "image/png, */*;q=0.1"}).status_code == 200


def test_fields(filled: Any, client: Client) -> None:
    items = client.get(f"/api/v1/series?{MINUTES}&fields=value,time&limit=1").json()["items"]
    assert [list(item) for item in items] == [["time", "value"]]
    items = client.get("/api/v1/points?fields=id").json()["items"]
    assert items == [{"id": "P1"}, {"id": "P2"}, {"id": "P3"}]
    (item,) = client.get(f"/api/v1/results?element=air&period=hour&{SPAN}&fields=index,point").json()["items"]
    assert item == {"point": "P1", "index": 52.0}


def test_time_zones(filled: Any, client: Client) -> None:
    said = client.get(f"/api/v1/series?{MINUTES}&limit=1").json()
    assert (said["time_zone"], said["items"][0]["time"]) == ("Asia/Shanghai", "2026-03-02T00:00:00+08:00")
    said = client.get(f"/api/v1/series?{MINUTES}&limit=1&tz=UTC").json()
    assert (said["time_zone"], said["items"][0]["time"]) == ("UTC", "2026-03-01T16:00:00Z")
    why = "why?point=P1&name=air&period=hour&time=2026-03-01T16:00:00Z&tz=UTC"
    assert client.get(f"/api/v1/{why}").json()["time"] == "2026-03-01T16:00:00Z"


@pytest.mark.parametrize(
    "path", ["points", "points/P1", "latest", f"series?{MINUTES}", f"results?element=air&period=hour&{SPAN}"]
)
def test_what_has_not_changed_is_not_sent_again(filled: Any, client: Client, path: str) -> None:
    first = client.get(f"/api/v1/{path}")
    assert first["Cache-Control"] == "public, no-cache"
    again = client.get(f"/api/v1/{path}", headers={"if-none-match": f'"other", {first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert client.get(f"/api/v1/{path}", headers={"accept": "text/html, */*"})["ETag"] != first["ETag"]

    filled.raw_log.append([entry(SNAPSHOT.devices[1], "2051", START + STEP, SIX)])
    filled.worker.step()
    changed = client.get(f"/api/v1/{path}", headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_change_of_the_registry_changes_every_etag(filled: Any, client: Client) -> None:
    from dataclasses import replace

    first = client.get("/api/v1/latest")["ETag"]
    filled.put_snapshot(replace(SNAPSHOT, version=2))
    assert client.get("/api/v1/latest")["ETag"] != first


@pytest.mark.parametrize(
    "path",
    ["why?point=P1&name=air&period=hour&time=2026-03-01T16:00:00Z", "ledger/raw", "ledger/raw/entries/1",
     "ledger/raw/entries/1/proof"],
)  # fmt: skip
def test_what_reads_the_sealed_bytes_is_never_kept(filled: Any, client: Client, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert "ETag" not in answer
    assert answer["Cache-Control"] == "no-store"
