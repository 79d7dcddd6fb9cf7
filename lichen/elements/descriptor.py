"""What an element is to the rest of Lichen: the one seam between generic code and the subjects.

Generic code asks the descriptor and never says ``if element == "air"``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.vocab.periods import Period

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: How one value is made of several: ``ph_mean`` is -lg of the mean of 10^-pH, ``energy_mean`` 10 lg of the mean of
#: 10^(L/10) for sound levels, ``angle_mean`` the direction of the mean unit vector [°].
METHODS = ("mean", "running_mean", "max", "min", "sum", "ph_mean", "energy_mean", "angle_mean")


@dataclass(frozen=True, slots=True)
class ResultClass:
    """One of the ordered classes of an element (best first), with its official word and colour."""

    word: str  # 优
    name_en: str  # excellent
    level: str  # 一级
    rgb: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How one period is made from a finer one.

    `method` is one of `METHODS`; `needed` the smallest count of valid inputs (for minutes: covered minutes); `clause`
    says where that is written. `first_hour`/`last_hour` restrict which inputs of a day count: those that end at the one
    hour (Beijing time) or later, and at the other or earlier. 23 and 6 is a night: it reaches over midnight, and takes
    both ends of the calendar day. `exceeds` names a limit above which too few inputs still count. Inputs below the
    detection limit enter with half of it.
    """

    parameters: tuple[str, ...]
    source_parameter: str | None  # None: the same parameter
    source: Period
    target: Period
    method: str
    needed: int
    clause: str
    first_hour: int = 0
    last_hour: int = 24
    exceeds: float | None = None
    unless: Period | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The automatic checks of one parameter's reported values (from the element's checks.csv)."""

    parameter: str
    low: float  # below: BAD
    high: float  # above: BAD
    stuck_count: int  # that many equal values in a row: SUSPECT; 0 = not checked
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class Option:
    """Something a verdict depends on beside the measured values: the type of a water body, a noise zone, a land use.

    A point has it as an attribute of the same name, which may change by date (`lichen.vocab.registry.attribute_at`);
    a table for `lichen evaluate` has it as a column, or one value for all rows is given on the command line.

    Attributes
    ----------
    slug, name_zh, name_en : str
    choices : mapping value → (中文, English)
        What is allowed; empty: a number.
    default : str or float
        Where nothing is said; "" or NaN: nothing is assumed, and the evaluator says in a note what it lacks.
    unit : str
        Of a number.
    accepts : mapping text → value
        Other spellings of the choices: ``{"湖库": "lake"}``. The Chinese and English words are accepted anyway.
    """

    slug: str
    name_zh: str
    name_en: str
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    default: str | float = ""
    unit: str = ""
    accepts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_number(self) -> bool:
        return not self.choices

    def code(self, text: str) -> int:
        """The position of a choice by its value, its words or another spelling; -1 = none of them.

        >>> choices = {"river": ("河流", "river"), "lake": ("湖库", "lake")}
        >>> water = Option("water_body", "水体类型", "water body", choices)
        >>> water.code("lake"), water.code("湖库"), water.code("sea")
        (1, 1, -1)
        """
        wanted = self.accepts.get(text.strip(), text.strip()).casefold()
        for position, (value, words) in enumerate(self.choices.items()):
            if wanted in (value.casefold(), *(word.casefold() for word in words)):
                return position
        return -1


@dataclass(frozen=True, slots=True)
class Samples:
    """n samples to be judged.

    Attributes
    ----------
    columns : mapping slug → ndarray (n,) float64
        In the parameter's unit; NaN, or no column: missing. Below the detection limit: the limit.
    time : ndarray (n,) int64
        Start of the interval, or the instant of sampling. [ms since 1970 UTC]
    edition : str or None
        None: the one in force on the Beijing day of each sample.
    below : mapping slug → ndarray (n,) bool
        Where the value was below the detection limit, which stands in `columns`; no column: nowhere.
    options : mapping slug → ndarray (n,)
        Of a choice: int16, position in `Option.choices`, -1 = not known. Of a number: float64, NaN = not known.
        No column: the option's default everywhere.
    marks : mapping slug → ndarray (n,) str
        The sender's own mark of each value ("N", "D", "" = none), for elements whose rules ask for it: where a value is
        missing because of its mark, the mark says why. Key ``working_condition``: the mark of the whole interval.
    """

    columns: Mapping[str, Floats]
    time: NDArray[np.int64]
    edition: str | None = None
    below: Mapping[str, Flags] = field(default_factory=dict)
    options: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    marks: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, column in (*self.columns.items(), *self.below.items(), *self.options.items(), *self.marks.items()):
            if len(column) != len(self.time):
                raise ValueError(f"column {name} has {len(column)} rows, time has {len(self.time)}; they must be equal")

    def __len__(self) -> int:
        return len(self.time)

    def choice(self, option: Option) -> NDArray[np.int16]:
        """The codes of an option of choices, (n,)."""
        given = self.options.get(option.slug)
        return np.full(len(self), option.code(str(option.default)), np.int16) if given is None else given

    def number(self, option: Option) -> Floats:
        """The values of an option that is a number, (n,)."""
        given = self.options.get(option.slug)
        return np.full(len(self), float(option.default or "nan")) if given is None else given

    def halved(self, slug: str) -> Floats:
        """A column in which half the detection limit stands for what is below it; all NaN if there is none, (n,)."""
        column = self.columns.get(slug)
        if column is None:
            return np.full(len(self), np.nan)
        below = self.below.get(slug)
        return column if below is None else np.where(below, column / 2, column)


@dataclass(frozen=True, slots=True)
class Derivation:
    """Values made of other values of the same interval: concentrations converted to the reference oxygen (折算浓度).

    Attributes
    ----------
    period : Period
        Of inputs and values.
    inputs : tuple of str
        The parameters read.
    parameters : tuple of str
        The parameters made.
    make : function of `Samples`
        → mapping slug → ndarray (n,) float64, NaN = none; a slug may be left out.
    clause : str
    """

    period: Period
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    make: Callable[[Samples], Mapping[str, Floats]]
    clause: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The verdicts on n samples.

    Attributes
    ----------
    klass : ndarray (n,) int8
        Index into the element's `classes`; -1 = none.
    index : ndarray (n,) float64
        The index (AQI …); NaN = none. All NaN where the element has none.
    deciding, exceeding : mapping slug → ndarray (n,) bool
        Where the parameter decides the class, and where it is beyond its limit; no column: nowhere.
    sub : mapping slug → ndarray (n,) float64
        The index, or the position of the class, of each parameter alone; NaN = none.
    note : ndarray (n,) integer, notes : tuple of str
        `notes[note]` explains a missing verdict or a rule that was taken; "" = nothing to say.
    edition : tuple of str, edition_code : ndarray (n,) integer
        Which standard judged each row.
    clause : str
        The clause of the rule.
    multiples : mapping slug → ndarray (n,) float64
        By how many times its limit a parameter exceeds it (超标倍数), (C - S) / S; NaN = does not exceed, or the
        standard gives none (pH, dissolved oxygen).
    """

    klass: NDArray[np.int8]
    index: Floats
    deciding: Mapping[str, Flags]
    exceeding: Mapping[str, Flags]
    sub: Mapping[str, Floats]
    note: NDArray[np.integer]
    notes: tuple[str, ...]
    edition: tuple[str, ...]
    edition_code: NDArray[np.integer]
    clause: str
    multiples: Mapping[str, Floats] = field(default_factory=dict)


def word_sets(flags: Mapping[str, Flags], n: int) -> tuple[tuple[tuple[str, ...], ...], NDArray[np.int64]]:
    """The distinct sets of words that occur in n rows, and each row's index into them.

    Parameters
    ----------
    flags : mapping word → ndarray (n,) bool

    Examples
    --------
    >>> sets, code = word_sets({"tp": np.array([True, False, True]), "cod": np.array([True, False, False])}, 3)
    >>> [sets[one] for one in code]
    [('tp', 'cod'), (), ('tp',)]
    """
    words = [word for word, column in flags.items() if column.any()]
    code = np.zeros(n, np.int64)
    sets: list[tuple[str, ...]] = [()]
    for word in words:
        pairs = code * 2 + flags[word]
        # As np.unique would find them, but without sorting n numbers of which few are distinct.
        distinct = np.flatnonzero(np.bincount(pairs))
        place = np.zeros(2 * len(sets), np.int64)
        place[distinct] = np.arange(len(distinct))
        code = place[pairs]
        sets = [(*sets[one >> 1], word) if one & 1 else sets[one >> 1] for one in distinct.tolist()]
    return tuple(sets), code


#: The rule of a period: samples → verdicts. Raises `lichen.standards.UnknownEdition` for an edition it has not.
Evaluator = Callable[[Samples], Evaluation]


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit that charts draw: of a parameter's mean over a period, in the parameter's unit. The value itself attains
    it. `clause` begins with the edition, as everywhere; `status` says how sure our reading of it is."""

    parameter: str
    period: Period
    value: float
    grade_zh: str
    grade_en: str
    clause: str
    status: str


@dataclass(frozen=True, slots=True)
class PlaceMean:
    """The values of a place (a city, a district) over n intervals, made of those of its stations.

    Attributes
    ----------
    columns : mapping slug → ndarray (n,) float64
        As the index is computed from them; NaN where too few stations were valid. [the parameter's unit]
    valid : mapping slug → ndarray (n,) int64
        How many stations were valid.
    needed : ndarray (n,) int64
        How many had to be.
    counted : ndarray (stations,) bool
        Which stations count; the others are shown beside, never in the value of the place.
    clause : str
        The rule: editions with their clauses.
    """

    columns: Mapping[str, Floats]
    valid: Mapping[str, NDArray[np.int64]]
    needed: NDArray[np.int64]
    counted: NDArray[np.bool_]
    clause: str


#: (columns by slug, each (stations, n) float64 with NaN = missing or invalid; the stations' kinds; start instants (n,)
#: int64 ms) → PlaceMean, or None where no station counts. Concentrations are averaged; the index comes after, from the
#: element's evaluator.
PlaceRule = Callable[[Mapping[str, Floats], Sequence[str], NDArray[np.int64]], PlaceMean | None]


@dataclass(frozen=True, slots=True)
class Site:
    """A point as reports see it; `attributes` as registered: ``{"river": "釜溪河", "water_body": "river"}``."""

    id: str
    name_zh: str
    name_en: str
    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a report is made of: the samples of several sites over n intervals, and the verdicts on them.

    Attributes
    ----------
    sites : tuple of Site
    period : Period
    time : ndarray (n,) int64
        Starts of the intervals, ascending. [ms since 1970 UTC]
    columns : mapping slug → ndarray (sites, n) float64
        NaN = missing or invalid. [the parameter's unit]
    below : mapping slug → ndarray (sites, n) bool
        As in `Samples`.
    klass : ndarray (sites, n) int8
        The verdicts in force; -1 = none.
    """

    sites: tuple[Site, ...]
    period: Period
    time: NDArray[np.int64]
    columns: Mapping[str, Floats]
    below: Mapping[str, Flags]
    klass: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a report; `decimals` None: text. The unit is as people read it, "" = none."""

    slug: str
    name_zh: str
    name_en: str
    unit: str = ""
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A report as a table, in the order to be shown. A cell is a text (Chinese), a number, or None = nothing.

    `notes` say what was left out and why; `clause` begins with the edition; `status` says how sure our reading is.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    clause: str
    status: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation of many sites together: a river, a city's ranking, the compliance of noise zones.

    `periods` are those whose survey it takes. `make` raises ValueError (in words for the reader) when the survey
    cannot carry it.
    """

    slug: str
    name_zh: str
    name_en: str
    periods: tuple[Period, ...]
    make: Callable[[Survey], Table]


def _no_limits(on: date) -> tuple[LimitLine, ...]:
    return ()


def _no_limits_of_point(attributes: Mapping[str, Any], on: date) -> tuple[LimitLine, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Element:
    """An environmental element: its words, parameters, rules and verdicts.

    Attributes
    ----------
    slug, name_zh, name_en : str
    parameters : tuple of str
        Slugs, in the order in which the standard lists them.
    point_kinds : mapping kind → (中文, English)
    classes : tuple of ResultClass
        Best first.
    aggregations : function of a day
        The rules in force on that day, in the order to be computed.
    evaluators : mapping Period → Evaluator
    inputs : mapping Period → slugs
        Which parameter columns an evaluator of that period reads.
    checks : tuple of Check
    index_name : str
        ``AQI``; "" = no index.
    options : tuple of Option
        What a verdict depends on beside the values.
    limits : function of a day
        The limit lines that charts draw.
    limits_of_point : function of a point's attributes and a day
        Those that depend on what the point is registered as; charts of one point draw them beside `limits`.
    place_mean : PlaceRule or None
        None: the element has no value of a place.
    reports : tuple of Report
    derivations : tuple of Derivation
        Made when the values of their period are, before coarser means.
    reads_marks : bool
        Whether the evaluators ask for the senders' marks (`Samples.marks`).
    deciding_zh, deciding_en : str
        What the element calls the parameters that decide a class: 首要污染物, 定类项目.
    """

    slug: str
    name_zh: str
    name_en: str
    parameters: tuple[str, ...]
    point_kinds: Mapping[str, tuple[str, str]]
    classes: tuple[ResultClass, ...]
    aggregations: Callable[[date], tuple[Aggregation, ...]]
    evaluators: Mapping[Period, Evaluator]
    inputs: Mapping[Period, tuple[str, ...]]
    checks: tuple[Check, ...]
    index_name: str = ""
    options: tuple[Option, ...] = ()
    limits: Callable[[date], tuple[LimitLine, ...]] = _no_limits
    limits_of_point: Callable[[Mapping[str, Any], date], tuple[LimitLine, ...]] = _no_limits_of_point
    place_mean: PlaceRule | None = None
    reports: tuple[Report, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    reads_marks: bool = False
    deciding_zh: str = "定类项目"
    deciding_en: str = "deciding"
