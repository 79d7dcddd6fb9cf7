"""The belt when its log breaks."""

from __future__ import annotations

import asyncio
import threading

from lichen.ledger.log import Log
from lichen.stream.client import connect
from lichen.vocab.entry import Entry
from lichen.web.belt import Belt


def test_a_log_in_doubt_ends_the_belt_aloud(nats_server, tmp_path, monkeypatch):
    monkeypatch.setenv("LICHEN_STREAM_URL", nats_server.url)
    given_up = threading.Event()
    with Log.open(tmp_path / "raw", origin="lichen.test/raw", keys_folder=tmp_path / "keys") as log:
        log._doubtful = True  # as after a disk that failed in the middle of an append
        belt = Belt(log, lambda: None, given_up.set)
        belt.start()

        async def publish() -> None:
            async with await connect(nats_server.url) as stream:
                await stream.publish_raw([Entry(0, "hj212", "", "", "ok", b"x").encode()])

        asyncio.run(publish())
        assert given_up.wait(20)
        assert not belt.is_up
        belt.stop()
