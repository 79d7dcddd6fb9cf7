"""The stream's own thread in the web's process: seals what arrives, publishes what we say, and outlives outages."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog

from lichen.ledger.log import Log
from lichen.pipeline.sealer import Sealer
from lichen.stream.client import Stream, connect
from lichen.stream.errors import StreamError
from lichen.vocab.registry import Snapshot

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

UNCLAIMED = "unclaimed."
#: Events that wait for the stream to come back; older ones are dropped (they tell of news, the store has the data).
_EVENTS_KEPT = 10_000
_RETRY_S = 1.0
_PATIENCE_S = 5.0


class StreamDown(RuntimeError):
    """The stream does not answer at present."""


class Belt:
    """A thread with an event loop that holds the connection to the stream.

    Parameters
    ----------
    raw_log : Log
        What arrives is sealed here.
    on_sealed : callable
        Called (from this thread) after new entries were sealed.
    on_failure : callable
        Called once if sealing cannot go on in this process (the log's state is in doubt): it must be opened anew.
    """

    def __init__(self, raw_log: Log, on_sealed: Callable[[], None], on_failure: Callable[[], None]) -> None:
        self._raw_log = raw_log
        self._on_sealed = on_sealed
        self._on_failure = on_failure
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="belt", daemon=True)
        self._stream: Stream | None = None
        self._snapshot: Snapshot | None = None
        self._events: deque[tuple[str, dict[str, Any]]] = deque(maxlen=_EVENTS_KEPT)
        self._news: asyncio.Event | None = None
        self._main: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the thread; it connects, and keeps trying."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._cancel)
            self._thread.join(30)

    @property
    def is_up(self) -> bool:
        """Whether the stream answers."""
        return self._stream is not None and self._stream.is_up

    def put_snapshot(self, snapshot: Snapshot) -> None:
        """Publish the registry; while the stream is away the newest one waits for it."""
        self._snapshot = snapshot
        self._loop.call_soon_threadsafe(self._wake)

    def publish_event(self, subject: str, event: dict[str, Any]) -> None:
        """Publish an event; while the stream is away it waits."""
        self._events.append((subject, event))
        self._loop.call_soon_threadsafe(self._wake)

    def unclaimed(self) -> list[dict[str, Any]]:
        """Devices that send but are not registered, the latest first.

        Raises
        ------
        StreamDown
            The stream does not answer.
        """
        return self._ask(self._read_unclaimed())

    def _ask(self, question: Coroutine[Any, Any, Answer]) -> Answer:
        if not self.is_up:
            question.close()
            raise StreamDown("the stream does not answer at present")
        future: Future[Answer] = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return future.result(_PATIENCE_S)
        except (TimeoutError, StreamError) as late:
            future.cancel()
            raise StreamDown("the stream does not answer at present") from late

    async def _read_unclaimed(self) -> list[dict[str, Any]]:
        assert self._stream is not None
        records = []
        for key in await self._stream.kv_keys(UNCLAIMED):
            value = await self._stream.kv_get(key)
            if value is not None:
                records.append(json.loads(value))
        return sorted(records, key=lambda record: -int(record["last_seen"]))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._main = self._loop.create_task(self._stay_connected())
        try:
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            pass
        except BaseException:
            log.exception("belt: sealing cannot go on in this process")
            self._on_failure()
        finally:
            self._stream = None
            self._loop.close()

    def _cancel(self) -> None:
        if self._main is not None:
            self._main.cancel()

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()

    async def _stay_connected(self) -> None:
        self._news = asyncio.Event()
        while True:
            try:
                async with await connect(name="lichen-serve") as self._stream, asyncio.TaskGroup() as tasks:
                    tasks.create_task(Sealer(self._stream, self._raw_log, lambda _: self._on_sealed()).run())
                    tasks.create_task(self._publish(self._stream))
            except* (StreamError, OSError) as failed:
                log.warning("belt: stream lost, connecting again", error=str(failed.exceptions[0]))
            self._stream = None
            await asyncio.sleep(_RETRY_S)

    async def _publish(self, stream: Stream) -> None:
        assert self._news is not None
        self._news.set()  # what waited while the stream was away
        while True:
            await self._news.wait()
            self._news.clear()
            if (snapshot := self._snapshot) is not None:
                await stream.put_snapshot(snapshot)
                if self._snapshot is snapshot:
                    self._snapshot = None
            while self._events:
                subject, event = self._events[0]
                await stream.publish_event(subject, event)
                self._events.popleft()
