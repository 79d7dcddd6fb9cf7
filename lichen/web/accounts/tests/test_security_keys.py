"""Security keys, by one in software: only the registered key opens, on this site, for this question.

A browser with a key is in `tests/test_browser_accounts.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from lichen.web.accounts.models import User

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db

HERE = "http://localhost"


class SoftKey:
    """A security key in software: what a browser sends when the person touches one."""

    def __init__(self, site: str = HERE) -> None:
        self.site = site
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.id = b"a key of sixteen"

    def _said(self, kind: str, options: dict[str, Any]) -> tuple[bytes, str]:
        client = CollectedClientData.create(kind, options["publicKey"]["challenge"], self.site)
        return client, websafe_encode(client)

    def _state(self, flags: AuthenticatorData.FLAG, credential: bytes = b"") -> AuthenticatorData:
        flags |= AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
        return AuthenticatorData.create(hashlib.sha256(b"localhost").digest(), flags, 0, credential)

    def _answer(self, **response: str) -> str:
        name = websafe_encode(self.id)
        said = {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {}, "response": response}
        return json.dumps(said)

    def register(self, options: dict[str, Any]) -> str:
        _, said = self._said("webauthn.create", options)
        credential = AttestedCredentialData.create(
            bytes(16), self.id, ES256.from_cryptography_key(self.secret.public_key())
        )
        made = AttestationObject.create("none", self._state(AuthenticatorData.FLAG.AT, credential), {})
        return self._answer(clientDataJSON=said, attestationObject=websafe_encode(made))

    def sign(self, options: dict[str, Any]) -> str:
        client, said = self._said("webauthn.get", options)
        state = self._state(AuthenticatorData.FLAG(0))
        signature = self.secret.sign(state + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=said, authenticatorData=websafe_encode(state), signature=websafe_encode(signature)
        )


def options_of(page: Any) -> dict[str, Any]:
    found = re.search(
        r'<script id="security-key-options" type="application/json">(.+?)</script>', page.content.decode()
    )
    assert found is not None
    return json.loads(found[1])


NO_ANSWERS = ["", "no json", "null", "[]", "7", '"key"', "{}", '{"id": "x"}', '{"id": 1, "rawId": 2, "response": {}}',
              '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
              '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30",'
              ' "authenticatorData": "AA", "signature": "AA", "attestationObject": "oA"}}']  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_is_locked() -> None:
    cache.clear()


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="localhost")


def sign_in(client: Client) -> None:
    assert client.post("/accounts/login/", {"login": "bureau", "password": PASSWORD}).status_code == 302


def registered(user: User, key: SoftKey) -> Authenticator:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    show_again(client, "/accounts/keys/add/")
    options = options_of(client.get("/accounts/keys/add/"))
    answer = client.post("/accounts/keys/add/", {"name": "钥匙", "credential": key.register(options)})
    assert answer["Location"] == "/accounts/recovery/", "codes for the day without the key"
    return Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN)


def show_again(client: Client, address: str) -> None:
    assert client.post(f"/accounts/again/?next={address}", {"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("said", NO_ANSWERS)
def test_what_is_no_new_key_is_refused(cast: dict[str, Any], client: Client, said: str) -> None:
    client.force_login(cast["bureau"])
    show_again(client, "/accounts/keys/add/")
    assert client.get("/accounts/keys/add/").status_code == 200
    answer = client.post("/accounts/keys/add/", {"name": "钥匙", "credential": said})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("said", NO_ANSWERS)
def test_what_no_key_answered_does_not_sign_in(cast: dict[str, Any], client: Client, said: str) -> None:
    registered(cast["bureau"], SoftKey())
    sign_in(client)
    page = client.get("/accounts/code/").content.decode()
    assert "security-key-options" in page
    answer = client.post("/accounts/code/", {"credential": said})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("said", NO_ANSWERS)
def test_what_no_key_answered_shows_nobody_again(cast: dict[str, Any], client: Client, said: str) -> None:
    registered(cast["bureau"], SoftKey())
    client.force_login(cast["bureau"])
    answer = client.post("/accounts/keys/again/?next=/accounts/totp/", {"credential": said})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert "/again/" in client.get("/accounts/totp/")["Location"]


def test_keys_of_others_are_not_found(cast: dict[str, Any], client: Client) -> None:
    key = registered(cast["bureau"], SoftKey())
    client.force_login(cast["inspector"])
    show_again(client, "/accounts/totp/")
    for address in (f"/accounts/keys/{key.pk}/", f"/accounts/keys/{key.pk}/remove/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"name": "mine"}).status_code == 404
    key.refresh_from_db()
    assert key.wrap().name == "钥匙"


def test_a_key_has_a_name(cast: dict[str, Any], client: Client) -> None:
    key = registered(cast["bureau"], SoftKey())
    client.force_login(cast["bureau"])
    show_again(client, "/accounts/totp/")
    for name, status in (("", 200), ("长" * 61, 200), ("办公室", 302)):
        assert client.post(f"/accounts/keys/{key.pk}/", {"name": name}).status_code == status
    key.refresh_from_db()
    assert key.wrap().name == "办公室"


def test_a_key_is_enough_where_a_second_factor_is_required(
    web_engines: Any, cast: dict[str, Any], client: Client, settings: Any
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    client.force_login(cast["bureau"])
    assert 'role="alert"' in client.get("/accounts/security/").content.decode()
    registered(cast["bureau"], SoftKey())
    assert client.get("/desk/").status_code == 200


def test_the_registered_key_signs_in(web_engines: Any, cast: dict[str, Any], client: Client) -> None:
    key = SoftKey()
    kept = registered(cast["bureau"], key)
    sign_in(client)
    answer = client.post("/accounts/code/", {"credential": key.sign(options_of(client.get("/accounts/code/")))})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(cast["bureau"].pk)
    kept.refresh_from_db()
    assert kept.last_used_at is not None


def test_an_answer_is_good_for_one_question_only(cast: dict[str, Any], client: Client) -> None:
    key = SoftKey()
    registered(cast["bureau"], key)
    sign_in(client)
    said = key.sign(options_of(client.get("/accounts/code/")))
    client.get("/accounts/code/")  # asks anew
    assert client.post("/accounts/code/", {"credential": said}).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("site", ["http://localhost.evil.example", "https://evil.example", "http://127.0.0.1"])
def test_an_answer_given_at_another_site_opens_nothing(cast: dict[str, Any], client: Client, site: str) -> None:
    key = SoftKey()
    registered(cast["bureau"], key)
    key.site = site
    sign_in(client)
    answer = client.post("/accounts/code/", {"credential": key.sign(options_of(client.get("/accounts/code/")))})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_another_key_of_the_same_name_opens_nothing(cast: dict[str, Any], client: Client) -> None:
    registered(cast["bureau"], SoftKey())
    sign_in(client)
    forged = SoftKey().sign(options_of(client.get("/accounts/code/")))
    assert "errorlist" in client.post("/accounts/code/", {"credential": forged}).content.decode()
    assert "_auth_user_id" not in client.session


def test_five_wrong_answers_lock_the_second_factor(cast: dict[str, Any], client: Client) -> None:
    key = SoftKey()
    registered(cast["bureau"], key)
    sign_in(client)
    for _ in range(5):
        client.post("/accounts/code/", {"credential": SoftKey().sign(options_of(client.get("/accounts/code/")))})
    answer = client.post("/accounts/code/", {"credential": key.sign(options_of(client.get("/accounts/code/")))})
    assert "锁定" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_key_shows_once_more_who_one_is(cast: dict[str, Any], client: Client) -> None:
    key = SoftKey()
    registered(cast["bureau"], key)
    client.force_login(cast["bureau"])
    assert "/again/" in client.get("/accounts/totp/")["Location"]
    options = options_of(client.get("/accounts/keys/again/"))
    answer = client.post("/accounts/keys/again/?next=/accounts/totp/", {"credential": key.sign(options)})
    assert answer["Location"] == "/accounts/totp/"
    assert client.get("/accounts/totp/").status_code == 200
