"""What production refuses."""

from __future__ import annotations

from typing import Any

import pytest

from lichen.web.checks import production

SOUND = {
    "PRODUCTION": True, "DEBUG": False, "SECRET_KEY_KEPT": "k" * 64, "ALLOWED_HOSTS": ["air.example"], "HTTPS": True,
    "SECOND_FACTOR_REQUIRED": True, "OIDC_ISSUER": "",
}  # fmt: skip


def found(settings: Any, **changed: Any) -> list[str]:
    for name, value in {**SOUND, **changed}.items():
        setattr(settings, name, value)
    errors = production()
    assert all(error.hint for error in errors)
    return [str(error.id) for error in errors]


def test_sound_settings_pass(settings: Any) -> None:
    assert found(settings) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"DEBUG": True}, "lichen.E001"),
        ({"SECRET_KEY_KEPT": ""}, "lichen.E002"),
        ({"SECRET_KEY_KEPT": "k" * 31}, "lichen.E003"),
        ({"ALLOWED_HOSTS": ["*"]}, "lichen.E004"),
        ({"ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"]}, "lichen.E005"),
        ({"ALLOWED_HOSTS": []}, "lichen.E005"),
        ({"HTTPS": False}, "lichen.E006"),
        ({"SECOND_FACTOR_REQUIRED": False}, "lichen.E007"),
        ({"OIDC_ISSUER": "http://sso.example.cn", "OIDC_SECRET": "s"}, "lichen.E008"),
        ({"OIDC_ISSUER": "https://sso.example.cn", "OIDC_SECRET": ""}, "lichen.E008"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_weak_setting_is_named(settings: Any, changed: dict[str, Any], expected: str) -> None:
    assert found(settings, **changed) == [expected]


def test_a_demo_needs_no_settings(settings: Any) -> None:
    assert found(settings, PRODUCTION=False, DEBUG=True, SECRET_KEY_KEPT="", ALLOWED_HOSTS=["*"], HTTPS=False) == []
