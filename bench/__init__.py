"""Re-runnable measurements behind ``lichen bench``: one module each with its GOAL(S) and ``run() -> dict``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from bench.machine import describe

NAMES = ("codec", "gateway", "ledger", "store", "pipeline", "evaluate", "web", "face")


def run_all(names: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Run the named measurements (none named: all) one after the other.

    Raises
    ------
    ValueError
        There is no measurement of that name.
    """
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise ValueError(f"no measurement {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    found: dict[str, Any] = {"machine": describe()}
    for name in names or NAMES:
        say(f"bench: {name} …")
        module = importlib.import_module(f"bench.{name}")
        found[name] = {"goal": module.GOAL, **module.run()}
    return found
