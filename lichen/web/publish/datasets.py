"""The data sets there are, and what their columns mean. Everything is asked of the elements and the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from lichen.elements.descriptor import Element
from lichen.vocab.flags import Flag, is_usable
from lichen.vocab.parameters import PARAMETERS, Parameter
from lichen.vocab.periods import Period
from lichen.vocab.registry import Snapshot
from lichen.web.readings import words
from lichen.web.readings.spans import inputs_of, periods_of
from lichen.web.readings.stations import elements_present

#: Periods that are published, each with the update cycle of the catalogue (DCAT's frequency vocabulary).
CYCLES = {
    Period.HOUR: "HOURLY", Period.DAY: "DAILY", Period.SAMPLE: "IRREG", Period.MONTH: "MONTHLY",
    Period.QUARTER: "QUARTERLY", Period.YEAR: "ANNUAL",
}  # fmt: skip


class Kind(StrEnum):
    """What a row of a data set is."""

    READINGS = "readings"  # a value of a parameter
    VERDICTS = "verdicts"  # what the standard says about an interval


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the files; `kind` is its type in both formats."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The readings or verdicts of an element over one period."""

    element: Element
    period: Period
    kind: Kind

    @property
    def slug(self) -> str:
        """Its name in addresses: ``air-hour-readings``."""
        return f"{self.element.slug}-{self.period}-{self.kind}"

    @property
    def title(self) -> str:
        """Its name for people."""
        what = {
            (Period.HOUR, Kind.READINGS): _("hourly values"),
            (Period.HOUR, Kind.VERDICTS): _("hourly verdicts"),
            (Period.DAY, Kind.READINGS): _("daily values"),
            (Period.DAY, Kind.VERDICTS): _("daily verdicts"),
            (Period.SAMPLE, Kind.READINGS): _("results of samples"),
            (Period.SAMPLE, Kind.VERDICTS): _("verdicts on samples"),
            (Period.MONTH, Kind.READINGS): _("monthly values"),
            (Period.MONTH, Kind.VERDICTS): _("monthly verdicts"),
            (Period.QUARTER, Kind.READINGS): _("quarterly values"),
            (Period.QUARTER, Kind.VERDICTS): _("quarterly verdicts"),
            (Period.YEAR, Kind.READINGS): _("yearly values"),
            (Period.YEAR, Kind.VERDICTS): _("yearly verdicts"),
        }[self.period, self.kind]
        return f"{words.element_name(self.element)} · {what}"

    @property
    def abstract(self) -> str:
        """A sentence about it."""
        if self.kind is Kind.READINGS and self.period is Period.SAMPLE:
            return _("The result of each parameter in each sample, as it came in.")
        if self.kind is Kind.READINGS:
            return _("The mean of each parameter at each station, computed here from the values the station sent.")
        return _("The index, class and deciding parameters of each station by the standard in force on that day.")

    @property
    def cycle(self) -> str:
        """How often rows are added."""
        return {
            Period.HOUR: _("every hour"), Period.DAY: _("every day"), Period.SAMPLE: _("with each sample"),
            Period.MONTH: _("every month"), Period.QUARTER: _("every quarter"), Period.YEAR: _("every year"),
        }[self.period]  # fmt: skip

    @property
    def frequency(self) -> str:
        """The same in the vocabulary of DCAT."""
        return CYCLES[self.period]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in the order of the files."""
        place = (
            Column("point", "string", _("Station, as in the list of stations")),
            Column("point_name", "string", _("Name of the station")),
        )
        span = (
            Column("start", "time", _("Start of the interval, included")),
            Column("end", "time", _("End of the interval, not included")),
        )
        version = Column("version", "uint64", _("Grows with every new version; from 2^62 on a person set the value"))
        if self.kind is Kind.READINGS:
            return (
                *place,
                Column("parameter", "string", _("What was measured, see the table of parameters")),
                *span,
                Column("value", "double", _("The value, in the unit beside it; empty where there is none")),
                Column("unit", "string", _("Unit of the value")),
                Column("flag", "string", _("How far the value may be trusted, see the table of flags")),
                version,
            )
        return (
            *place,
            *span,
            Column("index", "double", self.element.index_name or _("Index")),
            Column("class", "string", _("Word of the class; empty where the standard gives none")),
            Column("deciding", "string", _("Parameters that decide the index, separated by semicolons")),
            Column(
                "exceeding",
                "string",
                _("Parameters beyond their limit, separated by semicolons; after “=” by how many times the limit"),
            ),
            *(
                Column(
                    f"sub_{slug}",
                    "double",
                    _("Sub-index or class of %(parameter)s") % {"parameter": words.parameter_name(slug)},
                )
                for slug in inputs_of(self.element, self.period)
            ),
            Column("edition", "string", _("Standard that judged")),
            Column("clause", "string", _("Clause of the standard")),
            Column("note", "string", _("Why there is no index, or which rule was taken")),
            version,
        )

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that rows can be about."""
        return tuple(PARAMETERS[slug] for slug in self.element.parameters if slug in PARAMETERS)


def datasets(snapshot: Snapshot) -> list[Dataset]:
    """The data sets of the elements that have a point."""
    return [
        Dataset(element, period, kind)
        for element in elements_present(snapshot)
        for period in periods_of(element)
        if period in CYCLES
        for kind in Kind
        if kind is Kind.READINGS or period in element.evaluators
    ]


def find(snapshot: Snapshot, slug: str) -> Dataset | None:
    """The data set of an address."""
    return next((one for one in datasets(snapshot) if one.slug == slug), None)


@dataclass(frozen=True, slots=True)
class FlagRule:
    """A flag as the files write it, what it means, and whether such a value counts."""

    word: str
    name: str
    meaning: str
    counts: bool


def flags() -> Iterable[FlagRule]:
    """The table of flags, from the vocabulary."""
    return [FlagRule(flag_word(flag), words.flag(flag), words.flag_meaning(flag), is_usable(flag)) for flag in Flag]


def flag_word(flag: int) -> str:
    """A flag in files and in the API.

    >>> flag_word(9)
    'missing'
    """
    return Flag(flag).name.lower()
