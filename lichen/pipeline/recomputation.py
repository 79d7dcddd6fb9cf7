"""One round of computing: what changed, what has just ended, and how to read what is in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from lichen.pipeline.frames import KEY, Names, frame, no_keys
from lichen.pipeline.intervals import start_before
from lichen.store import Store
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot

#: Intervals by who made the values over which period.
Touched = dict[tuple[Period, Source], pl.DataFrame]


@dataclass
class Recomputation:
    """One round of computing.

    Attributes
    ----------
    store : Store
    snapshot : Snapshot
    names : Names
    closed_from, closed_to : int
        Intervals that end in (closed_from, closed_to] have just ended; later ones are still open. [ms since 1970 UTC]
    version : int
        Of the rows to be appended.
    touched : Touched
        What changed; grows by what is computed.
    """

    store: Store
    snapshot: Snapshot
    names: Names
    closed_from: int
    closed_to: int
    version: int
    touched: Touched = field(default_factory=dict)

    def touch(self, period: Period, source: Source, rows: pl.DataFrame) -> None:
        """Add intervals to what changed."""
        known = self.touched.get((period, source))
        rows = rows.select(KEY)
        self.touched[period, source] = rows if known is None else pl.concat([known, rows])

    def concerns(self, points: Sequence[int]) -> bool:
        """Whether anything of these points changed, or an hour has just ended, and with it perhaps an interval."""
        if start_before(self.closed_to, Period.HOUR) > self.closed_from:
            return True
        return any(rows["point"].is_in(points).any() for rows in self.touched.values())

    def of(self, period: Period, source: Source, points: Sequence[int], parameters: Iterable[str]) -> pl.DataFrame:
        """What changed of these points and parameters; the same interval may occur again."""
        rows = self.touched.get((period, source))
        if rows is None:
            return no_keys()
        wanted = self.names.codes(parameters)
        return rows.filter(pl.col("point").is_in(points) & pl.col("parameter").is_in(wanted))

    def read(
        self, period: Period, source: Source, points: Iterable[int], parameters: Iterable[int], start: int, stop: int
    ) -> pl.DataFrame:
        """The means in force that begin in [start, stop)."""
        found = self.store.range(
            start, stop, points=self.names.words(points), parameters=self.names.words(parameters), periods=[period],
            sources=[source],
        )  # fmt: skip
        return frame(found, self.names)

    def marks(
        self, period: Period, points: Iterable[int], parameters: Iterable[int], start: int, stop: int
    ) -> pl.DataFrame:
        """The senders' marks of what was reported, in column ``mark``; values without one are left out."""
        found = self.store.range(
            start, stop, points=self.names.words(points), parameters=self.names.words(parameters), periods=[period],
            sources=[Source.REPORTED],
        )  # fmt: skip
        mark = pl.Series(found.marks, dtype=pl.String).gather(found.mark)
        return frame(found, self.names).with_columns(mark=mark).filter(pl.col("mark") != "")
