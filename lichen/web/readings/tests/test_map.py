"""What the map is told: points, verdicts of an hour, a sentence for each city, outlines."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from lichen.vocab.clock import HOUR_MS, format_digits
from lichen.vocab.registry import Point, Snapshot
from lichen.web.readings import outlines, words

from .conftest import DEVICES, POINTS, Network

pytestmark = pytest.mark.django_db


def opening(client: Client) -> dict[str, Any]:
    response = client.get("/map.json?element=air")
    assert response.status_code == 200
    return response.json()


def hour(client: Client, time: int) -> dict[str, Any]:
    return client.get(f"/map/hour.json?element=air&time={format_digits(time)}").json()


def test_the_opening_has_what_the_list_says(network: Network, client: Client) -> None:
    found = opening(client)
    assert [point["id"] for point in found["points"]] == ["zg-1", "zg-2", "zg-3"]
    assert found["points"][0]["lon"] == 104.77
    assert found["points"][1]["lon"] is None  # stays in the list
    assert found["points"][0]["url"] == "/stations/zg-1/"
    assert (found["newest"], found["step"]) == (network.hour, HOUR_MS)
    assert found["oldest"] == network.hour - 72 * HOUR_MS
    assert found["classes"][2] == {"word": "轻度污染", "rgb": [255, 126, 0], "ink": "#000"}
    said = found["frame"]["values"]["zg-1"]
    assert (said["index"], said["klass"], said["word"]) == ("101", 2, "轻度污染")
    assert said["url"] == network.verdict().url
    assert said["interval"] == words.interval(network.hour, HOUR_MS)
    assert "zg-3" not in found["frame"]["values"]
    page = client.get("/").content.decode()
    assert f">{said['index']}<" in page
    assert found["frame"]["said"][0]["text"] in page


def test_a_past_hour_has_its_own_verdicts(network: Network, client: Client) -> None:
    earlier = hour(client, network.hour - HOUR_MS)
    assert set(earlier["values"]) == {"zg-1", "zg-2"}
    assert earlier["interval"] == words.interval(network.hour - HOUR_MS, HOUR_MS)
    assert not any(value["late"] for value in earlier["values"].values())
    before = hour(client, network.hour - 40 * HOUR_MS)
    assert before["values"] == {}
    assert before["said"][0]["text"] == "3 个点位在该时段尚无评价结果。"


@pytest.mark.parametrize(
    "address",
    [
        "/map.json",
        "/map.json?element=phlogiston",
        "/map/hour.json?element=air",
        "/map/hour.json?element=air&time=yesterday",
        "/map/hour.json?element=air&time=20260301083000",
    ],
)
def test_what_is_no_question_is_not_found(network: Network, client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_sentence_counts_only_what_was_judged_for_the_hour(network: Network, client: Client) -> None:
    (said,) = opening(client)["frame"]["said"]
    assert (said["city"], said["url"]) == ("自贡", "/cities/%E8%87%AA%E8%B4%A1/")
    assert said["text"].startswith("3 个点位中 2 个有评价结果：轻度污染 1、")
    assert "AQI 最高为" in said["text"]
    assert "大安站" in said["text"]
    client.cookies["lichen_language"] = "en"
    (said,) = opening(client)["frame"]["said"]
    assert said["text"].startswith("2 of 3 stations have a result: lightly polluted 1, ")
    assert "at Da'an (" in said["text"]


def test_the_city_with_most_stations_comes_first_and_those_out_of_service_are_left_out(
    network: Network, client: Client
) -> None:
    others = (
        Point("one", "一站", "", "air", "urban", "安市", lon=104.0, lat=29.0),
        Point("old", "旧站", "", "air", "urban", "自贡", lon=104.0, lat=29.0, valid_until=network.hour),
    )
    network.engines.put_snapshot(Snapshot(2, (*others, *POINTS), DEVICES))
    found = opening(client)
    assert "old" not in {point["id"] for point in found["points"]}
    assert [said["city"] for said in found["frame"]["said"]] == ["自贡", "安市"]


def test_words_follow_the_reader_and_caches_know_it(network: Network, client: Client) -> None:
    response = client.get(f"/map/hour.json?element=air&time={format_digits(network.hour)}")
    assert "Cookie" in response["Vary"]
    assert response["Cache-Control"].startswith("private")
    client.cookies["lichen_language"] = "en"
    assert hour(client, network.hour)["values"]["zg-1"]["word"] == "lightly polluted"


def test_outlines_are_those_of_the_cities_present(network: Network, client: Client) -> None:
    response = client.get("/map/districts.json", headers={"accept-encoding": "gzip"})
    found = json.loads(gzip.decompress(response.content))
    assert {feature["properties"]["city"] for feature in found["features"]} == {"自贡"}
    plain = client.get("/map/districts.json")
    assert json.loads(plain.content) == found
    assert client.get("/map/districts.json", headers={"if-none-match": plain["ETag"]}).status_code == 304


@pytest.mark.parametrize("city", ["自贡", "天津", "北京"])
def test_districts_lie_side_by_side_without_gap_or_overlap(city: str) -> None:
    edges = []
    for feature in json.loads(outlines.outlines([city]))["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            for ring in polygon:
                edges += [(tuple(one), tuple(other)) for one, other in pairwise(ring)]
    assert len(edges) == len(set(edges))  # an edge run through twice the same way: two districts on one side of it
    around = dict(set(edges) - {(there, here) for here, there in edges})  # what no neighbour runs through the other way
    # What is left is the outline of the city, once around; a gap would be a ring of its own.
    first = at = next(iter(around))
    steps = 0
    while steps == 0 or at != first:
        at, steps = around[at], steps + 1
    assert steps == len(around)


def test_an_installation_shows_its_own_outlines(tmp_path: Path) -> None:
    path = tmp_path / "own.geojson"
    feature = {"type": "Feature", "properties": {"name": "区"}, "geometry": None}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert json.loads(outlines.outlines(["自贡"], str(path)))["features"] == [feature]
    path.with_name("bad.geojson").write_text("[]", encoding="utf-8")
    for bad in ("bad.geojson", "missing.geojson"):
        with pytest.raises(outlines.BadOutlines, match=bad):
            outlines.outlines(["自贡"], str(tmp_path / bad))


def test_the_page_works_without_script_and_names_its_script(network: Network, client: Client) -> None:
    text = client.get("/").content.decode()
    assert 'id="map-start" type="application/json"' in text
    assert '<tr data-point="zg-1">' in text
    assert "front-" in text
