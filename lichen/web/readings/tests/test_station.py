"""The page of one station."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from lichen.vocab.clock import HOUR_MS, MINUTE_MS, format_digits
from lichen.vocab.periods import Period
from lichen.web.readings import words
from lichen.web.readings.addresses import Place

from .conftest import Network

pytestmark = pytest.mark.django_db


def test_hours_with_values_units_and_links(network: Network, client: Client) -> None:
    text = client.get("/stations/zg-1/").content.decode()
    assert words.interval(network.hour, HOUR_MS) in text
    assert "µg/m³" in text
    assert "mg/m³" in text
    assert network.verdict().url in text
    assert f'href="{network.hourly("co").url}">0.9</a>' in text  # one decimal, as the table of parameters says
    assert f'href="{network.hourly("pm25").url}">61</a>' in text
    assert "该时段没有收到数据" in text  # 22 of the 24 hours are before the first packet


def test_rows_and_paging(network: Network, client: Client) -> None:
    first = client.get("/stations/zg-1/").context
    assert len(first["table"].rows) == 24
    assert first["newer"] == ""
    older = client.get(f"/stations/zg-1/?before={first['older']}").context
    assert older["table"].stop == first["table"].start
    assert older["newer"] == format_digits(first["table"].stop)
    assert len(client.get("/stations/zg-1/?rows=72").context["table"].rows) == 72
    assert len(client.get("/stations/zg-1/?period=day").context["table"].rows) == 31


def test_values_that_do_not_count_say_why(network: Network, client: Client) -> None:
    for at in range(6):  # too few minutes: 30 of the 45 needed
        network.send("zg-2", network.hour - 3 * HOUR_MS + at * 5 * MINUTE_MS, {"so2": 8.0})
    network.settle()
    text = client.get("/stations/zg-2/").content.decode()
    url = Place("zg-2", "so2", Period.HOUR, network.hour - 3 * HOUR_MS).url
    assert f'<a class="tag" href="{url}">缺测</a>' in text
    assert "没有数值，或有效数据不足，无法得出。" in text
    why = client.get(url).content.decode()
    assert "有效 30 分钟，至少需要 45 分钟" in why


def test_about(network: Network, client: Client, cast: dict[str, Any]) -> None:
    from lichen.web.registry.models import Instrument, Point

    row = Point.objects.create(code="zg-1", name_zh="檀木林", element="air", kind="urban", city="自贡")
    Instrument.objects.create(
        point=row, parameter="pm25", manufacturer="赛默飞", model="5030i", serial="S-77", method="β射线"
    )
    text = client.get("/stations/zg-1/").content.decode()
    for said in ("A" * 24, "HJ 212-2017", "104.77", "城市评价点", "5030i", "S-77", "β射线", "回放：2020年4月小时值"):
        assert said in text


def test_no_secret_of_a_device_is_shown(network: Network, client: Client) -> None:
    for url in ("/stations/zg-1/", network.minute().url, network.hourly().url):
        assert "secret7" not in client.get(url).content.decode()


def test_csv(network: Network, client: Client) -> None:
    response = client.get("/stations/zg-1/values.csv")
    rows = list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == 24
    assert (rows[0]["index"], rows[0]["class"], rows[0]["pm25_flag"]) == ("101.0", "轻度污染", "1")
    assert float(rows[0]["pm25"]) == pytest.approx(61.3, abs=0.1)
    assert rows[5]["pm25"] == ""


@pytest.mark.parametrize(
    "address",
    [
        "/stations/none/",
        "/stations/zg-1/?rows=1000000",
        "/stations/zg-1/?period=week",
        "/stations/zg-1/?before=yesterday",
    ],
)
def test_addresses_that_mean_nothing_are_not_found(network: Network, client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "没有" in response.content.decode()


def test_questions_do_not_grow_with_rows(
    network: Network, client: Client, questions: Callable[[], int], django_assert_num_queries: Any
) -> None:
    before = questions()
    with django_assert_num_queries(1):  # the instruments
        client.get("/stations/zg-1/")
    day = questions() - before
    before = questions()
    client.get("/stations/zg-1/?rows=72")
    assert questions() - before == day == 4
