"""The demo's replay: recorded (some made-up) values sent by simulated loggers over real TCP, history first, then live.

Each logger delivers its last hours as back-fill, as fast as the gateway answers or at a chosen speed, and goes on at
the pace of the clock; nothing is ever sent for a time that has not come. A few loggers misbehave on purpose.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from lichen.demo import loggers
from lichen.demo.network import all_devices
from lichen.demo.record import load, stations
from lichen.demo.registry import UNCLAIMED
from lichen.demo.seed import DemoSeed
from lichen.demo.timeline import Replay, Spell, Timeline, YearTimeline
from lichen.hj212.simulator import Counts, Fault, FaultPlan, SimulatedDevice, Simulator, Summary
from lichen.hj212.simulator.values import ValueSource
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, beijing, now_ms
from lichen.vocab.registry import Device

#: Instruments that misbehave every day at the same hours, by station.
INCIDENTS = {
    "tj-jingu-road": (Spell("o3", 10, 13, mark="M"),),  # in maintenance
    "tj-huaihe-road": (Spell("co", 4, 10, stuck=True),),  # reads the same value for hours
}
#: A logger whose packets are damaged now and then, and how often.
NOISY_LINE = ("tj-xisi-road", 0.02)
#: A logger whose line fails: its history has a hole that is filled last, and live it is gone for some minutes.
BROKEN_LINE = "tj-qianjin-road"
_HOLE = (20 * HOUR_MS, 17 * HOUR_MS)  # before now
_OUTAGE_EVERY_HOURS, _OUTAGE_MINUTES = 2, 12
#: Unanswered packets a logger allows itself while it delivers history.
_WINDOW = 16
_YEAR_RECORD = "beijing_hours_2016"
_OFFICIAL_RECORD = "official_hours_202004"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the replay stands: uploads of history sent so far and in all, and all counts."""

    history_sent: int
    history_total: int
    counts: Counts

    @property
    def live(self) -> bool:
        """Whether all history has been sent."""
        return self.history_sent >= self.history_total


def replay_source(station: str, started: int) -> Replay:
    """What a station's logger measured, for a demo first started at that instant. [ms since 1970 UTC]"""
    spells = INCIDENTS.get(station, ())
    year = load(_YEAR_RECORD)
    if station in year.hours:
        return Replay(station, year, YearTimeline(min(year.hours[station])), spells)
    record = load(_OFFICIAL_RECORD)
    return Replay(station, record, Timeline.of(record, started), spells)


def build_devices(
    seed: DemoSeed, now: int, *, devices: Sequence[Device] | None = None, history_hours: float = 48.0
) -> tuple[list[SimulatedDevice], int]:
    """The loggers of the demo with their history queued, and how many uploads of history that is.

    Parameters
    ----------
    seed : DemoSeed
    now : int
        History ends and live begins here. [ms since 1970 UTC]
    devices : sequence of Device, optional
        The loggers as registered (a password or key may have been changed since); default: as the seed makes them.
    history_hours : float
        Recent history as minute data; the Beijing station adds a year of hour data, loggers of other elements go back
        far enough for a verdict (`lichen.demo.loggers.uploads`). 0 = none at all. [h]
    """
    counts = Counts()
    air = {station.id for station in stations()}
    built = [
        (_air_logger if device.point in air else _other_logger)(device, seed, counts, now, history_hours)
        for device in (all_devices(seed) if devices is None else devices)
    ]
    return built, sum(one.late for one in built)


def _air_logger(device: Device, seed: DemoSeed, counts: Counts, now: int, history_hours: float) -> SimulatedDevice:
    """A logger of a recorded air station, with the faults and gaps that this one has."""
    unclaimed = device.point == UNCLAIMED
    noisy, share = NOISY_LINE
    uploads = {"2081": 0, "2011": 60 * SECOND_MS, "2051": 5 * MINUTE_MS, "3020": HOUR_MS}
    if device.edition == "2025":
        uploads["9015"] = 5 * MINUTE_MS
    source: ValueSource = replay_source(device.point, seed.started)
    if device.point in load(_YEAR_RECORD).hours:
        uploads["2061"] = HOUR_MS  # its wind is recorded by the hour
        source = loggers.Both(source, loggers.weather(device.point, wind_only=True))
    one = SimulatedDevice(
        device,
        source,
        counts=counts,
        seed="demo",
        uploads=uploads,
        faults=FaultPlan({Fault.WRONG_CRC: share} if device.point == noisy else {}, "demo"),
        answered=not unclaimed,  # nobody answers a logger that is not registered: it does not wait
        window=_WINDOW,
    )
    one.start(now)
    if history_hours > 0 and not unclaimed:
        _queue_history(one, device.point, now, history_hours)
    return one


def _other_logger(device: Device, seed: DemoSeed, counts: Counts, now: int, history_hours: float) -> SimulatedDevice:
    """A logger of another element."""
    plan = loggers.uploads(device.point)
    source = loggers.source(device.point, seed.started)
    one = SimulatedDevice(device, source, counts=counts, seed="demo", uploads=plan.regular, window=_WINDOW)
    one.start(now)
    if history_hours > 0:
        for cn, (width, back) in plan.history.items():
            stop = one.next_interval(cn)
            begin = (stop - max(back, round(history_hours * HOUR_MS))) // HOUR_MS * HOUR_MS  # no half hour at first
            one.back_fill(cn, begin, stop, width)
    return one


def _queue_history(one: SimulatedDevice, station: str, now: int, hours: float) -> None:
    five, stop = 5 * MINUTE_MS, one.next_interval("2051")
    begin = stop - round(hours * HOUR_MS) // five * five
    hole = [max(begin, stop - before // five * five) for before in _HOLE] if station == BROKEN_LINE else [stop, stop]
    for first, last in ((begin, hole[0]), (hole[1], stop), (hole[0], hole[1])):
        one.back_fill("2051", first, last, five)
    one.back_fill("3020", begin // HOUR_MS * HOUR_MS, now // HOUR_MS * HOUR_MS, HOUR_MS)
    if station in load(_YEAR_RECORD).hours:
        one.back_fill("2061", begin // HOUR_MS * HOUR_MS - 365 * DAY_MS, one.next_interval("2061"), HOUR_MS)


async def run_replay(
    host: str,
    port: int,
    seed: DemoSeed,
    *,
    devices: Sequence[Device] | None = None,
    history_hours: float = 48.0,
    speed: float = 1.0,
    seconds: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: asyncio.Event | None = None,
) -> Summary:
    """Replays until `stop` is set or `seconds` have passed.

    Parameters
    ----------
    host, port : str, int
        The gateway.
    seed : DemoSeed
        This installation's secrets and first start (see `lichen.demo.seed.load_or_create`).
    devices : sequence of Device, optional
        The loggers as registered; default: as the seed makes them.
    history_hours : float
        How much history is delivered. [h]
    speed : float
        1: history as fast as the gateway answers. Above 1: history is shown passing by, so many times faster than it
        happened, until it has caught up with now. Live data always keep to the clock: there is nothing to send for a
        time that has not come.
    seconds : float, optional
        Ends the replay after so long. [s]
    on_progress : callable, optional
        Called about once a second.

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        `speed` is below 1: such a replay would fall ever further behind.
    """
    if speed < 1:
        raise ValueError(f"speed {speed}; at least 1, or the replay falls ever further behind")
    simulated, total = build_devices(seed, now_ms(), devices=devices, history_hours=history_hours)

    def tell(counts: Counts) -> None:
        if on_progress:
            # What an outage adds later to the late data does not turn history back.
            on_progress(Progress(max(0, total - sum(one.late for one in simulated)), total, counts))

    simulator = Simulator(host, port, simulated, seed="demo", reconnect_s=(0.5, 15.0), on_progress=tell)
    broken = {device.mn for device in all_devices(seed) if device.point == BROKEN_LINE}
    beside = [asyncio.create_task(_break_lines(simulator, broken))]
    if speed > 1:
        begin = now_ms() - round(history_hours * HOUR_MS)
        for one in simulated:
            one.release_before = begin
        beside.append(asyncio.create_task(_pace_history(simulator, simulated, begin, speed)))
    try:
        return await simulator.run(seconds, stop=stop)
    finally:
        for task in beside:
            task.cancel()


async def _pace_history(simulator: Simulator, simulated: list[SimulatedDevice], begin: int, speed: float) -> None:
    """Lets history out from `begin` on, `speed` times faster than the clock, until it has caught up."""
    started = now_ms()
    while (reached := begin + round((now_ms() - started) * speed)) < now_ms():
        for one in simulated:
            one.release_before = reached
        simulator.refresh()
        await asyncio.sleep(0.1)
    for one in simulated:
        one.release_before = None
    simulator.refresh()


async def _break_lines(simulator: Simulator, mns: set[str]) -> None:
    """Takes the lines down for some minutes in every second hour."""
    while True:
        moment = beijing(now_ms())
        if moment.hour % _OUTAGE_EVERY_HOURS == 0 and moment.minute == 30:
            for mn in mns:
                simulator.hang_up(mn, _OUTAGE_MINUTES * 60)
            await asyncio.sleep(61)
        await asyncio.sleep(10)


def replay(
    host: str,
    port: int,
    seed: DemoSeed,
    *,
    devices: Sequence[Device] | None = None,
    history_hours: float = 48.0,
    speed: float = 1.0,
    seconds: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> Summary:
    """`run_replay` as a plain call for a child process; SIGTERM and SIGINT end it in good order.

    `beside` runs at the same time; what it raises ends the replay.
    """

    async def main() -> Summary:
        stop = asyncio.Event()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        failed: list[BaseException] = []

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                failed.append(error)
                stop.set()

        task = asyncio.create_task(beside()) if beside else None
        if task is not None:
            task.add_done_callback(ended)
        try:
            summary = await run_replay(
                host, port, seed, devices=devices, history_hours=history_hours, speed=speed, seconds=seconds,
                on_progress=on_progress, stop=stop,
            )  # fmt: skip
        finally:
            if task is not None:
                task.cancel()
        if failed:
            raise failed[0]
        return summary

    return asyncio.run(main())
