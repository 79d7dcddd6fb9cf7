"""What the wall is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from lichen.elements.air.element import AIR
from lichen.vocab.clock import HOUR_MS
from lichen.web.room.wall import wall
from lichen.web.testing import MEASURED

#: A little after the two hours of `measured`.
SOON = MEASURED + 2 * HOUR_MS + 60_000


def test_a_station_that_measures_and_two_that_do_not(measured: Any) -> None:
    told = wall(measured.store, measured.snapshot(), AIR, SOON)
    first, second, _ = told["stations"]
    assert (first["number"], first["word"], first["style"]) == ("76", "良", "air-1")
    assert (second["number"], second["below"]) == ("—", "尚无数值")
    assert [figure["number"] for figure in told["figures"]] == ["76", "1/3", "0", "01:00–02:00"]
    assert [one["count"] for one in told["classes"]] == [0, 1, 0, 0, 0, 0]
    (chart,) = told["charts"]
    assert [row[0] for row in chart["rows"]] == [MEASURED + HOUR_MS, MEASURED + 2 * HOUR_MS], "ends of the hours"
    assert len(told["news"]) == 2


def test_an_old_value_is_not_shown_as_the_present_one(measured: Any) -> None:
    told = wall(measured.store, measured.snapshot(), AIR, SOON + 6 * HOUR_MS)
    first = told["stations"][0]
    assert (first["number"], first["style"], first["klass"]) == ("—", "", -1)
    assert "6 小时前" in first["below"]
    assert told["figures"][0]["number"] == "—"
    assert told["charts"] == []


def test_nothing_is_registered(web_engines: Any, client: Client) -> None:
    told = client.get("/room/state.json").json()
    assert told["stations"] == []
    assert client.get("/room/").status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_and_its_state(measured: Any, client: Client, language: str) -> None:
    client.cookies["lichen_language"] = language
    page = client.get("/room/")
    text = page.content.decode()
    assert ("指挥室" in text) == (language == "zh-hans")
    assert 'id="room-settings"' in text
    state = client.get("/room/state.json?element=air")
    assert state["Cache-Control"] == "no-store"
    assert state.json()["version"] in text
    assert client.get("/room/?element=soup").status_code == 404
