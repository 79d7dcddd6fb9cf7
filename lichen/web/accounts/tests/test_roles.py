"""Page × role: who may open each address, and above all who may not. A new address is written down here first."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from lichen.vocab.clock import now
from lichen.web.accounts.models import Role, User
from lichen.web.acts.sealing import record
from lichen.web.desk import calls
from lichen.web.registry import actions
from lichen.web.registry.models import District, Instrument, Kind, Organisation
from lichen.web.results.models import Upload

pytestmark = pytest.mark.django_db

ANONYMOUS = "anonymous"
WHO = (ANONYMOUS, "public", "company", "agency", "inspector", "bureau", "admin")
EVERYBODY = set(WHO)
SIGNED_IN = EVERYBODY - {ANONYMOUS}
AT_THE_DESK = SIGNED_IN - {"public"}
KEEPERS = {"bureau", "admin"}
BRINGERS = {"company", "agency", "bureau", "admin"}
ADMIN = {"admin"}
#: Who has the near point (city 自贡, district 大安区, owned by the company, operated by the agency) in reach …
NEAR = AT_THE_DESK
#: … and the far one (same city, another district, nobody's).
FAR = {"bureau", "admin"}
#: A point of another city.
AWAY = {"admin"}

OPEN_LISTS = ("points", "devices", "instruments", "organisations", "districts")

#: Address name, its arguments (of the fixture `registry`), who may open it by GET.
PAGES: list[tuple[str, tuple[str, ...], set[str]]] = [
    ("entrance", (), SIGNED_IN),
    ("login", (), EVERYBODY),
    ("account_login", (), EVERYBODY),
    ("account_inactive", (), EVERYBODY),
    ("account_change_password", (), SIGNED_IN),
    ("account_set_password", (), SIGNED_IN),
    ("account_reauthenticate", (), SIGNED_IN),
    ("mfa_index", (), SIGNED_IN),
    ("mfa_activate_totp", (), SIGNED_IN),
    ("mfa_add_webauthn", (), SIGNED_IN),
    ("socialaccount_login_cancelled", (), EVERYBODY),
    ("desk", (), AT_THE_DESK),
    ("desk-acts", (), AT_THE_DESK),
    ("desk-settings", (), AT_THE_DESK),
    ("desk-tokens", (), AT_THE_DESK),
    ("devices", (), AT_THE_DESK),
    ("device", ("NEAR",), NEAR),
    ("device", ("FAR",), FAR),
    ("device", ("AWAY",), AWAY),
    ("device-claim", ("UNKNOWN",), KEEPERS),
    ("device-call", ("NEAR", "call-near"), {"inspector", "bureau", "admin"}),
    ("device-call", ("FAR", "call-far"), FAR),
    *[("registry-rows", (slug,), AT_THE_DESK) for slug in OPEN_LISTS],
    ("results", (), BRINGERS),
    ("results-new", (), BRINGERS),
    ("results-template", ("air", "csv"), BRINGERS),
    ("results-check", ("agency",), {"agency"}),
    ("results-brought", ("agency",), {"agency", "bureau", "admin"}),
    ("registry-rows", ("people",), ADMIN),
    *[("registry-new", (slug,), KEEPERS) for slug in ("points", "devices", "instruments")],
    *[("registry-new", (slug,), ADMIN) for slug in ("organisations", "districts", "people")],
    ("point-outlines", (), AT_THE_DESK),
    ("point-place", (), AT_THE_DESK),
    ("registry-import", ("points",), KEEPERS),
    ("registry-import", ("devices",), KEEPERS),
    ("registry-template", ("points", "xlsx"), KEEPERS),
    ("registry-template", ("devices", "csv"), KEEPERS),
    ("registry-row", ("points", "near"), NEAR),
    ("registry-row", ("points", "far"), FAR),
    ("registry-row", ("points", "away"), AWAY),
    ("registry-row", ("devices", "NEAR"), NEAR),
    ("registry-row", ("devices", "FAR"), FAR),
    ("registry-row", ("instruments", "near-1"), NEAR),
    ("registry-row", ("organisations", "works"), {"company", "bureau", "admin"}),
    ("registry-row", ("districts", "510304"), AT_THE_DESK),
    ("registry-row", ("people", "public"), ADMIN),
    ("registry-edit", ("points", "near"), KEEPERS),
    ("registry-edit", ("points", "away"), ADMIN),
    ("registry-edit", ("devices", "NEAR"), KEEPERS),
    ("registry-edit", ("organisations", "works"), ADMIN),
    ("registry-edit", ("people", "public"), ADMIN),
    ("registry-end", ("points", "near"), KEEPERS),
    ("registry-end", ("instruments", "near-1"), KEEPERS),
    ("registry-end", ("districts", "510304"), ADMIN),
    ("device-move", ("NEAR",), KEEPERS),
    ("person-second-factor", ("public",), ADMIN),
]  # fmt: skip

#: Addresses that are no pages to open by GET, or need what only a sign-in under way has; tested in their own files.
ELSEWHERE = {
    "logout", "account_logout", "mfa_authenticate", "mfa_reauthenticate", "mfa_deactivate_totp",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "openid_connect_login", "openid_connect_callback",
    "device-command", "token-revoke", "mfa_reauthenticate_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn",
}  # fmt: skip


@pytest.fixture
def registry(web_engines: Any, cast: dict[str, Any]) -> dict[str, Any]:
    """The cast with an agency, three points with a device each, an instrument and a district."""
    agency = Organisation.objects.create(code="ops", name_zh="某运维公司", kind=Kind.LABORATORY, city="自贡")
    cast["agency"] = User.objects.create(
        username="agency", display_name="运维周", role=Role.OFFICER, organisation=agency,
        password=cast["public"].password,
    )  # fmt: skip
    given = {
        "near": {"city": "自贡", "district": "大安区", "owner": cast["company"].organisation, "operator": agency},
        "far": {"city": "自贡", "district": "自流井区"},
        "away": {"city": "天津", "district": "和平区"},
    }
    ids: dict[str, Any] = {}
    for code, fields in given.items():
        point = actions.register_point(cast["admin"], code=code, name_zh=code, element="air", kind="urban", **fields)
        device = actions.register_device(cast["admin"], point, mn=code.upper())
        ids[f"points {code}"], ids[f"devices {code.upper()}"] = point.pk, device.pk
        calls.keep(calls.Call(f"call-{code}", code.upper(), "1011", {}, "admin"))
        if code == "near":
            made = Instrument.objects.create(point=point, parameter="pm25", model="BAM", serial="near-1")
            ids["instruments near-1"] = made.pk
    held = Upload.objects.create(
        by=cast["agency"], at=now(), name="a.csv", element="air", period="hour", sha256="",
        body=b"point,time,pm25\nnear,2026-03-01 08:00,9\n",
    )  # fmt: skip
    ids["results-check"] = held.pk
    said = {"element": "air", "period": "hour", "sha256": "", "after": 0, "entries": 1, "rows": 1, "taken": 1}
    with transaction.atomic():
        ids["results-brought"] = record("results.bring", "a.csv", by=cast["agency"], details={**said, "left_out": 0}).pk
    ids["organisations works"] = cast["company"].organisation.pk
    ids["districts 510304"] = District.objects.create(code="510304", city="自贡", name_zh="大安区").pk
    ids["people public"] = cast["public"].pk
    return {**cast, "ids": ids}


def address(name: str, arguments: tuple[str, ...], ids: dict[str, Any]) -> str:
    if name in ("results-check", "results-brought"):
        return reverse(name, args=[ids[name]])
    if name == "device-move":
        return reverse(name, args=[ids[f"devices {arguments[0]}"]])
    if name == "person-second-factor":
        return reverse(name, args=[ids[f"people {arguments[0]}"]])
    if name in ("registry-row", "registry-edit", "registry-end"):
        return reverse(name, args=[arguments[0], ids[" ".join(arguments)]])
    return reverse(name, args=arguments)


#: What one finds instead of a page where there is nothing to see in the test: there is no stream.
_NOTHING_THERE = {"device-claim": 503}


@pytest.mark.parametrize("who", WHO)
def test_who_may_and_who_may_not(registry: dict[str, Any], who: str) -> None:
    client = Client(raise_request_exception=True)
    if who != ANONYMOUS:
        client.force_login(registry[who])
    wrong = []
    for name, arguments, may in PAGES:
        answer = client.get(address(name, arguments, registry["ids"]))
        said = answer.status_code
        opened = said in (200, _NOTHING_THERE.get(name, 200)) or (
            said == 302 and "/login/" not in answer["Location"] and name in ("entrance", *_SENT_ON)
        )
        refused = said in (403, 404) or (said == 302 and "/login/" in answer["Location"])
        if (who in may) is not opened or (who not in may) is not refused:
            wrong.append((name, arguments, said, answer.get("Location")))
    assert not wrong


#: Pages that lead a signed-in reader on: to show once more who they are, or past what they have.
_SENT_ON = ("login", "account_login", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate")


def test_every_address_of_the_desk_and_of_accounts_is_in_the_table() -> None:
    known = {name for name, _, _ in PAGES} | ELSEWHERE
    named = {
        str(pattern.name): prefix + str(pattern.pattern) for prefix, pattern in _patterns(get_resolver(), "")
        if pattern.name
    }  # fmt: skip
    ours = {name for name, path in named.items() if path.startswith(("desk/", "accounts/"))}
    assert ours == known


@pytest.mark.parametrize("who", ["inspector", "company", "agency"])
def test_what_lies_out_of_reach_is_refused_and_what_is_not_there_is_not_found(
    registry: dict[str, Any], client: Client, who: str
) -> None:
    client.force_login(registry[who])
    far = registry["ids"]["points far"]
    for address in (f"/desk/registry/points/{far}/", "/desk/devices/FAR/"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "不在您的管辖范围内" in answer.content.decode()
    for address in ("/desk/registry/points/999999/", "/desk/devices/NOBODY/"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "没有此记录" in answer.content.decode()


@pytest.mark.parametrize("who", [ANONYMOUS, "public", "company", "agency"])
def test_who_may_not_command_is_refused(registry: dict[str, Any], client: Client, who: str) -> None:
    if who != ANONYMOUS:
        client.force_login(registry[who])
    answer = client.post("/desk/devices/NEAR/command/", {"cn": "1011", "reason": "just so, really"})
    assert answer.status_code == (302 if who == ANONYMOUS else 403)


@pytest.mark.parametrize("who", ["public", "company", "agency", "inspector"])
def test_who_may_not_keep_the_registry_changes_nothing_by_post_either(
    registry: dict[str, Any], client: Client, who: str
) -> None:
    client.force_login(registry[who])
    ids = registry["ids"]
    said = {"name_zh": "x", "reason": "just so, really", "at": "2026-03-01T00:00"}
    for path in (
        f"/desk/registry/points/{ids['points near']}/edit/", f"/desk/registry/points/{ids['points near']}/end/",
        "/desk/registry/points/new/", "/desk/registry/points/import/", "/desk/registry/people/new/",
        f"/desk/registry/devices/{ids['devices NEAR']}/move/",
    ):  # fmt: skip
        assert client.post(path, said).status_code == 403, path


@pytest.mark.parametrize(
    ("who", "seen"),
    [("company", {"near"}), ("agency", {"near"}), ("inspector", {"near"}), ("bureau", {"near", "far"}),
     ("admin", {"near", "far", "away"})],
)  # fmt: skip
def test_lists_show_the_reach_only(registry: dict[str, Any], client: Client, who: str, seen: set[str]) -> None:
    client.force_login(registry[who])
    for path in (
        "/desk/registry/points/?export=csv",
        "/desk/registry/devices/?export=csv",
        "/desk/devices/?export=csv",
        "/desk/registry/points/",
    ):
        text = client.get(path).content.decode().lower()
        assert {code for code in ("near", "far", "away") if re.search(rf"\b{code}\b", text)} == seen, path


def _patterns(resolver: Any, prefix: str) -> list[tuple[str, Any]]:
    found = []
    for one in resolver.url_patterns:
        if not hasattr(one, "url_patterns"):
            found.append((prefix, one))
        elif one.namespace is None:
            found += _patterns(one, prefix + str(one.pattern))
    return found
