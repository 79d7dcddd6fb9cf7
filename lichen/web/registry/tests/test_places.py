"""Whether a point's position and its district agree: said, never a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from lichen.web.registry import places, sheets
from lichen.web.registry.models import Point

pytestmark = pytest.mark.django_db

#: In 自流井区 of 自贡. [degree]
LON, LAT = 104.7786, 29.3392
SAID = {
    "code": "p1", "name_zh": "春华路", "element": "air", "kind": "urban", "city": "自贡", "district": "大安区",
    "lon": LON, "lat": LAT, "reason": "the new roof",
}  # fmt: skip


@pytest.fixture
def keeper(web_engines: Any, cast: dict[str, Any], client: Client) -> Client:
    client.force_login(cast["bureau"])
    client.cookies["lichen_language"] = "en"
    return client


@pytest.mark.parametrize(
    ("city", "district", "lon", "lat", "told"),
    [
        ("自贡", "自流井区", LON, LAT, ""),
        ("自贡", "", LON, LAT, ""),
        ("自贡", "大安区", LON, LAT, "lies in 自贡自流井区, not in 自贡大安区"),
        ("天津", "和平区", LON, LAT, "lies in 自贡自流井区, not in 天津和平区"),
        ("自贡", "大安区", 0.0, 0.0, "outside every district of the map"),
        ("自贡", "新设区", LON, LAT, ""),
        ("成都", "青羊区", 104.0, 30.7, ""),
        ("自贡", "大安区", None, None, ""),
    ],
)
def test_what_is_doubtful(city: str, district: str, lon: float | None, lat: float | None, told: str) -> None:
    with override("en"):
        said = places.doubt(city, district, lon, lat)
    assert (told in said) if told else said == ""


def test_a_point_outside_its_district_is_registered_with_a_warning(keeper: Client) -> None:
    page = keeper.post("/desk/registry/points/new/", SAID, follow=True).content.decode()
    assert Point.objects.get().lon == LON
    assert "The position lies in 自贡自流井区, not in 自贡大安区." in page
    point = Point.objects.get()
    page = keeper.post(f"/desk/registry/points/{point.pk}/edit/", {**SAID, "district": "自流井区"}, follow=True)
    assert "The position lies" not in page.content.decode()


def test_the_form_has_a_map_and_what_it_asks_for(keeper: Client) -> None:
    page = keeper.get("/desk/registry/points/new/").content.decode()
    assert 'id="picker-start"' in page
    assert "picker-start" not in keeper.get("/desk/registry/devices/new/").content.decode()
    asked = {"lon": LON, "lat": LAT, "city": "自贡", "district": "大安区"}
    assert "not in 自贡大安区" in keeper.get("/desk/registry/points/place.json", asked).json()["doubt"]
    assert keeper.get("/desk/registry/points/place.json", {**asked, "lon": "east"}).status_code == 400
    outlines = json.loads(keeper.get("/desk/registry/points/outlines.json").content)
    assert {one["properties"]["city"] for one in outlines["features"]} == {"北京", "天津", "自贡"}


def test_a_sheet_says_which_positions_to_look_at(keeper: Client, cast: dict[str, Any]) -> None:
    heads = ("code", "name_zh", "element", "kind", "city", "district", "lon", "lat")
    rows = [[SAID[name] for name in heads], [*("p2", "自流井", "air", "urban", "自贡", "自流井区", LON, LAT)]]
    text = "\n".join(",".join(map(str, row)) for row in (heads, *rows))
    sheet = sheets.check("points", sheets.read("points", "points.csv", text.encode()), cast["bureau"])
    assert sheet.faults == []
    assert [doubt.cell for doubt in sheet.doubts] == ["G2"]
    assert "自流井区" in sheet.doubts[0].rule
