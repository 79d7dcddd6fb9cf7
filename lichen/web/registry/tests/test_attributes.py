"""What a point is registered as: asked by its element, with history, seen in its history."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from django.test import Client

from lichen.vocab.clock import day_start_ms
from lichen.vocab.registry import attribute_at
from lichen.web.acts.models import Act
from lichen.web.registry import actions
from lichen.web.registry.models import Point

pytestmark = pytest.mark.django_db

NEW = "/desk/registry/points/new/"
NOISE = {
    "code": "n-1", "name_zh": "檀木林", "element": "noise", "kind": "functional_zone", "city": "自贡",
    "reason": "zones of 2026",
}  # fmt: skip


@pytest.fixture
def keeper(web_engines: Any, cast: dict[str, Any], client: Client) -> Client:
    client.force_login(cast["bureau"])
    client.cookies["lichen_language"] = "en"
    return client


def zones(*rows: tuple[str, str]) -> dict[str, list[str]]:
    return {"option_zone_from": [day for day, _ in rows], "option_zone_value": [value for _, value in rows]}


def test_each_element_asks_its_own_kinds_and_options(keeper: Client) -> None:
    noise = keeper.get(f"{NEW}?element=noise").context["form"]
    water = keeper.get(f"{NEW}?element=surface_water").context["form"]
    assert {slug for slug, _ in noise.fields["kind"].choices} & {
        slug for slug, _ in water.fields["kind"].choices
    } == set()
    assert "option_zone" in noise.fields
    assert "option_zone" not in water.fields
    sources = keeper.get(f"{NEW}?element=sources").context["form"]
    assert sources.folded_fields, "of very many options most are folded away"
    assert keeper.post(NEW, {**NOISE, "kind": "section"}).status_code == 422, "a kind of another element"


def test_an_option_changes_on_a_day_and_the_history_says_so(keeper: Client) -> None:
    answer = keeper.post(NEW, {**NOISE, **zones(("", "2"), ("", ""))})
    assert answer.status_code == 302, answer.context["form"].errors
    point = Point.objects.get()
    assert point.attributes == {"zone": "2"}
    here = f"/desk/registry/points/{point.pk}/"
    rows = keeper.get(f"{here}edit/").content.decode()
    assert rows.count('name="option_zone_value"') == 2, "what holds, and a row for what comes"
    changed = {**NOISE, **zones(("2026-07-01", "4a"), ("", "2"))}
    assert keeper.post(f"{here}edit/", changed).status_code == 302
    point.refresh_from_db()
    assert point.attributes == {"zone": [{"value": "2"}, {"from": "2026-07-01", "value": "4a"}]}
    days = np.array([day_start_ms(date(2026, 6, 30)), day_start_ms(date(2026, 7, 1))])
    assert attribute_at(point.attributes, "zone", days) == ["2", "4a"]
    assert keeper.post(f"{here}edit/", {**NOISE, **zones(("2026-07-01", "4a"), ("", "2"))}).status_code == 422, (
        "the same"
    )
    page = keeper.get(here).content.decode()
    assert "2026-07-01" in page
    assert set(Act.objects.filter(action="registry.point.change").get().details) == {"zone"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("", "2"), ("", "3")], "Two values begin on one day"),
        ([("2026-07-01", "")], "say what holds from then on"),
        ([("", "9z")], "One of:"),
        ([("soon", "2")], "is no day"),
    ],
)
def test_what_is_no_history_is_refused(keeper: Client, rows: list[tuple[str, str]], told: str) -> None:
    answer = keeper.post(NEW, {**NOISE, **zones(*rows)})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Point.objects.exists()


def test_further_attributes_and_numbers(keeper: Client, cast: dict[str, Any]) -> None:
    kept = {"grid": "007", "plan": [{"value": 1}], "area": 12.5}
    point = actions.register_point(
        cast["admin"], code="v-1", name_zh="振动", element="vibration", kind="area", city="自贡", attributes=kept
    )
    edit = f"/desk/registry/points/{point.pk}/edit/"
    form = keeper.get(edit).context["form"]
    names, values = zip(*form.initial["further"], strict=True)
    said = {
        "name_zh": "振动", "kind": form.fields["kind"].choices[0][0], "city": "自贡", "reason": "limits of 2026",
        "option_vibration_limit_day_value": ["75.5"], "option_vibration_limit_day_from": [""],
        "further_name": [*names, "river"], "further_value": [*values, "釜溪河"],
    }  # fmt: skip
    assert keeper.post(edit, said).status_code == 302
    point.refresh_from_db()
    assert point.attributes == {**kept, "river": "釜溪河", "vibration_limit_day": 75.5}
    for wrong in (["river", "river"], ["vibration_limit_day", "x"], ["a name", "x"], ["city", "x"], ["", "x"]):
        answer = keeper.post(edit, {**said, "further_name": wrong, "further_value": ["1", "2"]})
        assert answer.status_code == 422, wrong
    assert "釜溪河" in keeper.get(f"/desk/registry/points/{point.pk}/").content.decode()
