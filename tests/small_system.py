"""A station with a wind vane and thirty days of packets, served for real; its store does what a line of SQL says.

Run as a program with the end of those days (ms since 1970 UTC, a whole hour) and `LICHEN_HOME` naming an empty
folder; prints the port, then a line for each line it was told.
"""

from __future__ import annotations

import sys
import threading

from lichen.pipeline.testing import entry, network
from lichen.pipeline.worker import Worker
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS
from lichen.web.engines import Engines
from lichen.web.testing_server import serve

DAYS, FIVE_MS = 30, 5 * MINUTE_MS
_SIX = {"so2": 9.0, "no2": 31.0, "co": 0.6, "o3": 60.0, "pm10": 82.0, "pm25": 45.0}
_SPEED, _DIRECTION = "a01007", "a01008"


def main(end: int) -> None:
    """Thirty days by the hour, with the wind; the last two hours by five minutes."""
    snapshot = network(1)
    (device,) = snapshot.devices

    def hour(at: int) -> bytes:
        step = (at // HOUR_MS) % 97
        wind = {_SPEED: f"{step % 9 + 0.4:.1f}", _DIRECTION: f"{(step * 37) % 360}"}
        return entry(device, "2061", at, {**_SIX, "pm25": 20.0 + step, **wind})

    def minutes(at: int) -> bytes:
        return entry(device, "2051", at, {**_SIX, "pm25": 40.0 + (at // FIVE_MS) % 12})

    hours = [hour(at) for at in range(end - DAYS * DAY_MS, end - 2 * HOUR_MS, HOUR_MS)]
    serve(snapshot, [hours, [minutes(at) for at in range(end - 2 * HOUR_MS, end, FIVE_MS)]], obey)


def obey(opened: Engines, worker: Worker, stop: threading.Event) -> None:
    """What somebody with a hand on the store could do."""
    for line in sys.stdin:
        opened.store._engine.run(line)
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
