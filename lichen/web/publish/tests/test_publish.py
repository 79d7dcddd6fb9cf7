"""Open data: what is offered, what the files hold, and that they are what they say."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from typing import Any

import pyarrow.parquet
import pytest
from django.test import AsyncClient, Client

from lichen.vocab.batch import PERSON, Series
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source
from lichen.web.publish import files
from lichen.web.testing import MEASURED

pytestmark = pytest.mark.django_db

HOURS = "/open-data/air-hour-readings/2026-03"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHEN_HOME", str(tmp_path / "home"))


def body(response: Any) -> bytes:
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_names_every_data_set(measured: Any, client: Client, language: str) -> None:
    client.cookies["lichen_language"] = language
    text = client.get("/open-data/").content.decode()
    for slug in ("air-hour-readings", "air-hour-verdicts", "air-day-readings", "air-day-verdicts"):
        assert f"/open-data/{slug}/" in text
    assert "2026-03" in text
    assert ("发布机构尚未声明许可" in text) == (language == "zh-hans")


def test_the_licence_is_the_publishers(measured: Any, client: Client, settings: Any) -> None:
    settings.OPEN_DATA_LICENCE, settings.OPEN_DATA_LICENCE_URL = "CC BY 4.0", "https://example.org/by"
    settings.PUBLISHER = "某市生态环境局"
    text = client.get("/open-data/air-day-verdicts/").content.decode()
    assert "CC BY 4.0" in text
    assert "某市生态环境局" in text
    text = client.get("/open-data/").content.decode()
    assert 'href="https://example.org/by"' in text


def test_a_data_set_says_its_columns_units_flags_and_what_missing_is(measured: Any, client: Client) -> None:
    client.cookies["lichen_language"] = "en"
    text = client.get("/open-data/air-hour-readings/").content.decode()
    for word in ("version", "pm25", "a34004", "µg/m³", "suspect", "missing", "never 0"):
        assert word in text
    assert f"{HOURS}.parquet" in text
    said = text.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    assert json.loads(said)["temporalCoverage"] == "2026-03/2026-03"


def test_csv_holds_the_values_in_force(measured: Any, client: Client) -> None:
    found = rows(body(client.get(f"{HOURS}.csv")))
    assert {row["parameter"] for row in found} == {"so2", "no2", "co", "o3", "pm10", "pm25"}
    (first,) = [row for row in found if row["parameter"] == "pm25" and row["start"] == "2026-03-02T00:00:00+08:00"]
    assert first == {
        "point": "P1", "point_name": "1号点", "parameter": "pm25", "start": "2026-03-02T00:00:00+08:00",
        "end": "2026-03-02T01:00:00+08:00", "value": "35.5", "unit": "ug/m3", "flag": first["flag"],
        "version": first["version"],
    }  # fmt: skip
    assert first["flag"] in ("good", "unchecked")


def test_parquet_holds_the_same(measured: Any, client: Client) -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(body(client.get(f"{HOURS}.parquet"))))
    found = rows(body(client.get(f"{HOURS}.csv")))
    assert table.column_names == list(found[0])
    assert [str(value) for value in table.column("version").to_pylist()] == [row["version"] for row in found]
    assert [one.isoformat() for one in table.column("start").to_pylist()] == [row["start"] for row in found]


def test_a_value_that_is_not_there_is_an_empty_cell(measured: Any, client: Client) -> None:
    series = Series("P1", "pm25", Period.HOUR, Source.COMPUTED)
    measured.store.supersede(
        series, MEASURED, act=0, value=float("nan"), flag=Flag.MISSING, reason="坏了", person="bureau"
    )
    found = rows(body(client.get(f"{HOURS}.csv")))
    (gone,) = [row for row in found if row["parameter"] == "pm25" and row["start"] == "2026-03-02T00:00:00+08:00"]
    assert (gone["value"], gone["flag"], gone["version"]) == ("", "missing", str(PERSON))
    table = pyarrow.parquet.read_table(io.BytesIO(body(client.get(f"{HOURS}.parquet"))))
    assert table.column("value").null_count == 1


def test_verdicts(measured: Any, client: Client) -> None:
    found = rows(body(client.get("/open-data/air-hour-verdicts/2026-03.csv")))
    first = found[0]
    assert (first["point"], first["index"], first["class"], first["deciding"]) == ("P1", "52", "良", "pm25")
    assert first["sub_pm25"] == first["index"]
    assert first["edition"].startswith("HJ 633")
    assert first["clause"]


def test_a_file_is_kept_and_its_hash_is_true(measured: Any, client: Client) -> None:
    answer = client.get(f"{HOURS}.csv")
    data = body(answer)
    digest, _, name = client.get(f"{HOURS}.csv.sha256").content.decode().strip().partition("  ")
    assert (digest, name) == (hashlib.sha256(data).hexdigest(), "air-hour-readings-2026-03.csv")
    assert int(answer["Content-Length"]) == len(data)
    assert client.get(f"{HOURS}.csv", headers={"if-none-match": answer["ETag"]}).status_code == 304
    again = client.get(f"{HOURS}.csv")
    assert (body(again), again["Last-Modified"]) == (data, answer["Last-Modified"])
    head = client.head(f"{HOURS}.csv")
    assert (body(head), head["ETag"]) == (b"", answer["ETag"])


def test_an_old_file_is_made_anew(measured: Any, client: Client) -> None:
    before = body(client.get(f"{HOURS}.csv"))
    measured.store.supersede(
        Series("P1", "pm25", Period.HOUR, Source.COMPUTED), MEASURED, act=0, value=1.0, flag=Flag.GOOD,
        reason="复核", person="bureau",
    )  # fmt: skip
    assert body(client.get(f"{HOURS}.csv")) == before
    for path in (files.home().root / "cache" / "open-data").iterdir():
        os.utime(path, (0, 0))
    assert body(client.get(f"{HOURS}.csv")) != before


def test_only_some_files_are_kept(measured: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILES_KEPT", 1)
    for name in ("air-hour-readings/2026-03.csv", "air-hour-readings/2026-03.parquet", "air-hour-verdicts/2026-03.csv"):
        body(client.get(f"/open-data/{name}"))
    assert len(list((files.home().root / "cache" / "open-data").iterdir())) == 2


@pytest.mark.parametrize(
    "address",
    ["nothing/", "air-hour-readings/2026-04.csv", "air-hour-readings/2026-13.csv", "air-hour-readings/2026-03.xlsx",
     "air-hour-readings/2026-04.csv.sha256", "air-minute-readings/2026-03.csv"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(measured: Any, client: Client, address: str) -> None:
    assert client.get(f"/open-data/{address}").status_code == 404


async def test_files_are_streamed_by_the_asynchronous_server_too(measured: Any) -> None:
    response = await AsyncClient().get(f"{HOURS}.csv")
    data = b"".join([piece async for piece in response.streaming_content])
    assert rows(data)


def test_the_registry_of_points(measured: Any, client: Client) -> None:
    found = rows(client.get("/open-data/points.csv").content)
    assert [row["point"] for row in found] == ["P1", "P2", "P3"]
    shapes = client.get("/open-data/points.geojson").json()
    assert [one["id"] for one in shapes["features"]] == ["P1", "P2", "P3"]
    assert all(one["geometry"] is None or len(one["geometry"]["coordinates"]) == 2 for one in shapes["features"])


def test_the_catalogue_for_machines(measured: Any, client: Client) -> None:
    said = client.get("/open-data/catalog.jsonld").json()
    assert len(said["dcat:dataset"]) == 4
    address = said["dcat:dataset"][0]["dcat:distribution"][0]["dcat:downloadURL"]
    assert rows(body(client.get(address.removeprefix("http://testserver"))))


def test_nothing_measured_yet(web_engines: Any, client: Client) -> None:
    assert client.get("/open-data/").status_code == 200
