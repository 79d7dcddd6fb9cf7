"""Brings the demo's tables through the door that people's tables take, once in the life of an installation."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

from lichen.demo.points import places
from lichen.demo.sections import sections
from lichen.demo.seed import DemoSeed
from lichen.demo.tables import File, files_of
from lichen.elements import ELEMENT_BY_SLUG
from lichen.pipeline.sheets.bring import bring
from lichen.pipeline.sheets.check import Checked, check
from lichen.pipeline.sheets.entry import entries_of
from lichen.stream.client import Stream, connect
from lichen.vocab.clock import now_ms
from lichen.vocab.registry import Snapshot
from lichen.vocab.settings import Home

_LOOK_AGAIN_S = 0.5


class BadFile(ValueError):
    """A table of the demo has a fault: the demo's data and its registry do not fit together."""


def checked(file: File, snapshot: Snapshot, now: int) -> Checked:
    """A file after the checks that every table goes through.

    Raises
    ------
    BadFile
        It has a fault.
    """
    found = check(
        file.name, file.body, ELEMENT_BY_SLUG[file.element], snapshot, period=file.period, by=file.by, now=now
    )
    if found.faults:
        first = found.faults[0]
        raise BadFile(f"{file.name}: {first.cell} {first.value!r}: {first.rule.en} {first.remedy.en}")
    return found


async def bring_tables(home: Home, seed: DemoSeed, say: Callable[[str], None]) -> None:
    """Brings every file that this installation has not brought yet.

    Waits until the registry with the demo's points is published: results of unknown points would not be judged.
    """
    done = _Done(home.root / "demo" / "brought.txt")
    wanted = [file for file in files_of(seed.started) if not done.has(file)]
    if not wanted:
        return
    async with await connect() as stream:
        snapshot = await _registry(stream)
        for number, file in enumerate(wanted, start=1):
            found = checked(file, snapshot, now_ms())
            entries = entries_of(file.body, found.head, found.good, received=now_ms(), peer=f"demo: {file.by}")
            await bring(stream, entries)
            done.add(file)
            say(f"tables: {number}/{len(wanted)} brought, {found.rows} rows of {file.element}")


async def _registry(stream: Stream) -> Snapshot:
    needed = {section.id for section in sections()} | {place.id for place in places()}
    while True:
        snapshot = await stream.get_snapshot()
        if needed <= snapshot.point_by_id.keys():
            return snapshot
        await asyncio.sleep(_LOOK_AGAIN_S)


class _Done:
    """Which files were brought: the SHA-256 of each, a line of a text file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = set(path.read_text().split()) if path.exists() else set()

    def has(self, file: File) -> bool:
        return _digest(file) in self._known

    def add(self, file: File) -> None:
        with self._path.open("a") as known:
            known.write(_digest(file) + "\n")


def _digest(file: File) -> str:
    return hashlib.sha256(file.body).hexdigest()
