"""The engines of this process: store, logs, registry snapshot and stream, opened once by ``lichen serve``.

Pages, API and actions reach them through `engines()` and nothing else, so that a test can install its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lichen.ledger.log import Log
from lichen.store import Cursor, Store, open_store
from lichen.stream.raw import RawState
from lichen.vocab.registry import EMPTY, Snapshot
from lichen.vocab.settings import Home, home


class EnginesClosed(RuntimeError):
    """This process has no engines open: it is not ``lichen serve``."""


class Outlet(Protocol):
    """The stream, as code that is not asynchronous uses it (`lichen.web.belt.Belt`)."""

    @property
    def is_up(self) -> bool: ...

    def put_snapshot(self, snapshot: Snapshot) -> None: ...

    def publish_event(self, subject: str, event: dict[str, Any]) -> None: ...

    def bring(self, entries: Sequence[bytes]) -> None: ...

    def unclaimed(self) -> list[dict[str, Any]]: ...

    def raw_state(self) -> RawState: ...

    def online(self) -> list[dict[str, Any]]: ...

    def call(
        self, mn: str, cn: str, fields: dict[str, str], *, by: str, on_step: Callable[[dict[str, Any]], None]
    ) -> None: ...


@dataclass
class Engines:
    """What is open.

    Attributes
    ----------
    store : Store
    raw_log, acts_log : Log
        Writers, in the one process that seals.
    belt : Outlet or None
        The stream; None in tests without one.
    wake : callable
        Tells the worker that a log has grown.
    applied_acts : callable
        How many acts the worker has taken in.
    cursor : callable or None
        How far the worker has come; None where none runs in this process: the store is asked.
    """

    store: Store
    raw_log: Log
    acts_log: Log
    belt: Outlet | None = None
    wake: Callable[[], None] = lambda: None
    applied_acts: Callable[[], int] = lambda: 0
    cursor: Callable[[], Cursor] | None = None
    _snapshot: Snapshot = field(default=EMPTY)

    def snapshot(self) -> Snapshot:
        """The registry in force."""
        return self._snapshot

    def taken_in(self) -> Cursor:
        """How far the worker has come."""
        return self.cursor() if self.cursor is not None else self.store.cursor()

    def put_snapshot(self, snapshot: Snapshot) -> None:
        """Put a registry in force, here and for every process on the stream."""
        self._snapshot = snapshot
        if self.belt is not None:
            self.belt.put_snapshot(snapshot)

    def close(self) -> None:
        """Close logs and store."""
        self.acts_log.close()
        self.raw_log.close()
        self.store.close()


def open_engines(place: Home | None = None) -> Engines:
    """Open store and logs for writing.

    Raises
    ------
    LogBusy
        Another process serves this data folder.
    StoreError
        The store cannot be opened.
    """
    place = place or home()
    raw_log = Log.open(place.ledger / "raw", origin="lichen.local/raw", keys_folder=place.keys)
    try:
        acts_log = Log.open(place.ledger / "acts", origin="lichen.local/acts", keys_folder=place.keys)
        try:
            return Engines(open_store(), raw_log, acts_log)
        except BaseException:
            acts_log.close()
            raise
    except BaseException:
        raw_log.close()
        raise


_current: Engines | None = None


def install(opened: Engines | None) -> None:
    """Make these the engines of the process; None: it has none any more."""
    global _current
    _current = opened


def are_open() -> bool:
    """Whether this process has engines."""
    return _current is not None


def engines() -> Engines:
    """The engines of this process; raises `EnginesClosed`."""
    if _current is None:
        raise EnginesClosed("no engines are open in this process: only `lichen serve` opens them")
    return _current
