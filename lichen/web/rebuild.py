"""``lichen rebuild``: the registry from the database, everything else from the ledger."""

from __future__ import annotations

from collections.abc import Callable

from lichen.ledger.log import Log
from lichen.pipeline.rebuild import Rebuilt
from lichen.pipeline.rebuild import rebuild as compute
from lichen.store import open_store
from lichen.vocab.settings import home
from lichen.web.prepare import prepare, prepare_database


def rebuild(progress: Callable[[int, int], None]) -> Rebuilt:
    """Empty the store and compute every number again; `progress` gets entries taken in and entries in all.

    Raises
    ------
    LogMissing
        Nothing was ever sealed here.
    StoreError
        The store is in use: `lichen serve` runs.
    """
    prepare()
    database = prepare_database()
    try:
        from lichen.web.registry.snapshot import build

        raw_log = Log.open(home().ledger / "raw", readonly=True)
        acts_log = Log.open(home().ledger / "acts", readonly=True)
        store = open_store()
        try:
            return compute(store, raw_log, acts_log, build(), progress)
        finally:
            store.close()
    finally:
        if database is not None:
            database.stop()
