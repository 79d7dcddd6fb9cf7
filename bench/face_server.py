"""What `bench.face` looks at: 5,000 stations with two hours judged, and a year of one-minute data of the first.

Run as a program with `LICHEN_HOME` naming an empty folder; prints the port, then ``filled`` when the year is there.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace

import numpy as np

from lichen.pipeline.testing import entry, network
from lichen.pipeline.worker import Worker
from lichen.vocab.batch import Batch, Series
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, now_ms
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot
from lichen.web.engines import Engines
from lichen.web.testing_server import serve

STATIONS, DAYS = 5_000, 366
_WEST, _EAST, _SOUTH, _NORTH = 116.75, 118.0, 38.65, 40.15


def main() -> None:
    """Fill, serve, fill the year."""
    chance = np.random.default_rng(11)
    plain = network(STATIONS)
    places = zip(chance.uniform(_WEST, _EAST, STATIONS), chance.uniform(_SOUTH, _NORTH, STATIONS), strict=True)
    points = tuple(
        replace(point, city="天津", lon=float(lon), lat=float(lat))
        for point, (lon, lat) in zip(plain.points, places, strict=True)
    )
    end = now_ms() // HOUR_MS * HOUR_MS
    pm25 = chance.gamma(2.0, 40.0, STATIONS)
    six = {"so2": 9.0, "no2": 20.0, "co": 0.5, "o3": 60.0, "pm10": 50.0}
    hours = (
        [
            entry(device, "2061", end - ago * HOUR_MS, {**six, "pm25": round(float(value), 1)})
            for device, value in zip(plain.devices, pm25, strict=True)
        ]
        for ago in (2, 1)
    )

    def fill(opened: Engines, worker: Worker, stop: threading.Event) -> None:
        opened.store.append(_year(end))
        sys.stdout.write("filled\n")
        sys.stdout.flush()

    serve(Snapshot(1, points, plain.devices), hours, fill)


def _year(end: int) -> Batch:
    time = np.arange(end - DAYS * DAY_MS, end, MINUTE_MS)
    n = len(time)
    value = np.round(45 + 30 * np.sin(time / DAY_MS * 2 * np.pi) + np.random.default_rng(12).normal(0, 6, n), 1)
    return Batch(
        (Series("P1", "pm25", Period.MINUTE, Source.REPORTED),), np.zeros(n, np.int32), time, value,
        np.full(n, Flag.GOOD, np.uint8), ("N",), np.zeros(n, np.uint16), np.ones(n, np.uint64),
    )  # fmt: skip


if __name__ == "__main__":
    main()
