"""What a hostile or broken sender can do: little, and never to the others. Full sizes are measured in bench/."""

import asyncio
import json
import os

import pytest

SHORT = {"first_frame_seconds": 2.0, "frame_seconds": 1.0, "idle_seconds": 3.0}


async def is_served(open_site, gateway):
    site = await open_site(gateway.port)
    await site.send(site.packet())
    answer = await site.answer()
    await site.close()
    return answer.cn == "9014"


async def flood(site, total, piece):
    """Send until the other side has had enough; returns what it took."""
    sent = 0
    try:
        while sent < total:
            await site.send(piece)
            sent += len(piece)
    except ConnectionError:
        pass
    return sent


@pytest.mark.parametrize("kind", ["random", "nothing but heads", "no end of line"])
async def test_junk_is_sealed_up_to_a_bound_and_ends_the_connection(gateway_with, open_site, stored, kind):
    gateway = await gateway_with(max_junk=65_536)
    piece = {
        "random": os.urandom(65_536), "nothing but heads": b"##9999" * 10_000, "no end of line": b"A" * 65_536,
    }[kind]  # fmt: skip
    site = await open_site(gateway.port)
    await flood(site, 20_000_000, piece)
    assert await site.is_closed()
    assert await is_served(open_site, gateway)
    entries = await stored()
    junk = sum(len(entry.body) for entry in entries if entry.door == "hj212" and entry.verdict != "ok")
    assert 65_536 < junk < 65_536 + 131_072
    (note,) = [json.loads(entry.body) for entry in entries if entry.door == "gateway"]
    assert note["closed"] == "junk"


async def test_one_address_has_only_so_much_junk_sealed_in_a_minute(gateway_with, open_site, stored):
    gateway = await gateway_with(max_junk=65_536, untrusted_per_minute=100_000)
    for _ in range(5):
        site = await open_site(gateway.port)
        await flood(site, 200_000, os.urandom(50_000))
        assert await site.is_closed()
    assert await is_served(open_site, gateway)
    junk = sum(len(entry.body) for entry in await stored() if entry.verdict not in ("ok",))
    assert junk <= 100_000
    assert gateway.metrics.counts.dropped_bytes > 0


async def test_junk_between_good_frames_does_not_add_up(gateway_with, open_site):
    gateway = await gateway_with(max_junk=3_000)
    site = await open_site(gateway.port)
    for _ in range(5):
        await site.send(b"line noise " * 200 + b"&&\r\n" + site.packet())
        assert (await site.answer()).cn == "9014"


async def test_slow_loris_is_cut_off_and_what_it_sent_is_sealed(gateway_with, open_site, stored, eventually):
    gateway = await gateway_with(**SHORT)
    site = await open_site(gateway.port)
    packet = site.packet()
    for byte in packet[:20]:  # one byte at a time keeps it from being idle
        try:
            await site.send(bytes((byte,)))
        except ConnectionError:
            break
        await asyncio.sleep(0.15)
    assert await site.is_closed()
    await eventually(lambda: gateway.metrics.counts.closed["slow-frame"] == 1)
    entries = await stored()
    assert any(packet.startswith(entry.body) and entry.body and entry.verdict != "ok" for entry in entries)
    assert any(entry.door == "gateway" and b"slow-frame" in entry.body for entry in entries)


async def test_silent_and_idle_connections_are_closed(gateway_with, open_site, eventually):
    gateway = await gateway_with(**SHORT)
    silent = await open_site(gateway.port)
    idle = await open_site(gateway.port)
    await idle.send(idle.packet())
    await idle.answer()
    assert await silent.is_closed()
    assert await idle.is_closed()
    await eventually(lambda: gateway.metrics.counts.closed["no-frame"] and gateway.metrics.counts.closed["idle"])


async def test_five_hundred_idle_connections_keep_nobody_waiting(gateway, open_site):
    for _ in range(500):
        await open_site(gateway.port)
    for _ in range(5):
        assert await is_served(open_site, gateway)


async def test_connections_over_the_bound_are_refused(gateway_with, open_site, eventually):
    gateway = await gateway_with(max_connections=2)
    kept = [await open_site(gateway.port) for _ in range(2)]
    await eventually(lambda: gateway.metrics.counts.opened == 2)
    refused = await open_site(gateway.port)
    assert await refused.is_closed()
    assert gateway.metrics.counts.closed["too-many"] == 1
    await kept[0].close()
    await eventually(lambda: gateway.metrics.counts.closed["peer"] == 1)
    assert await is_served(open_site, gateway)


async def test_connections_of_one_address_can_be_bounded(gateway_with, open_site):
    gateway = await gateway_with(max_connections_per_address=1)
    await open_site(gateway.port)
    assert await (await open_site(gateway.port)).is_closed()


async def test_who_sends_too_fast_is_read_more_slowly_and_loses_nothing(gateway_with, open_site, stored):
    gateway = await gateway_with(frames_per_second=50)
    site = await open_site(gateway.port)
    packets = [site.packet() for _ in range(1_000)]
    sending = asyncio.create_task(site.send(b"".join(packets)))
    for _ in packets:
        assert (await site.answer()).cn == "9014"
    await sending
    assert gateway.metrics.counts.slowed
    assert [entry.body for entry in await stored()] == packets


async def test_backlog_stops_reading_and_is_worked_off(gateway_with, open_site):
    gateway = await gateway_with(batch_bytes=2_000, max_backlog=4_000)
    sites = [await open_site(gateway.port) for _ in range(3)]
    packets = [sites[0].packet() for _ in range(300)]
    sending = asyncio.create_task(sites[0].send(b"".join(packets)))
    for _ in packets:
        assert (await sites[0].answer()).cn == "9014"
    await sending
    assert gateway.intake.backlog == 0
    assert not gateway.intake.is_full
    assert await sites[1].silence()
    assert await is_served(open_site, gateway)
