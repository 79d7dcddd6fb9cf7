"""The store: every observation, finding and result, in ClickHouse. Derived from the ledger, so it can be rebuilt."""

from lichen.store.errors import SchemaTooNew, StoreError, StoreUnavailable
from lichen.store.findings import Findings
from lichen.store.results import Results
from lichen.store.store import AsOf, Cursor, Store, Version, open_store

__all__ = [
    "AsOf",
    "Cursor",
    "Findings",
    "Results",
    "SchemaTooNew",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "Version",
    "open_store",
]
