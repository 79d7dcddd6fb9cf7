"""The public files of the logs: what a mirror may have, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from lichen.ledger.check import verify_log
from lichen.web.ledgerpages.tests.conftest import frame


def test_a_mirror_made_over_http_can_be_checked(sealed: Any, client: Client, tmp_path: Path) -> None:
    sealed.raw_log.append([frame(number) for number in range(600)])
    mirror = tmp_path / "mirror"
    tiles = ["tile/0/000", "tile/0/001", "tile/0/002.p/94", "tile/1/000.p/2"]
    bundles = ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/94"]
    for path in ["checkpoint", "verifiers", *tiles, *bundles]:
        answer = client.get(f"/tlog/raw/{path}")
        assert answer.status_code == 200, path
        (mirror / path).parent.mkdir(parents=True, exist_ok=True)
        (mirror / path).write_bytes(answer.content)
    assert verify_log(mirror, verifiers=sealed.raw_log.verifiers).ok


def test_tiles_are_kept_for_ever_and_checkpoints_asked_for_again(sealed: Any, client: Client) -> None:
    tile = client.get("/tlog/raw/tile/0/000.p/6")
    assert tile["Cache-Control"] == "public, max-age=31536000, immutable"
    assert tile["Content-Type"] == "application/octet-stream"
    assert tile["Access-Control-Allow-Origin"] == "*"
    assert "Cookie" not in tile.get("Vary", "")
    head = client.get("/tlog/acts/checkpoint")
    assert head["Cache-Control"] == "no-cache"
    assert head["Content-Type"] == "text/plain; charset=utf-8"
    assert head.content == sealed.acts_log.checkpoint()


@pytest.mark.parametrize(
    "path",
    ["state", "lock", "", "tile/0/000", "tile/0/000.p/7", "tile/../state", "tile/9/000.p/1", "../keys", "%2e%2e/state"],
)
def test_nothing_else_can_be_had(sealed: Any, client: Client, path: str) -> None:
    assert client.get(f"/tlog/raw/{path}").status_code == 404


def test_a_tile_ahead_of_the_checkpoint_may_still_change_and_is_not_given_out(sealed: Any, client: Client) -> None:
    (sealed.raw_log.path / "tile/0/000.p/7").write_bytes(bytes(7 * 32))
    assert client.get("/tlog/raw/tile/0/000.p/7").status_code == 404
