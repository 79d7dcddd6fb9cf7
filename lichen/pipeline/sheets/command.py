"""`lichen import` and `lichen template`: the same checks as the page, from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element
from lichen.pipeline.errors import PipelineError
from lichen.pipeline.sheets.bring import bring
from lichen.pipeline.sheets.check import PERIODS, Checked, check
from lichen.pipeline.sheets.entry import entries_of
from lichen.pipeline.sheets.template import template
from lichen.stream.client import connect
from lichen.vocab.clock import now_ms
from lichen.vocab.periods import Period

#: Faults printed at most; the rest are counted.
_MOST_FAULTS = 200


def run(
    element: str, source: Path, *, period: str, partial: bool, dry_run: bool, by: str, say: Callable[[str], None]
) -> int:
    """Check a file and bring it into the running installation.

    Returns
    -------
    int
        0 = every row was (or would be) taken; 1 = some had faults.

    Raises
    ------
    PipelineError
        Unknown element or period, or the file is no table of results.
    lichen.stream.errors.StreamError
        The installation does not run.
    """
    return asyncio.run(_run(_element(element), source, _period(period), partial, dry_run, by, say))


async def _run(
    element: Element, source: Path, period: Period, partial: bool, dry_run: bool, by: str, say: Callable[[str], None]
) -> int:
    try:
        body = await asyncio.to_thread(source.read_bytes)
    except OSError as failed:
        raise PipelineError(f"{source}: cannot be read: {failed}") from failed
    async with await connect() as stream:
        snapshot = await stream.get_snapshot()
        checked = check(source.name, body, element, snapshot, period=period, by=by, now=now_ms())
        for line in _told(checked):
            say(line)
        take = not dry_run and bool(checked.good) and (partial or not checked.faults)
        if take:
            await bring(
                stream, entries_of(body, checked.head, checked.good, received=now_ms(), peer=f"command line: {by}")
            )
    say(_summary(checked, taken=take, dry_run=dry_run))
    return 1 if checked.faults else 0


def _told(checked: Checked) -> list[str]:
    lines = [
        f"{fault.cell} {fault.value!r}: {fault.rule.zh}{fault.remedy.zh} | {fault.rule.en} {fault.remedy.en}"
        for fault in checked.faults[:_MOST_FAULTS]
    ]
    more = len(checked.faults) - len(lines)
    return [*lines, f"… {more} more faults"] if more else lines


def _summary(checked: Checked, *, taken: bool, dry_run: bool) -> str:
    good, faults = len(checked.good), len(checked.faults)
    found = f"{checked.rows} rows, {good} without a fault, {faults} faults"
    if taken:
        return f"{found}; {good} rows taken, they are sealed and judged within seconds"
    if dry_run:
        return f"{found}; nothing was taken (--dry-run)"
    if not good:
        return f"{found}; nothing was taken"
    return f"{found}; nothing was taken: correct the file, or take the good rows with --partial"


def write_template(element: str, target: Path) -> None:
    """Write an empty table; raises PipelineError for an unknown element, another ending, or a file that cannot be
    written."""
    ending = target.suffix.lower().removeprefix(".")
    if ending not in ("csv", "xlsx"):
        raise PipelineError(f"{target}: the file must end in .csv or .xlsx")
    body = template(_element(element), ending)
    try:
        target.write_bytes(body)
    except OSError as failed:
        raise PipelineError(f"{target}: cannot be written: {failed}") from failed


def _element(slug: str) -> Element:
    if slug not in ELEMENT_BY_SLUG:
        raise PipelineError(f"element {slug!r} is not known; known: {', '.join(ELEMENT_BY_SLUG)}")
    return ELEMENT_BY_SLUG[slug]


def _period(period: str) -> Period:
    if period not in list(PERIODS):
        raise PipelineError(f"results by {period!r} are not taken; allowed: {', '.join(PERIODS)}")
    return Period(period)
