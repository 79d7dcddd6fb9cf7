"""The list of stations."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from lichen.vocab.clock import HOUR_MS, iso_beijing, now_ms
from lichen.vocab.registry import Point, Snapshot
from lichen.web.readings import stations, words

from .conftest import DEVICES, POINTS, Network

pytestmark = pytest.mark.django_db


def names(client: Client, query: str = "") -> list[str]:
    """The names on the list, in their order."""
    return [shown.row.name for shown in client.get(f"/{query}").context["table"].rows]


def test_each_station_says_its_index_class_pollutant_and_hour(network: Network, client: Client) -> None:
    text = client.get("/").content.decode()
    row = text[text.index("檀木林") :]
    assert network.verdict().url in row
    assert ">101<" in row
    assert 'class="swatch air-2"' in row
    assert "轻度污染" in row
    assert "细微颗粒物PM2.5" in row
    assert words.interval(network.hour, HOUR_MS) in row
    assert "北京时间（UTC+8）" in text
    assert "尚无评价结果" in text  # the silent one


def test_a_replay_says_so(network: Network, client: Client) -> None:
    assert "回放：2020年4月小时值" in client.get("/").content.decode()
    client.cookies["lichen_language"] = "en"
    assert "Replay: April 2020" in client.get("/").content.decode()


def test_english_is_complete(network: Network, client: Client) -> None:
    client.cookies["lichen_language"] = "en"
    text = client.get("/").content.decode()
    assert 'lang="en"' in text
    assert "Tanmulin" in text
    assert "lightly polluted" in text
    assert "Zigong" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=檀", ["檀木林"]),
        ("?q=tanm", ["檀木林"]),
        ("?q=ZG-2", ["大安站"]),
        ("?district=大安区", ["大安站", "无数据站"]),
        ("?city=自贡&district=自流井区", ["檀木林"]),
        ("?klass=air-2", ["檀木林"]),
        ("?klass=none", ["无数据站"]),
        ("?sort=-index", ["大安站", "檀木林", "无数据站"]),
        ("?sort=index", ["檀木林", "大安站", "无数据站"]),
        ("?q=nothing", []),
    ],
)
def test_filters_and_orders(network: Network, client: Client, query: str, expected: list[str]) -> None:
    assert names(client, query) == expected


def test_a_filter_that_is_none_is_told_and_shows_nothing(network: Network, client: Client) -> None:
    response = client.get("/?city=Atlantis")
    assert "筛选条件有误" in response.content.decode()
    assert response.context["table"].rows == []
    assert client.get("/?city=Atlantis&export=csv").status_code == 404


def test_stations_out_of_service_are_shown_on_request(network: Network, client: Client) -> None:
    ended = Point("old", "旧站", "Old", "air", "urban", "自贡", valid_until=network.hour)
    network.engines.put_snapshot(Snapshot(2, (*POINTS, ended), DEVICES))
    assert "旧站" not in names(client)
    assert "旧站" in names(client, "?ended=on")


def test_late_after_two_further_hours(network: Network) -> None:
    def late(now: int) -> bool:
        found = stations.latest(network.engines.store, network.engines.snapshot(), now)
        return next(station.is_late for station in found if station.point.id == "zg-1")

    end = network.hour + HOUR_MS
    assert not late(end + 2 * HOUR_MS)
    assert late(end + 2 * HOUR_MS + 1)


def test_csv_has_the_same_rows(network: Network, client: Client) -> None:
    columns = "&".join(f"columns={name}" for name in ("code", "index", "class", "deciding", "interval", "end"))
    client.cookies["lichen_language"] = "en"
    response = client.get(f"/?klass=air-2&export=csv&{columns}")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(StringIO(response.content.decode("utf-8-sig")))
    assert (row["Station code"], row["AQI"], row["Primary pollutants"]) == ("zg-1", "101.0", "PM2.5")
    assert row["Interval judged (Beijing time)"] == iso_beijing(network.hour)
    assert row["Judged until"] == iso_beijing(network.hour + HOUR_MS)


def test_long_lists_have_pages_and_cost_no_more_questions(
    network: Network, client: Client, questions: Callable[[], int], django_assert_num_queries: Any
) -> None:
    before = questions()
    with django_assert_num_queries(0):
        client.get("/")
    few = questions() - before
    many = tuple(Point(f"n{at:03d}", f"站{at:03d}", "", "air", "urban", "自贡") for at in range(120))
    network.engines.put_snapshot(Snapshot(2, (*POINTS, *many), DEVICES))
    before = questions()
    assert len(names(client)) == 50
    assert len(names(client, "?page=3")) == 23
    assert questions() - before == 2 * few == 4  # hours, and days for the stations without


def test_an_empty_registry_says_what_to_do(web_engines: Any, client: Client) -> None:
    assert "尚未登记监测点位" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [(0, "0 分钟前"), (59 * 60_000, "59 分钟前"), (HOUR_MS, "1 小时前"), (50 * HOUR_MS, "2 天前")],
)
def test_ages(elapsed: int, expected: str) -> None:
    assert words.age(elapsed) == expected


def test_clocks_that_run_ahead_make_no_negative_age() -> None:
    assert words.age(-now_ms()) == "0 分钟前"


def test_a_point_of_an_unknown_element_harms_no_other(network: Network, client: Client) -> None:
    strange = Point("odd", "怪站", "Odd", "phlogiston", "urban", "自贡")
    network.engines.put_snapshot(Snapshot(2, (*POINTS, strange), DEVICES))
    assert "怪站" in names(client)
    response = client.get("/stations/odd/")
    assert response.status_code == 404
    assert "phlogiston" in response.content.decode()
