"""A small running system for journeys and measurements: the real application, engines and worker, without a stream.

Programs call `serve` in a process of their own, with `LICHEN_HOME` naming an empty folder.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Sequence

import uvicorn

from lichen.pipeline.worker import Worker
from lichen.vocab.registry import Snapshot
from lichen.web.engines import Engines

#: What goes on beside the server: (engines, worker, set when the server ends).
Beside = Callable[[Engines, Worker, threading.Event], None]


def serve(snapshot: Snapshot, entries: Iterable[Sequence[bytes]], beside: Beside) -> None:
    """Seal the entries, let the worker take them in, and serve on a free port until SIGTERM.

    The port is written to standard output, a line of its own, when the server answers; then `beside` begins, in a
    thread.
    """
    from lichen.web.prepare import prepare, prepare_database

    prepare()
    database = prepare_database()
    try:
        _serve(snapshot, entries, beside)
    finally:
        if database is not None:
            database.stop()


def _serve(snapshot: Snapshot, entries: Iterable[Sequence[bytes]], beside: Beside) -> None:
    # Django is set up by now; these import models.
    from lichen.web import engines, manage
    from lichen.web.api.live import fanout
    from lichen.web.asgi import application
    from lichen.web.serve import _Server, _Worker

    manage.migrate()
    opened = engines.open_engines()
    opened.put_snapshot(snapshot)
    for several in entries:
        opened.raw_log.append(several)
    worker = _Worker(opened, lambda event: None, fanout.publish)
    while worker.step():
        pass
    opened.cursor = lambda: worker.cursor
    engines.install(opened)
    stop = threading.Event()
    going_on = threading.Thread(target=beside, args=(opened, worker, stop), daemon=True)

    class Server(_Server):
        """Says its port."""

        async def startup(self, sockets: object = None) -> None:
            await super().startup(sockets)  # type: ignore[arg-type]
            sys.stdout.write(f"{self.servers[0].sockets[0].getsockname()[1]}\n")
            sys.stdout.flush()
            going_on.start()

    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    try:
        Server(config).run()
    finally:
        stop.set()
        if going_on.is_alive():
            going_on.join(5)
        engines.install(None)
        opened.close()
