"""A network with an hour of data, behind the test client or behind a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from lichen.pipeline.testing import entry
from lichen.pipeline.worker import Worker
from lichen.web.api.limits import buckets
from lichen.web.api.testing import SIX, SNAPSHOT, START, STEP


@pytest.fixture(autouse=True)
def _full_buckets() -> None:
    buckets.clear()


@pytest.fixture
def filled(web_engines: Any) -> Any:
    """An hour of minutes of P1, taken in."""
    web_engines.put_snapshot(SNAPSHOT)
    device = SNAPSHOT.devices[0]
    web_engines.raw_log.append([entry(device, "2051", START + n * STEP, {**SIX, "pm25": 30.0 + n}) for n in range(12)])
    worker = Worker(web_engines.store, web_engines.raw_log, web_engines.acts_log, web_engines.snapshot)
    while worker.step():
        pass
    web_engines.worker = worker
    web_engines.cursor = lambda: worker.cursor
    return web_engines


@dataclass(frozen=True)
class Serving:
    """A server on a free port of this machine."""

    port: int
    engines: Any

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def served(filled: Any) -> Iterator[Serving]:
    """The whole ASGI application under uvicorn, in a thread."""
    from lichen.web.api.live import fanout
    from lichen.web.asgi import application

    server = uvicorn.Server(
        uvicorn.Config(
            application, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False, ws="none",
            timeout_graceful_shutdown=5,
        )
    )  # fmt: skip
    running = threading.Thread(target=server.run)
    running.start()
    try:
        until = time.monotonic() + 30
        while not server.started:
            assert running.is_alive()
            assert time.monotonic() < until
            time.sleep(0.01)
        yield Serving(server.servers[0].sockets[0].getsockname()[1], filled)
    finally:
        fanout.end()
        server.should_exit = True
        running.join(30)
    assert not running.is_alive()
