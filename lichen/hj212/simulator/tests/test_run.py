"""Many devices over real connections: nothing is lost over breaks, silence and faults."""

import asyncio
import contextlib
import socket

import pytest

from lichen.hj212.simulator import (
    Counts,
    Fault,
    FaultPlan,
    SimulatedDevice,
    Simulator,
    Synthetic,
    load_devices,
    simulate,
)
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, now_ms


def fleet(count, *, edition="2017", encrypt=False, uploads=None, **options):
    counts = Counts()
    devices = load_devices(count, edition=edition, encrypt=encrypt)
    return devices, [
        SimulatedDevice(device, Synthetic("22", device.mn), counts=counts, seed="s", uploads=uploads or {}, **options)
        for device in devices
    ]


def history(simulated, hours=2):
    end = now_ms() // HOUR_MS * HOUR_MS
    for one in simulated:
        one.back_fill("2051", end - hours * HOUR_MS, end, 5 * MINUTE_MS)
    return hours * 12 * len(simulated)


@pytest.mark.parametrize(("edition", "encrypt"), [("2017", False), ("2025", True)])
async def test_history_arrives_once_and_in_order(serving, edition, encrypt):
    devices, simulated = fleet(20, edition=edition, encrypt=encrypt, window=4)
    expected = history(simulated)
    async with serving(devices) as host:
        summary = await Simulator("127.0.0.1", host.port, simulated).run(20, until_idle=True)
    assert (summary.counts.sent["2051"], summary.counts.answered, summary.waiting) == (expected, expected, 0)
    assert not host.broken
    for device in devices:
        times = [message.time_ms for message in host.messages if message.mn == device.mn]
        assert times == sorted(set(times))
        assert len(times) == 24
    if edition == "2025":
        assert all(message.encrypted and message.is_backfill for message in host.messages)


async def test_nothing_is_lost_when_the_host_breaks_the_links(serving):
    devices, simulated = fleet(5, edition="2025", window=2)
    expected = history(simulated)
    async with serving(devices) as host:
        simulator = Simulator("127.0.0.1", host.port, simulated, reconnect_s=(0.01, 0.05))
        running = asyncio.create_task(simulator.run(20, until_idle=True))
        for part in (10, 40, 80):
            await host.until(lambda part=part: len(host.messages) >= part)
            host.drop_all()
        summary = await running
    assert summary.waiting == 0
    assert summary.reconnects >= 5
    assert len({(message.mn, message.time_ms) for message in host.messages}) == expected


async def test_a_silent_host_gets_the_same_packets_again(serving):
    devices, simulated = fleet(3)
    expected = history(simulated, 1)
    for one in simulated:
        one.session.overtime = 30
    async with serving(devices) as host:
        host.answering = False
        simulator = Simulator("127.0.0.1", host.port, simulated, reconnect_s=(0.01, 0.05))
        running = asyncio.create_task(simulator.run(20, until_idle=True))
        await host.until(lambda: simulator.counts.given_up >= 3)
        host.answering = True
        summary = await running
    assert summary.counts.resent >= 9
    assert summary.counts.answered == expected
    qns = [message.qn for message in host.messages]
    assert len(set(qns)) < len(qns)


async def test_every_fault_at_once_loses_nothing(serving):
    devices, simulated = fleet(8, faults=FaultPlan(dict.fromkeys(Fault, 1 / len(Fault)), "s"))
    expected = history(simulated, 6)
    for one in simulated:
        one.session.overtime = 50
    async with serving(devices) as host:
        summary = await Simulator("127.0.0.1", host.port, simulated).run(30, until_idle=True)
    # A cut-off DataTime names no moment: the packet is kept and answered, but it tells no hour.
    unreadable = summary.counts.faults[Fault.TIME_13_DIGITS.value]
    assert len({(m.mn, m.time_ms) for m in host.messages if m.time_ms}) == expected - unreadable
    assert set(summary.counts.faults) == {fault.value for fault in Fault}
    assert host.broken


async def test_it_keeps_dialling_until_the_host_is_there(serving, simulating):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    _, simulated = fleet(1, uploads={"2081": 0})
    simulator = Simulator("127.0.0.1", port, simulated, reconnect_s=(0.01, 0.02))
    async with simulating(simulator):
        while simulator.refused < 2:
            await asyncio.sleep(0.01)
        assert simulator.connections == 0


async def test_live_uploads_keep_to_their_interval(serving):
    devices, simulated = fleet(10, uploads={"2011": 100})
    async with serving(devices) as host:
        summary = await Simulator("127.0.0.1", host.port, simulated).run(1.0)
    assert 50 <= summary.counts.sent["2011"] <= 110
    assert summary.counts.total == len(host.messages)


async def test_simulate_is_the_whole_in_one_call(serving):
    async with serving(load_devices(3, edition="2025", encrypt=True)) as host:
        progress = []
        summary = await asyncio.to_thread(
            simulate, "127.0.0.1", host.port, 3, seconds=None, uploads={"2081": 0}, edition="2025", encrypt=True,
            split=True, back_fill_hours=1, skew_s=-5, window=3, on_progress=progress.append,
        )  # fmt: skip
    plain = summary.as_dict()
    assert plain["waiting"] == 0
    assert plain["sent"] == plain["answered"] == len(host.messages)
    assert plain["by_command"]["2081"] == 3
    assert any(message.is_split for message in host.messages)


def test_unusable_arguments_are_refused():
    with pytest.raises(ValueError, match="at least one device"):
        Simulator("127.0.0.1", 1, [])
    with pytest.raises(ValueError, match="same Counts"):
        Simulator("127.0.0.1", 1, [fleet(1)[1][0], fleet(1)[1][0]])
    with pytest.raises(ValueError, match="no encryption"):
        load_devices(1, encrypt=True)
    with pytest.raises(ValueError, match="edition '1999'"):
        load_devices(1, edition="1999")
    with pytest.raises(ValueError, match="at least 1"):
        load_devices(0)
    with pytest.raises(ValueError, match="interval 0 s"):
        simulate("127.0.0.1", 1, interval_s=0)
