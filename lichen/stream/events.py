"""Events: small JSON messages about what just happened, for pages that are open and for those that come back."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from nats.js import api
from nats.js.errors import NotFoundError

from lichen.stream.connection import Connection

STREAM = "EVENTS"
PREFIX = "events."
_KEEP_SECONDS = 86_400.0
_KEEP_BYTES = 64 * 1024 * 1024


def stream_config() -> api.StreamConfig:
    return api.StreamConfig(
        name=STREAM, subjects=[PREFIX + ">"], storage=api.StorageType.FILE, retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.OLD, max_age=_KEEP_SECONDS, max_bytes=_KEEP_BYTES,
    )  # fmt: skip


async def publish(connection: Connection, subject: str, event: dict[str, Any]) -> int:
    body = json.dumps(event, ensure_ascii=False).encode()
    answer = await connection.insist(
        lambda: connection.js.publish(PREFIX + subject, body, stream=STREAM), f"publish event {subject}"
    )
    return answer.seq


async def recent(connection: Connection, limit: int) -> list[tuple[str, dict[str, Any]]]:
    async def read() -> list[tuple[str, dict[str, Any]]]:
        state = (await connection.js.stream_info(STREAM)).state
        found = []
        for sequence in range(max(1, state.first_seq, state.last_seq - limit + 1), state.last_seq + 1):
            with suppress(NotFoundError):  # its day is over meanwhile
                message = await connection.js.get_msg(STREAM, sequence)
                found.append((str(message.subject).removeprefix(PREFIX), json.loads(message.data or b"{}")))
        return found

    return await connection.insist(read, "read recent events")


async def subscribe(connection: Connection, pattern: str) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
    subscription = await connection.client.subscribe(PREFIX + pattern)
    await connection.insist(connection.client.flush, f"subscribe to {pattern}")
    try:
        async for message in subscription.messages:
            yield message.subject.removeprefix(PREFIX), json.loads(message.data)
    finally:
        if not connection.client.is_closed:
            await subscription.unsubscribe()
