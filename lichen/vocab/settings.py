"""Where things live: the few settings every process shares, read from the environment.

Three addresses grow an installation; unset, the engines run embedded under `LICHEN_HOME`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

#: The variables that any process may read, with what they mean; the gateway and the web have more of their own.
VARIABLES = {
    "LICHEN_HOME": "Data folder; default `./var`.",
    "LICHEN_STREAM_URL": "`nats://host:4222`, a NATS with JetStream; default: one is started under `LICHEN_HOME`.",
    "LICHEN_STORE_URL": "`clickhouse://user:password@host:8123/lichen`; default: chDB under `LICHEN_HOME`.",
    "LICHEN_DATABASE_URL": "`postgresql://user:password@host/lichen`; default: one is started under `LICHEN_HOME`.",
    "LICHEN_STREAM_KEEP_DAYS": "How long the stream keeps raw entries after they are sealed. [d] Default 30.",
    "LICHEN_WITNESSES": "Who co-signs checkpoints: `URL verifier-key`, several separated by `;`. Default nobody.",
    "LICHEN_LOG": "`json` for machines; default lines for people.",
}


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
