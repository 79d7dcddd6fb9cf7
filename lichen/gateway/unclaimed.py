"""Devices that send but are not registered: listed in the registry bucket for an officer to claim.

One record per MN under ``unclaimed.<MN>``: JSON with ``mn, first_seen, last_seen`` [ms since 1970 UTC], ``peer, count,
st, cn, edition, last_frame`` (text, byte for byte as latin-1). A logger that asks for its first MN (HJ 212-2025, CN
1001) is listed by its serial number, as ``unclaimed.serial-<number>``. The event ``device.unclaimed`` tells of a new
one. The frames themselves are sealed with the verdict ``unknown``.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from typing import Any

import structlog

from lichen.gateway.directory import Directory
from lichen.hj212.message import Message
from lichen.stream.client import Stream
from lichen.stream.errors import StreamError

log = structlog.get_logger(__name__)

PREFIX = "unclaimed."
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: Records held; a flood of invented MNs must fill neither the memory nor the bucket.
_HELD = 10_000
_FLUSH_SECONDS = 2.0
_FLUSH_RECORDS = 200
_FRAME_BYTES = 2_048


class Unclaimed:
    """Collects what unknown devices send and writes the list now and then."""

    def __init__(self, stream: Stream, directory: Directory) -> None:
        self._stream = stream
        self._directory = directory
        self._records: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._changed: set[str] = set()
        self._generation = -1

    def saw(self, message: Message, peer: str, now: int) -> None:
        """Take note of a sound frame whose MN is not registered."""
        name = message.mn or ""
        if not name and (serial := message.fields.get("i23005-Info") or _info(message, "i23005")):
            name = f"serial-{serial}"
        if not _KEY.fullmatch(name):
            return
        record = self._records.get(name)
        if record is None:
            if len(self._records) >= _HELD:
                return
            record = self._records[name] = {"mn": message.mn or "", "first_seen": now, "count": 0}
        record["count"] += 1
        record.update(
            last_seen=now, peer=peer, st=message.st, cn=message.cn, edition=message.edition,
            last_frame=message.frame.raw[:_FRAME_BYTES].decode("latin-1"),
        )  # fmt: skip
        self._changed.add(name)

    async def run(self) -> None:
        """Write what has changed, for ever."""
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            try:
                await self.flush()
            except StreamError as failure:
                log.error("gateway: list of unclaimed devices not written", error=str(failure))

    async def flush(self) -> None:
        """Write changed records, and take devices off the list that have been registered meanwhile."""
        if self._generation != self._directory.generation:
            self._generation = self._directory.generation
            await self._drop_claimed()
        for name in sorted(self._changed)[:_FLUSH_RECORDS]:
            self._changed.discard(name)
            record = self._records[name]
            if "stored" not in record:
                await self._recall(name, record)
            await self._stream.kv_put(PREFIX + name, _as_json(record))

    async def _recall(self, name: str, record: dict[str, Any]) -> None:
        # What an earlier gateway process saw of it counts too.
        record["stored"] = True
        before = await self._stream.kv_get(PREFIX + name)
        if before is None:
            await self._stream.publish_event("device.unclaimed", _public(record))
            return
        earlier = json.loads(before)
        record["first_seen"] = min(record["first_seen"], earlier["first_seen"])
        record["count"] += earlier["count"]

    async def _drop_claimed(self) -> None:
        for key in await self._stream.kv_keys(PREFIX):
            name = key.removeprefix(PREFIX)
            if self._directory.find(name) is not None:
                self._records.pop(name, None)
                self._changed.discard(name)
                await self._stream.kv_delete(key)


def _public(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "stored"}


def _as_json(record: dict[str, Any]) -> bytes:
    return json.dumps(_public(record), ensure_ascii=False).encode()


def _info(message: Message, factor: str) -> str | None:
    return next((reading.text for reading in message.values if reading.factor == factor), None)
