"""Step 3: the element's automatic checks on reported values.

Each value alone, before it is appended: outside what the instrument can measure → BAD; inside → GOOD, unless its mark
says worse. Values in a row, when they are in the store: equal for too long → SUSPECT, as a finding, which is withdrawn
if late data show that the row was none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Check
from lichen.pipeline.frames import close_together
from lichen.quality import range_test, stuck_test
from lichen.store import Findings, Store
from lichen.vocab.batch import Batch, Series
from lichen.vocab.clock import HOUR_MS, MINUTE_MS
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot

STUCK = "stuck"
_RANGE_STATS = frozenset(("avg", "min", "max"))
#: Rows of equal values have gaps of at most this many intervals, see `lichen.quality.stuck_test`.
_APART = 1.5


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch with the flags of the checks, and the rows that were out of range."""

    batch: Batch
    out_of_range: NDArray[np.int64]


def check(batch: Batch, snapshot: Snapshot) -> Checked:
    """The batch with each value checked on its own."""
    checks = _checks(batch.series, snapshot)
    low, high = np.full(len(batch.series), -np.inf), np.full(len(batch.series), np.inf)
    known = np.zeros(len(batch.series), dtype=bool)
    for code, series in enumerate(batch.series):
        one = checks.get(code)
        if one is not None and series.stat in _RANGE_STATS:
            low[code], high[code], known[code] = one.low, one.high, True
    if not known.any():
        return Checked(batch, np.empty(0, np.int64))
    outside = range_test(batch.value, low=low[batch.code], high=high[batch.code]) == Flag.BAD
    flag = np.where(outside, np.maximum(batch.flag, Flag.BAD), batch.flag)
    flag[(flag == Flag.UNCHECKED) & known[batch.code]] = Flag.GOOD
    return Checked(replace(batch, flag=flag.astype(np.uint8)), np.flatnonzero(outside))


def check_runs(store: Store, snapshot: Snapshot, batch: Batch, version: int) -> list[Findings]:
    """Look at the values around new ones for rows of equal values; append what was found or is to be withdrawn.

    Parameters
    ----------
    store : Store
        Holds the batch already.
    snapshot : Snapshot
    batch : Batch
        What is new (or changed) of reported minute and hour means.
    version : int
        Entries and acts taken in.

    Returns
    -------
    list of Findings
        What was appended.
    """
    found: list[Findings] = []
    for period in (Period.MINUTE, Period.HOUR):
        spans = _spans(batch.series, snapshot, period)
        chosen = np.zeros(len(batch.series), dtype=bool)
        chosen[list(spans)] = True
        new = batch.where(chosen[batch.code]) if len(batch) else batch
        for start, stop in close_together(new.time):
            mine = new.where((new.time >= start) & (new.time <= stop))
            findings = _rows_in_a_run(store, snapshot, mine, period, spans, version)
            if findings is not None:
                store.append_flags(findings)
                found.append(findings)
    return found


@dataclass(frozen=True, slots=True)
class _Span:
    """How long equal values may last, and how far apart values of the series are. [ms]"""

    lasts: int
    step: int


def _spans(series: tuple[Series, ...], snapshot: Snapshot, period: Period) -> dict[int, _Span]:
    checks = _checks(series, snapshot)
    interval = {device.point: device.minute_interval for device in snapshot.devices}
    found = {}
    for code, one in enumerate(series):
        if code not in checks or not checks[code].stuck_count or (one.period, one.stat) != (period, "avg"):
            continue
        if one.source is not Source.REPORTED:
            continue
        step = HOUR_MS if period is Period.HOUR else interval.get(one.point, 1) * MINUTE_MS
        found[code] = _Span(checks[code].stuck_count * HOUR_MS, step)
    return found


def _rows_in_a_run(
    store: Store, snapshot: Snapshot, new: Batch, period: Period, spans: Mapping[int, _Span], version: int
) -> Findings | None:
    """Findings about the rows whose neighbourhood changed, where they differ from the findings in force."""
    reach = int(max(span.lasts + span.step for span in spans.values()) * _APART)
    start, stop = int(new.time.min()) - 2 * reach, int(new.time.max()) + 2 * reach + 1
    touched = {new.series[code] for code in np.unique(new.code).tolist()}
    points, parameters = {series.point for series in touched}, {series.parameter for series in touched}
    there = store.range(start, stop, points=points, parameters=parameters, periods=[period], sources=[Source.REPORTED])
    span_of = _spans(there.series, snapshot, period)
    lasts, step = np.zeros(len(there.series), np.int64), np.ones(len(there.series), np.int64)
    for code, span in span_of.items():
        lasts[code], step[code] = span.lasts, span.step
    flags = stuck_test(there.value, there.time, lasts=lasts[there.code], step=step[there.code], series=there.code)
    stuck = flags == Flag.SUSPECT
    near = _near(there, new, reach)
    findings = store.findings(start, stop, points=points, parameters=parameters, periods=[period], check=STUCK)
    known = _known(there, findings)
    differs = np.flatnonzero(near & (stuck != known))
    if not len(differs):
        return None
    n = len(differs)
    return Findings(
        there.series, there.code[differs], there.time[differs], there.version[differs], (STUCK,) * n,
        np.full(n, version, np.uint64),
        np.where(stuck[differs], Flag.SUSPECT, Flag.GOOD).astype(np.uint8), ("",) * n, ("",) * n,
    )  # fmt: skip


def _near(there: Batch, new: Batch, reach: int) -> NDArray[np.bool_]:
    """Which rows lie within reach of a new one of their series."""
    code_of = {series: code for code, series in enumerate(there.series)}
    code = np.array([code_of.get(series, -1) for series in new.series], dtype=np.int64)[new.code]
    base = min(there.time.min(initial=0), new.time.min(initial=0))
    span = max(there.time.max(initial=0), new.time.max(initial=0)) - base + 4 * reach
    wanted = np.sort(code * span + (new.time - base))
    key = there.code * span + (there.time - base)
    after = np.searchsorted(wanted, key - reach)
    near: NDArray[np.bool_] = (after < len(wanted)) & (wanted[np.minimum(after, len(wanted) - 1)] <= key + reach)
    return near


def _known(there: Batch, findings: Findings) -> NDArray[np.bool_]:
    """Which rows a finding in force calls stuck."""
    known = np.zeros(len(there), dtype=bool)
    if not len(findings):
        return known
    row = {
        (code, time, version): at
        for at, (code, time, version) in enumerate(
            zip(there.code.tolist(), there.time.tolist(), there.version.tolist(), strict=True)
        )
    }
    code_of = {series: code for code, series in enumerate(there.series)}
    for at in np.flatnonzero(findings.flag > Flag.GOOD).tolist():
        code = code_of.get(findings.series[findings.code[at]])
        place = row.get((code, int(findings.time[at]), int(findings.version[at])))
        if place is not None:
            known[place] = True
    return known


def _checks(series: tuple[Series, ...], snapshot: Snapshot) -> dict[int, Check]:
    """The check of each series that has one."""
    found = {}
    for code, one in enumerate(series):
        point = snapshot.point_by_id.get(one.point)
        element = ELEMENT_BY_SLUG.get(point.element) if point is not None else None
        if element is not None:
            for known in element.checks:
                if known.parameter == one.parameter:
                    found[code] = known
    return found
