"""Production refuses what is fit for a demo only; outside production nothing is refused."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lichen.web.checks import production


@pytest.fixture
def sound(settings: Any) -> Any:
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY_KEPT = "k" * 64
    settings.ALLOWED_HOSTS = ["air.example.cn"]
    settings.HTTPS = True
    settings.SECOND_FACTOR_REQUIRED = True
    return settings


def test_sound_settings_pass(sound: Any) -> None:
    assert production() == []


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("DEBUG", True, "lichen.E001"),
        ("SECRET_KEY_KEPT", "", "lichen.E002"),
        ("SECRET_KEY_KEPT", "short", "lichen.E003"),
        ("ALLOWED_HOSTS", ["*"], "lichen.E004"),
        ("ALLOWED_HOSTS", ["localhost"], "lichen.E005"),
        ("HTTPS", False, "lichen.E006"),
        ("SECOND_FACTOR_REQUIRED", False, "lichen.E007"),
        ("OIDC_ISSUER", "http://sso.example.cn", "lichen.E008"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("lichen.") else None,
)
def test_each_weak_setting_is_named_with_a_way_out(sound: Any, name: str, value: object, id: str) -> None:
    setattr(sound, name, value)
    (found,) = production()
    assert found.id == id
    assert found.hint
    sound.PRODUCTION = False
    assert production() == []


def test_what_serves_refuses_too(tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LICHEN_")},
        "LICHEN_HOME": str(tmp_path),
        "LICHEN_PRODUCTION": "yes",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from lichen.web.prepare import prepare; prepare()"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "lichen.E005: The web answers to the local machine only. Set LICHEN_HOSTS" in done.stderr
    assert "E002" not in done.stderr, "a key was made and kept"
