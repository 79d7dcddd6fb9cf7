"""From the belt into the ledger, with a real stream and real logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from lichen.ledger.errors import LedgerError, LogDamaged
from lichen.pipeline import sealer as sealer_module
from lichen.pipeline.sealer import DURABLE, Sealer
from lichen.pipeline.testing import Ledger, entry, network
from lichen.pipeline.worker import Worker
from lichen.store import Store
from lichen.stream.client import Stream, connect
from lichen.stream.embedded import NatsServer
from lichen.vocab.periods import Period

DAY = 1_772_380_800_000  # 2026-03-02T00:00+08:00
STEP = 300_000
SNAPSHOT = network(1)


def packets(count: int, start: int = 0) -> list[bytes]:
    return [
        entry(SNAPSHOT.devices[0], "2051", DAY + n * STEP, {"pm25": 30.0 + n % 7}) for n in range(start, start + count)
    ]


@asynccontextmanager
async def sealing(
    stream: Stream, ledger: Ledger, sealed: list[range] | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(Sealer(stream, ledger.raw, sealed.append if sealed is not None else None).run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def size_reaches(ledger: Ledger, size: int) -> None:
    async with asyncio.timeout(30):
        while ledger.raw.size < size:
            await asyncio.sleep(0.01)


async def test_entries_are_sealed_in_order(nats_server: NatsServer, ledger: Ledger) -> None:
    sent = packets(50)
    sealed: list[range] = []
    async with await connect(nats_server.url) as stream, sealing(stream, ledger, sealed):
        for at in range(0, 50, 10):
            await stream.publish_raw(sent[at : at + 10])
        await size_reaches(ledger, 50)
    assert ledger.raw.read(0, 50) == sent
    assert [index for indices in sealed for index in indices] == list(range(50))


async def test_what_was_sealed_and_not_acknowledged_is_not_sealed_again(
    nats_server: NatsServer, ledger: Ledger
) -> None:
    sent = packets(30)
    async with await connect(nats_server.url) as stream:
        for at in range(0, 30, 10):
            await stream.publish_raw(sent[at : at + 10])
        # A sealer that died between sealing the second message and acknowledging it.
        deliveries = stream.consume_raw(DURABLE)
        for _ in range(2):
            delivery = await anext(deliveries)
            ledger.raw.append(delivery.entries, delivery.sequence)
        await deliveries.aclose()
        assert ledger.raw.size == 20
        async with sealing(stream, ledger):
            await size_reaches(ledger, 30)
            await stream.publish_raw(packets(1, 30))
            await size_reaches(ledger, 31)
    assert ledger.raw.read(0, 31) == [*sent, *packets(1, 30)]


async def test_full_disk_is_waited_for(
    nats_server: NatsServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, refusals = ledger.raw.append, [LedgerError("no space"), LedgerError("no space")]

    def refusing(entries: list[bytes], position: int | None = None) -> range:
        if refusals:
            raise refusals.pop()
        return append(entries, position)

    monkeypatch.setattr(ledger.raw, "append", refusing)
    monkeypatch.setattr(sealer_module, "_RETRY_S", 0.01)
    async with await connect(nats_server.url) as stream, sealing(stream, ledger):
        await stream.publish_raw(packets(3))
        await size_reaches(ledger, 3)
    assert refusals == []
    assert ledger.raw.read(0, 3) == packets(3)


async def test_doubtful_log_stops_the_sealer(
    nats_server: NatsServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubtful(entries: list[bytes], position: int | None = None) -> range:
        raise LogDamaged("in doubt")

    monkeypatch.setattr(ledger.raw, "append", doubtful)
    async with await connect(nats_server.url) as stream:
        await stream.publish_raw(packets(1))
        with pytest.raises(ExceptionGroup) as raised:
            async with asyncio.timeout(30):
                await Sealer(stream, ledger.raw).run()
        assert raised.group_contains(LogDamaged)
    monkeypatch.undo()
    async with await connect(nats_server.url) as stream, sealing(stream, ledger):
        await size_reaches(ledger, 1)


async def test_from_the_belt_to_the_verdict(nats_server: NatsServer, ledger: Ledger, store: Store) -> None:
    worker = Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT)
    async with await connect(nats_server.url) as stream, sealing(stream, ledger):
        for packet in packets(12):
            await stream.publish_raw([packet])
        await size_reaches(ledger, 12)
    while worker.step():
        pass
    found = store.range(DAY, DAY + 1, parameters=["pm25"], periods=[Period.HOUR])
    assert found.value.tolist() == [(30 * 12 + 21 + 10) / 12]
