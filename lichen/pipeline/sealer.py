"""From the belt into the ledger: every raw entry of the stream is sealed, in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import structlog

from lichen.ledger.errors import LedgerError, LogDamaged
from lichen.ledger.log import Log
from lichen.stream.client import Stream
from lichen.stream.raw import Delivery

log = structlog.get_logger(__name__)

DURABLE = "sealer"
#: Messages that wait are sealed together, up to this many entries: one flush of the disk serves them all.
MOST_ENTRIES = 16_384
#: Messages read ahead while the disk is busy.
_AHEAD = 64
_RETRY_S = 1.0


class Sealer:
    """Takes raw messages from the stream, appends their entries to the raw log, then acknowledges them.

    A crash anywhere loses nothing and doubles nothing: a message is acknowledged after it is sealed, and the log
    remembers, in the same step, up to which message it has sealed.

    Parameters
    ----------
    stream : Stream
    raw_log : Log
        Open for writing.
    on_sealed : callable, optional
        Called with the range of new entries; from a thread of the event loop.
    """

    def __init__(self, stream: Stream, raw_log: Log, on_sealed: Callable[[range], None] | None = None) -> None:
        self._stream = stream
        self._log = raw_log
        self._on_sealed = on_sealed

    async def run(self) -> None:
        """Seal until cancelled.

        Raises
        ------
        LogDamaged
            The log's state is in doubt; it must be opened anew. Unacknowledged messages come again then.
        """
        ahead: asyncio.Queue[Delivery] = asyncio.Queue(_AHEAD)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(ahead), name="sealer-read")
            tasks.create_task(self._seal(ahead), name="sealer-seal")

    async def _read(self, ahead: asyncio.Queue[Delivery]) -> None:
        async with aclosing(self._stream.consume_raw(DURABLE)) as deliveries:
            async for delivery in deliveries:
                await ahead.put(delivery)

    async def _seal(self, ahead: asyncio.Queue[Delivery]) -> None:
        while True:
            delivery = await ahead.get()
            entries: list[bytes] = []
            while True:
                if delivery.sequence > self._log.position:  # else sealed before a crash, not acknowledged
                    entries += delivery.entries
                if len(entries) >= MOST_ENTRIES or ahead.empty():
                    break
                delivery = ahead.get_nowait()
            if entries:
                sealed = await self._append(entries, delivery.sequence)
                if self._on_sealed is not None:
                    self._on_sealed(sealed)
            await delivery.ack()  # and with it every message before

    async def _append(self, entries: list[bytes], sequence: int) -> range:
        while True:
            try:
                return await asyncio.to_thread(self._log.append, entries, sequence)
            except LogDamaged:
                raise
            except LedgerError as refused:
                log.error("sealer: not sealed, trying again", entries=len(entries), error=str(refused))
                await asyncio.sleep(_RETRY_S)
