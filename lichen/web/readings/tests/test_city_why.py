"""Why the value of a city or a district is what it is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lichen.vocab.clock import format_digits
from lichen.vocab.periods import Period

from .conftest import Network

pytestmark = pytest.mark.django_db


def address(network: Network, element: str = "air", period: str = "hour", time: int | None = None) -> str:
    return reverse("city_why", args=["自贡", element, period, format_digits(network.hour if time is None else time)])


def test_a_city_leads_to_why_and_on_to_each_value_of_each_station(network: Network, client: Client) -> None:
    city = client.get("/cities/自贡/")
    assert f'href="{address(network)}"' in city.content.decode()
    response = client.get(address(network))
    text, found = response.content.decode(), response.context["found"]
    assert "核验全部通过" in text
    assert found.checked == 12  # two stations that count, six pollutants
    assert found.row.verdict.index == city.context["found"].row.verdict.index
    assert [one.edition.split("-")[0] for one in (*found.place_rule, *found.index_rule)] == ["HJ 663", "HJ 633"]
    assert f'href="{network.hourly("pm25").url}"' in text
    assert f'href="{network.hourly("co", "zg-2").url}"' in text
    assert dict(zip(found.parameters, found.sub_indices, strict=True))["pm25"] == found.row.verdict.index_text


def test_a_district_has_its_own(network: Network, client: Client) -> None:
    text = client.get("/cities/自贡/").content.decode()
    assert "?district=%E8%87%AA%E6%B5%81%E4%BA%95%E5%8C%BA" in text
    found = client.get(address(network) + "?district=自流井区").context["found"]
    assert ([row.point.id for row in found.stations], found.row.name) == (["zg-1"], "自流井区")
    assert client.get(address(network) + "?district=无此区").status_code == 404


def test_a_stored_value_that_was_altered_is_named(network: Network, client: Client) -> None:
    network.engines.store._engine.run(
        "ALTER TABLE observations UPDATE value = 7.5 WHERE point = 'zg-1' AND parameter = 'pm25' "
        "AND period = 'hour' SETTINGS mutations_sync = 1"
    )
    response = client.get(address(network))
    (fault,) = response.context["found"].faults
    assert fault.text.startswith("檀木林")
    assert "存储中是 7.5" in fault.text
    assert fault.url == network.hourly("pm25").url
    assert 'class="broken"' in response.content.decode()


@pytest.mark.parametrize(
    ("element", "period", "late"), [("aether", "hour", 0), ("air", "month", 0), ("air", "hour", 1), ("air", "hour", 7)]
)
def test_what_is_not_there_is_not_found(network: Network, client: Client, element: str, period: str, late: int) -> None:
    wrong = late * 60_000 if late == 1 else -late * 24 * 3_600_000
    assert client.get(address(network, element, period, network.hour + wrong)).status_code == 404


def test_a_day_has_no_value_before_it_is_over(network: Network, client: Client) -> None:
    assert Period.DAY in client.get("/cities/自贡/").context["found"].element.evaluators
    assert client.get(address(network, period="day")).status_code == 404  # no Beijing day begins at that hour
