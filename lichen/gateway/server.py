"""The gateway process: listens, bounds, seals, answers, and stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import ssl
import time
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import structlog

from lichen.gateway.budget import Budget
from lichen.gateway.connection import BACKLOG, Connection
from lichen.gateway.desk import Desk
from lichen.gateway.directory import Directory
from lichen.gateway.errors import CannotListen
from lichen.gateway.intake import Intake
from lichen.gateway.metrics import Gauges, Metrics
from lichen.gateway.presence import ONLINE_SUBJECT, Presence
from lichen.gateway.settings import Settings, from_environment
from lichen.gateway.unclaimed import Unclaimed
from lichen.hj212.message import Message
from lichen.hj212.session import Event
from lichen.stream.client import Stream, connect
from lichen.stream.commands import Reply
from lichen.vocab.clock import now_ms

log = structlog.get_logger(__name__)

_READ_BYTES = 65_536
_LISTEN_BACKLOG = 4_096
_SWEEP_SECONDS = 1.0
_REFRESH_SECONDS = 60.0
_DESCRIPTORS_BESIDE = 64  # files and sockets that are no device


class Gateway:
    """A running gateway; made by `serve`.

    Attributes
    ----------
    port, tls_port, metrics_port : int
        The ports in use, also when 0 (any free one) was asked for; 0 where there is none.
    """

    def __init__(self, settings: Settings, stream: Stream) -> None:
        self.settings = settings
        self.stream = stream
        self.metrics = Metrics()
        self.directory = Directory()
        self.budget = Budget(settings.untrusted_per_minute)
        self.presence = Presence(stream)
        self.unclaimed = Unclaimed(stream, self.directory)
        self.intake = Intake(
            stream, self.metrics, batch_ms=settings.batch_ms, batch_bytes=settings.batch_bytes,
            high=settings.max_backlog, on_full=self._stop_reading, on_room=self._read_on,
        )  # fmt: skip
        self.desk = Desk(self)
        self.buffer = memoryview(bytearray(_READ_BYTES))
        self.port = self.tls_port = self.metrics_port = 0
        self._connections: set[Connection] = set()
        self._per_address: Counter[str] = Counter()
        self._listeners: list[asyncio.Server] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._ended = asyncio.Event()
        self._failure: BaseException | None = None

    # Life.

    async def start(self) -> None:
        """Take the registry, then listen.

        Raises
        ------
        CannotListen
            A port is taken, or the certificate cannot be read.
        """
        settings = self.settings
        _raise_descriptor_limit(settings.max_connections)
        self.directory.take(await self.stream.get_snapshot(), now_ms())
        if settings.metrics_port >= 0:
            self.metrics_port = self.metrics.serve(settings.metrics_host, settings.metrics_port, self._gauges())
        self._watch(self.intake.start())
        self._run(self._follow_registry())
        self._run(self._sweep())
        self._run(self.presence.run())
        self._run(self.unclaimed.run())
        self._run(self.desk.run())
        await self.desk.open()
        await self.stream.respond(ONLINE_SUBJECT, self._tell_online)
        self.port = await self._listen(settings.port, None)
        if settings.tls_port:
            self.tls_port = await self._listen(settings.tls_port, _tls(settings))
        log.info("gateway: listening", host=settings.host, port=self.port, tls_port=self.tls_port,
                 metrics_port=self.metrics_port, devices=len(self.directory))  # fmt: skip

    async def wait(self) -> None:
        """Return when `stop` was called elsewhere; raise what ended the gateway otherwise."""
        await self._ended.wait()
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> bool:
        """Stop listening and reading, make durable and answer what has been received, close.

        Returns
        -------
        bool
            Whether everything received is durable; False if the stream was away for too long (the devices then have
            no answer and send again).
        """
        for listener in self._listeners:
            listener.close()
        for connection in self._connections:
            connection.pause(BACKLOG)
        clean = await self.intake.drain(self.settings.stop_seconds)
        for connection in tuple(self._connections):
            connection.close("stop", softly=True)
        clean = await self.intake.drain(self.settings.stop_seconds) and clean
        for task in self._tasks:
            task.cancel()
        self.desk.close()
        await self.intake.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if clean:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(self.unclaimed.flush(), self.presence.flush()), 2.0)
        deadline = time.monotonic() + 2.0
        while self._connections and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for connection in tuple(self._connections):
            if connection.transport is not None:
                connection.transport.abort()
        self.metrics.close()
        self._ended.set()
        return clean

    # What connections call.

    def admit(self, connection: Connection) -> str:
        """Take a new connection in; returns why not, or ""."""
        settings = self.settings
        self.metrics.counts.opened += 1
        self._connections.add(connection)
        self._per_address[connection.address] += 1
        if len(self._connections) > settings.max_connections:
            return "too-many"
        limit = settings.max_connections_per_address
        if limit and self._per_address[connection.address] > limit:
            return "too-many-of-address"
        if self.intake.is_full:
            connection.pause(BACKLOG)
        return ""

    def forget(self, connection: Connection, reason: str) -> None:
        """A connection is gone."""
        self.metrics.counts.closed[reason] += 1
        self._connections.discard(connection)
        self._per_address[connection.address] -= 1
        if not self._per_address[connection.address]:
            del self._per_address[connection.address]
        self.presence.release(connection)
        self.desk.connection_lost(connection)

    def bound(self, connection: Connection) -> None:
        """A connection has shown whose it is. A device that comes back has left its old connection, known or not."""
        before = self.presence.bind(connection)
        if before is not None and before is not connection:
            before.close("replaced")
        self.desk.greet(connection)

    def take_message(self, connection: Connection, message: Message, entry: bytes) -> None:
        """A sound message of a bound device that is not plain data, or that a dialogue waits for."""
        events = self.desk.receive(connection, message)
        self.intake.add(entry, _Taken(self.desk, connection, message, events))

    # Within.

    def _gauges(self) -> Gauges:
        return Gauges(
            connections=lambda: len(self._connections), devices_online=lambda: len(self.presence),
            devices_known=lambda: len(self.directory), backlog_bytes=lambda: self.intake.backlog,
            stream_up=lambda: int(self.stream.is_up),
        )  # fmt: skip

    async def _listen(self, port: int, tls: ssl.SSLContext | None) -> int:
        loop = asyncio.get_running_loop()
        try:
            listener = await loop.create_server(
                lambda: Connection(self), self.settings.host, port, ssl=tls, backlog=_LISTEN_BACKLOG,
                ssl_handshake_timeout=self.settings.frame_seconds if tls else None,
            )  # fmt: skip
        except OSError as refused:
            raise CannotListen(
                f"cannot listen on {self.settings.host} port {port}: {refused.strerror or refused}; stop the program "
                f"that uses it, or set LICHEN_GATEWAY_{'TLS_PORT' if tls else 'PORT'} to another one"
            ) from refused
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    def _stop_reading(self) -> None:
        for connection in self._connections:
            connection.pause(BACKLOG)

    def _read_on(self) -> None:
        for connection in tuple(self._connections):
            connection.resume(BACKLOG)

    async def _follow_registry(self) -> None:
        async for snapshot in self.stream.watch_snapshot():
            if snapshot != self.directory.snapshot:
                self.directory.take(snapshot, now_ms())
                log.info("gateway: registry taken", version=snapshot.version, devices=len(self.directory))

    async def _sweep(self) -> None:
        refreshed = time.monotonic()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = time.monotonic()
            for connection in tuple(self._connections):
                connection.sweep(now)
            if now - refreshed >= _REFRESH_SECONDS:
                refreshed = now
                self.directory.refresh(now_ms())

    async def _tell_online(self, subject: str, body: dict[str, Any], reply: Reply) -> None:
        await reply({"devices": self.presence.everybody()})

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._watch(asyncio.create_task(work))

    def _watch(self, task: asyncio.Task[None]) -> None:
        self._tasks.append(task)
        task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        # None of our tasks ends by itself. One that fails takes the gateway down: a half-dead one would answer nobody.
        if not task.cancelled():
            self._failure = task.exception() or RuntimeError(f"{task.get_name()} ended")
            log.error("gateway: ends because a task failed", error=repr(self._failure))
            self._ended.set()


class _Taken:
    """A message on its way to the disk, and what follows when it is there."""

    __slots__ = ("_connection", "_desk", "_events", "_message")

    def __init__(self, desk: Desk, connection: Connection, message: Message, events: list[Event]) -> None:
        self._desk = desk
        self._connection = connection
        self._message = message
        self._events = events

    def entry_is_durable(self, answer: bytes) -> None:
        self._desk.follow(self._connection, self._message, self._events)


@contextlib.asynccontextmanager
async def serve(settings: Settings, stream_url: str | None = None) -> AsyncGenerator[Gateway, None]:
    """A gateway that runs while the context lasts, and is stopped cleanly at its end.

    Examples
    --------
    ::

        async with serve(Settings(port=0)) as gateway:
            await gateway.wait()
    """
    async with await connect(stream_url, name="gateway") as stream:
        gateway = Gateway(settings, stream)
        try:
            await gateway.start()
            yield gateway
        finally:
            await gateway.stop()


def run(settings: Settings | None = None) -> int:
    """Run the gateway until SIGTERM or SIGINT; the exit code is 0 if everything received was made durable.

    Parameters
    ----------
    settings : Settings, optional
        Default: `lichen.gateway.settings.from_environment`.

    Raises
    ------
    GatewayError
        A setting cannot be used, or a port is taken.
    lichen.stream.errors.StreamError
        No stream to publish to.
    """
    return asyncio.run(_run_until_told(settings or from_environment()))


async def _run_until_told(settings: Settings) -> int:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, told.set)
    async with await connect(name="gateway") as stream:
        gateway = Gateway(settings, stream)
        clean = False
        try:
            await gateway.start()
            # What was built up to here lives as long as we do. Full collections over it, and over ten thousand
            # connections, would hold every device up for a tenth of a second or more: make them rare.
            gc.freeze()
            gc.set_threshold(50_000, 20, 100)
            ends = {asyncio.create_task(told.wait()), asyncio.create_task(gateway.wait())}
            done, others = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                task.cancel()
            for task in done:
                task.result()
        finally:
            clean = await gateway.stop()
        log.info("gateway: stopped", clean=clean)
        return 0 if clean else 1


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
        if settings.tls_client_ca:
            context.load_verify_locations(settings.tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as unusable:
        raise CannotListen(
            f"TLS certificate {settings.tls_certificate} with key {settings.tls_key} cannot be used: {unusable}"
        ) from unusable
    return context


def _raise_descriptor_limit(connections: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _DESCRIPTORS_BESIDE
    if soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if allowed < wanted:
            log.warning(
                "gateway: the system allows fewer open connections than asked for; raise its limit (ulimit -n)",
                asked=connections, allowed=allowed - _DESCRIPTORS_BESIDE,
            )  # fmt: skip
