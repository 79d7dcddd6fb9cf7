"""The page of a city."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO

import pytest
from django.test import Client

from .conftest import Network

pytestmark = pytest.mark.django_db


def test_the_city_is_made_of_concentrations_not_of_indices(network: Network, client: Client) -> None:
    found = client.get("/cities/自贡/").context["found"]
    # 61.3 and 122.3 µg/m³ of PM2.5 make 92, which HJ 633-2026 judges; the background point does not count.
    values = {value.slug: value for value in found.row.values}
    assert values["pm25"].value == 92
    assert (values["pm25"].valid, values["pm25"].needed, found.row.stations) == (2, 2, 2)
    assert found.row.verdict.class_word == "轻度污染"
    assert found.citations[0].edition.startswith("HJ 663")


def test_it_is_said_in_a_sentence_in_both_languages(network: Network, client: Client) -> None:
    text = client.get("/cities/自贡/").content.decode()
    assert "自贡" in text
    assert "轻度污染，首要污染物为" in text
    client.cookies["lichen_language"] = "en"
    english = client.get("/cities/Zigong/").content.decode()
    assert "Made from the values of 2 stations." in english


def test_stations_are_ranked_and_lead_to_their_pages(network: Network, client: Client) -> None:
    response = client.get("/cities/自贡/")
    rows = response.context["found"].ranking
    assert [(row.rank, row.point.id, row.counts) for row in rows] == [
        (1, "zg-1", True), (2, "zg-2", True), (0, "zg-3", False),
    ]  # fmt: skip
    text = response.content.decode()
    assert f'href="{network.hourly("pm25").url}"' in text
    assert "不参与城市评价" in text


def test_districts_have_values_of_their_own(network: Network, client: Client) -> None:
    rows = client.get("/cities/自贡/").context["found"].districts
    assert [(row.name, row.stations) for row in rows] == [("大安区", 1), ("自流井区", 1)]
    assert rows[1].verdict.index == 101


def test_the_page_hands_its_charts_what_they_draw(network: Network, client: Client) -> None:
    chart = client.get("/cities/自贡/").context["chart"]
    assert [place["name"] for place in chart["places"]] == ["自贡", "大安区", "自流井区"]
    assert len(chart["stations"]) == 3
    assert chart["stations"][2]["values"] == [None] * len(chart["parameters"])


def test_days_as_csv(network: Network, client: Client) -> None:
    response = client.get("/cities/自贡/days.csv")
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["day", "index", "class"]
    assert "zigong-air-days-" in response["Content-Disposition"]


@pytest.mark.parametrize("address", ["/cities/无此城/", "/cities/自贡/?element=aether", "/cities/自贡/?year=3000"])
def test_what_is_not_there_is_not_found(network: Network, client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_questions_do_not_grow_with_stations(network: Network, client: Client, questions: Callable[[], int]) -> None:
    before = questions()
    client.get("/cities/自贡/")
    assert questions() - before <= 6


def test_a_station_leads_to_its_city(network: Network, client: Client) -> None:
    from urllib.parse import quote

    assert f'href="/cities/{quote("自贡")}/"' in client.get("/stations/zg-1/").content.decode()
