"""What `bench.web` asks: the application, a store of 50 stations and two days, and a worker that goes on.

Run as a program with a folder; prints the port when it answers, ends on SIGTERM.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import uvicorn

STATIONS, HOURS = 50, 48
_HOUR_MS, _STEP_MS = 3_600_000, 300_000


def main(folder: Path) -> None:
    """Fill, serve."""
    from lichen.web.prepare import prepare, prepare_database

    prepare()
    database = prepare_database()
    try:
        _serve(folder)
    finally:
        if database is not None:
            database.stop()


def _serve(folder: Path) -> None:
    from lichen.pipeline.testing import entry, network
    from lichen.vocab.clock import now_ms
    from lichen.web import engines, manage
    from lichen.web.api.live import fanout
    from lichen.web.asgi import application
    from lichen.web.serve import _Server, _Worker

    manage.migrate()
    opened = engines.open_engines()
    snapshot = network(STATIONS)
    opened.put_snapshot(snapshot)
    six = {"so2": 57.0, "no2": 20.0, "co": 0.5, "o3": 60.0, "pm10": 50.0, "pm25": 30.0}
    first = now_ms() // _HOUR_MS * _HOUR_MS - HOURS * _HOUR_MS
    for hour in range(HOURS):
        opened.raw_log.append([entry(device, "2061", first + hour * _HOUR_MS, six) for device in snapshot.devices])
    worker = _Worker(opened, lambda event: None, fanout.publish)
    while worker.step():
        pass
    opened.cursor = lambda: worker.cursor
    engines.install(opened)
    stop = threading.Event()

    def live() -> None:
        number = 0
        while not stop.wait(1.0):
            device = snapshot.devices[number % STATIONS]
            opened.raw_log.append([entry(device, "2051", first + number * _STEP_MS, six)])
            worker.step()
            number += 1

    working = threading.Thread(target=live)
    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=5,
    )  # fmt: skip

    class Server(_Server):
        """Says its port."""

        async def startup(self, sockets: object = None) -> None:
            await super().startup(sockets)  # type: ignore[arg-type]
            sys.stdout.write(f"{self.servers[0].sockets[0].getsockname()[1]}\n")
            sys.stdout.flush()
            working.start()

    try:
        Server(config).run()
    finally:
        stop.set()
        if working.is_alive():
            working.join()
        engines.install(None)
        opened.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
