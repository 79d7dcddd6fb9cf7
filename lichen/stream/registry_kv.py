"""The key-value bucket ``registry``: the snapshot the gateway and the pipeline work by, and small records beside it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress

from nats.js import api
from nats.js.errors import KeyNotFoundError, NoKeysError
from nats.js.kv import KeyValue

from lichen.stream.connection import Connection
from lichen.stream.errors import StreamError, TooLarge
from lichen.vocab.registry import Snapshot

BUCKET = "registry"
SNAPSHOT = "snapshot"
_SUBJECT = f"$KV.{BUCKET}."
#: A change that no message announced (it fell into a reconnect) is seen at the latest after this. [s]
_LOOK_EVERY = 30.0
# The announcement of a write may overtake the write itself. [s]
_LOOK_AGAIN = (0.05, 0.2, 1.0)
_PACKED = b"Z1"  # a snapshot is packed: a province's exceeds a message otherwise


async def open_bucket(connection: Connection) -> KeyValue:
    return await connection.js.create_key_value(bucket=BUCKET, history=1, storage=api.StorageType.FILE)


async def get(connection: Connection, bucket: KeyValue, key: str) -> bytes | None:
    async def read() -> bytes | None:
        try:
            return (await bucket.get(key)).value
        except KeyNotFoundError:
            return None

    return await connection.insist(read, f"read {BUCKET}/{key}")


async def put(connection: Connection, bucket: KeyValue, key: str, value: bytes) -> int:
    if len(value) > connection.client.max_payload:
        raise TooLarge(f"{BUCKET}/{key}: {len(value)} bytes; the stream takes {connection.client.max_payload}")
    return await connection.insist(lambda: bucket.put(key, value), f"write {BUCKET}/{key}")


async def delete(connection: Connection, bucket: KeyValue, key: str) -> None:
    await connection.insist(lambda: bucket.delete(key), f"delete {BUCKET}/{key}")


async def keys(connection: Connection, bucket: KeyValue, prefix: str) -> list[str]:
    async def read() -> list[str]:
        try:
            found = await bucket.keys()
        except NoKeysError:
            return []
        return sorted(key for key in found if key.startswith(prefix))

    return await connection.insist(read, f"list {BUCKET}/{prefix}")


async def watch(connection: Connection, bucket: KeyValue, key: str) -> AsyncGenerator[bytes | None, None]:
    # The announcement is only a hint to look: an ordinary subscription survives every reconnect, a server-side
    # watcher does not survive the server.
    changed = asyncio.Event()

    async def hint(_: object) -> None:
        changed.set()

    subscription = await connection.client.subscribe(_SUBJECT + key, cb=hint)
    forget = connection.when_lost(changed.set)
    last: bytes | None = None
    first = True
    pauses: Iterator[float] = iter(())
    try:
        while True:
            value = await get(connection, bucket, key)
            if first or value != last:
                first, last = False, value
                yield value
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), next(pauses, _LOOK_EVERY))
            if changed.is_set():
                changed.clear()
                pauses = iter(_LOOK_AGAIN)
    finally:
        forget()
        if not connection.client.is_closed:
            await subscription.unsubscribe()


def pack_snapshot(snapshot: Snapshot) -> bytes:
    return _PACKED + zlib.compress(snapshot.to_json().encode(), 6)


def unpack_snapshot(value: bytes) -> Snapshot:
    """The snapshot of `pack_snapshot`'s bytes, or of plain JSON (put there by hand)."""
    try:
        text = zlib.decompress(value[len(_PACKED) :]) if value.startswith(_PACKED) else value
        return Snapshot.from_json(text)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as broken:
        raise StreamError(f"{BUCKET}/{SNAPSHOT} holds no registry snapshot: {broken}; publish it again") from broken
