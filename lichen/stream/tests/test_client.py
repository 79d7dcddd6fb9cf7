import asyncio
import os
import signal

import pytest

from lichen.stream.client import connect, keep_days
from lichen.stream.errors import StreamError, StreamUnavailable, TooLarge
from lichen.vocab.registry import EMPTY, Device, Point, Snapshot

SNAPSHOT = Snapshot(
    3,
    (Point("P1", "北区", "North", "air", "national", "示范市"),),
    (Device("010000A8900016F000169DC0", "P1", password="123456"),),
)


async def take(source, count):
    """The first `count` things an asynchronous iterator yields."""
    found = []
    async with asyncio.timeout(30):
        async for thing in source:
            found.append(thing)
            if len(found) == count:
                break
    await source.aclose()
    return found


async def test_entries_come_back_in_order_and_whole(nats_server):
    async with await connect(nats_server.url) as stream:
        sequences = [await stream.publish_raw([b"a%d" % n, b"b%d" % n]) for n in range(5)]
        assert sequences == [1, 2, 3, 4, 5]
        deliveries = await take(stream.consume_raw("sealer"), 5)
        assert [d.sequence for d in deliveries] == sequences
        assert deliveries[3].entries == [b"a3", b"b3"]


async def test_unacknowledged_messages_come_before_newer_ones(nats_server):
    async with await connect(nats_server.url) as stream:
        for n in range(6):
            await stream.publish_raw([b"%d" % n])
        first = await take(stream.consume_raw("sealer"), 4)
        await first[1].ack()
        await asyncio.sleep(0.1)  # an acknowledgement is one way; nothing tells when it has arrived
        again = await take(stream.consume_raw("sealer"), 4)
        assert [d.sequence for d in again] == [3, 4, 5, 6]


async def test_new_entries_arrive_without_waiting_for_the_pull_to_end(nats_server):
    async with await connect(nats_server.url) as stream:
        source = stream.consume_raw("sealer")
        arriving = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0.2)
        await stream.publish_raw([b"late"])
        async with asyncio.timeout(5):
            assert (await arriving).entries == [b"late"]
        await source.aclose()


async def test_two_readers_of_different_names_each_see_all(nats_server):
    async with await connect(nats_server.url) as stream:
        await stream.publish_raw([b"x"])
        assert len(await take(stream.consume_raw("one"), 1)) == len(await take(stream.consume_raw("two"), 1)) == 1


@pytest.mark.parametrize(("entries", "error"), [([], StreamError), ([b"x" * 60_000] * 200, TooLarge)])
async def test_unpublishable_is_refused_at_once(nats_server, entries, error):
    async with await connect(nats_server.url) as stream:
        with pytest.raises(error):
            await stream.publish_raw(entries)


async def test_server_killed_while_publishing_and_reading_loses_and_doubles_nothing(nats_server):
    count = 200
    async with await connect(nats_server.url, name="writer") as writer, await connect(nats_server.url) as reader:

        async def write():
            for n in range(count):
                await writer.publish_raw([b"%d" % n])
                if n in (50, 120):
                    os.kill(nats_server.pid, signal.SIGKILL)

        async def read():
            found = []
            async for delivery in reader.consume_raw("sealer"):
                found += [int(entry) for entry in delivery.entries]
                await delivery.ack()
                if len(found) >= count:
                    break
            return found

        async with asyncio.timeout(60):
            _, found = await asyncio.gather(write(), read())
        assert found == list(range(count))


async def test_server_that_returns_on_another_port_is_found(tmp_path, monkeypatch):
    from lichen.stream.embedded import NatsServer

    monkeypatch.delenv("LICHEN_STREAM_URL", raising=False)
    monkeypatch.setenv("LICHEN_HOME", str(tmp_path))
    server = NatsServer(tmp_path / "stream").start()
    try:
        async with await connect() as stream:
            await stream.publish_raw([b"before"])
            old = server.url
            await asyncio.to_thread(server.stop)
            (tmp_path / "stream" / "address.json").unlink()
            server = NatsServer(tmp_path / "stream")
            await asyncio.to_thread(server.start)
            assert server.url != old
            async with asyncio.timeout(30):
                assert await stream.publish_raw([b"after"]) == 2
    finally:
        await asyncio.to_thread(server.stop)


async def test_wrong_token_says_so(nats_server, monkeypatch):
    monkeypatch.setattr("lichen.stream.connection.CONNECT_TIMEOUT", 3.0)  # tries about 15 times
    with pytest.raises(StreamUnavailable, match=r"(?i)authorization") as refused:
        await connect(f"nats://wrong@127.0.0.1:{nats_server.url.rsplit(':', 1)[1]}")
    assert "wrong" not in str(refused.value)


async def test_reset_after_a_refusal_does_not_hide_the_refusal(monkeypatch):
    monkeypatch.setattr("lichen.stream.connection.CONNECT_TIMEOUT", 3.0)
    visits = 0

    async def refuse_then_reset(reader, writer):
        nonlocal visits
        visits += 1
        writer.write(b'INFO {"server_id":"x","max_payload":1048576,"auth_required":true}\r\n')
        if visits == 1:
            await reader.readuntil(b"PING\r\n")
            writer.write(b"-ERR 'Authorization Violation'\r\n")
            await writer.drain()
            writer.close()
        else:
            await writer.drain()
            writer.transport.abort()

    async with await asyncio.start_server(refuse_then_reset, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(StreamUnavailable, match=r"(?i)authorization"):
            await connect(f"nats://token@127.0.0.1:{port}")
    assert visits > 1


async def test_registry_snapshot_is_watched_across_a_server_restart(nats_server):
    async with await connect(nats_server.url) as stream:
        assert await stream.get_snapshot() == EMPTY
        source = stream.watch_snapshot()
        assert await anext(source) == EMPTY
        await stream.put_snapshot(SNAPSHOT)
        async with asyncio.timeout(30):
            assert await anext(source) == SNAPSHOT
            os.kill(nats_server.pid, signal.SIGKILL)
            await stream.put_snapshot(EMPTY)
            assert await anext(source) == EMPTY
        await source.aclose()


async def test_unreadable_snapshot_leaves_the_last_in_force(nats_server):
    async with await connect(nats_server.url) as stream:
        await stream.put_snapshot(SNAPSHOT)
        source = stream.watch_snapshot()
        assert await anext(source) == SNAPSHOT
        following = asyncio.ensure_future(anext(source))
        await stream.kv_put("snapshot", b"{broken")
        await asyncio.sleep(0.2)
        await stream.put_snapshot(EMPTY)
        async with asyncio.timeout(10):
            assert await following == EMPTY
        await source.aclose()


async def test_small_records_of_the_registry(nats_server):
    async with await connect(nats_server.url) as stream:
        assert await stream.kv_get("unclaimed.A") is None
        await stream.kv_put("unclaimed.B", b"2")
        await stream.kv_put("unclaimed.A", b"1")
        assert await stream.kv_keys("unclaimed.") == ["unclaimed.A", "unclaimed.B"]
        await stream.kv_delete("unclaimed.A")
        assert await stream.kv_keys("unclaimed.") == ["unclaimed.B"]


async def test_events_reach_open_and_late_readers(nats_server):
    async with await connect(nats_server.url) as stream:
        source = stream.subscribe("device.*")
        arriving = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0.1)
        await stream.publish_event("alarm.new", {"n": 1})
        await stream.publish_event("device.online", {"mn": "北"})
        async with asyncio.timeout(10):
            assert await arriving == ("device.online", {"mn": "北"})
        await source.aclose()
        assert await stream.recent_events(1) == [("device.online", {"mn": "北"})]


async def test_requests_get_every_answer_and_nobody_is_an_error(nats_server):
    async with await connect(nats_server.url) as stream:

        async def serve(subject, body, reply):
            for n in range(body["count"]):
                await reply({"subject": subject, "n": n})

        await stream.respond("command.*", serve)
        answers = await take(stream.request("command.X", {"count": 3}, 5.0), 3)
        assert answers[2] == {"subject": "command.X", "n": 2}
        with pytest.raises(StreamUnavailable, match="nobody answers"):
            await take(stream.request("nothing.X", {}, 5.0), 1)


@pytest.mark.parametrize("text", ["0", "-1", "soon"])
def test_keep_days_must_be_a_number_above_zero(monkeypatch, text):
    monkeypatch.setenv("LICHEN_STREAM_KEEP_DAYS", text)
    with pytest.raises(StreamError, match="LICHEN_STREAM_KEEP_DAYS"):
        keep_days()
