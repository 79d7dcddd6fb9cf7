"""Settings from the environment: typed, and refused with a reason when they are not what they should be."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from lichen.web import environment


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "KNOWN", {})


@pytest.mark.parametrize(
    ("given", "expected"), [("yes", True), ("1", True), ("ON", True), ("no", False), ("0", False), ("", True)]
)
def test_boolean(monkeypatch: pytest.MonkeyPatch, given: str, expected: bool) -> None:
    monkeypatch.setenv("LICHEN_X", given)
    assert environment.boolean("LICHEN_X", True, "a test") is expected


def test_boolean_refuses_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHEN_X", "ja")
    with pytest.raises(ImproperlyConfigured, match=r"LICHEN_X='ja' is not a yes or no; use one of 1, true"):
        environment.boolean("LICHEN_X", False, "a test")


def test_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.words("LICHEN_X", ("a",), "a test") == ["a"]
    monkeypatch.setenv("LICHEN_X", " b, c ,")
    assert environment.words("LICHEN_X", ("a",), "a test") == ["b", "c"]


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden\n")
    monkeypatch.setenv("LICHEN_X_FILE", str(secret))
    assert environment.text("LICHEN_X", "", "a test") == "hidden"
    monkeypatch.setenv("LICHEN_X", "open")
    with pytest.raises(ImproperlyConfigured, match="both set"):
        environment.text("LICHEN_X", "", "a test")


def test_a_missing_secret_file_is_no_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LICHEN_X_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        environment.text("LICHEN_X", "default", "a test")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("mysql://li:secret@db/lichen", "begins with 'mysql'"),
        ("postgresql://li:secret@db/", "names no database"),
        ("postgresql://li:secret@db:port/lichen", "port"),
    ],
)
def test_postgresql_refuses_without_telling_the_password(address: str, why: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=why) as refused:
        environment.postgresql(address)
    assert "secret" not in str(refused.value)


def test_every_setting_says_what_it_is_for() -> None:
    import importlib

    from lichen.web import settings

    importlib.reload(settings)
    assert {"LICHEN_PRODUCTION", "LICHEN_HOSTS", "LICHEN_SECRET_KEY"} <= environment.KNOWN.keys()
    assert all(meaning.endswith((".", "keys/.")) for meaning in environment.KNOWN.values())
