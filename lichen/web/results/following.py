"""What has become of results that were accepted: sealed, judged, and row by row where they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element, ResultClass
from lichen.pipeline.sheets.entry import SHEET, Head, Row, read
from lichen.vocab.clock import from_ms
from lichen.vocab.entry import Entry, EntryError, receipt
from lichen.vocab.periods import Period, Source
from lichen.vocab.units import text_of
from lichen.web.acts.models import Act
from lichen.web.engines import engines
from lichen.web.readings import words
from lichen.web.readings.addresses import Place

#: Entries that are looked through for those of a file: what the whole network sent while it waited to be sealed.
_LOOKED_AT = 262_144
_STRIDE = 1024


@dataclass(frozen=True, slots=True)
class Value:
    """A cell of a row that was taken."""

    name: str
    text: str
    unit: str
    url: str


@dataclass
class Taken:
    """A row of a file as it was sealed; the verdict is None until there is one."""

    number: int
    point: str
    point_name: str
    time: int
    index: int
    values: tuple[Value, ...]
    url: str
    klass: ResultClass | None = None
    deciding: tuple[str, ...] = ()
    is_judged: bool = False

    @property
    def at(self) -> datetime:
        """When the sample was taken, or the interval began."""
        return from_ms(self.time)

    @property
    def class_name(self) -> str:
        return words.class_name(self.klass) if self.klass else ""


class Brought:
    """An acceptance and what has become of it.

    Parameters
    ----------
    act : Act
        Of `lichen.web.results.actions.ACTION`.
    """

    def __init__(self, act: Act) -> None:
        self.act = act
        self.details: dict[str, Any] = act.details

    @property
    def element(self) -> Element:
        return ELEMENT_BY_SLUG[self.details["element"]]

    @property
    def period(self) -> Period:
        return Period(self.details["period"])

    @property
    def is_for_verdicts(self) -> bool:
        """Whether the element judges results over this period."""
        return self.period in self.element.evaluators

    @cached_property
    def entries(self) -> list[int]:
        """Indexes of its entries in the raw log, as many as are sealed, in their order."""
        log, wanted = engines().raw_log, self.details["sha256"].encode()
        found: list[int] = []
        start = int(self.details["after"])
        stop = min(log.size, start + _LOOKED_AT + int(self.details["entries"]))
        while start < stop and len(found) < self.details["entries"]:
            for index, encoded in enumerate(log.read(start, min(stop, start + _STRIDE)), start=start):
                if len(found) < self.details["entries"] and _station(encoded) == wanted:
                    found.append(index)
            start += _STRIDE
        return found

    @property
    def is_sealed(self) -> bool:
        return bool(len(self.entries) == self.details["entries"])

    @property
    def is_judged(self) -> bool:
        """Whether the worker has taken in all of it: values are stored and judged."""
        return self.is_sealed and engines().taken_in().entries > self.entries[-1]

    def rows(self) -> list[Taken]:
        """The rows that were taken, in the order of the file."""
        log = engines().raw_log
        points = engines().snapshot().point_by_id
        found: list[Taken] = []
        for index in self.entries:
            entry = Entry.decode(log.read(index, index + 1)[0])
            if entry.door != SHEET:
                continue
            head, rows = read(entry.body.decode())
            for row in rows:
                point = points.get(row.point)
                found.append(_taken(index, head, row, words.point_name(point) if point else row.point))
        return found

    def judged(self, rows: Sequence[Taken]) -> Iterable[Taken]:
        """The rows with their verdicts."""
        if not rows or not self.is_for_verdicts:
            return rows
        times = [row.time for row in rows]
        results = engines().store.results(
            self.element.slug, self.period, min(times), max(times) + 1, points={row.point for row in rows}
        )
        at = {
            (results.points[point], time): row
            for row, (point, time) in enumerate(zip(results.point.tolist(), results.time.tolist(), strict=True))
        }
        for row in rows:
            found = at.get((row.point, row.time))
            if found is not None:
                row.is_judged = True
                row.deciding = results.deciding[found]
                klass = int(results.klass[found])
                row.klass = self.element.classes[klass] if klass >= 0 else None
        return rows


def _station(encoded: bytes) -> bytes:
    try:
        return bytes(receipt(encoded)[2])
    except EntryError:
        return b""


def _taken(index: int, head: Head, row: Row, name: str) -> Taken:
    period = Period(head.period)
    values = tuple(
        Value(
            words.parameter_name(column.parameter), text, "" if column.unit == "1" else text_of(column.unit),
            Place(row.point, column.parameter, period, row.instant, Source.REPORTED).url,
        )
        for column, text in zip(head.columns, row.cells, strict=True)
        if text.strip()
    )  # fmt: skip
    url = Place(row.point, head.element, period, row.instant).url
    return Taken(row.number, row.point, name, row.instant, index, values, url)
