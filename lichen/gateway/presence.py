"""Who is connected: which connection speaks for which device, told to others as it changes.

The events ``device.online`` and ``device.offline`` carry ``{"devices": [{"mn", "peer", "time"}, …]}``: a network that
comes back brings thousands at once. The request ``gateway.online`` answers with everybody who is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from lichen.stream.client import Stream
from lichen.stream.errors import StreamError
from lichen.vocab.clock import now_ms

if TYPE_CHECKING:
    from lichen.gateway.connection import Connection

log = structlog.get_logger(__name__)

ONLINE_SUBJECT = "gateway.online"
_FLUSH_SECONDS = 0.5
_PER_EVENT = 5_000


class Presence:
    """The bound connection of each device."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._bound: dict[str, Connection] = {}
        self._since: dict[str, int] = {}
        self._told: dict[str, dict[str, Any]] = {}  # as the last events left it
        self._changed: set[str] = set()

    def __len__(self) -> int:
        return len(self._bound)

    def find(self, mn: str) -> Connection | None:
        return self._bound.get(mn)

    def bind(self, connection: Connection) -> Connection | None:
        """The device of `connection` speaks through it from now on; returns the connection it spoke through before."""
        mn = connection.mn
        before = self._bound.get(mn)
        self._bound[mn] = connection
        self._since[mn] = now_ms()
        self._changed.add(mn)
        return before

    def release(self, connection: Connection) -> None:
        """The connection is gone."""
        mn = connection.mn
        if mn and self._bound.get(mn) is connection:
            del self._bound[mn]
            del self._since[mn]
            self._changed.add(mn)

    def everybody(self) -> list[dict[str, Any]]:
        return [self._entry(mn) for mn in self._bound]

    def _entry(self, mn: str) -> dict[str, Any]:
        return {"mn": mn, "peer": self._bound[mn].peer, "time": self._since[mn]}

    async def run(self) -> None:
        """Tell of changes, for ever."""
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            try:
                await self.flush()
            except StreamError as failure:
                log.error("gateway: presence not told", error=str(failure))

    async def flush(self) -> None:
        """Tell of what has changed since the last time; who went and came back meanwhile is told by the new peer."""
        changed = sorted(self._changed)[:_PER_EVENT]
        if not changed:
            return
        self._changed.difference_update(changed)
        now = now_ms()
        online = [self._entry(mn) for mn in changed if mn in self._bound]
        offline = [
            {"mn": mn, "peer": self._told[mn]["peer"], "time": now}
            for mn in changed
            if mn not in self._bound and mn in self._told
        ]
        for entry in online:
            self._told[entry["mn"]] = entry
        for entry in offline:
            del self._told[entry["mn"]]
        if offline:
            await self._stream.publish_event("device.offline", {"devices": offline})
        if online:
            await self._stream.publish_event("device.online", {"devices": online})
