"""Rate limits and tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from lichen.pipeline.acts import Act as Sealed
from lichen.vocab.clock import now
from lichen.web.acts.models import Act
from lichen.web.api.limits import Buckets
from lichen.web.tokens import actions
from lichen.web.tokens.models import Token


def ask(client: Client, path: str, token: str = "", **more: Any) -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return client.get(f"/api/v1/{path}", headers=headers, **more)


@pytest.fixture(autouse=True)
def _forget_tokens() -> None:
    actions.forget()


def test_answers_say_how_much_is_left(filled: Any, client: Client, settings: Any) -> None:
    settings.API_RATE = 3
    found = [ask(client, "points") for _ in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in found] == ["2", "1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in found} == {"3"}
    assert {answer["RateLimit-Policy"] for answer in found} == {"3;w=60"}
    assert found[-1].json()["error"]["code"] == "too-many-requests"
    assert 1 <= int(found[-1]["Retry-After"]) <= 20
    assert ask(client, "points", REMOTE_ADDR="203.0.113.9").status_code == 200, "another address has its own bucket"


def test_behind_our_proxy_readers_are_told_apart(filled: Any, client: Client, settings: Any) -> None:
    settings.API_RATE, settings.PROXY = 1, True
    one, two = {"HTTP_X_FORWARDED_FOR": "10.0.0.1, 198.51.100.1"}, {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 10.0.0.1"}
    assert [ask(client, "points", **which).status_code for which in (one, two, one)] == [200, 200, 429]


def test_a_proxy_that_is_not_ours_is_not_believed(filled: Any, client: Client, settings: Any) -> None:
    settings.API_RATE = 1
    forged = [{"HTTP_X_FORWARDED_FOR": f"198.51.100.{n}"} for n in range(2)]
    assert [ask(client, "points", **which).status_code for which in forged] == [200, 429]


def test_buckets_do_not_grow_for_ever() -> None:
    buckets = Buckets(lambda: 0.0)
    for number in range(70_000):
        buckets.take(str(number), 10)
    assert len(buckets._buckets) == 65_536


@pytest.mark.django_db(transaction=True)
def test_a_token(filled: Any, client: Client, cast: Any, settings: Any) -> None:
    settings.API_RATE, settings.API_TOKEN_RATE = 1, 50
    token, text = actions.create("up-link", ["read:data"], owner=cast["bureau"])
    assert text not in str(Token.objects.values())
    answer = ask(client, "points", text)
    assert (answer.status_code, answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == (200, "50", "49")
    token.refresh_from_db()
    assert token.last_used is not None
    refused = ask(client, "ledger/raw", text)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "no-scope")
    assert 'scope="read:ledger"' in refused["WWW-Authenticate"]

    actions.revoke(text, by=cast["admin"])
    refused = ask(client, "points", text)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "bad-token")
    assert refused["WWW-Authenticate"].startswith("Bearer")

    assert list(Act.objects.order_by("id").values_list("action", "subject")) == [
        ("token.create", token.prefix), ("token.revoke", token.prefix),
    ]  # fmt: skip
    sealed = [Sealed.decode(encoded) for encoded in filled.acts_log.read(0, filled.acts_log.size)]
    assert [act.by for act in sealed] == ["bureau", "admin"]
    assert text not in str(sealed)
    assert token.digest not in str(sealed)


def test_the_ledger_with_its_scope(filled: Any, client: Client, cast: Any) -> None:
    text = actions.create_token("mirror", ["read:ledger"], "bureau")
    assert ask(client, "ledger/raw", text).status_code == 200
    assert ask(client, "latest", text).status_code == 403


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic bGk6bGk=", "nonsense"])
def test_a_token_that_is_none(filled: Any, db: None, client: Client, header: str) -> None:
    assert client.get("/api/v1/points", headers={"authorization": header}).status_code == 401


def test_tokens_end_with_their_time_and_with_their_owner(filled: Any, client: Client, cast: Any) -> None:
    token, text = actions.create("short", ["read:data"], owner=cast["bureau"], days=1)
    assert ask(client, "points", text).status_code == 200
    cast["bureau"].is_active = False
    cast["bureau"].save()
    actions.forget()
    assert ask(client, "points", text).status_code == 401
    cast["bureau"].is_active = True
    cast["bureau"].save()
    Token.objects.filter(pk=token.pk).update(expires=now() - timedelta(seconds=1))
    actions.forget()
    assert ask(client, "points", text).status_code == 401


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [("", ["read:data"], None), ("x" * 81, ["read:data"], None), ("x", [], None), ("x", ["write:all"], None),
     ("x", ["read:data"], 0)],
)  # fmt: skip
def test_a_token_that_cannot_be_made(cast: Any, name: str, scopes: list[str], days: int | None) -> None:
    with pytest.raises(actions.TokenError):
        actions.create(name, scopes, owner=cast["bureau"], days=days)
    assert not Token.objects.exists()


def test_there_is_no_such_token_or_owner(cast: Any) -> None:
    with pytest.raises(actions.TokenError, match="no token"):
        actions.revoke("lichen_nothing", by=None)
    with pytest.raises(actions.TokenError, match="nobody"):
        actions.create_token("x", ["read:data"], "nobody")
