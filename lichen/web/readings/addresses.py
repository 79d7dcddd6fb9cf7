"""The address of the page that explains a number, and the number behind an address."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from lichen.pipeline.trace import Why
from lichen.vocab.batch import Series
from lichen.vocab.clock import format_digits, parse_digits
from lichen.vocab.periods import Period, Source


class NoSuchAddress(ValueError):
    """Words in an address that name no period, source or instant."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number stands; `name` is a parameter's slug, or an element's for its verdict.

    `time` is the start of the interval. [ms since 1970 UTC]
    """

    point: str
    name: str
    period: Period
    time: int
    source: Source = Source.COMPUTED
    stat: str = "avg"

    @classmethod
    def of(cls, node: Why) -> Place:
        """Where a node of the why tree stands."""
        return cls(node.point, node.name, node.period, node.time, node.source, node.stat or "avg")

    @classmethod
    def parse(cls, point: str, name: str, period: str, digits: str, source: str, stat: str) -> Place:
        """The place that the words of an address name.

        Raises
        ------
        NoSuchAddress
            One of them is not what it should be.
        """
        time = parse_digits(digits) if digits.isascii() else None
        if time is None:
            raise NoSuchAddress(f"{digits!r} is no instant; expected Beijing time as 20260301080000")
        try:
            return cls(point, name, Period(period), time, Source(source), stat)
        except ValueError as unknown:
            raise NoSuchAddress(str(unknown)) from unknown

    @property
    def series(self) -> Series:
        """The series the number belongs to."""
        return Series(self.point, self.name, self.period, self.source, self.stat)

    @property
    def url(self) -> str:
        """The address of its page."""
        digits = format_digits(self.time, 17 if self.time % 1000 else 14)
        words = [self.point, self.name, str(self.period), digits]
        if self.source is Source.COMPUTED and self.stat == "avg":
            return reverse("why", args=words)
        return reverse("why_of", args=[*words, str(self.source), self.stat])
