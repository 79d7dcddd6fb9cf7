"""One connection to NATS that never gives up: it reconnects for ever, and work done through it waits and is retried."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import nats
import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext

from lichen.stream.address import find_url, without_secret
from lichen.stream.errors import StreamUnavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")

CONNECT_TIMEOUT = 10.0
REPLY_TIMEOUT = 10.0
_RECONNECT_WAIT = 0.2
_RETRY_PAUSE = (0.1, 2.0)  # first, longest

#: Failures that pass: the server restarts, elects, or its disk is full for a while.
TRANSIENT = (
    nats.errors.TimeoutError,
    nats.errors.NoRespondersError,
    nats.errors.OutboundBufferLimitError,
    nats.errors.StaleConnectionError,
    nats.errors.ConnectionReconnectingError,
    nats.js.errors.NoStreamResponseError,
    nats.js.errors.ServiceUnavailableError,
    nats.js.errors.ServerError,
    asyncio.TimeoutError,
    OSError,
)


class Connection:
    """The shared NATS connection.

    Attributes
    ----------
    epoch : int
        Grows with every reconnect: what a server keeps per connection (deliveries under way) is gone with the old one.
    """

    def __init__(self, url: str | None, name: str) -> None:
        self._given_url = url
        self._name = name
        self.client = Client()
        self.epoch = 0
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._down.set()
        self._last_error: Exception | None = None
        self._js: JetStreamContext | None = None
        self._on_loss: set[Callable[[], None]] = set()

    @property
    def js(self) -> JetStreamContext:
        assert self._js is not None, "connect first"
        return self._js

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    async def connect(self) -> None:
        """Connect within `CONNECT_TIMEOUT` or raise `StreamUnavailable`; afterwards reconnect for ever."""
        url = find_url(self._given_url)
        try:
            await asyncio.wait_for(
                self.client.connect(
                    url, name=self._name, max_reconnect_attempts=-1, reconnect_time_wait=_RECONNECT_WAIT,  # type: ignore[arg-type]
                    connect_timeout=5, ping_interval=10, pending_size=0, skip_subject_validation=True,
                    error_cb=self._on_error, disconnected_cb=self._on_down, reconnected_cb=self._on_up,
                    closed_cb=self._on_down,
                ),
                CONNECT_TIMEOUT,
            )  # fmt: skip
        except TimeoutError:
            await self.client.close()
            raise StreamUnavailable(
                f"the stream at {without_secret(url)} does not take us within {CONNECT_TIMEOUT:.0f} s "
                f"({self._last_error or 'no answer'}); is its server running, and is the token right?"
            ) from None
        self._js = self.client.jetstream(timeout=REPLY_TIMEOUT)
        self._down.clear()
        self._up.set()

    async def close(self) -> None:
        """Close at once; what was acknowledged is stored, what was not is the caller's to send again."""
        with contextlib.suppress(nats.errors.Error, OSError):
            await self.client.close()

    async def wait_up(self) -> None:
        """Return when connected; raises `StreamUnavailable` after `close`."""
        while not self._up.is_set():
            if self.client.is_closed:
                raise StreamUnavailable("the connection to the stream was closed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._up.wait(), 1.0)

    def when_lost(self, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` done each time the connection is lost; returns the function that forgets it."""
        self._on_loss.add(call)
        return lambda: self._on_loss.discard(call)

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Do `call` while connected; raises ConnectionError as soon as the connection is lost under it."""
        await self.wait_up()
        work = asyncio.ensure_future(call())
        lost = asyncio.ensure_future(self._down.wait())
        try:
            await asyncio.wait({work, lost}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise ConnectionResetError("the connection to the stream was lost while waiting for its answer")
        finally:
            for task in (work, lost):
                if not task.done():
                    task.cancel()

    async def insist(self, call: Callable[[], Awaitable[T]], what: str) -> T:
        """Do `call` until it succeeds, waiting out restarts and full disks. `call` must be safe to repeat."""
        pause = _RETRY_PAUSE[0]
        while True:
            try:
                return await self.ask(call)
            except TRANSIENT as failure:
                if self.client.is_closed:
                    raise StreamUnavailable(f"the connection to the stream was closed during: {what}") from failure
                log.warning("stream: trying again", what=what, error=str(failure) or type(failure).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _RETRY_PAUSE[1])

    async def _on_error(self, error: Exception) -> None:
        # The server says why and hangs up: the reset that may follow must not hide its words.
        if not (isinstance(error, OSError) and isinstance(self._last_error, nats.errors.Error)):
            self._last_error = error
        if not self._up.is_set():
            self._follow_address()

    async def _on_down(self) -> None:
        self._up.clear()
        self._down.set()
        for call in tuple(self._on_loss):
            call()
        self._follow_address()

    async def _on_up(self) -> None:
        self.epoch += 1
        self._down.clear()
        self._up.set()
        log.info("stream: connected again", epoch=self.epoch)

    def _follow_address(self) -> None:
        # An embedded server that came back on another port has said so in its address file.
        if self.client.is_closed or self.client.is_connecting:
            return
        with contextlib.suppress(StreamUnavailable, nats.errors.Error):
            url = find_url(self._given_url)
            current = [server.geturl() for server in self.client.servers]
            if current != [url]:
                self.client.set_server_pool([url])
