"""A small network that has really measured: HJ 212 packets, sealed, taken in by the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from lichen.hj212.compose import compose
from lichen.hj212.content import Reading
from lichen.pipeline.worker import Worker
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, now_ms
from lichen.vocab.entry import Entry
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Device, Point, Snapshot
from lichen.web.readings.addresses import Place

CODES = {"so2": "a21026", "no2": "a21004", "co": "a21005", "o3": "a05024", "pm10": "a34002", "pm25": "a34004"}
USUAL = {"so2": 8.0, "no2": 30.0, "co": 0.6, "o3": 100.0, "pm10": 90.0, "pm25": 61.0}
INTERVAL = 5

POINTS = (
    Point("zg-1", "檀木林", "Tanmulin", "air", "urban", "自贡", "自流井区", 104.77, 29.34,
          attributes={"city_en": "Zigong", "replay_zh": "回放：2020年4月小时值", "replay_en": "Replay: April 2020"}),
    Point("zg-2", "大安站", "Da'an", "air", "urban", "自贡", "大安区", attributes={"city_en": "Zigong"}),
    Point("zg-3", "无数据站", "Silent", "air", "background", "自贡", "大安区", attributes={"city_en": "Zigong"}),
)  # fmt: skip
DEVICES = (Device("A" * 24, "zg-1", minute_interval=INTERVAL, units={"a21005": "mg/m3"}),
           Device("B" * 24, "zg-2", minute_interval=INTERVAL, units={"a21005": "mg/m3"}))  # fmt: skip


@dataclass
class Network:
    """What the tests look at: the engines, and where the last whole hour begins. [ms since 1970 UTC]"""

    engines: Any
    worker: Worker
    hour: int
    index: dict[tuple[str, int], int] = field(default_factory=dict)

    def send(self, point: str, time: int, values: Mapping[str, float], mark: str = "N") -> int:
        """Seal a minute packet (CN 2051); returns its index."""
        device = next(device for device in DEVICES if device.point == point)
        readings = [Reading(CODES[slug], "Avg", value, f"{value:.1f}", mark) for slug, value in values.items()]
        (frame,) = compose(cn="2051", mn=device.mn, st="22", pw="secret7", qn=time, time_ms=time, values=readings)
        entry = Entry(time + INTERVAL * MINUTE_MS, "hj212", "203.0.113.7:41022", device.mn, "ok", frame)
        (index,) = self.engines.raw_log.append([entry.encode()])
        self.index[point, time] = index
        return index

    def settle(self) -> None:
        """Let the worker take in everything."""
        while self.worker.step():
            pass

    def minute(self, slug: str = "pm25", at: int = 0, point: str = "zg-1") -> Place:
        """Where a minute value of the last hour stands."""
        time = self.hour + at * INTERVAL * MINUTE_MS
        return Place(point, slug, Period.MINUTE, time, Source.REPORTED)

    def hourly(self, slug: str = "pm25", point: str = "zg-1") -> Place:
        """Where an hour value of the last hour stands."""
        return Place(point, slug, Period.HOUR, self.hour)

    def verdict(self, point: str = "zg-1") -> Place:
        """Where the verdict of the last hour stands."""
        return Place(point, "air", Period.HOUR, self.hour)


@pytest.fixture
def network(web_engines: Any) -> Network:
    """Two stations have sent two whole hours of minute values; the third is silent."""
    web_engines.put_snapshot(Snapshot(1, POINTS, DEVICES))
    worker = Worker(web_engines.store, web_engines.raw_log, web_engines.acts_log, web_engines.snapshot, settle_ms=0)
    web_engines.wake = lambda: worker.step() and None
    web_engines.applied_acts = lambda: worker.cursor.acts
    now = now_ms()
    hour = now - now % HOUR_MS - HOUR_MS
    found = Network(web_engines, worker, hour)
    for point, factor in (("zg-1", 1.0), ("zg-2", 2.0)):
        for time in range(hour - HOUR_MS, hour + HOUR_MS, INTERVAL * MINUTE_MS):
            # The same whatever the hour of day is: 0.5 at the start of the last whole hour.
            wobble = (((time - hour) // MINUTE_MS + 5) % 7) / 10
            found.send(point, time, {slug: value * factor + wobble for slug, value in USUAL.items()})
    found.settle()
    return found


@pytest.fixture
def questions(network: Network, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many questions the store was asked so far."""
    asked = 0
    engine = network.engines.store._engine
    run = engine.run

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal asked
        asked += 1
        return run(*args, **kwargs)

    monkeypatch.setattr(engine, "run", counted)
    return lambda: asked
