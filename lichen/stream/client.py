"""The one way every process talks to the stream."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from types import TracebackType
from typing import Any

import structlog
from nats.aio.subscription import Subscription
from nats.js import api
from nats.js.errors import BadRequestError
from nats.js.kv import KeyValue

from lichen.stream import commands, events, raw, registry_kv
from lichen.stream.connection import Connection
from lichen.stream.errors import StreamError
from lichen.stream.raw import Delivery, RawState
from lichen.vocab.registry import EMPTY, Snapshot

log = structlog.get_logger(__name__)

DEFAULT_KEEP_DAYS = 30.0


def keep_days() -> float:
    """How long `RAW` keeps what the ledger has long sealed: `LICHEN_STREAM_KEEP_DAYS`, default 30. [d]"""
    text = os.environ.get("LICHEN_STREAM_KEEP_DAYS") or str(DEFAULT_KEEP_DAYS)
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if days <= 0:
        raise StreamError(f"LICHEN_STREAM_KEEP_DAYS={text!r}: give a number of days above 0, for instance 30")
    return days


class Stream:
    """A connection to the stream; made by `connect`.

    Every method waits while the server is away and goes on when it is back; none loses or doubles what it was given.
    """

    def __init__(self, connection: Connection, bucket: KeyValue) -> None:
        self._connection = connection
        self._bucket = bucket

    async def close(self) -> None:
        await self._connection.close()

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def is_up(self) -> bool:
        """Whether the connection stands at this moment."""
        return self._connection.is_up

    @property
    def max_message(self) -> int:
        """What the packed entries of one `publish_raw` may come to. [bytes]"""
        return self._connection.client.max_payload - raw.HEADROOM

    async def publish_raw(self, entries: Sequence[bytes], *, door: str = "hj212") -> int:
        """Store encoded entries as one message and return its stream sequence once it is on disk.

        Waits and retries for as long as it takes under the same message id, so that a retry whose first try had been
        stored is recognised (within an hour). Entries keep their order inside the message.

        Parameters
        ----------
        entries : sequence of bytes
            `lichen.vocab.entry.Entry.encode` of each; at least one, together at most `max_message` bytes.
        door : str
            Which way in; the message goes to subject ``raw.<door>``.

        Raises
        ------
        TooLarge
            The entries exceed one message.
        StreamError
            No entries were given.
        """
        return await raw.publish(self._connection, entries, door)

    def consume_raw(self, durable: str) -> AsyncGenerator[Delivery, None]:
        """All raw messages in stream order, from behind the last acknowledged one; then the new ones as they come.

        At least once: a message not acknowledged is delivered again to the next reader, and always before anything
        newer. One reader per `durable` at a time. Acknowledging one acknowledges all before it.

        Examples
        --------
        ::

            async for sequence, entries, ack in stream.consume_raw("sealer"):
                log.append(entries, position=sequence)
                await ack()
        """
        return raw.consume(self._connection, durable)

    async def raw_state(self) -> RawState:
        """What the raw stream holds at this moment."""
        return await raw.state(self._connection)

    async def publish_event(self, subject: str, event: dict[str, Any]) -> int:
        """Store an event under ``events.<subject>`` (kept one day) and return its sequence.

        At least once: after a lost answer the same event may be there twice.
        """
        return await events.publish(self._connection, subject, event)

    def subscribe(self, pattern: str = ">") -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """(subject, event) of each event that comes from now on; `pattern` with NATS wildcards (``alarm.*``)."""
        return events.subscribe(self._connection, pattern)

    async def recent_events(self, limit: int = 1000) -> list[tuple[str, dict[str, Any]]]:
        """The newest events still kept, oldest first."""
        return await events.recent(self._connection, limit)

    async def kv_get(self, key: str) -> bytes | None:
        """The value of a key of the bucket ``registry``, or None."""
        return await registry_kv.get(self._connection, self._bucket, key)

    async def kv_put(self, key: str, value: bytes) -> int:
        """Store a value and return its revision."""
        return await registry_kv.put(self._connection, self._bucket, key, value)

    async def kv_delete(self, key: str) -> None:
        """Remove a key; removing what is not there is no error."""
        await registry_kv.delete(self._connection, self._bucket, key)

    async def kv_keys(self, prefix: str = "") -> list[str]:
        """The keys that begin with `prefix`, sorted."""
        return await registry_kv.keys(self._connection, self._bucket, prefix)

    def kv_watch(self, key: str) -> AsyncGenerator[bytes | None, None]:
        """The value now (None: no such key), then each new one; intermediate values may be skipped."""
        return registry_kv.watch(self._connection, self._bucket, key)

    async def put_snapshot(self, snapshot: Snapshot) -> int:
        """Publish the registry snapshot (with its secrets: the stream is inside the installation) to every process."""
        return await self.kv_put(registry_kv.SNAPSHOT, registry_kv.pack_snapshot(snapshot))

    async def get_snapshot(self) -> Snapshot:
        """The registry snapshot in force; `lichen.vocab.registry.EMPTY` before the first one."""
        value = await self.kv_get(registry_kv.SNAPSHOT)
        return EMPTY if value is None else registry_kv.unpack_snapshot(value)

    async def watch_snapshot(self) -> AsyncGenerator[Snapshot, None]:
        """The snapshot in force, then each new one. One that cannot be read is logged and skipped."""
        async for value in self.kv_watch(registry_kv.SNAPSHOT):
            try:
                yield EMPTY if value is None else registry_kv.unpack_snapshot(value)
            except StreamError as unreadable:
                log.error("stream: registry snapshot ignored, the last one stays in force", error=str(unreadable))

    def request(self, subject: str, body: dict[str, Any], timeout: float) -> AsyncGenerator[dict[str, Any], None]:
        """Send a request and yield its answers as they come, until `timeout` [s] or until the caller has enough.

        Raises
        ------
        StreamUnavailable
            Nobody serves `subject`.
        """
        return commands.request(self._connection, subject, body, timeout)

    async def respond(self, pattern: str, handler: commands.Handler) -> Subscription:
        """Serve requests: ``handler(subject, body, reply)`` runs as a task of its own and may reply several times."""
        return await commands.respond(self._connection, pattern, handler)


async def connect(url: str | None = None, *, name: str = "lichen") -> Stream:
    """Connect, and make sure that the streams `RAW` and `EVENTS` and the bucket ``registry`` exist.

    Parameters
    ----------
    url : str, optional
        ``nats://[token@]host:port``. Without it `LICHEN_STREAM_URL`, else the embedded server of `LICHEN_HOME`;
        this one is found again even when it comes back on another port.
    name : str
        Shown in the server's list of connections.

    Raises
    ------
    StreamUnavailable
        No server there, or it refuses the token.
    """
    connection = Connection(url, name)
    await connection.connect()
    await connection.insist(lambda: _ensure(connection, raw.stream_config(keep_days())), "make stream RAW")
    await connection.insist(lambda: _ensure(connection, events.stream_config()), "make stream EVENTS")
    bucket = await connection.insist(lambda: registry_kv.open_bucket(connection), "make bucket registry")
    return Stream(connection, bucket)


async def _ensure(connection: Connection, config: api.StreamConfig) -> None:
    # Creating what exists with the same configuration is no error in JetStream; another retention is an update.
    try:
        await connection.js.add_stream(config)
    except BadRequestError:
        await connection.js.update_stream(config)
