"""What is sealed of a table: the file as it came, and the rows taken from it.

Two doors of the raw log (`lichen.vocab.entry`); in both the station is the SHA-256 of the file, in hexadecimal:

``file``
    The file's bytes, cut into entries in their order.
``sheet``
    Rows of it, as UTF-8 text. The first line is a JSON object: ``format`` (`FORMAT`), ``file`` (its name), ``element``,
    ``period``, ``by`` (the account), ``columns`` (for each column of values ``letter``, ``parameter`` and ``unit``).
    The following lines are CSV: the row's number in the file, the point, the time (ISO 8601, Beijing), and the texts
    of the cells as they were written.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lichen.vocab.clock import to_ms
from lichen.vocab.entry import Entry, EntryError

FILE, SHEET = "file", "sheet"
FORMAT = "lichen-sheet/1"
#: Of a body; an entry may be 65,535 bytes long. [bytes]
_MOST = 60_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of values: where it stands in the file, what it is, and the unit its numbers are in."""

    letter: str
    parameter: str
    unit: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number in the file, whose it is, when (ISO 8601 with offset), and the texts of its cells."""

    number: int
    point: str
    time: str
    cells: tuple[str, ...]

    @property
    def instant(self) -> int:
        """[ms since 1970 UTC]"""
        return to_ms(datetime.fromisoformat(self.time))


@dataclass(frozen=True, slots=True)
class Head:
    """What holds for all rows of a sheet."""

    file: str
    element: str
    period: str
    by: str
    columns: tuple[Column, ...]

    def to_line(self) -> str:
        said = {"format": FORMAT, "file": self.file, "element": self.element, "period": self.period, "by": self.by}
        columns = [{"letter": c.letter, "parameter": c.parameter, "unit": c.unit} for c in self.columns]
        return json.dumps(said | {"columns": columns}, ensure_ascii=False, sort_keys=True) + "\n"


def entries_of(body: bytes, head: Head, rows: Sequence[Row], *, received: int, peer: str) -> list[bytes]:
    """The encoded entries of a file and of the rows taken from it, in the order in which they are sealed.

    Parameters
    ----------
    body : bytes
        The file as it came.
    head, rows
        What was taken from it.
    received : int
        [ms since 1970 UTC]
    peer : str
        Who brought it.
    """
    digest = hashlib.sha256(body).hexdigest()
    parts = [body[at : at + _MOST] for at in range(0, max(len(body), 1), _MOST)]
    entries = [Entry(received, FILE, peer, digest, "ok", part) for part in parts]
    entries += [Entry(received, SHEET, peer, digest, "ok", text.encode()) for text in _texts(head, rows)]
    return [entry.encode() for entry in entries]


def _texts(head: Head, rows: Sequence[Row]) -> Iterator[str]:
    first = head.to_line()
    lines: list[str] = []
    size = len(first.encode())
    for row in rows:
        line = _line(row)
        if lines and size + len(line.encode()) > _MOST:
            yield first + "".join(lines)
            lines, size = [], len(first.encode())
        lines.append(line)
        size += len(line.encode())
    if lines:
        yield first + "".join(lines)


def _line(row: Row) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([row.number, row.point, row.time, *row.cells])
    return out.getvalue()


def read(text: str) -> tuple[Head, list[Row]]:
    """Head and rows of the body of a ``sheet`` entry.

    Raises
    ------
    EntryError
        It is none.
    """
    first, _, rest = text.partition("\n")
    try:
        said: dict[str, Any] = json.loads(first)
        if said["format"] != FORMAT:
            raise EntryError(f"a sheet of format {said['format']!r}; known: {FORMAT!r}")
        columns = tuple(Column(one["letter"], one["parameter"], one["unit"]) for one in said["columns"])
        head = Head(said["file"], said["element"], said["period"], said["by"], columns)
        rows = [
            Row(int(number), point, time, tuple(cells)) for number, point, time, *cells in csv.reader(io.StringIO(rest))
        ]
        wrong = [row.number for row in rows if len(row.cells) != len(columns) or row.instant < 0]
        if wrong:
            raise EntryError(f"row {wrong[0]} has not {len(columns)} cells, or lies before 1970")
    except (ValueError, KeyError, TypeError, csv.Error) as broken:
        raise EntryError(f"not a sheet: {broken}") from broken
    return head, rows


def place_of(text: str, wanted: Row, column: int) -> tuple[int, int] | None:
    """Where in the body of a ``sheet`` entry the text of a cell stands, None if it cannot be pointed at.

    >>> row = Row(7, "P1", "2026-03-01T08:00:00+08:00", ("7.2", "<0.01"))
    >>> text = "{}\\n" + _line(row)
    >>> begin, end = place_of(text, row, 1)
    >>> text[begin:end]
    '<0.01'
    """
    line = _line(wanted)
    at = text.find("\n" + line)
    if at < 0:
        return None
    before = io.StringIO()
    cells = [wanted.number, wanted.point, wanted.time, *wanted.cells[:column]]
    csv.writer(before, lineterminator="").writerow(cells)
    begin = at + 1 + len(before.getvalue()) + 1
    quoted = line[begin - at - 1] == '"'
    return begin + quoted, begin + quoted + len(wanted.cells[column])
