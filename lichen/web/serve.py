"""``lichen serve``: seals, computes and shows, in one process (chDB lets only one open its folder)."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn

from lichen.pipeline.detect import Event
from lichen.pipeline.worker import STEP_ENTRIES, Worker
from lichen.web.engines import Engines
from lichen.web.prepare import prepare, prepare_database

log = structlog.get_logger(__name__)

#: How long a stop waits for requests under way. [s]
STOP_S = 20


class _Server(uvicorn.Server):
    """Ends the live streams, which would never end by themselves, before it waits for open requests."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        from lichen.web.api.live import fanout

        fanout.end()
        super().handle_exit(sig, frame)


class _Worker(Worker):
    """Tells live readers of a step's news when the step is over.

    The stream is told before the cursor is saved, so that no news is lost in a crash. A reader who hears of news asks
    for them at once, and must not be given the answer of before.
    """

    def __init__(self, opened: Engines, tell: Callable[[Event], None], tell_readers: Callable[[Event], None]) -> None:
        def heard(event: Event) -> None:
            tell(event)
            self._heard.append(event)

        super().__init__(opened.store, opened.raw_log, opened.acts_log, opened.snapshot, on_event=heard)
        self._heard: list[Event] = []
        self._tell_readers = tell_readers

    def step(self, limit: int = STEP_ENTRIES) -> int:
        self._heard.clear()
        taken = super().step(limit)
        for event in self._heard:
            self._tell_readers(event)
        return taken


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
    from lichen.web import engines, lastknown, manage, news
    from lichen.web.acts import sealing
    from lichen.web.api.live import fanout
    from lichen.web.asgi import application
    from lichen.web.belt import Belt
    from lichen.web.cosigning import Cosigning, witnesses
    from lichen.web.registry import snapshot

    manage.migrate()
    opened = engines.open_engines()
    stop = threading.Event()

    def tell(event: Event) -> None:
        lastknown.heard(event)
        belt.publish_event(*news.message(event))

    worker = _Worker(opened, tell, fanout.publish)
    failed = threading.Event()

    def give_up() -> None:
        failed.set()
        os.kill(os.getpid(), signal.SIGTERM)

    belt = Belt(opened.raw_log, worker.wake, give_up)
    opened.belt, opened.wake, opened.applied_acts = belt, worker.wake, lambda: worker.cursor.acts
    opened.cursor = lambda: worker.cursor
    engines.install(opened)
    working = threading.Thread(target=worker.run, args=(stop,), name="worker")
    cosigning = Cosigning((opened.raw_log, opened.acts_log), witnesses())
    try:
        sealing.seal()
        snapshot.publish()
        lastknown.prime(opened.store, opened.snapshot())
        belt.start()
        working.start()
        cosigning.start()
        server = _Server(
            uvicorn.Config(
                application, host=host, port=port, log_config=None, access_log=False, lifespan="off",
                timeout_graceful_shutdown=STOP_S,
            )
        )  # fmt: skip
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
