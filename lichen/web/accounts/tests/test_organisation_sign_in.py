"""The organisation's own sign-in when it is not there, cancelled, or not set up.

Signing in at a real issuer is in `tests/test_browser_accounts.py`.
"""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client

from lichen.web.accounts import actions
from lichen.web.accounts.models import Role, User
from lichen.web.accounts.oidc import providers
from lichen.web.acts.models import Act

pytestmark = pytest.mark.django_db

ISSUER = "https://id.example.gov.cn"


def test_without_an_issuer_there_is_no_such_way(client: Client) -> None:
    assert "/accounts/oidc/" not in client.get("/accounts/login/").content.decode()
    assert client.get("/accounts/oidc/oidc/login/").status_code == 404


def test_an_issuer_that_does_not_answer_is_a_sentence(client: Client, settings: Any) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        settings.SOCIALACCOUNT_PROVIDERS = providers(
            f"http://127.0.0.1:{probe.getsockname()[1]}", "lichen", "s", "统一认证"
        )
        assert "统一认证" in client.get("/accounts/login/").content.decode()
        answer = client.get("/accounts/oidc/oidc/login/")
    assert answer.status_code == 503
    assert "暂时没有应答" in answer.content.decode()


def test_an_answer_nobody_asked_for_opens_nothing(client: Client, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = providers(ISSUER, "lichen", "s")
    answer = client.get("/accounts/oidc/oidc/login/callback/?code=x&state=y")
    assert answer.status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_name_that_cannot_be_one_is_refused(db: None) -> None:
    with pytest.raises(ValidationError), transaction.atomic():
        actions.first_sign_in("two words", "", issuer=ISSUER)
    assert not User.objects.exists()
    assert not Act.objects.exists()


def test_a_newcomer_has_no_part_and_a_known_name_keeps_its_own(cast: dict[str, Any]) -> None:
    with transaction.atomic():
        person = actions.first_sign_in("sun", "孙", issuer=ISSUER)
        known = actions.first_sign_in("admin", "冒名", issuer=ISSUER)
    assert (person.role, person.organisation, person.is_staff, person.is_superuser) == (Role.PUBLIC, None, False, False)
    assert known == cast["admin"]
    assert known.display_name == "管理员"
    assert [(act.action, act.subject, act.by) for act in Act.objects.order_by("id")] == [
        ("person.register", "sun", None), ("person.connect", "admin", cast["admin"]),
    ]  # fmt: skip
