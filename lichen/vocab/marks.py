"""The senders' marks (数据标记) translated into our flags, at the border only.

The tables are dated data (``marks.csv``): one scheme per edition of HJ 212 and one for the national air network, whose
rows nobody here has seen in print (status ``memory``). An installation may add schemes with `load`.

A mark that a scheme does not know is kept with the value and read as SUSPECT: HJ 212 has one mark for normal, so
whatever else a logger says is "not N". SUSPECT and not BAD, because the sender said nothing we understand
against the value; either way it enters no statistic (`lichen.vocab.flags.is_usable`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from types import MappingProxyType

from lichen.vocab.flags import Flag

UNKNOWN = Flag.SUSPECT
#: Of a laboratory's value that was not detected: the value is the detection limit (``0.01L``, HJ 91.2-2022).
BELOW_DETECTION = "L"


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of one scheme; `start`/`end` bound the days (inclusive) on which it means this, None = open."""

    scheme: str
    mark: str
    name_zh: str
    name_en: str
    flag: Flag
    start: date | None
    end: date | None
    source: str
    status: str

    def holds_on(self, day: date | None) -> bool:
        """Whether the row is in force on the day; a row without dates always is."""
        if day is None:
            return True
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


def load(lines: Iterable[str]) -> Mapping[tuple[str, str], tuple[Mark, ...]]:
    """Marks by (scheme, mark) from CSV lines with the columns of ``marks.csv``.

    Raises
    ------
    ValueError
        A flag is not one of `Flag`, a date not ISO, or two rows for the same mark overlap.
    """
    found: dict[tuple[str, str], list[Mark]] = {}
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            mark = Mark(
                row["scheme"], row["mark"], row["name_zh"], row["name_en"], Flag[row["flag"]],
                _day(row["from"]), _day(row["until"]), row["source"], row["status"],
            )  # fmt: skip
        except KeyError as wrong:
            raise ValueError(
                f"marks, line {number}: {wrong} is no column or flag; flags: {[*Flag.__members__]}"
            ) from wrong
        rows = found.setdefault((mark.scheme, mark.mark), [])
        if any(_overlap(mark, other) for other in rows):
            raise ValueError(f"marks, line {number}: {mark.scheme} {mark.mark!r} is already defined for these days")
        rows.append(mark)
    return MappingProxyType({key: tuple(rows) for key, rows in found.items()})


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _overlap(one: Mark, other: Mark) -> bool:
    first, last = date.min, date.max
    return (one.start or first) <= (other.end or last) and (other.start or first) <= (one.end or last)


MARKS = load(resources.files("lichen.vocab").joinpath("marks.csv").read_text(encoding="utf-8").splitlines())


def schemes(edition: str, st: str | None = None) -> tuple[str, ...]:
    """The schemes that speak for a packet, most specific first.

    An ambient station (ST 22) sends the marks of the national air network beside those of its HJ 212 edition, and
    where both know a letter the edition's meaning holds. 2005 marks are letters for air and digits for water.

    >>> schemes("2017", "22")
    ('hj212-2017', 'ambient-air')
    """
    own = ("hj212-2005-air", "hj212-2005-water") if edition == "2005" else (f"hj212-{edition}",)
    return (*own, "ambient-air") if st == "22" else own


def meaning(
    mark: str,
    edition: str,
    st: str | None = None,
    on: date | None = None,
    table: Mapping[tuple[str, str], tuple[Mark, ...]] = MARKS,
) -> Mark | None:
    """The row that explains a mark, or None if no scheme knows it. Letter case matters only where both cases exist."""
    for exact in (True, False):
        for scheme in schemes(edition, st):
            for (name, known), rows in table.items():
                if name == scheme and (known == mark or (not exact and known.casefold() == mark.casefold())):
                    for row in rows:
                        if row.holds_on(on):
                            return row
    return None


def flag_of(
    mark: str,
    edition: str,
    st: str | None = None,
    on: date | None = None,
    table: Mapping[tuple[str, str], tuple[Mark, ...]] = MARKS,
) -> Flag:
    """The flag a sender's mark stands for.

    Parameters
    ----------
    mark : str
        As sent. Empty: the sender did not mark the value, so it has yet to be checked: UNCHECKED.
    edition : str
        "2005", "2017" or "2025".
    st : str, optional
        The packet's system code; "22" adds the marks of the air network.
    on : date, optional
        The day of the value, for marks that are dated.

    Examples
    --------
    >>> flag_of("N", "2017"), flag_of("D", "2017"), flag_of("Td", "2025")
    (<Flag.UNCHECKED: 2>, <Flag.BAD: 4>, <Flag.BAD: 4>)
    >>> flag_of("Q7", "2017"), flag_of("", "2017")
    (<Flag.SUSPECT: 3>, <Flag.UNCHECKED: 2>)
    """
    if not mark:
        return Flag.UNCHECKED
    row = meaning(mark, edition, st, on, table)
    return UNKNOWN if row is None else row.flag
