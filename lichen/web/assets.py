"""What `make setup` built for the browser: the address of each file, and what a page costs to load."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

#: Where the build puts its files, below `STATIC_URL` too.
FOLDER = Path(__file__).resolve().parent / "static" / "built"


class NotBuilt(RuntimeError):
    """The browser's files are not there, or not those that a page asks for."""


class Asset(NamedTuple):
    """A built file; `needs` are the modules that always load with it, `opens` what is loaded when it is used."""

    file: str
    needs: tuple[str, ...]
    opens: tuple[str, ...]


def asset(name: str) -> str:
    """The address of a built file, which changes with its content.

    Raises
    ------
    NotBuilt
        Says how to build.
    """
    return f"{settings.STATIC_URL}built/{find(name).file}"


def find(name: str, folder: Path = FOLDER) -> Asset:
    """A built file by the name of its source; raises `NotBuilt`."""
    path = folder / "manifest.json"
    try:
        known = _manifest(path, path.stat().st_mtime_ns)
    except OSError as missing:
        raise NotBuilt(f"{path} cannot be read: the pages' scripts are not built; run `make setup`") from missing
    if name not in known:
        raise NotBuilt(f"no asset is called {name!r}; built are {', '.join(sorted(known))}; if it is new, `make setup`")
    return known[name]


@lru_cache(4)
def _manifest(path: Path, changed: int) -> dict[str, Asset]:
    """`changed` makes the cache forget an older build."""
    said = json.loads(path.read_text(encoding="utf-8"))
    return {name: Asset(one["file"], tuple(one["needs"]), tuple(one["opens"])) for name, one in said.items()}
