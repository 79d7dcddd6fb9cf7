"""The belt of raw entries: stream ``RAW``, one message = many packed entries, in one order for everybody."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js import api
from nats.js.errors import NotFoundError

from lichen.stream.connection import Connection
from lichen.stream.errors import StreamError, TooLarge
from lichen.vocab.entry import pack, unpack

log = structlog.get_logger(__name__)

STREAM = "RAW"
SUBJECTS = "raw.>"
#: A publish repeated within this time is recognised by its id and stored once. [s]
DEDUP_WINDOW = 3600.0
#: What the entries of one message may come to, with room for headers. [bytes]
HEADROOM = 4096

# One pull brings at most this much; the next is asked for when it has been read.
_PULL_MESSAGES = 256
_PULL_BYTES = 32 * 1024 * 1024
_PULL_EXPIRES = 30.0
_PULL_HEARTBEAT = 5.0
# Nothing is delivered twice while a reader holds it; a new reader resets the consumer instead of waiting for this.
_ACK_WAIT = 3600.0
_NANOSECOND = 1_000_000_000
# No messages; expired; "the next message exceeds max_bytes": the pull is over, ask for the next.
_PULL_ENDED = ("404", "408", "409")
_PAUSE_AFTER_DOUBT = 0.2


class Delivery(NamedTuple):
    """One message of `RAW`.

    Attributes
    ----------
    sequence : int
        Position in the stream, from 1, strictly growing (not without gaps: what `keep_days` removed is gone).
    entries : list of bytes
        Encoded entries in the order they were published.
    ack : async callable
        Says that everything up to and including `sequence` is safe with the reader.
    """

    sequence: int
    entries: list[bytes]
    ack: Callable[[], Awaitable[None]]


class RawState(NamedTuple):
    """What `RAW` holds now: sequences of its first and last message (last < first: none) and its size. [bytes]"""

    first_sequence: int
    last_sequence: int
    bytes: int


def stream_config(keep_days: float) -> api.StreamConfig:
    return api.StreamConfig(
        name=STREAM, subjects=[SUBJECTS], storage=api.StorageType.FILE, retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.OLD, max_age=keep_days * 86_400,
        duplicate_window=min(DEDUP_WINDOW, keep_days * 86_400), deny_delete=True,
    )  # fmt: skip


async def publish(connection: Connection, entries: Sequence[bytes], door: str) -> int:
    if not entries:
        raise StreamError("publish_raw was given no entries")
    body = pack(entries)
    limit = connection.client.max_payload - HEADROOM
    if len(body) > limit:
        raise TooLarge(
            f"{len(entries)} entries of {len(body)} bytes together; the stream takes {limit} in one message: "
            "publish fewer at a time"
        )
    headers = {api.Header.MSG_ID.value: uuid.uuid4().hex}
    subject = f"raw.{door}"
    answer = await connection.insist(
        lambda: connection.js.publish(subject, body, headers=dict(headers), stream=STREAM), "publish raw entries"
    )
    return answer.seq


async def state(connection: Connection) -> RawState:
    info = await connection.insist(lambda: connection.js.stream_info(STREAM), f"look at {STREAM}")
    return RawState(info.state.first_seq, info.state.last_seq, info.state.bytes)


async def consume(connection: Connection, durable: str) -> AsyncGenerator[Delivery, None]:
    """Read `RAW` in order from behind the last acknowledged message; see `Stream.consume_raw`.

    JetStream would hand out new messages before those a lost reader had in hand. So a reader begins, and after
    every doubt begins again, by resetting its consumer to the acknowledged floor, and skips what it has yielded.
    """
    yielded = 0
    while True:
        # A new inbox each time: what is still on its way to the old one must not be mistaken for the new order.
        arrived: asyncio.Queue[Msg | None] = asyncio.Queue()
        subscription = await connection.client.subscribe(connection.client.new_inbox(), cb=arrived.put)
        forget = connection.when_lost(partial(arrived.put_nowait, None))
        try:
            await connection.insist(lambda: _rewind(connection, durable), f"reader {durable} of {STREAM}")
            async for message in _deliveries(connection, durable, subscription.subject, arrived):
                sequence = message.metadata.sequence.stream
                if sequence <= yielded:
                    await _acknowledge(message)
                    continue
                yielded = sequence
                yield Delivery(sequence, list(unpack(message.data)), partial(_acknowledge, message))
        finally:
            forget()
            if not connection.client.is_closed:
                await subscription.unsubscribe()
        await asyncio.sleep(_PAUSE_AFTER_DOUBT)


async def _deliveries(
    connection: Connection, durable: str, inbox: str, arrived: asyncio.Queue[Msg | None]
) -> AsyncGenerator[Msg, None]:
    """Messages from the reset consumer, pull after pull; ends at the first doubt that one may be missing."""
    ask = json.dumps(
        {
            "batch": _PULL_MESSAGES,
            "max_bytes": _PULL_BYTES,
            "expires": int(_PULL_EXPIRES * _NANOSECOND),
            "idle_heartbeat": int(_PULL_HEARTBEAT * _NANOSECOND),
        }
    ).encode()
    expected = 1
    while connection.is_up:
        try:
            await connection.client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{durable}", ask, reply=inbox)
        except nats.errors.Error:
            return
        left = _PULL_MESSAGES
        while left:
            try:
                message = await asyncio.wait_for(arrived.get(), 2 * _PULL_HEARTBEAT)
            except TimeoutError:
                return
            if message is None:
                return
            status = (message.headers or {}).get(api.Header.STATUS.value)
            if status is None:
                if message.metadata.sequence.consumer != expected:
                    return
                expected += 1
                left -= 1
                yield message
            elif status in _PULL_ENDED:
                break
            elif status != api.StatusCode.CONTROL_MESSAGE.value:
                log.warning("stream: reader interrupted", durable=durable, status=status)
                return


async def _acknowledge(message: Msg) -> None:
    # One that is lost with the connection does no harm: a later one covers it, or the message comes again.
    with suppress(nats.errors.Error, OSError):
        await message.ack()


async def _rewind(connection: Connection, durable: str) -> None:
    """Create the durable consumer, or set it back to the message after the last acknowledged one."""
    js = connection.js
    try:
        await js.consumer_info(STREAM, durable)  # resetting one that does not exist is never answered
    except NotFoundError:
        await js.add_consumer(
            STREAM, durable_name=durable, ack_policy=api.AckPolicy.ALL, ack_wait=_ACK_WAIT, max_ack_pending=-1
        )
    else:
        await js.reset_consumer(STREAM, durable)
