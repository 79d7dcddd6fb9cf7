"""What `bench.web` asks: the application, a store of 50 stations and two days, and a worker that goes on.

Run as a program with `LICHEN_HOME` naming an empty folder; prints the port when it answers, ends on SIGTERM.
"""

from __future__ import annotations

import threading

from lichen.pipeline.testing import entry, network
from lichen.pipeline.worker import Worker
from lichen.vocab.clock import now_ms
from lichen.web.engines import Engines
from lichen.web.testing_server import serve

STATIONS, HOURS = 50, 48
_HOUR_MS, _STEP_MS = 3_600_000, 300_000
_SIX = {"so2": 57.0, "no2": 20.0, "co": 0.5, "o3": 60.0, "pm10": 50.0, "pm25": 30.0}


def main() -> None:
    """Fill, serve, and take in a packet each second."""
    snapshot = network(STATIONS)
    first = now_ms() // _HOUR_MS * _HOUR_MS - HOURS * _HOUR_MS
    hours = (
        [entry(device, "2061", first + hour * _HOUR_MS, _SIX) for device in snapshot.devices] for hour in range(HOURS)
    )

    def live(opened: Engines, worker: Worker, stop: threading.Event) -> None:
        number = 0
        while not stop.wait(1.0):
            device = snapshot.devices[number % STATIONS]
            opened.raw_log.append([entry(device, "2051", first + number * _STEP_MS, _SIX)])
            worker.step()
            number += 1

    serve(snapshot, hours, live)


if __name__ == "__main__":
    main()
