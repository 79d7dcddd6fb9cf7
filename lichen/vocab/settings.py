"""Where things live: the few settings every process shares, read from the environment.

Three addresses grow an installation; unset, the engines run embedded under `LICHEN_HOME`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The data folder and what is in it."""

    root: Path

    @property
    def stream(self) -> Path:
        return self.root / "stream"

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def database(self) -> Path:
        return self.root / "database"

    @property
    def ledger(self) -> Path:
        """Holds ``raw/`` and ``acts/``, one log each."""
        return self.root / "ledger"

    @property
    def keys(self) -> Path:
        return self.root / "keys"


def home() -> Home:
    """The data folder: `LICHEN_HOME`, else ``./var``."""
    return Home(Path(os.environ.get("LICHEN_HOME") or "var").resolve())


def stream_url() -> str | None:
    """`LICHEN_STREAM_URL` (``nats://host:4222``), or None: embedded."""
    return os.environ.get("LICHEN_STREAM_URL") or None


def store_url() -> str | None:
    """`LICHEN_STORE_URL` (``clickhouse://user:password@host:8123/lichen``), or None: embedded."""
    return os.environ.get("LICHEN_STORE_URL") or None


def database_url() -> str | None:
    """`LICHEN_DATABASE_URL` (``postgresql://user:password@host/lichen``), or None: embedded."""
    return os.environ.get("LICHEN_DATABASE_URL") or None
