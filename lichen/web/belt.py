"""The stream's own thread in the web's process: seals what arrives, publishes what we say, and outlives outages."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog

from lichen.ledger.log import Log
from lichen.pipeline.sealer import Sealer
from lichen.pipeline.sheets.bring import bring
from lichen.stream.client import Stream, connect
from lichen.stream.errors import StreamError
from lichen.stream.raw import RawState
from lichen.vocab.clock import now_ms
from lichen.vocab.registry import Snapshot

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

UNCLAIMED = "unclaimed."
#: Events that wait for the stream to come back; older ones are dropped (they tell of news, the store has the data).
_EVENTS_KEPT = 10_000
_RETRY_S = 1.0
_PATIENCE_S = 5.0
#: How long the largest table may take until it is on the disk.
_BRINGING_S = 60.0
#: How long the answers of further gateways are waited for.
_OTHERS_S = 0.3
#: Four sendings ten seconds apart and two minutes of execution fit in.
_LONGEST_CALL_S = 180.0


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

    def online(self) -> list[dict[str, Any]]:
        """Devices that are connected, each with ``mn``, ``peer`` and ``time`` (since when) [ms since 1970 UTC].

        Raises
        ------
        StreamDown
            The stream does not answer, or no gateway runs.
        """
        return self._ask(self._read_online())

    def call(
        self, mn: str, cn: str, fields: dict[str, str], *, by: str, on_step: Callable[[dict[str, Any]], None]
    ) -> None:
        """Send a command to a device; `on_step` is told every step, the last one is ``end``, ``error`` or ``offline``.

        Returns at once; `on_step` is called from the belt's thread.

        Raises
        ------
        StreamDown
            The stream does not answer.
        """
        if not self.is_up:
            raise StreamDown("the stream does not answer at present")
        asyncio.run_coroutine_threadsafe(self._follow(mn, {"cn": cn, "fields": fields, "by": by}, on_step), self._loop)

    async def _read_online(self) -> list[dict[str, Any]]:
        assert self._stream is not None
        found: list[dict[str, Any]] = []
        answers = self._stream.request("gateway.online", {}, _PATIENCE_S / 2)
        try:
            async with asyncio.timeout(_PATIENCE_S / 2) as patience:
                async for answer in answers:
                    found += answer["devices"]
                    # There may be several gateways; the others answer at about the same time.
                    patience.reschedule(asyncio.get_running_loop().time() + _OTHERS_S)
        except TimeoutError:
            pass
        return found

    async def _follow(self, mn: str, request: dict[str, Any], on_step: Callable[[dict[str, Any]], None]) -> None:
        """Of several gateways one holds the device: that it is not at another one is no answer."""
        elsewhere: dict[str, Any] | None = None
        began = False
        try:
            assert self._stream is not None
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(_LONGEST_CALL_S) as patience:
                async for step in self._stream.request(f"command.{mn}", request, _LONGEST_CALL_S):
                    if step["step"] == "offline":
                        if elsewhere is None or step["known"]:
                            elsewhere = step
                        if not began:
                            patience.reschedule(loop.time() + _OTHERS_S)
                        continue
                    if not began:
                        began = True
                        patience.reschedule(loop.time() + _LONGEST_CALL_S)
                    on_step(step)
                    if step["step"] in ("end", "error"):
                        return
        except TimeoutError:
            pass
        except Exception as failed:
            on_step({"step": "error", "time": now_ms(), "error": str(failed)})
            return
        if not began and elsewhere is not None:
            on_step({"time": now_ms(), **elsewhere})
        else:
            on_step({"step": "end", "time": now_ms(), "outcome": "timeout", "code": None})

    def raw_state(self) -> RawState:
        """What the raw stream holds: how far it is ahead of the ledger, and its size.

        Raises
        ------
        StreamDown
            The stream does not answer.
        """
        return self._ask(self._read_raw_state())

    def bring(self, entries: Sequence[bytes]) -> None:
        """Store the entries of a table in the stream; when it returns they are on the disk, and will be sealed.

        Raises
        ------
        StreamDown
            It is not confirmed that they are. To bring them again does no harm: the same values count once.
        """
        self._ask(self._bring(entries), _BRINGING_S)

    async def _bring(self, entries: Sequence[bytes]) -> None:
        assert self._stream is not None
        await bring(self._stream, entries)

    def _ask(self, question: Coroutine[Any, Any, Answer], patience: float = _PATIENCE_S) -> Answer:
        if not self.is_up:
            question.close()
            raise StreamDown("the stream does not answer at present")
        future: Future[Answer] = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return future.result(patience)
        except (TimeoutError, StreamError) as late:
            future.cancel()
            raise StreamDown("the stream does not answer at present") from late

    async def _read_raw_state(self) -> RawState:
        assert self._stream is not None
        return await self._stream.raw_state()

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
