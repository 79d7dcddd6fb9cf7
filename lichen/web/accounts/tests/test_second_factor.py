"""A second factor: set up, asked for, replaced by a recovery code, required; and locks after failures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_locked(settings: Any) -> None:
    cache.clear()
    settings.MFA_TOTP_TOLERANCE = 1  # a code made at the end of its 30 s is still one when it arrives


def code_of(secret: str, step: int = 0) -> str:
    """What an authenticator shows now (`step` 0) or shows next (1)."""
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())) + step))


def sign_in(client: Client, username: str, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": username, "password": password})


def set_up(client: Client, username: str) -> tuple[str, list[str]]:
    """Sign in and set up an authenticator; its key and the recovery codes."""
    assert sign_in(client, username).status_code == 302
    again = client.get("/accounts/totp/")["Location"]
    assert again.startswith("/accounts/again/"), "shows once more who one is"
    assert client.post(again, {"password": PASSWORD})["Location"] == "/accounts/totp/"
    page = client.get("/accounts/totp/").content.decode()
    assert "<svg" in page
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", page)[1]
    answer = client.post("/accounts/totp/", {"code": code_of(secret)})
    assert answer.status_code == 302, answer.content.decode()
    codes = re.findall(r"<li><code>([^<]+)</code></li>", client.get("/accounts/recovery/").content.decode())
    assert len(codes) == 10
    return secret, codes


def test_signing_in_asks_for_the_code(web_engines: Any, cast: dict[str, Any], client: Client) -> None:
    secret, _ = set_up(client, "bureau")
    client.post("/accounts/logout/")
    cache.clear()  # the code just used may not be used again
    answer = sign_in(client, "bureau")
    assert answer["Location"].startswith("/accounts/code/")
    assert "_auth_user_id" not in client.session
    assert client.get("/desk/").status_code == 302, "not signed in by the password alone"
    refused = client.post("/accounts/code/", {"code": "000000"})
    assert refused.status_code == 200
    assert "errorlist" in refused.content.decode()
    assert "_auth_user_id" not in client.session
    answer = client.post("/accounts/code/", {"code": code_of(secret)})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(cast["bureau"].pk)


def test_a_code_works_once(cast: dict[str, Any], client: Client) -> None:
    secret, _ = set_up(client, "bureau")
    client.post("/accounts/logout/")
    cache.clear()
    sign_in(client, "bureau")
    code = code_of(secret)
    assert client.post("/accounts/code/", {"code": code}).status_code == 302
    client.post("/accounts/logout/")
    sign_in(client, "bureau")
    assert client.post("/accounts/code/", {"code": code}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_recovery_code_opens_once(cast: dict[str, Any], client: Client) -> None:
    _, codes = set_up(client, "bureau")
    for expected in (302, 200):
        client.post("/accounts/logout/")
        sign_in(client, "bureau")
        assert client.post("/accounts/code/", {"code": codes[0]}).status_code == expected


def test_the_second_factor_goes_only_after_showing_oneself_again(cast: dict[str, Any], client: Client) -> None:
    secret, _ = set_up(client, "bureau")
    client.post("/accounts/logout/")
    cache.clear()
    sign_in(client, "bureau")
    client.post("/accounts/code/", {"code": code_of(secret)})
    assert "/again/" in client.post("/accounts/totp/remove/")["Location"]
    assert Authenticator.objects.filter(user=cast["bureau"], type="totp").exists()


@pytest.mark.parametrize("who", ["admin", "bureau", "inspector", "company"])
def test_where_it_is_required_nothing_else_opens(
    web_engines: Any, cast: dict[str, Any], client: Client, settings: Any, who: str
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    client.force_login(cast[who])
    for address in ("/", "/desk/", "/ledger/", "/api/v1/points"):
        assert client.get(address)["Location"] == "/accounts/security/"
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 200
    client.force_login(cast["public"])
    assert client.get("/").status_code == 200, "reading needs none"


def test_where_it_is_required_setting_it_up_opens_everything(
    web_engines: Any, cast: dict[str, Any], client: Client, settings: Any
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    set_up(client, "bureau")
    assert client.get("/desk/").status_code == 200


def test_five_failures_lock_the_account(cast: dict[str, Any], client: Client) -> None:
    for _ in range(5):
        assert sign_in(client, "bureau", "wrong").status_code == 200
    page = sign_in(client, "bureau").content.decode()
    assert "锁定" in page, "even the right password opens nothing"
    assert "_auth_user_id" not in client.session
    assert sign_in(Client(REMOTE_ADDR="203.0.113.77"), "bureau").status_code == 200, "from nowhere"
    assert sign_in(client, "inspector").status_code == 302, "others are not locked"


def test_one_address_cannot_try_account_after_account(cast: dict[str, Any], client: Client) -> None:
    answers = [sign_in(client, f"nobody{number}", "wrong").status_code for number in range(31)]
    assert answers[:30] == [200] * 30
    assert answers[30] == 429


def test_nobody_can_sign_up(client: Client) -> None:
    assert client.get("/accounts/signup/").status_code == 404


def test_a_new_password(cast: dict[str, Any], client: Client) -> None:
    sign_in(client, "bureau")
    said = {"oldpassword": "wrong", "password1": "another horse 9", "password2": "another horse 9"}
    assert client.post("/accounts/password/", said).status_code == 200
    assert client.post("/accounts/password/", {**said, "oldpassword": PASSWORD}).status_code == 302
    client.post("/accounts/logout/")
    assert sign_in(client, "bureau", "another horse 9").status_code == 302
