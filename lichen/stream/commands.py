"""Requests and their answers between processes: plain NATS request/reply, of which a device command is one kind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from lichen.stream.connection import Connection
from lichen.stream.errors import StreamUnavailable

log = structlog.get_logger(__name__)

Reply = Callable[[dict[str, Any]], Awaitable[None]]
Handler = Callable[[str, dict[str, Any], Reply], Awaitable[None]]


async def request(
    connection: Connection, subject: str, body: dict[str, Any], timeout: float
) -> AsyncGenerator[dict[str, Any], None]:
    client = connection.client
    await asyncio.wait_for(connection.wait_up(), timeout)
    subscription = await client.subscribe(client.new_inbox())
    deadline = asyncio.get_running_loop().time() + timeout
    try:
        await client.publish(subject, json.dumps(body, ensure_ascii=False).encode(), reply=subscription.subject)
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            try:
                message = await subscription.next_msg(left)
            except TimeoutError:
                return
            if (message.headers or {}).get("Status") == "503":
                raise StreamUnavailable(f"nobody answers {subject}: the process that serves it is not running")
            yield json.loads(message.data)
    finally:
        if not client.is_closed:
            await subscription.unsubscribe()


async def respond(connection: Connection, pattern: str, handler: Handler) -> Subscription:
    running: set[asyncio.Task[None]] = set()

    async def answer(message: Msg) -> None:
        async def reply(body: dict[str, Any]) -> None:
            text = json.dumps(body, ensure_ascii=False).encode()
            await connection.insist(lambda: message.respond(text), f"answer {message.subject}")

        try:
            await handler(message.subject, json.loads(message.data), reply)
        except Exception as failure:
            log.exception("stream: request failed", subject=message.subject)
            with suppress(StreamUnavailable, nats.errors.Error):
                await reply({"step": "error", "error": f"{type(failure).__name__}: {failure}"})

    async def start(message: Msg) -> None:
        # A task each: one slow device must not keep the others' commands waiting.
        task = asyncio.create_task(answer(message))
        running.add(task)
        task.add_done_callback(running.discard)

    subscription = await connection.client.subscribe(pattern, cb=start)
    await connection.insist(connection.client.flush, f"serve {pattern}")  # from here on, requests find us
    return subscription
