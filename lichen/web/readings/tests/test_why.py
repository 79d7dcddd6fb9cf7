"""The page "why this number"."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from lichen.elements.air.element import AIR
from lichen.hj212.compose import compose
from lichen.hj212.content import Reading
from lichen.ledger import verify_offline
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, now_ms, parse_digits
from lichen.vocab.entry import Entry
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot
from lichen.web.readings.addresses import Place
from lichen.web.readings.rules import citations

from .conftest import DEVICES, INTERVAL, POINTS, USUAL, Network

pytestmark = pytest.mark.django_db


def links(text: str) -> set[str]:
    """The addresses a page leads to."""
    return set(re.findall(r'href="(/why/[^"]+)"', text))


def test_from_the_index_to_the_packet_in_three_clicks(network: Network, client: Client) -> None:
    verdict, hour, minute = network.verdict().url, network.hourly().url, network.minute().url
    assert verdict in links(client.get("/").content.decode())
    assert hour in links(client.get(verdict).content.decode())
    assert minute in links(client.get(hour).content.decode())
    packet = client.get(minute).content.decode()
    assert re.search(r"a34004-Avg=<mark>61\.\d</mark>", packet)


@pytest.mark.parametrize("place", ["verdict", "hourly", "minute"])
def test_four_sections_and_all_holds(network: Network, client: Client, place: str) -> None:
    text = client.get(getattr(network, place)().url).content.decode()
    for number, title in enumerate(("数值", "规则", "输入", "报文及其证明"), 1):
        assert f"{number}. {title}" in text
    assert "核验全部通过" in text
    assert 'class="holds"' in text
    assert 'class="broken"' not in text


def test_a_verdict_says_rule_sub_indices_and_packets(network: Network, client: Client) -> None:
    response = client.get(network.verdict().url)
    text, found = response.content.decode(), response.context["found"]
    assert "HJ 633-2026" in text
    assert "HJ 633-2012" not in text  # another edition than the one that judged
    assert "5.3.1" in text
    assert {one.node.name: one.sub_index for one in found.inputs}["pm25"] == "101"
    assert len(found.packets) == 12
    assert found.numbers == 1 + 6 + 6 * 12
    assert found.is_complete


def test_an_hour_says_how_many_minutes_were_needed(network: Network, client: Client) -> None:
    text = client.get(network.hourly().url).content.decode()
    assert "GB 3095-2026" in text
    assert "有效 60 分钟，至少需要 45 分钟" in text
    assert "有效输入的算术平均" in text


def test_a_packet_has_its_receipt_and_its_proof(network: Network, client: Client) -> None:
    response = client.get(network.minute().url)
    text, proof = response.content.decode(), response.context["found"].proof
    for said in ("203.0.113.7:41022", "A" * 24, "已接收", "tile/entries/000.p/48", proof.leaf, proof.root, "SM2/SM3",
                 "Ed25519", "lichen.test/raw"):  # fmt: skip
        assert said in text
    assert proof.steps[-1].result == proof.root
    assert "PW=*******;" in text
    assert "仪表工作正常" in text  # what the mark N means


def test_the_proof_can_be_checked_without_us(network: Network, client: Client) -> None:
    text = client.get(network.minute().url).content.decode()
    (address,) = re.findall(r'href="([^"]+bundle\.json)"', text)
    proven = verify_offline.verify(json.loads(client.get(address).content))
    assert proven.index == network.index["zg-1", network.hour]


def test_a_rule_from_memory_is_marked(network: Network, client: Client) -> None:
    hour = parse_digits("2025060108") or 0
    for at in range(0, 60, INTERVAL):
        network.send("zg-1", hour + at * MINUTE_MS, USUAL)
    network.settle()
    text = client.get(Place("zg-1", "so2", Period.HOUR, hour).url).content.decode()
    assert "GB 3095-2012" in text
    assert "凭记忆录入，尚未与标准原文核对" in text
    assert "⚠" in text


def test_citations() -> None:
    old, new = citations(AIR, "GB 3095-2012 table 4")[0], citations(AIR, "GB 3095-2026 table 4")[0]
    assert (old.edition, old.clause, old.is_doubtful) == ("GB 3095-2012", "table 4", True)
    assert not new.is_doubtful
    unknown = citations(AIR, "GB 1-1900 table 1")
    assert [one.clause for one in unknown] == ["GB 1-1900 table 1"]


def test_later_packets_are_further_versions(network: Network, client: Client) -> None:
    network.send("zg-1", network.hour, {"pm25": 40.0})
    network.settle()
    response = client.get(network.minute().url)
    assert [told.value for told in response.context["found"].versions] == ["40", "62"]
    assert "<s>62</s>" in response.content.decode()


def test_other_statistics_and_milliseconds_have_addresses(network: Network) -> None:
    place = Place("zg-1", "pm25", Period.REALTIME, network.hour + 5, Source.REPORTED, "max")
    words = place.url.strip("/").split("/")[1:]
    assert Place.parse(*words) == place


@pytest.mark.parametrize(
    "address",
    [
        "/why/zg-1/air/hour/20260301/",  # nothing there
        "/why/zg-1/pm25/fortnight/20260301080000/",
        "/why/zg-1/pm25/hour/soon/",
        "/why/zg-1/pm25/hour/20260301080000/invented/avg/",
        "/why/none/pm25/hour/20260301080000/",
        "/why/zg-1/nothing/hour/20260301080000/",
    ],
)
def test_addresses_of_nothing(network: Network, client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_questions_are_bounded(network: Network, client: Client, questions: Callable[[], int]) -> None:
    for place, most in ((network.minute(), 6), (network.hourly(), 12), (network.verdict(), 60)):
        before = questions()
        client.get(place.url)
        assert questions() - before <= most, place


def test_a_day_leads_on_to_its_hours(network: Network, client: Client) -> None:
    hour = network.hour - 3 * 24 * HOUR_MS
    for back in range(0, 24 * 60, INTERVAL):
        network.send("zg-1", hour - hour % HOUR_MS + back * MINUTE_MS, {"pm25": 20.0})
    network.settle()
    found = network.engines.store.range(0, now_ms(), points=["zg-1"], parameters=["pm25"], periods=["day"])
    place = Place("zg-1", "pm25", Period.DAY, int(found.time[0]))
    response = client.get(place.url)
    assert "核验全部通过" in response.content.decode()
    assert all(one.node.period is Period.HOUR for one in response.context["found"].inputs)
    assert "没有把每条路径都追到报文" in response.content.decode()


def test_an_encrypted_packet_is_shown_decrypted_with_its_digits(network: Network, client: Client) -> None:
    device = replace(DEVICES[1], edition="2025", key="0123456789abcdef")
    network.engines.put_snapshot(Snapshot(2, POINTS, (DEVICES[0], device)))
    time = network.hour - 2 * HOUR_MS
    (frame,) = compose(
        cn="2051", mn=device.mn, st="22", pw="secret7", qn=time, edition="2025", time_ms=time,
        values=[Reading("a34004", "Avg", 33.1, "33.1", "N")], key=device.key.encode(),
    )  # fmt: skip
    assert b"33.1" not in frame
    network.engines.raw_log.append([Entry(time, "hj212", "203.0.113.7:41022", device.mn, "ok", frame).encode()])
    network.settle()
    text = client.get(Place("zg-2", "pm25", Period.MINUTE, time, Source.REPORTED).url).content.decode()
    assert "a34004-Avg=<mark>33.1</mark>" in text
    assert "报文以加密形式封存" in text
    assert "核验全部通过" in text
