"""A store for tests: the real engine, one folder for the whole run, empty at the start of each test.

chDB starts once in a process (about two seconds); emptying the tables takes a tenth of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lichen.store.store import Store, open_store


@pytest.fixture(scope="session")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def store(store_folder: Path) -> Iterator[Store]:
    """An empty store, closed after the test."""
    opened = open_store(f"chdb://{store_folder}")
    opened.reset()
    yield opened
    opened.close()
