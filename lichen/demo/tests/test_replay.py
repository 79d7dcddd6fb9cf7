"""The replay against a small real host: history first, nothing from the future, the incidents the pages show."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from lichen.demo.loggers import loggers, uploads
from lichen.demo.network import all_devices, demo_snapshot
from lichen.demo.record import load
from lichen.demo.registry import ENCRYPTED, FACTORS, UNCLAIMED
from lichen.demo.replay import BROKEN_LINE, INCIDENTS, NOISY_LINE, Progress, build_devices, replay_source, run_replay
from lichen.demo.seed import DemoSeed
from lichen.hj212 import FrameReader, answer, parse
from lichen.vocab.clock import DAY_MS, HOUR_MS, now_ms

SEED = DemoSeed("5a" * 32, now_ms())
DEVICES = {device.mn: device for device in all_devices(SEED)}
REGISTERED = {device.mn for device in demo_snapshot(SEED).devices}
STATION = {device.point: device.mn for device in all_devices(SEED)}


class Gateway(asyncio.Protocol):
    """Answers registered loggers, records everything."""

    def __init__(self, messages):
        self.messages = messages
        self.reader = FrameReader()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        for frame in self.reader.feed(data):
            message = parse(frame)
            device = DEVICES.get(message.mn)
            if device is not None and device.key:
                message = parse(frame, key=device.key.encode(), registered=device.edition)
            self.messages.append(message)
            if message.ok and message.needs_answer and message.mn in REGISTERED:
                self.transport.write(answer(message, "9014"))


@asynccontextmanager
async def gateway():
    messages = []
    server = await asyncio.get_running_loop().create_server(lambda: Gateway(messages), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], messages
    finally:
        server.close()
        await server.wait_closed()


async def replayed(hours, **options):
    async with gateway() as (port, messages):
        stop, told = asyncio.Event(), []

        def progress(at):
            told.append(at)
            if at.live:
                stop.set()

        summary = await run_replay(
            "127.0.0.1", port, SEED, history_hours=hours, seconds=25, stop=stop, on_progress=progress, **options
        )
    return messages, summary, told


async def test_history_arrives_clean_and_never_from_the_future():
    messages, summary, told = await replayed(26)
    assert isinstance(told[-1], Progress)
    assert told[-1].live
    good = [message for message in messages if message.ok]
    assert {message.error for message in messages} <= {None, "crc"}
    assert all(message.time_ms is None or message.time_ms <= now_ms() for message in messages)
    assert not [message for message in good if message.warnings]
    assert {message.mn for message in good} >= {mn for station, mn in STATION.items() if station != UNCLAIMED}
    minutes = {(m.mn, m.time_ms) for m in good if m.cn == "2051" and m.mn != STATION["bj-aotizhongxin"]}
    assert len(minutes) >= 18 * 26 * 12 - summary.counts.faults["wrong_crc"]
    # Each station's five-minute values give its hour values back.
    station = "tj-dali-road"
    hour = now_ms() // HOUR_MS * HOUR_MS - 5 * HOUR_MS
    source = replay_source(station, SEED.started)
    sums = dict.fromkeys(FACTORS, 0.0)
    codes = {code: slug for slug, (code, _) in FACTORS.items()}
    for message in good:
        if message.cn == "2051" and message.mn == STATION[station] and hour <= message.time_ms < hour + HOUR_MS:
            for value in message.values:
                sums[codes[value.factor]] += value.value / 12
    official = source.hour(hour)
    assert {slug: round(sums[slug], 6) for slug in official} == {
        s: round(float(text), 6) for s, text in official.items()
    }
    # 2025 loggers mark late data, some encrypt; the others cannot mark it.
    late = [m for m in good if m.cn == "2051" and m.time_ms < now_ms() - HOUR_MS]
    assert {m.edition for m in late if m.is_backfill} == {"2025"}
    assert {DEVICES[m.mn].point for m in good if m.encrypted} == ENCRYPTED
    # The noisy line is heard.
    assert summary.counts.faults["wrong_crc"] >= 1
    # The hole of the broken line comes last.
    times = [m.time_ms for m in good if m.mn == STATION[BROKEN_LINE] and m.cn == "2051"]
    assert times != sorted(times)
    # The year of hour data follows.
    sent = [m for m in messages if m.cn == "2061"]
    by_the_hour = {device.point for device in loggers(SEED) if "2061" in uploads(device.point).history}
    assert {DEVICES[m.mn].point for m in sent} == {"bj-aotizhongxin"} | by_the_hour
    hours = [m for m in sent if DEVICES[m.mn].point == "bj-aotizhongxin"]
    assert {value.factor for m in hours for value in m.values} >= {"a34004", "a01007", "a01008"}, "and its wind"
    assert len(hours) >= 8_500
    assert max(m.time_ms for m in hours) - min(m.time_ms for m in hours) > 360 * DAY_MS


async def test_a_chosen_speed_holds_history_back():
    async with gateway() as (port, messages):
        await run_replay("127.0.0.1", port, SEED, history_hours=48, speed=7200, seconds=2)
    late = [m for m in messages if m.cn == "2051" and m.mn == STATION["tj-dali-road"]]
    assert 0 < len(late) < 48 * 12
    assert max(m.time_ms for m in late) < now_ms() - 40 * HOUR_MS


async def test_an_impossible_speed_is_refused():
    with pytest.raises(ValueError, match=r"speed 0\.5"):
        await run_replay("127.0.0.1", 1, SEED, speed=0.5)


def test_history_and_live_meet_without_a_gap():
    now = SEED.started
    built, total = build_devices(SEED, now, history_hours=2)
    assert total > 0
    for one in built:
        cn = "2051" if "2051" in one.uploads else "2061"
        width = one.uploads[cn]
        assert (one.next_interval(cn) + 8 * HOUR_MS) % width == 0
        assert now - 2 * width - 20_000 < one.next_interval(cn) <= now


def test_the_incidents_are_stations_of_the_demo():
    stations = set(STATION)
    assert set(INCIDENTS) | {NOISY_LINE[0], BROKEN_LINE, UNCLAIMED} <= stations
    assert load("official_hours_202004").hours.keys() >= set(INCIDENTS)


def test_no_history_means_none():
    assert build_devices(SEED, SEED.started, history_hours=0)[1] == 0
