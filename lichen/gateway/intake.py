"""The way from frame to answer: entries of all connections are published together, then answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from lichen.gateway.metrics import Metrics
from lichen.stream.client import Stream

_LENGTH = 2  # before each entry, see lichen.vocab.entry.pack


class Answerable(Protocol):
    """What waits for an entry to be durable."""

    def entry_is_durable(self, answer: bytes) -> None: ...


class Intake:
    """Gathers entries, publishes them in the order they came, one message at a time, then lets each be answered.

    While a message is on its way the next one fills: under load a message is as large as the disk is slow, and a lone
    frame waits `batch_ms`. Nothing is answered that the stream has not acknowledged.

    Parameters
    ----------
    stream : Stream
    metrics : Metrics
    batch_ms : float
        How long entries are gathered when nothing else is waiting. [ms]
    batch_bytes : int
        A message is closed at this size. [bytes]
    high : int
        Backlog at which `on_full` is called; `on_room` follows when half of it is gone. [bytes]
    on_full, on_room : callable
    """

    def __init__(
        self, stream: Stream, metrics: Metrics, *, batch_ms: float, batch_bytes: int, high: int,
        on_full: Callable[[], None], on_room: Callable[[], None],
    ) -> None:  # fmt: skip
        self._stream = stream
        self._metrics = metrics
        self._pause = batch_ms / 1000
        self._batch_bytes = min(batch_bytes, stream.max_message)
        self._high = high
        self._on_full = on_full
        self._on_room = on_room
        self._entries: list[bytes] = []
        # Who waits for which entry; its index in `_entries`.
        self._waiting: list[tuple[int, Answerable, bytes]] = []
        self._bytes = 0
        self._first_at = 0.0
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.is_full = False
        self._task: asyncio.Task[None] | None = None

    @property
    def backlog(self) -> int:
        """Bytes that are not durable yet."""
        return self._bytes

    def start(self) -> asyncio.Task[None]:
        self._task = asyncio.create_task(self._run(), name="gateway-intake")
        return self._task

    def add(self, entry: bytes, waiting: Answerable | None = None, answer: bytes = b"") -> None:
        """Take an encoded entry; `waiting` is told, with `answer`, when it is durable."""
        if not self._arrived.is_set():
            self._first_at = time.monotonic()
            self._arrived.set()
            self._empty.clear()
        if waiting is not None:
            self._waiting.append((len(self._entries), waiting, answer))
        self._entries.append(entry)
        self._bytes += len(entry) + _LENGTH
        if self._bytes >= self._batch_bytes:
            self._enough.set()
            if self._bytes >= self._high and not self.is_full:
                self.is_full = True
                self._on_full()

    async def drain(self, timeout: float) -> bool:
        """Wait until everything taken is durable and answered; False if `timeout` [s] was too short for it."""
        self._enough.set()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout)
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            if self._bytes < self._batch_bytes and self._pause:
                try:
                    await asyncio.wait_for(self._enough.wait(), self._pause)
                except TimeoutError:
                    pass
            self._enough.clear()
            entries, waiting, first_at = self._entries, self._waiting, self._first_at
            self._entries, self._waiting = [], []
            self._arrived.clear()
            await self._publish(entries, waiting)
            self._metrics.wait.observe(time.monotonic() - first_at)
            if not self._arrived.is_set():
                self._empty.set()

    async def _publish(self, entries: list[bytes], waiting: list[tuple[int, Answerable, bytes]]) -> None:
        counts = self._metrics.counts
        at = answered = 0
        while at < len(entries):
            size, stop = 0, at
            while stop < len(entries) and (stop == at or size + len(entries[stop]) + _LENGTH <= self._batch_bytes):
                size += len(entries[stop]) + _LENGTH
                stop += 1
            await self._stream.publish_raw(entries[at:stop])
            counts.published_messages += 1
            counts.published_entries += stop - at
            while answered < len(waiting) and waiting[answered][0] < stop:
                _, who, answer = waiting[answered]
                answered += 1
                who.entry_is_durable(answer)
            at = stop
            self._bytes -= size
            if self.is_full and self._bytes <= self._high // 2:
                self.is_full = False
                self._on_room()
