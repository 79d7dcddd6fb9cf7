"""`lichen rebuild`: every number again, from the sealed bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lichen.pipeline.worker import ReadableLog, Worker
from lichen.store import Store
from lichen.vocab.registry import Snapshot

#: Larger steps than live: an interval that lies in one step is computed once.
STEP_ENTRIES = 262_144


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild took in; `refused` counts what could not be used, by reason."""

    entries: int
    acts: int
    values: int
    seconds: float
    refused: Mapping[str, int]


def rebuild(
    store: Store,
    raw_log: ReadableLog,
    acts_log: ReadableLog,
    snapshot: Snapshot,
    progress: Callable[[int, int], None] | None = None,
    *,
    step_entries: int = STEP_ENTRIES,
) -> Rebuilt:
    """Empty the store and fill it from the ledger. No events: what happened has been told.

    The numbers follow from the two logs, the registry snapshot and the version of Lichen, nothing else: with the same
    four they come out identical, however the entries were cut into steps before.

    Parameters
    ----------
    store : Store
        Emptied first. Nobody else may append meanwhile; stop `lichen serve`.
    raw_log, acts_log : ReadableLog
    snapshot : Snapshot
        The registry in force.
    progress : callable, optional
        Called with entries taken in and entries in all, after each step.
    step_entries : int
        Entries at a time.
    """
    began = time.monotonic()
    store.reset()
    worker = Worker(store, raw_log, acts_log, lambda: snapshot)
    while worker.step(step_entries):
        if progress is not None:
            progress(worker.cursor.entries, raw_log.size)
    return Rebuilt(
        worker.cursor.entries, worker.cursor.acts, worker.values, time.monotonic() - began, dict(worker.refused)
    )
