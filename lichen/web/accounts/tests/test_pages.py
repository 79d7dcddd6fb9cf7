"""Signing in and out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _nobody_is_locked() -> None:
    cache.clear()


def test_signs_in_and_goes_where_one_wanted(web_engines: Any, cast: dict[str, Any], client: Client) -> None:
    page = client.get("/accounts/login/?next=/desk/devices/")
    assert page.status_code == 200
    assert b'name="next" value="/desk/devices/"' in page.content
    answer = client.post("/accounts/login/", {"login": "bureau", "password": PASSWORD, "next": "/desk/devices/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/desk/devices/"
    assert client.get("/desk/devices/").status_code == 200


def test_a_wrong_password_is_refused(cast: dict[str, Any], client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": "bureau", "password": "wrong"})
    assert answer.status_code == 200
    assert b"errorlist" in answer.content
    assert "_auth_user_id" not in client.session


def test_a_deactivated_account_cannot_sign_in(cast: dict[str, Any], client: Client) -> None:
    cast["bureau"].is_active = False
    cast["bureau"].save()
    client.post("/accounts/login/", {"login": "bureau", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_never_leads_to_another_site(cast: dict[str, Any], client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": "bureau", "password": PASSWORD, "next": "https://evil.example/"})
    assert answer.status_code == 302
    assert "evil.example" not in answer["Location"]


def test_signs_out_by_a_form_only(cast: dict[str, Any], client: Client) -> None:
    client.force_login(cast["bureau"])
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/logout/"])
def test_a_form_from_elsewhere_is_refused(cast: dict[str, Any], path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, {"login": "bureau", "password": PASSWORD}).status_code == 403
