"""The overview, the acts, the settings."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from lichen.web.acts.models import Act
from lichen.web.desk import home
from lichen.web.registry import actions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(cast: dict[str, Any], client: Client) -> Client:
    client.force_login(cast["bureau"])
    client.cookies["lichen_language"] = "en"
    return client


@pytest.fixture
def silent(web_engines: Any, cast: dict[str, Any]) -> None:
    for code, city, district in (("p1", "自贡", "大安区"), ("p2", "自贡", "自流井区"), ("p3", "天津", "和平区")):
        point = actions.register_point(
            cast["admin"], code=code, name_zh=code, element="air", kind="urban", city=city, district=district
        )
        actions.register_device(cast["admin"], point, mn=f"MN{code}")


@pytest.mark.parametrize(("who", "mns"), [("bureau", ["MNp1", "MNp2"]), ("inspector", ["MNp1"]), ("company", [])])
def test_silent_devices_within_the_reach(silent: None, cast: dict[str, Any], who: str, mns: list[str]) -> None:
    found = home.silent(cast[who])
    assert [one.mn for one in found.rows] == mns
    assert found.count == len(mns)


def test_the_overview(silent: None, desk: Client, cast: dict[str, Any]) -> None:
    actions.register_point(
        cast["bureau"], code="p9", name_zh="九", element="air", kind="urban", city="自贡", reason="ninth of its kind"
    )
    page = desk.get("/desk/").content.decode()
    assert "MNp1" in page
    assert "MNp3" not in page, "another city's"
    assert "ninth of its kind" in page, "my newest acts"
    assert "The stream does not answer at present" in page


def test_acts_are_searched(silent: None, desk: Client, cast: dict[str, Any]) -> None:
    assert "registered a device" in desk.get("/desk/acts/?q=MNp1").content.decode()
    found = desk.get("/desk/acts/?q=registered a device").context["table"].rows
    assert found
    assert {one.row.action for one in found} == {"registry.device.register"}
    assert "Nothing fits" in desk.get("/desk/acts/?q=nothing-such").content.decode()
    assert "Nothing fits" in desk.get("/desk/acts/?by=bureau").content.decode()
    assert "Nothing fits" in desk.get("/desk/acts/?day=2020-01-01").content.decode()
    assert "This filter cannot be used" in desk.get("/desk/acts/?day=yesterday").content.decode()
    lines = desk.get("/desk/acts/?by=admin&export=csv").content.decode().splitlines()
    assert len(lines) == 1 + Act.objects.filter(by=cast["admin"]).count() == 7


def test_settings_name_variables_and_no_values(
    web_engines: Any, cast: dict[str, Any], desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICHEN_OIDC_SECRET", "very-secret-indeed")
    assert "LICHEN_HOME" not in desk.get("/desk/settings/").content.decode()
    desk.force_login(cast["admin"])
    page = desk.get("/desk/settings/").content.decode()
    assert "LICHEN_OIDC_SECRET" in page
    assert "very-secret-indeed" not in page
