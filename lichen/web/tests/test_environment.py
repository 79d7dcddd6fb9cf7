"""Settings from the environment: read, or refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from lichen.web import environment

NAME = "LICHEN_TEST_SETTING"


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "KNOWN", {})
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)


@pytest.mark.parametrize(("given", "expected"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("0", False)])
def test_a_yes_or_no(monkeypatch: pytest.MonkeyPatch, given: str, expected: bool) -> None:
    monkeypatch.setenv(NAME, given)
    assert environment.boolean(NAME, not expected, "") is expected


def test_anything_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "maybe")
    with pytest.raises(
        ImproperlyConfigured, match=r"LICHEN_TEST_SETTING='maybe' is not a yes or no; use one of 1, true"
    ):
        environment.boolean(NAME, True, "")


@pytest.mark.parametrize("given", [None, ""])
def test_unset_and_empty_take_the_default(monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    if given is not None:
        monkeypatch.setenv(NAME, given)
    assert environment.text(NAME, "default", "") == "default"
    assert environment.boolean(NAME, True, "") is True
    assert environment.words(NAME, ("a",), "") == ["a"]


def test_words_are_cut_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " air.example , ,water.example")
    assert environment.words(NAME, (), "") == ["air.example", "water.example"]


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("地衣\n", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    assert environment.text(NAME, "", "") == "地衣"
    monkeypatch.setenv(NAME, "also")
    with pytest.raises(ImproperlyConfigured, match="both set"):
        environment.text(NAME, "", "")


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match="nothing: cannot be read"):
        environment.text(NAME, "", "")


def test_every_setting_is_known_with_its_meaning() -> None:
    environment.text(NAME, "", "What it means.")
    assert environment.KNOWN == {NAME: "What it means."}


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://u:hunter2@h/n", "begins with 'mysql'"),
        ("postgresql://u:hunter2@h/", "names no database"),
        ("postgresql://u:hunter2@h:99999/n", "not a number up to 65535"),
        ("hunter2", "begins with 'nothing'"),
    ],
)
def test_a_bad_database_address_is_refused_without_repeating_the_password(address: str, told: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=told) as refused:
        environment.postgresql(address)
    assert "hunter2" not in str(refused.value)
