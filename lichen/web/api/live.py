"""``/api/v1/live``: the worker's news as server-sent events, to a thousand readers of one process.

The stream does not pass through Django, which would hold a thread for each open request; `lichen.web.api.front` hands
it over. A reader has a short queue. When it is full the reader is too slow and is let go: it connects again by itself
and asks for what it shows, so nothing is lost and nobody else waits.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from lichen.pipeline.detect import Event, Judged, Observed
from lichen.vocab.clock import iso_beijing

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

KINDS = ("judged", "observed")
#: Messages that wait for one reader at most.
_QUEUE = 64
#: A comment this often: proxies close what is silent, and a dead connection is noticed. [s]
HEARTBEAT_S = 15.0
_HEARTBEAT = b": still here\n\n"
#: What a browser waits before it connects again. [ms]
_HELLO = b"retry: 3000\n: connected\n\n"


class Reader:
    """One connection: what it wants, and what waits for it. Belongs to the event loop."""

    def __init__(self, kinds: frozenset[str], element: str) -> None:
        self._kinds = kinds
        self._element = element
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUE)
        self.is_gone = False

    def offer(self, kind: str, element: str, message: bytes) -> None:
        """Queue a message this reader wants; a full queue lets the reader go."""
        if self.is_gone or kind not in self._kinds or (self._element and element not in ("", self._element)):
            return
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.is_gone = True

    def end(self) -> None:
        """Let the reader go after what is queued."""
        self.is_gone = True
        if not self._waiting.full():
            self._waiting.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next message, a heartbeat when there is none for long, None at the end."""
        if self.is_gone and self._waiting.empty():
            return None
        try:
            return await asyncio.wait_for(self._waiting.get(), HEARTBEAT_S)
        except TimeoutError:
            return _HEARTBEAT


class Fanout:
    """Hands what one thread publishes to the readers of an event loop."""

    def __init__(self) -> None:
        self._readers: set[Reader] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._readers)

    def publish(self, event: Event) -> None:
        """Tell the readers; from any thread, never waits."""
        if not self._readers or (said := message(event)) is None:
            return
        self._call(self._offer, *said)

    def end(self) -> None:
        """Let every reader go, so that the server can stop; from any thread."""
        self._call(self._end)

    def join(self, reader: Reader) -> None:
        """From the event loop: this reader listens now."""
        self._loop = asyncio.get_running_loop()
        self._readers.add(reader)

    def leave(self, reader: Reader) -> None:
        """From the event loop: not any more."""
        self._readers.discard(reader)

    def _call(self, done: Callable[..., None], *arguments: Any) -> None:
        # No lock: `end` is called from a signal handler, which may interrupt whoever holds one.
        loop = self._loop
        if loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(done, *arguments)
            except RuntimeError:  # closed in between: there is nobody left to tell
                pass

    def _offer(self, kind: str, element: str, said: bytes) -> None:
        for reader in self._readers:
            reader.offer(kind, element, said)

    def _end(self) -> None:
        for reader in self._readers:
            reader.end()


#: The readers of this process.
fanout = Fanout()


def message(event: Event) -> tuple[str, str, bytes] | None:
    """Kind, element ("" = of none) and text of an event that readers are told; None for the others.

    >>> from lichen.vocab.periods import Period
    >>> kind, element, said = message(Observed("P1", Period.HOUR, 0, 1))
    >>> print(said.decode().rstrip())
    event: observed
    data: {"period":"hour","points":["P1"],"newest":"1970-01-01T08:00:00+08:00"}
    """
    body: dict[str, Any]
    if isinstance(event, Judged):
        results = event.results
        if not len(results):
            return None
        body = {
            "element": results.element,
            "period": str(results.period),
            "points": sorted({results.points[code] for code in results.point.tolist()}),
            "newest": iso_beijing(int(results.time.max())),
        }
        kind, element = "judged", results.element
    elif isinstance(event, Observed):
        body = {"period": str(event.period), "points": [event.point], "newest": iso_beijing(event.newest)}
        kind, element = "observed", ""
    else:
        return None
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return kind, element, f"event: {kind}\ndata: {data}\n\n".encode()


async def follow(reader: Reader, receive: Receive, send: Send) -> None:
    """Write to one reader until it leaves, is too slow, or the server stops. The answer's head has been sent."""
    leaving = asyncio.ensure_future(_gone(receive))
    writing = asyncio.ensure_future(_write(reader, send))
    fanout.join(reader)
    try:
        await asyncio.wait((leaving, writing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        fanout.leave(reader)
        for task in (leaving, writing):
            task.cancel()
        await asyncio.gather(leaving, writing, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(reader: Reader, send: Send) -> None:
    said: bytes | None = _HELLO
    while said is not None:
        await send({"type": "http.response.body", "body": said, "more_body": True})
        said = await reader.next()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
