"""The key that signs sessions and forms: made once, kept in a file that only our account may read."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

NAME = "web_secret_key"


def read(keys: Path) -> str | None:
    """The kept key, or None before `ensure` was first called."""
    try:
        return (keys / NAME).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def ensure(keys: Path) -> str:
    """The kept key; makes one if there is none. Two processes starting at once end with the same key."""
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kept := read(keys):
        return kept
    handle, draft = tempfile.mkstemp(prefix=f".{NAME}.", dir=keys)  # readable by us only
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, keys / NAME)  # fails where another process was first: its key stands
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
    kept = read(keys)
    if kept is None:
        raise RuntimeError(f"{keys / NAME} is empty; remove it")
    return kept
