"""Which recorded hour is replayed at which hour of today, and what a logger measures in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from lichen.demo.record import Hour, Record
from lichen.demo.registry import FACTORS
from lichen.demo.split import five_minute_values
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, beijing, day_start_ms

_FIVE = 5 * MINUTE_MS
#: Hours absent in a row that are still interpolated; a longer silence stays one.
LONGEST_GAP = 6


@dataclass(frozen=True, slots=True)
class Timeline:
    """The recorded hours of the network, laid over the present.

    Times are shifted by whole days, so the hour of day stays true. At the first start the hour then running is
    replayed from the last recorded hour with the same hour of day; past either end of the record the replay jumps
    by whole days back into it (`lap`), so the same instant always replays the same recorded hour.

    Attributes
    ----------
    first, last : int
        First and last recorded hour that all stations have in common. [ms since 1970 UTC]
    shift : int
        Whole days between record and replay. [ms]
    """

    first: int
    last: int
    shift: int

    @classmethod
    def of(cls, record: Record, started: int) -> Timeline:
        """The timeline of a demo that was first started at the instant `started`. [ms since 1970 UTC]"""
        first = max(min(hours) for hours in record.hours.values())
        last = min(max(hours) for hours in record.hours.values())
        hour = started // HOUR_MS * HOUR_MS
        return cls(first, last, -((last - hour) // DAY_MS) * DAY_MS)

    @property
    def lap(self) -> int:
        """The whole days the record covers. [ms]"""
        return (self.last + HOUR_MS - self.first) // DAY_MS * DAY_MS

    def recorded_hour(self, instant: int) -> int:
        """The start of the recorded hour replayed at the instant. [ms since 1970 UTC]"""
        hour = instant // HOUR_MS * HOUR_MS - self.shift
        if hour > self.last:
            hour -= -(-(hour - self.last) // self.lap) * self.lap
        elif hour < self.first:
            hour += -(-(self.first - hour) // self.lap) * self.lap
        return hour


@dataclass(frozen=True, slots=True)
class YearTimeline:
    """One recorded year, laid over every year: the same month, day and hour (29 February replays the 28th)."""

    first: int  # start of the recorded year [ms since 1970 UTC]

    def recorded_hour(self, instant: int) -> int:
        """The start of the recorded hour replayed at the instant. [ms since 1970 UTC]"""
        moment, begin = beijing(instant), beijing(self.first).date()
        day = moment.date()
        for year in (begin.year, begin.year + 1):
            leap = (day.month, day.day) == (2, 29)
            found = date(year, 2, 28) if leap else date(year, day.month, day.day)
            if begin <= found < begin.replace(year=begin.year + 1):
                return day_start_ms(found) + moment.hour * HOUR_MS
        raise AssertionError("a year holds every month and day")


@dataclass(frozen=True, slots=True)
class Spell:
    """Hours of every day in which one instrument misbehaves: ``mark`` is sent, or the reading is ``stuck``."""

    slug: str
    first_hour: int  # Beijing time, inclusive
    last_hour: int  # exclusive
    mark: str = "N"
    stuck: bool = False

    def covers(self, slug: str, instant: int) -> bool:
        return slug == self.slug and self.first_hour <= beijing(instant).hour < self.last_hour


@dataclass(frozen=True)
class Replay:
    """What one logger measured: a `lichen.hj212.simulator.values.ValueSource` over recorded hours."""

    station: str
    record: Record
    timeline: Timeline | YearTimeline
    spells: tuple[Spell, ...] = ()
    _cut: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict, repr=False)

    def items(self, cn: str, start: int, width: int) -> Sequence[str]:
        """Five-minute values (2051), the reading of a moment (2011), the hour value (2061), what to log (3020)."""
        if cn == "3020":
            return self._log(start)
        if cn == "2061":
            hour = self.hour(start) if self.is_recorded(start) else {}
            return [
                f"{code}-Avg={hour[slug]},{code}-Flag={self._mark(slug, start)}"
                for slug, (code, _) in FACTORS.items()
                if slug in hour
            ]
        if cn not in ("2011", "2051"):
            return ()
        items = []
        for slug, (code, decimals) in FACTORS.items():
            text = self._five_minutes(slug, start)
            if text is None:
                continue
            if cn == "2011":
                text = self._reading(slug, text, decimals, start)
            stat = "Rtd" if cn == "2011" else "Avg"
            items.append(f"{code}-{stat}={text},{code}-Flag={self._mark(slug, start)}")
        return items

    def hour(self, instant: int) -> Hour:
        """The hour values replayed at the instant: as recorded, or interpolated over a short gap of whole hours."""
        recorded = self.timeline.recorded_hour(instant)
        hours = self.record.hours[self.station]
        if recorded in hours:
            return hours[recorded]
        before, after = _neighbours(hours, recorded)
        if before is None or after is None or after - before > (LONGEST_GAP + 1) * HOUR_MS:
            return {}
        share = (recorded - before) / (after - before)
        return {
            slug: _between(hours[before][slug], hours[after][slug], share)
            for slug in hours[before]
            if slug in hours[after]
        }

    def is_recorded(self, instant: int) -> bool:
        """Whether the hour at the instant is in the record; False = absent there, interpolated here."""
        return self.timeline.recorded_hour(instant) in self.record.hours[self.station]

    def _log(self, instant: int) -> Sequence[str]:
        """The device says so itself when an hour is not from the record."""
        if self.is_recorded(instant) or not self.hour(instant):
            return ()
        return (f"i21001-Info=//回放：{beijing(instant).hour}时官方记录缺失，数值由前后小时内插//",)

    def _five_minutes(self, slug: str, instant: int) -> str | None:
        for spell in self.spells:
            if spell.stuck and spell.covers(slug, instant):
                instant = beijing_hour(instant, spell.first_hour)
        start = instant // HOUR_MS * HOUR_MS
        cut = self._cut.get((start, slug))
        if cut is None:
            value = self.hour(start).get(slug)
            if value is None:
                return None
            seed = f"{self.station} {slug} {self.timeline.recorded_hour(start)}"
            cut = five_minute_values(
                value, FACTORS[slug][1],
                before=self.hour(start - HOUR_MS).get(slug), after=self.hour(start + HOUR_MS).get(slug), seed=seed,
            )  # fmt: skip
            if len(self._cut) > 4096:
                self._cut.clear()
            self._cut[start, slug] = cut
        return cut[(instant - start) // _FIVE]

    def _reading(self, slug: str, text: str, decimals: int, instant: int) -> str:
        """The five-minute value give or take a step of the last digit, as a live reading flickers."""
        if any(spell.stuck and spell.covers(slug, instant) for spell in self.spells):
            return text
        flicker = hashlib.blake2b(f"{self.station}{slug}{instant}".encode(), digest_size=1).digest()[0] % 3 - 1
        return f"{max(0.0, float(text) + flicker * 10**-decimals):.{decimals}f}"

    def _mark(self, slug: str, instant: int) -> str:
        return next((spell.mark for spell in self.spells if spell.covers(slug, instant)), "N")


def beijing_hour(instant: int, hour: int) -> int:
    """The start of that hour on the Beijing day of the instant. [ms since 1970 UTC]"""
    return day_start_ms(beijing(instant).date()) + hour * HOUR_MS


def _neighbours(hours: Iterable[int], at: int) -> tuple[int | None, int | None]:
    known = list(hours)
    return max((h for h in known if h < at), default=None), min((h for h in known if h > at), default=None)


def _between(before: str, after: str, share: float) -> str:
    decimals = max(len(text.partition(".")[2]) for text in (before, after))
    return f"{float(before) + (float(after) - float(before)) * share:.{decimals}f}"
