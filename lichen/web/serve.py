"""``lichen serve``: seals, computes and shows, in one process (chDB lets only one open its folder)."""

from __future__ import annotations

import os
import signal
import threading

import structlog
import uvicorn

from lichen.pipeline.worker import Worker
from lichen.web.prepare import prepare, prepare_database

log = structlog.get_logger(__name__)


def serve(host: str, port: int) -> int:
    """Bring the schema up to date, seal and compute in the background, serve pages until told to stop.

    The embedded PostgreSQL is started (or joined); the stream is waited for and found again when it comes back.

    Returns
    -------
    int
        0 after SIGTERM or SIGINT; 1 if sealing could not go on, so that a supervisor starts the process again.
    """
    prepare()
    database = prepare_database()
    try:
        return _serve(host, port)
    finally:
        if database is not None:
            database.stop()


def _serve(host: str, port: int) -> int:
    # Django is set up by now; these import models.
    from lichen.web import engines, manage, news
    from lichen.web.acts import sealing
    from lichen.web.asgi import application
    from lichen.web.belt import Belt
    from lichen.web.cosigning import Cosigning, witnesses
    from lichen.web.registry import snapshot

    manage.migrate()
    opened = engines.open_engines()
    stop = threading.Event()
    worker = Worker(
        opened.store, opened.raw_log, opened.acts_log, opened.snapshot,
        on_event=lambda event: belt.publish_event(*news.message(event)),
    )  # fmt: skip
    failed = threading.Event()

    def give_up() -> None:
        failed.set()
        os.kill(os.getpid(), signal.SIGTERM)

    belt = Belt(opened.raw_log, worker.wake, give_up)
    opened.belt, opened.wake, opened.applied_acts = belt, worker.wake, lambda: worker.cursor.acts
    engines.install(opened)
    working = threading.Thread(target=worker.run, args=(stop,), name="worker")
    cosigning = Cosigning((opened.raw_log, opened.acts_log), witnesses())
    try:
        sealing.seal()
        snapshot.publish()
        belt.start()
        working.start()
        cosigning.start()
        server = uvicorn.Server(
            uvicorn.Config(application, host=host, port=port, log_config=None, access_log=False, lifespan="off")
        )
        # After its own clean stop uvicorn raises the signal again: without a handler that would end us before the
        # engines are closed, and a second Ctrl-C must not cut that short either.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        log.info("web: serving", host=host, port=port)
        server.run()
    finally:
        cosigning.stop()
        belt.stop()
        stop.set()
        worker.wake()
        if working.is_alive():
            working.join()
        engines.install(None)
        opened.close()
    return 1 if failed.is_set() else 0
