"""The worker: follows the ledger and keeps the store up to it.

One step takes in what is new in the two logs and leaves the store as if nothing else had ever happened:

    entries ─► decode ─► normalise ─► check ─► append ─► aggregate ─► evaluate ─► detect ─► save the cursor
    acts ─► supersede ───────────────────────────┘

The cursor is saved last. A crash before that repeats the step; every append is idempotent, so each observation counts
once. Live work and `lichen rebuild` are this same code.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import structlog

from lichen.elements import ELEMENTS
from lichen.pipeline import detect
from lichen.pipeline.acts import SUPERSEDE, Act, Supersede
from lichen.pipeline.aggregate import aggregate
from lichen.pipeline.check import check, check_runs
from lichen.pipeline.decode import decode
from lichen.pipeline.errors import BadAct
from lichen.pipeline.evaluate import evaluate
from lichen.pipeline.frames import Names, frame
from lichen.pipeline.normalise import normalise
from lichen.pipeline.recomputation import Recomputation
from lichen.pipeline.sheets.observe import observe
from lichen.store import Cursor, Findings, Store
from lichen.vocab.batch import PERSON, Batch
from lichen.vocab.clock import HOUR_MS, now_ms
from lichen.vocab.entry import EntryError
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot

log = structlog.get_logger(__name__)

#: Entries taken in by one step at most.
STEP_ENTRIES = 65_536
#: An interval is taken for over this long after its end: the last packets of an hour are still on their way. [ms]
SETTLE_MS = 20_000
#: How long `run` waits when there is nothing to do and nobody wakes it. [s]
IDLE_S = 0.25


class ReadableLog(Protocol):
    """What the worker needs of a log of the ledger."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, stop: int) -> list[bytes]: ...


class Worker:
    """Takes in what is new in the ledger.

    Parameters
    ----------
    store : Store
    raw_log, acts_log : ReadableLog
    snapshot : callable
        The registry in force.
    on_event : callable, optional
        Called with every `detect.Event`, before the cursor is saved: after a crash events come again. If it raises, the
        step is repeated.
    settle_ms : int
        How long after its end an interval is taken for over. [ms]

    Attributes
    ----------
    refused : Counter
        What could not be used since the start, by reason.
    values : int
        Observations taken in since the start.
    """

    def __init__(
        self,
        store: Store,
        raw_log: ReadableLog,
        acts_log: ReadableLog,
        snapshot: Callable[[], Snapshot],
        on_event: Callable[[detect.Event], None] | None = None,
        *,
        settle_ms: int = SETTLE_MS,
    ) -> None:
        self._store = store
        self._raw_log = raw_log
        self._acts_log = acts_log
        self._snapshot = snapshot
        self._on_event = on_event
        self._settle_ms = settle_ms
        self._names = Names()
        self._cursor = store.cursor()
        self._wake = threading.Event()
        self.refused: Counter[str] = Counter()
        self.values = 0

    @property
    def cursor(self) -> Cursor:
        """How far the worker has come."""
        return self._cursor

    def wake(self) -> None:
        """Something was sealed: do not wait any longer."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Step until told to stop. A step that fails is logged and tried again."""
        while not stop.is_set():
            self._wake.clear()
            try:
                done = self.step()
            except Exception:
                log.exception("worker: step failed, trying again", entries=self._cursor.entries)
                done = 0
                self._cursor = self._store.cursor()
                stop.wait(1.0)
            if not done:
                self._wake.wait(IDLE_S)

    def step(self, limit: int = STEP_ENTRIES) -> int:
        """Take in at most `limit` new entries, and all new acts.

        Returns
        -------
        int
            Entries and acts taken in; 0 = the store is up to the ledger.
        """
        cursor = self._cursor
        entries_stop = min(self._raw_log.size, cursor.entries + limit)
        acts_stop = self._acts_log.size
        closed = max(cursor.closed, now_ms() - self._settle_ms)
        taken = entries_stop - cursor.entries + acts_stop - cursor.acts
        an_hour_ended = cursor.closed // HOUR_MS < closed // HOUR_MS
        if not taken and not (an_hour_ended and cursor.closed):
            return 0
        after = Cursor(entries_stop, acts_stop, closed)
        self._take_in(cursor, after)
        self._store.save_cursor(after)
        self._cursor = after
        return taken

    def _take_in(self, before: Cursor, after: Cursor) -> None:
        snapshot = self._snapshot()
        # A new store has no past to catch up with: what its first step touches is all there is.
        work = Recomputation(
            self._store, snapshot, self._names, before.closed or after.closed, after.closed, after.entries + after.acts
        )
        entries = self._raw_log.read(before.entries, after.entries)
        normalised = normalise(decode(entries, before.entries, snapshot))
        checked = check(normalised.batch, snapshot)
        tables = observe(entries, before.entries)
        brought = check(tables.batch, snapshot)
        for batch in (checked.batch, brought.batch):
            self._store.append(batch)
            self._touch(work, batch)
        superseded = self._replay_acts(before, after)
        self._touch(work, superseded)
        stuck = self._check_runs(work, checked.batch, brought.batch, superseded)
        for element in ELEMENTS:
            aggregate(element, work)
            for results in evaluate(element, work):
                self._tell(detect.Judged(results))
                self._tell(*detect.exceedances(results))
        self._tell(*detect.observed(checked.batch), *detect.observed(brought.batch))
        self._tell(*detect.faults("mark", checked.batch, detect.marked(normalised.batch)))
        for one in (checked, brought):
            self._tell(*detect.faults("range", one.batch, one.out_of_range))
        self._tell(*detect.stuck(stuck), *detect.clocks(normalised.ahead, after.closed))
        if before.closed and before.closed // HOUR_MS < after.closed // HOUR_MS:
            self._tell(*self._absences(work, snapshot))
        self.refused.update(normalised.refused)
        self.refused.update(tables.refused)
        self.values += len(checked.batch) + len(brought.batch)

    def _touch(self, work: Recomputation, batch: Batch) -> None:
        """Say which intervals new observations are about."""
        for period, source in _INPUTS:
            wanted = np.array([(s.period, s.source, s.stat) == (period, source, "avg") for s in batch.series])
            rows = batch.where(wanted[batch.code]) if wanted.any() else Batch.empty()
            if len(rows):
                work.touch(period, source, frame(rows, self._names))

    def _replay_acts(self, before: Cursor, after: Cursor) -> Batch:
        """Take in what people decided about numbers; the other acts change none."""
        parts = []
        acts = self._acts_log.read(before.acts, after.acts) if after.acts > before.acts else []
        for index, encoded in enumerate(acts, start=before.acts):
            try:
                act = Act.decode(encoded)
                if act.action != SUPERSEDE:
                    continue
                order = Supersede.of(act)
            except (BadAct, EntryError) as unusable:
                log.error("worker: act passed over", act=index, error=str(unusable))
                self.refused["act"] += 1
                continue
            value = np.nan if order.value is None else order.value
            self._store.supersede(
                order.series, order.time, act=index, value=value, flag=order.flag, reason=act.reason, person=act.by
            )
            parts.append((order.series, order.time, value, order.flag, PERSON + index))
        if not parts:
            return Batch.empty()
        series = tuple(dict.fromkeys(part[0] for part in parts))
        times, values, flags, versions = (np.array([part[place] for part in parts]) for place in range(1, 5))
        return Batch(
            series, np.array([series.index(part[0]) for part in parts], np.int32), times.astype(np.int64),
            values.astype(np.float64), flags.astype(np.uint8), ("",), np.zeros(len(parts), np.uint16),
            versions.astype(np.uint64),
        )  # fmt: skip

    def _check_runs(self, work: Recomputation, *changed: Batch) -> list[Findings]:
        """Check values in a row around what changed; the intervals whose flags changed are touched too."""
        found: list[Findings] = []
        for batch in changed:
            found += check_runs(self._store, work.snapshot, batch, work.version)
        for findings in found:
            self._touch(work, findings.as_batch())
        return found

    def _absences(self, work: Recomputation, snapshot: Snapshot) -> Iterator[detect.Event]:
        """What is not there now that an hour has ended."""
        start = work.closed_from - work.closed_from % HOUR_MS
        stop = work.closed_to - work.closed_to % HOUR_MS
        yield from detect.missing(self._store.range(start, stop, periods=[Period.HOUR], sources=[Source.COMPUTED]))
        expected = {device.point for device in snapshot.devices if device.enabled and device.valid_at(start)}
        latest = self._store.latest(points=expected, sources=[Source.REPORTED])
        yield from detect.silent(latest, sorted(expected), start)

    def _tell(self, *events: detect.Event) -> None:
        if self._on_event is not None:
            for event in events:
                self._on_event(event)


#: Where intervals that anything is computed from come from.
_INPUTS = (
    (Period.MINUTE, Source.REPORTED),
    (Period.HOUR, Source.REPORTED),
    (Period.HOUR, Source.COMPUTED),
    (Period.H8, Source.COMPUTED),
    (Period.DAY, Source.COMPUTED),
    (Period.MONTH, Source.COMPUTED),
    (Period.SAMPLE, Source.REPORTED),
)
