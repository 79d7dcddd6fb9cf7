"""pytest fixtures: a real stream server in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lichen.stream.embedded import NatsServer


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A running server of this test's own; `nats_server.url` is its address."""
    with NatsServer(tmp_path / "stream") as server:
        yield server
