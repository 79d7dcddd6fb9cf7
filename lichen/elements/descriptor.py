"""What an element is to the rest of Lichen: the one seam between generic code and the subjects.

Generic code asks the descriptor and never says ``if element == "air"``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lichen.vocab.periods import Period

Floats = NDArray[np.float64]


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

    `method` is ``mean``, ``running_mean`` or ``max``; `needed` the smallest count of valid inputs (for minutes: covered
    minutes); `clause` says where that is written. `first_hour`/`last_hour` restrict which inputs of a day count
    (the end hour of a running mean, Beijing time). `exceeds` names a limit above which too few inputs still count.
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
class Evaluation:
    """The verdicts on n samples.

    Attributes
    ----------
    klass : ndarray (n,) int8
        Index into the element's `classes`; -1 = none.
    index : ndarray (n,) float64
        The index (AQI …); NaN = none. All NaN where the element has none.
    deciding, exceeding : ndarray (n,) uint64
        Bit i stands for the element's parameter i (`Element.parameters`).
    sub : mapping slug → ndarray (n,) float64
        The index or class of each parameter alone; NaN = none.
    note : ndarray (n,) uint16, notes : tuple of str
        `notes[note]` explains a missing verdict or a rule that was taken; "" = nothing to say.
    edition : tuple of str, edition_code : ndarray (n,) uint16
        Which standard judged each row.
    clause : str
        The clause of the rule.
    """

    klass: NDArray[np.int8]
    index: Floats
    deciding: NDArray[np.uint64]
    exceeding: NDArray[np.uint64]
    sub: Mapping[str, Floats]
    note: NDArray[np.uint16]
    notes: tuple[str, ...]
    edition: tuple[str, ...]
    edition_code: NDArray[np.uint16]
    clause: str


#: (columns by slug, each (n,) float64 with NaN = missing; start instants (n,) int64 ms; edition id or None = by date)
#: → Evaluation
Evaluator = Callable[[Mapping[str, Floats], NDArray[np.int64], str | None], Evaluation]


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


def _no_limits(on: date) -> tuple[LimitLine, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Element:
    """An environmental element: its words, parameters, rules and verdicts."""

    slug: str
    name_zh: str
    name_en: str
    parameters: tuple[str, ...]  # slugs, in the order the standard lists them; also the bit order of masks
    point_kinds: Mapping[str, tuple[str, str]]  # kind → (中文, English)
    classes: tuple[ResultClass, ...]
    aggregations: Callable[[date], tuple[Aggregation, ...]]  # in force on that day, in the order to be computed
    evaluators: Mapping[Period, Evaluator]
    inputs: Mapping[Period, tuple[str, ...]]  # which parameter columns an evaluator of that period reads
    checks: tuple[Check, ...]
    index_name: str = ""  # "AQI"; "" = no index
    options: Mapping[str, str] = field(
        default_factory=dict
    )  # extra columns `lichen evaluate` accepts, with their meaning
    limits: Callable[[date], tuple[LimitLine, ...]] = _no_limits  # in force on that day
    place_mean: PlaceRule | None = None  # None: the element has no value of a place

    def names(self, mask: int) -> tuple[str, ...]:
        """The parameter slugs of a bit mask, in the element's order."""
        return tuple(slug for bit, slug in enumerate(self.parameters) if mask >> bit & 1)
