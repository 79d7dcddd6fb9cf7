"""Asks the witnesses of `LICHEN_WITNESSES` for their signature, once a minute, when a log has grown."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

import structlog

from lichen.ledger.cosign import Witness, cosign
from lichen.ledger.errors import LedgerError
from lichen.ledger.log import Log

log = structlog.get_logger(__name__)

#: C2SP tlog-witness leaves the pace to the log; a minute bounds how long a fork could go unseen. [s]
EVERY_S = 60.0
#: The first time soon after the start, so that a fresh installation has a witnessed checkpoint to show. [s]
FIRST_S = 10.0


def witnesses() -> tuple[Witness, ...]:
    """Those of `LICHEN_WITNESSES`: ``URL verifier-key``, several separated by ``;``.

    Raises
    ------
    NoteError
        One is malformed.
    """
    given = os.environ.get("LICHEN_WITNESSES", "")
    return tuple(Witness.parse(one) for one in given.split(";") if one.strip())


class Cosigning:
    """A thread that keeps the logs witnessed."""

    def __init__(self, logs: Sequence[Log], asked: Sequence[Witness]) -> None:
        self._logs = logs
        self._asked = asked
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cosigning")

    def start(self) -> None:
        """Begin, if there are witnesses."""
        if self._asked:
            self._thread.start()

    def stop(self) -> None:
        """End; a question under way is waited for."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause = FIRST_S
        while not self._stop.wait(pause):
            pause = EVERY_S
            for one in self._logs:
                self._cosign(one)

    def _cosign(self, one: Log) -> None:
        seen = one.cosigned_head()
        if one.size == 0 or (seen is not None and seen[1].size == one.size):
            return
        try:
            done = cosign(one, self._asked)
        except LedgerError as failed:
            log.error("cosigning: no witness could be asked", origin=one.origin, error=str(failed))
            return
        for witness, why in done.refused:
            # A refusal can mean that somebody rolled the log back: an operator must see it.
            log.error("cosigning: refused", origin=one.origin, witness=witness.url, error=str(why))
