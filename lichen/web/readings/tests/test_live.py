"""What the reader's browser is asked to check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from lichen.web.readings.live import spoken

from .conftest import Network

pytestmark = pytest.mark.django_db
SOURCES = Path(__file__).parents[4] / "frontend" / "src" / "pages"


def test_a_packet_is_claimed_with_its_digits(network: Network, client: Client) -> None:
    (claim,) = client.get(network.minute().url).context["live"]["claims"]
    index = network.index["zg-1", network.hour]
    assert (claim["log"], claim["index"], claim["digits"]["comparable"]) == ("raw", index, True)
    assert float(claim["digits"]["text"]) == claim["digits"]["value"]
    for address in (claim["entry"], claim["proof"], claim["tile"]):
        assert client.get(address).status_code == 200


def test_of_a_verdict_every_packet_is_claimed(network: Network, client: Client) -> None:
    response = client.get(network.verdict().url)
    claims = response.context["live"]["claims"]
    assert [claim["index"] for claim in claims] == sorted(
        index for (point, time), index in network.index.items() if point == "zg-1" and time >= network.hour
    )
    assert all(claim["page"].startswith("/why/zg-1/") for claim in claims)
    assert 'id="live-check" type="application/json"' in response.content.decode()


def test_without_a_script_the_servers_check_stands(network: Network, client: Client) -> None:
    text = client.get(network.minute().url).content.decode()
    assert "核验全部通过" in text
    assert re.search(r'<section class="live" id="live"[^>]* hidden>', text)


def test_every_sentence_that_the_browser_says_is_there() -> None:
    said = spoken()
    text = (SOURCES / "verify.ts").read_text(encoding="utf-8")
    named = set(re.findall(r'"((?:[a-z]+-)*[a-z]+)", (?:\{|told)', text)) | set(re.findall(r'says: "([a-z-]+)"', text))
    assert named <= set(said)
    page = (SOURCES / "why.ts").read_text(encoding="utf-8")
    assert set(re.findall(r'word\("([a-z-]+)"', page)) <= set(said)
