"""``lichen token``, on the tests' database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lichen.cli import app
from lichen.web.acts.models import Act

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _another_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Named, so that none is started; the connection is the tests'."""
    monkeypatch.setenv("LICHEN_DATABASE_URL", "postgresql://localhost/tests")
    monkeypatch.setenv("LICHEN_HOME", str(tmp_path))


def token(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["token", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_a_token_is_made_listed_and_revoked(cast: dict[str, Any]) -> None:
    text = token("create", "nightly export", "--owner", "bureau", "--days", "30").stdout.strip()
    (row,) = map(json.loads, token("list").stdout.splitlines())
    assert text.startswith(row["prefix"])
    assert text not in json.dumps(row)
    assert (row["name"], row["owner"], row["scopes"]) == ("nightly export", "bureau", ["read:data"])
    assert (row["state"], row["last_used"]) == ("valid", None)
    token("revoke", text)
    (row,) = map(json.loads, token("list", "--owner", "bureau").stdout.splitlines())
    assert row["state"] == "revoked"
    assert token("list", "--owner", "company").stdout == ""
    assert [act.action for act in Act.objects.order_by("id")] == ["token.create", "token.revoke"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("create", "x", "--owner", "nobody"), "no active user nobody"),
        (("create", "x", "--owner", "bureau", "--scope", "write"), "choose from read:data, read:ledger"),
        (("create", " ", "--owner", "bureau"), "needs a name"),
        (("create", "x", "--owner", "bureau", "--days", "0"), "between 1 and 3660"),
        (("revoke", "lichen_000000"), "no token that begins with lichen_000000"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(cast: dict[str, Any], arguments: tuple[str, ...], why: str) -> None:
    assert why in " ".join(token(*arguments, code=1).output.split())
