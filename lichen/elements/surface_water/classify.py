"""Classes of surface water: single-factor evaluation (单因子评价) by GB 3838.

Which items count is the choice of the option ``rules``:

========  ==================================================  ========================================================
rules     items                                               values
========  ==================================================  ========================================================
auto      the five basic items of automatic stations:         as measured, unrounded: so the national platform does it
          pH, DO, CODMn, NH3-N, TP
manual    the 21 items of 环办〔2011〕22号 that have a value     rounded as 环办监测函〔2020〕82号 publishes them
source    the 21 items, and beside the class the items of     as manual; tables 2 and 3 unrounded
          GB 3838 tables 2 and 3 (drinking-water sources)
========  ==================================================  ========================================================

Total nitrogen of lakes and faecal coliforms are classed on their own (`Evaluation.sub`) and never count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.descriptor import Evaluation, Flags, Floats, Option, ResultClass, Samples, word_sets
from lichen.elements.surface_water.shelf import SHELF, SYMBOL
from lichen.standards import Classified, ClassTable, Edition
from lichen.vocab.parameters import PARAMETERS as ALL_PARAMETERS
from lichen.vocab.rounding import round_half_even
from lichen.vocab.units import exact_factor

NUMBER = "GB 3838"
#: The columns of GB 3838 table 1; a position among them is a class, their number is 劣Ⅴ.
COLUMNS = ("I", "II", "III", "IV", "V")
CLASS_III = COLUMNS.index("III")
WORSE_THAN_V = len(COLUMNS)

EVALUATION = SHELF.edition("环办〔2011〕22号")
STATISTICS = SHELF.edition("环办监测函〔2020〕82号")
MONITORING = SHELF.edition("环办监测函〔2020〕714号")
#: The items that count: of automatic stations, and by the manual rules.
AUTO_ITEMS = tuple(row["parameter"] for row in MONITORING.table("items"))
MANUAL_ITEMS = tuple(row["parameter"] for row in EVALUATION.table("items"))
#: Classed on their own.
REFERENCE_ITEMS = ("tn", "fecal_coliform")

_STATES = EVALUATION.table("states")
#: Ⅰ to 劣Ⅴ; `level` is the state (优 …).
CLASSES = tuple(
    ResultClass(row["class"], row["class_en"], row["state_zh"], (int(row["red"]), int(row["green"]), int(row["blue"])))
    for row in _STATES
)
STATES_EN = {row["state_zh"]: row["state_en"] for row in _STATES}

WATER_BODY = Option(
    "water_body", "水体类型", "water body",
    {"river": ("河流", "river"), "lake": ("湖库", "lake or reservoir")}, "river",
    accepts=dict.fromkeys(("河", "河道", "河道型水库", "河流型水库"), "river")
    | dict.fromkeys(("湖", "库", "湖泊", "水库", "湖、库", "湖（库）", "湖泊水库", "reservoir"), "lake"),
)  # fmt: skip
TARGET = Option(
    "target", "目标类别", "target class",
    {one.word: (f"{one.word}类", f"class {one.name_en}") for one in CLASSES[:-1]}, CLASSES[CLASS_III].word,
    accepts={text: one.word for one, name in zip(CLASSES, COLUMNS, strict=False) for text in
             (name, name.lower(), f"{name}类", f"{COLUMNS.index(name) + 1}")},
)  # fmt: skip
RULES = Option(
    "rules", "评价规则", "rules",
    {
        "auto": ("自动站五项", "five items of automatic stations"),
        "manual": ("手工监测21项", "21 items of manual monitoring"),
        "source": ("饮用水水源地", "drinking-water source"),
    },
    "auto", accepts={"自动": "auto", "手工": "manual", "水源地": "source"},
)  # fmt: skip
SATURATION = Option(
    "do_saturation",
    "溶解氧按饱和率达Ⅰ类",
    "class I by oxygen saturation",
    {"no": ("否", "no"), "yes": ("是", "yes")},
    "no",
)
#: GB 3838 table 1, item 3: saturation that is class I beside the 7.5 mg/L. The national platform does not use it.
CLASS_I_SATURATION = 0.90

_AUTO, _MANUAL, _SOURCE = range(3)


@cache
def class_table(edition: str, water_body: str) -> ClassTable:
    """GB 3838 table 1 for rivers or for lakes."""
    rows = SHELF.edition(edition, NUMBER).table("table1")
    return ClassTable.from_rows([row for row in rows if row["water"] in ("", water_body)], COLUMNS)


@cache
def source_table(edition: str) -> ClassTable:
    """GB 3838 tables 2 and 3: one limit for drinking-water sources."""
    one = SHELF.edition(edition, NUMBER)
    return ClassTable.from_rows([*one.table("table2"), *one.table("table3")], ["limit"])


def supplementary_items(edition: Edition) -> tuple[str, ...]:
    """The parameters of GB 3838 table 2."""
    return tuple(row["parameter"] for row in edition.table("table2"))


def specific_items(edition: Edition) -> tuple[str, ...]:
    """The parameters of GB 3838 table 3."""
    return tuple(row["parameter"] for row in edition.table("table3"))


def inputs() -> tuple[str, ...]:
    """The parameters that any of the rules reads, in the element's order."""
    edition = SHELF.of(NUMBER)[-1]
    read = {*MANUAL_ITEMS, *REFERENCE_ITEMS, *supplementary_items(edition), *specific_items(edition)}
    return tuple(slug for slug in SYMBOL if slug in read or slug == "water_temperature")


def saturation(temperature: ArrayLike, salinity: ArrayLike | None = None) -> Floats:
    """Dissolved oxygen of saturated water at sea level. [mg/L]

    Parameters
    ----------
    temperature : array-like [°C]
    salinity : array-like, optional
        None: fresh water, 468 / (31.6 + T). Given: (491 - 2.65 S) / (33.5 + T), from memory. [‰]

    References
    ----------
    .. [1] HJ 2.3-2018.

    Examples
    --------
    >>> saturation([0.0, 25.0]).round(2).tolist()
    [14.81, 8.27]
    """
    t = np.asarray(temperature, dtype=np.float64)
    if salinity is None:
        return np.asarray(468 / (31.6 + t))
    return np.asarray((491 - 2.65 * np.asarray(salinity, dtype=np.float64)) / (33.5 + t))


@cache
def _decimals() -> Mapping[str, int]:
    """How many decimals an evaluated value keeps, in the parameter's own unit."""
    found = {}
    for row in STATISTICS.table("rounding"):
        slug = row["parameter"]
        shift = exact_factor(row["unit"], ALL_PARAMETERS[slug].unit, slug).normalize().as_tuple().exponent
        found[slug] = int(row["decimals"]) - int(shift)
    return found


def evaluated(slug: str, values: Floats) -> Floats:
    """Values as the manual rules round them before they are judged, (n,): half to even; where that leaves nothing of a
    value above zero, one significant digit.

    References
    ----------
    .. [1] 环办监测函〔2020〕82号; the decimals are memory.

    Examples
    --------
    >>> evaluated("nh3n", np.array([1.005, 1.0051, 0.0034])).tolist()
    [1.0, 1.01, 0.003]
    >>> evaluated("hg", np.array([0.054])).tolist()  # 0.000054 mg/L
    [0.05]
    """
    decimals = _decimals().get(slug)
    if decimals is None:
        return values
    rounded = round_half_even(values, decimals)
    gone = (rounded == 0) & (values > 0)
    if gone.any():
        rounded[gone] = [float(_one_digit(value)) for value in values[gone].tolist()]
    return rounded


def _one_digit(value: float) -> Decimal:
    exact = Decimal(repr(value))
    return round(exact, -exact.adjusted())


@dataclass(frozen=True, slots=True)
class _Group:
    """Samples judged alike: positions of the water body and the rules; -1 = not known."""

    edition: Edition
    water_body: int
    rules: int
    rows: slice | NDArray[np.int64]


def single_factor(samples: Samples) -> Evaluation:
    """Class, deciding items and exceedance of n samples of surface water.

    Parameters
    ----------
    samples : Samples
        Options: `WATER_BODY` (river), `TARGET` (Ⅲ), `RULES` (auto), `SATURATION` (no). A column that `inputs` does not
        name is passed over. Half the detection limit stands for what is below it. Negative values count as missing;
        the note says so.

    Returns
    -------
    Evaluation
        `klass`: position in `CLASSES`, of the worst item that has a value; -1: none has, or the type of the water is
        not known, or no edition is in force. `deciding`: the worst items; none in class Ⅰ. `exceeding`, `multiples`:
        against the target class; by tables 2 and 3 too under the rules ``source``.

    Raises
    ------
    UnknownEdition
        The message lists the editions there are.

    References
    ----------
    .. [1] GB 3838-2002, table 1, clause 5; 环办〔2011〕22号; 环办监测函〔2020〕82号 and 714号.

    Examples
    --------
    >>> from datetime import date
    >>> from lichen.vocab.clock import day_start_ms
    >>> two = {"ph": [7.0, 7], "do": [6.0, 8], "codmn": [4.0, 3], "nh3n": [0.5, 0.1], "tp": [0.1, 0.21]}
    >>> day = np.full(2, day_start_ms(date(2026, 1, 1)))
    >>> verdict = single_factor(Samples({slug: np.array(column) for slug, column in two.items()}, day))
    >>> [CLASSES[k].word for k in verdict.klass], round(verdict.multiples["tp"][1].item(), 3)
    (['Ⅱ', 'Ⅳ'], 0.05)
    """
    n = len(samples)
    if samples.edition is None:
        editions, code = SHELF.codes_at(NUMBER, samples.time)
    else:
        editions, code = (SHELF.edition(samples.edition, NUMBER),), np.zeros(n, np.int64)
    into = _Verdicts(n)
    for group in _groups(samples, editions, code):
        if group.water_body < 0:
            into.say("水体类型不明（河流或湖库），未评价", group.rows)
        elif group.rules < 0:
            into.say("评价规则不明，未评价", group.rows)
        else:
            _judge(samples, group, into)
    if (code < 0).any():
        into.say("当日没有现行有效的 GB 3838，未评价；可指定版本", np.flatnonzero(code < 0))
    clause = f"{' | '.join(f'{one.id} table 1, clause 5' for one in SHELF.of(NUMBER))}; {EVALUATION.id}"
    return Evaluation(
        into.klass, np.full(n, np.nan), into.deciding, into.exceeding, into.sub, into.note, tuple(into.notes),
        (*(one.id for one in editions), ""), np.where(code < 0, len(editions), code).astype(np.uint16), clause,
        into.multiples,
    )  # fmt: skip


def _groups(samples: Samples, editions: tuple[Edition, ...], code: NDArray[np.int64]) -> Iterable[_Group]:
    bodies, rules = len(WATER_BODY.choices) + 1, len(RULES.choices) + 1
    key = (code + 1) * bodies + samples.choice(WATER_BODY) + 1
    key = key * rules + samples.choice(RULES) + 1
    for one in np.flatnonzero(np.bincount(key)).tolist():
        rest, rule = divmod(one, rules)
        edition, body = divmod(rest, bodies)
        if edition:
            chosen = key == one
            rows = slice(None) if chosen.all() else np.flatnonzero(chosen)
            yield _Group(editions[edition - 1], body - 1, rule - 1, rows)


class _Verdicts:
    """The columns of an `Evaluation`, filled group by group."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.klass = np.full(n, -1, np.int8)
        self.deciding: dict[str, Flags] = {}
        self.exceeding: dict[str, Flags] = {}
        self.sub: dict[str, Floats] = {}
        self.multiples: dict[str, Floats] = {}
        self.note = np.zeros(n, np.uint16)
        self.notes = [""]

    def flag(self, into: dict[str, Flags], found: Mapping[str, Flags], rows: slice | NDArray[np.int64]) -> None:
        for slug, column in found.items():
            if column.any():
                into.setdefault(slug, np.zeros(self.n, np.bool_))[rows] = column

    def measure(self, into: dict[str, Floats], found: Mapping[str, Floats], rows: slice | NDArray[np.int64]) -> None:
        for slug, column in found.items():
            into.setdefault(slug, np.full(self.n, np.nan))[rows] = column

    def say(self, text: str, rows: slice | NDArray[np.int64]) -> None:
        self.note[rows] = self._code(text)

    def tell(self, texts: list[str], which: NDArray[np.integer], rows: slice | NDArray[np.int64]) -> None:
        """`texts[which]` for each of the rows."""
        self.note[rows] = np.array([self._code(text) for text in texts], np.uint16)[which]

    def _code(self, text: str) -> int:
        if text not in self.notes:
            self.notes.append(text)
        return self.notes.index(text)


def _judge(samples: Samples, group: _Group, into: _Verdicts) -> None:
    rows = group.rows
    counted = AUTO_ITEMS if group.rules == _AUTO else MANUAL_ITEMS
    table = class_table(group.edition.id, list(WATER_BODY.choices)[group.water_body])
    time = samples.time[rows]
    columns = {slug: samples.halved(slug)[rows] for slug in counted if slug in samples.columns}
    if group.rules != _AUTO:
        columns = {slug: evaluated(slug, column) for slug, column in columns.items()}
    target = samples.choice(TARGET)[rows]
    # A column that is not there is one without values: the notes must name it all the same.
    nothing = np.full(len(time), np.nan)
    verdict = table.only(counted).judge({slug: columns.get(slug, nothing) for slug in counted}, target)
    notes = _Notes(len(time))
    if (samples.choice(SATURATION)[rows] == 1).any():
        verdict = _with_saturation(samples, group, columns, verdict, target, table, notes)
    into.klass[rows] = verdict.klass
    into.flag(into.deciding, verdict.deciding, rows)
    into.flag(into.exceeding, verdict.exceeding, rows)
    into.measure(into.multiples, {s: m for s, m in verdict.multiples.items() if verdict.exceeding[s].any()}, rows)
    into.measure(into.sub, {slug: _positions(code) for slug, code in verdict.sub.items() if slug in columns}, rows)
    reference = {slug: samples.halved(slug)[rows] for slug in REFERENCE_ITEMS if slug in samples.columns}
    if reference:
        alone = table.only(REFERENCE_ITEMS).judge(reference)
        into.measure(into.sub, {slug: _positions(code) for slug, code in alone.sub.items()}, rows)
    if group.rules == _AUTO:
        unjudged = verdict.klass < 0
        missing = {slug: np.isnan(columns.get(slug, nothing)) | unjudged for slug in counted}
        notes.sets(missing, lambda names: "五项均缺测，未评价" if len(names) == len(counted) else
                   f"{'、'.join(names)}缺测，按其余项目评价")  # fmt: skip
    else:
        notes.counts(verdict.count, len(counted))
    notes.sets(verdict.impossible, lambda names: f"{'、'.join(names)}为负值，按缺测计")
    if group.rules == _SOURCE:
        beyond = source_table(group.edition.id)
        given = {slug: samples.halved(slug)[rows] for slug in beyond.by_parameter if slug in samples.columns}
        if given:
            extra = beyond.judge(given, 0)
            into.flag(into.exceeding, extra.exceeding, rows)
            into.measure(into.multiples, {s: m for s, m in extra.multiples.items() if extra.exceeding[s].any()}, rows)
            notes.sets(extra.exceeding, lambda names: f"表2、表3项目超标：{'、'.join(names)}")
            notes.sets(extra.impossible, lambda names: f"{'、'.join(names)}为负值，按缺测计")
    into.tell(notes.texts, notes.which, rows)


def _with_saturation(
    samples: Samples, group: _Group, columns: Mapping[str, Floats], verdict: Classified,
    target: NDArray[np.int16], table: ClassTable, notes: _Notes,
) -> Classified:  # fmt: skip
    """The verdict where oxygen that is nearly saturated is class I, whatever its concentration."""
    asked = samples.choice(SATURATION)[group.rows] == 1
    temperature = samples.halved("water_temperature")[group.rows]
    oxygen = columns.get("do", np.full(len(temperature), np.nan))
    full = asked & (oxygen >= CLASS_I_SATURATION * saturation(temperature))
    notes.sets(
        {"water_temperature": asked & np.isnan(temperature) & ~np.isnan(oxygen)},
        lambda names: "缺水温，溶解氧未按饱和率评价",
    )
    lifted = dict(columns)
    # 7.5 mg/L attains class I; what is above already is left as it was measured.
    limit = table.by_parameter["do"].low[0]
    lifted["do"] = np.where(full, np.fmax(oxygen, limit), oxygen)
    counted = list(verdict.sub)
    nothing = np.full(len(temperature), np.nan)
    return table.only(counted).judge({slug: lifted.get(slug, nothing) for slug in counted}, target)


def _positions(code: NDArray[np.int8]) -> Floats:
    found = code.astype(np.float64)
    found[code < 0] = np.nan
    return found


class _Notes:
    """The notes of one group: `texts[which]`, sentences joined with a semicolon."""

    def __init__(self, n: int) -> None:
        self.texts = [""]
        self.which = np.zeros(n, np.int64)

    def sets(self, flags: Mapping[str, Flags], words: Callable[[list[str]], str]) -> None:
        """Say something about the set of parameters that are flagged in a row, by their symbols."""
        sets, code = word_sets(flags, len(self.which))
        self._add(["" if not one else words([SYMBOL[slug] for slug in one]) for one in sets], code)

    def counts(self, count: NDArray[np.int16], of: int) -> None:
        """How many items were judged, where it is not all."""
        texts = [f"{of}项均缺测，未评价", *(f"按{of}项中有数据的{k}项评价" for k in range(1, of)), ""]
        self._add(texts, count.astype(np.int64))

    def _add(self, texts: list[str], code: NDArray[np.int64]) -> None:
        pairs = self.which * len(texts) + code
        there = np.flatnonzero(np.bincount(pairs))
        joined = []
        for pair in there.tolist():
            old, new = divmod(pair, len(texts))
            joined.append("；".join(text for text in (self.texts[old], texts[new]) if text))
        place = np.zeros(int(there[-1]) + 1 if len(there) else 1, np.int64)
        place[there] = np.arange(len(there))
        self.texts, self.which = joined or [""], place[pairs]
