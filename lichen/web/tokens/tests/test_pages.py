"""One's own tokens in the workbench: made, shown once, revoked; nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from lichen.web.acts.models import Act
from lichen.web.tokens import actions
from lichen.web.tokens.models import Token

pytestmark = pytest.mark.django_db

HERE = "/desk/tokens/"
SAID = {"name": "夜间导出", "scopes": ["read:data"], "days": "30"}


def test_the_text_is_shown_once_and_opens_the_api(web_engines: Any, cast: dict[str, Any], client: Client) -> None:
    client.force_login(cast["bureau"])
    answer = client.post(HERE, SAID)
    assert "no-store" in answer["Cache-Control"]
    (text,) = re.findall(r'id="token">(lichen_[^<]+)<', answer.content.decode())
    assert text not in client.get(HERE).content.decode()
    token = Token.objects.get()
    assert (token.owner, token.name, token.scopes) == (cast["bureau"], "夜间导出", ["read:data"])
    assert token.expires - token.created == timedelta(days=30)
    assert Client().get("/api/v1/points", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    assert Token.objects.get().last_used is not None
    assert Act.objects.get(action="token.create").by == cast["bureau"]


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 81}, {"scopes": []}, {"scopes": ["write"]}, {"days": "9999"}]
)
def test_what_cannot_be_made_is_told_at_the_field(
    web_engines: Any, cast: dict[str, Any], client: Client, wrong: dict[str, Any]
) -> None:
    client.force_login(cast["bureau"])
    answer = client.post(HERE, {**SAID, **wrong})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not Token.objects.exists()


def test_without_an_end_it_is_valid_until_revoked(web_engines: Any, cast: dict[str, Any], client: Client) -> None:
    client.force_login(cast["company"])
    client.post(HERE, {**SAID, "days": ""})
    token = Token.objects.get()
    assert token.expires is None
    assert client.get(f"{HERE}{token.pk}/revoke/").status_code == 405
    assert client.post(f"{HERE}{token.pk}/revoke/").status_code == 302
    token.refresh_from_db()
    assert token.revoked is not None
    assert Act.objects.get(action="token.revoke").by == cast["company"]
    assert "已撤销" in client.get(HERE).content.decode()


def test_nobody_sees_or_ends_the_tokens_of_others(web_engines: Any, cast: dict[str, Any], client: Client) -> None:
    token, _ = actions.create("not yours", ["read:data"], owner=cast["bureau"])
    for who in ("company", "inspector", "admin"):
        client.force_login(cast[who])
        assert "not yours" not in client.get(HERE).content.decode()
        assert client.post(f"{HERE}{token.pk}/revoke/").status_code == 404
    client.force_login(cast["public"])
    assert client.get(HERE).status_code == 403
    token.refresh_from_db()
    assert token.revoked is None
