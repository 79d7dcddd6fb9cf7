"""The signing key: one, kept, and nobody else's to read."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lichen.web import secret_key


def test_made_once_and_kept(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert secret_key.read(keys) is None
    made = secret_key.ensure(keys)
    assert len(made) >= 50
    assert secret_key.ensure(keys) == secret_key.read(keys) == made


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    secret_key.ensure(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys" / secret_key.NAME).stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "keys").iterdir()] == [secret_key.NAME]


def test_starters_at_the_same_time_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(secret_key.ensure, [tmp_path / "keys"] * 8))
    assert len(made) == 1
