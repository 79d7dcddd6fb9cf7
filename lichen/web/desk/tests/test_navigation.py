"""The links of the workbench, by role; none vanishes because an address was renamed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import NoReverseMatch

from lichen.web.desk import navigation

pytestmark = pytest.mark.django_db

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
OPEN = {"/desk/", "/desk/devices/", "/desk/registry/points/", "/explore/", "/room/", "/desk/acts/", "/desk/tokens/",
        "/desk/settings/"}  # fmt: skip
RESULTS = "/desk/results/"


@pytest.mark.parametrize(
    ("who", "expected"),
    [("company", OPEN | {RESULTS}), ("inspector", OPEN), ("bureau", OPEN | {RESULTS, "/status/"}),
     ("admin", OPEN | {RESULTS, "/status/", "/design/"})],
)  # fmt: skip
def test_every_part_is_led_to_what_it_may_open(
    web_engines: Any, cast: dict[str, Any], client: Client, who: str, expected: set[str]
) -> None:
    client.force_login(cast[who])
    page = client.get("/desk/").content.decode()
    (nav,) = re.findall(r'<nav class="desk-nav".*?</nav>', page, re.DOTALL)
    led = set(re.findall(r'href="([^"]+)"', nav))
    assert led == expected
    for address in led:
        assert client.get(address).status_code == 200, address


def test_the_way_one_is_on_is_marked(cast: dict[str, Any]) -> None:
    def marked(path: str) -> dict[str, str]:
        return {str(where): current for _words, where, current in navigation.ways_of(cast["admin"], path) if current}

    assert marked("/desk/") == {"/desk/": "page"}
    assert marked("/desk/devices/MN/") == {"/desk/devices/": "true"}
    assert marked("/desk/registry/people/") == {"/desk/registry/points/": "true"}


def test_a_renamed_address_breaks_the_page_loudly(monkeypatch: pytest.MonkeyPatch, cast: dict[str, Any]) -> None:
    monkeypatch.setattr(navigation, "WAYS", (navigation.Way("renamed", "x"),))
    with pytest.raises(NoReverseMatch):
        navigation.ways_of(cast["admin"], "/desk/")
    with pytest.raises(NoReverseMatch):
        Template('{% address "renamed" as there %}{{ there }}').render(Context())


def test_no_template_asks_for_an_address_in_the_way_that_hides_a_wrong_name() -> None:
    silent = re.compile(r"{%\s*url\s[^%]*\sas\s")
    assert [path.name for path in TEMPLATES.rglob("*.html") if silent.search(path.read_text("utf-8"))] == []
