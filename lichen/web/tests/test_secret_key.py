"""The key that signs sessions: made once, for one reader."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lichen.web import secret_key


def test_is_made_once_and_kept(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert secret_key.read(keys) is None
    made = secret_key.ensure(keys)
    assert len(made) >= 64
    assert secret_key.ensure(keys) == secret_key.read(keys) == made
    assert (keys / secret_key.NAME).stat().st_mode & 0o777 == 0o600
    assert keys.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in keys.iterdir()] == [secret_key.NAME], "no draft is left"


def test_many_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(secret_key.ensure(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert set(made) == {secret_key.read(tmp_path)}


def test_an_empty_key_file_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / secret_key.NAME).write_text("")
    with pytest.raises(RuntimeError, match="is empty; remove it"):
        secret_key.ensure(tmp_path)
