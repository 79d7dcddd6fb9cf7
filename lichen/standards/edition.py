"""Editions of standards and the shelf they stand on.

A folder ``tables/<edition>/`` holds ``about.toml`` (id, number, titles, issued, effective, until, replaced_by, source,
status, note, and ``[[phases]]`` where limits move inside one edition) and CSV tables, every row with its clause and
the status of our reading of it. Cells stay text until somebody parses them: "0.05" keeps its digits.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources.abc import Traversable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lichen.standards.errors import NoStandardInForce, TableError, UnknownEdition
from lichen.vocab.clock import beijing_day, day_start_ms

Row = Mapping[str, str]
#: How sure a row is. "second hand": read in somebody's transcription; "proposal": ours, from no standard.
STATUSES = frozenset({"verified", "second hand", "memory", "conflict", "proposal"})


@dataclass(frozen=True, slots=True)
class Phase:
    """Days, first and last included, on which one set of limits of an edition holds; `end` None = until replaced."""

    id: str
    start: date
    end: date | None

    def covers(self, day: date) -> bool:
        """Whether the day lies in the phase."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV table of an edition, as text."""

    edition: str
    name: str
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, **cells: str) -> tuple[Row, ...]:
        """The rows whose cells are equal to those given, in the order of the table."""
        return tuple(row for row in self.rows if all(row[column] == cell for column, cell in cells.items()))

    def one(self, **cells: str) -> Row:
        """The single row with these cells.

        Raises
        ------
        TableError
            There is none, or there are several.
        """
        found = self.select(**cells)
        if len(found) != 1:
            wanted = ", ".join(f"{column}={cell}" for column, cell in cells.items())
            raise TableError(f"{self.edition}, {self.name}: {len(found)} rows with {wanted}; exactly one was expected")
        return found[0]


@dataclass(frozen=True)
class Edition:
    """One edition of a standard, ``HJ 633-2026``, with its tables.

    `start` and `end` are the first and the last day it is in force (Beijing calendar); `end` None = still in force.
    """

    id: str
    number: str
    title_zh: str
    title_en: str
    start: date
    end: date | None
    issued: date | None
    replaced_by: str
    source: str
    status: str
    note: str
    phases: tuple[Phase, ...]
    folder: Traversable

    def covers(self, day: date) -> bool:
        """Whether the edition is in force on the day."""
        return self.start <= day and (self.end is None or day <= self.end)

    def phase(self, day: date) -> Phase:
        """The phase that holds on the day; an edition without phases is one phase named "".

        Raises
        ------
        NoStandardInForce
            The edition has phases, and none covers the day.
        """
        if not self.phases:
            return Phase("", self.start, self.end)
        for phase in self.phases:
            if phase.covers(day):
                return phase
        raise NoStandardInForce(
            f"{self.id} has no limits for {day}; its phases: "
            + ", ".join(_days(p.id, p.start, p.end) for p in self.phases)
        )

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Every CSV table of the folder by name (without the ending)."""
        found = {}
        for entry in sorted(self.folder.iterdir(), key=lambda e: e.name):
            if entry.name.endswith(".csv"):
                name = entry.name.removesuffix(".csv")
                found[name] = Table(self.id, name, _rows(entry, self.id))
        return MappingProxyType(found)

    def table(self, name: str) -> Table:
        """A table by name; `TableError` lists the tables there are."""
        try:
            return self.tables[name]
        except KeyError:
            raise TableError(f"{self.id} has no table {name!r}; it has: {', '.join(self.tables)}") from None


def _rows(file: Traversable, edition: str) -> tuple[Row, ...]:
    rows = []
    for number, row in enumerate(csv.DictReader(file.read_text(encoding="utf-8").splitlines()), start=2):
        if None in row or None in row.values():
            raise TableError(f"{edition}, {file.name}, line {number}: wrong number of cells")
        if not row.get("clause"):
            raise TableError(f"{edition}, {file.name}, line {number}: no clause; every row names where it is printed")
        if row.get("status") not in STATUSES:
            allowed = ", ".join(sorted(STATUSES))
            raise TableError(f"{edition}, {file.name}, line {number}: status {row.get('status')!r}; allowed: {allowed}")
        rows.append(MappingProxyType(dict(row)))
    return tuple(rows)


def load_edition(folder: Traversable) -> Edition:
    """The edition of one folder.

    Raises
    ------
    TableError
        ``about.toml`` is missing or lacks a field. Tables are read when first asked for.
    """
    try:
        about = tomllib.loads(folder.joinpath("about.toml").read_text(encoding="utf-8"))
        phases = tuple(Phase(p["id"], p["from"], p.get("until")) for p in about.get("phases", ()))
        edition = Edition(
            id=about["id"], number=about["number"], title_zh=about["title_zh"], title_en=about["title_en"],
            start=about["effective"], end=about.get("until"), issued=about.get("issued"),
            replaced_by=about.get("replaced_by", ""), source=about["source"], status=about["status"],
            note=about.get("note", ""), phases=phases, folder=folder,
        )  # fmt: skip
    except FileNotFoundError as missing:
        raise TableError(f"{folder.name}: no about.toml; every edition says what it is") from missing
    except KeyError as missing:
        raise TableError(f"{folder.name}/about.toml: {missing} is missing") from missing
    if edition.status not in STATUSES:
        raise TableError(f"{folder.name}/about.toml: status {edition.status!r}; allowed: {', '.join(sorted(STATUSES))}")
    return edition


def _plain(name: str) -> str:
    """An edition's name without blanks, hyphens, slashes and case: people write HJ633-2026, hj 633—2026, GB/T 14848."""
    return re.sub(r"[\s\-–—_/]", "", name).casefold()


def _days(name: str, start: date, end: date | None) -> str:
    return f"{name} (from {start}{'' if end is None else f' until {end}'})"


class Shelf:
    """All editions an element knows, and the choice among them.

    Parameters
    ----------
    editions : sequence of Edition
    """

    def __init__(self, editions: Sequence[Edition]) -> None:
        self.editions = tuple(sorted(editions, key=lambda e: (e.number, e.start)))

    @classmethod
    def load(cls, tables: Traversable) -> Shelf:
        """The editions of every folder below ``tables/``."""
        return cls(
            [load_edition(entry) for entry in tables.iterdir() if entry.is_dir() and not entry.name.startswith("_")]
        )

    def of(self, number: str) -> tuple[Edition, ...]:
        """The editions of one standard (``HJ 633``), oldest first."""
        return tuple(edition for edition in self.editions if edition.number == number)

    def edition(self, name: str, number: str | None = None) -> Edition:
        """The edition a person means: ``HJ 633-2026``, ``hj633-2026``, or ``2026`` when `number` says of what.

        Raises
        ------
        UnknownEdition
            The message lists the editions there are.
        """
        pool = self.editions if number is None else self.of(number)
        wanted = _plain(name)
        for edition in pool:
            if wanted == _plain(edition.id) or (number is not None and wanted == edition.id.rpartition("-")[2]):
                return edition
        raise UnknownEdition(f"edition {name!r} is not known; known: {', '.join(e.id for e in pool)}")

    def in_force(self, number: str, on: date) -> Edition:
        """The edition of a standard that is in force on a day of the Beijing calendar.

        Raises
        ------
        NoStandardInForce
            The message lists the editions and their days.
        """
        for edition in self.of(number):
            if edition.covers(on):
                return edition
        known = ", ".join(_days(e.id, e.start, e.end) for e in self.of(number)) or "none"
        raise NoStandardInForce(f"no edition of {number} is in force on {on}; editions known: {known}")

    def in_force_at(self, number: str, instant: int) -> Edition:
        """`in_force` on the Beijing day that holds the instant (the start of what is judged). [ms since 1970 UTC]"""
        return self.in_force(number, beijing_day(instant))

    def codes_at(self, number: str, instants: NDArray[np.int64]) -> tuple[tuple[Edition, ...], NDArray[np.int64]]:
        """Which edition is in force at each of many instants.

        Returns
        -------
        editions : tuple of Edition
            `of(number)`.
        codes : ndarray (n,) int64
            Index into `editions`; -1 where none is in force.
        """
        editions = self.of(number)
        codes = np.full(len(instants), -1, dtype=np.int64)
        for code, edition in enumerate(editions):
            inside = instants >= day_start_ms(edition.start)
            if edition.end is not None:
                inside &= instants < day_start_ms(date.fromordinal(edition.end.toordinal() + 1))
            codes[inside] = code
        return editions, codes
