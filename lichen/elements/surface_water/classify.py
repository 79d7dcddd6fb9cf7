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

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from lichen.elements.descriptor import Evaluation, Flags, Floats, Option, ResultClass, Samples
from lichen.elements.single_factor import by_edition, by_group, joined, verdict
from lichen.elements.surface_water.shelf import SHELF, SYMBOL
from lichen.standards import ClassTable, Edition
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
    return by_edition(samples, SHELF, NUMBER, _CLAUSE, _by_rules)


_CLAUSE = " | ".join([*(f"{one.id} table 1, clause 5" for one in SHELF.of(NUMBER)), EVALUATION.id])
#: Groups that cannot be judged; the others are numbered from 0 by type of water and rules.
_NO_BODY, _NO_RULES = -1, -2


def _by_rules(edition: Edition, samples: Samples) -> Evaluation:
    body, rules = (samples.choice(option).astype(np.int64) for option in (WATER_BODY, RULES))
    group = body * len(RULES.choices) + rules
    group[rules < 0] = _NO_RULES
    group[body < 0] = _NO_BODY

    def one(number: int, part: Samples) -> Evaluation:
        if number < 0:
            what = "水体类型不明（河流或湖库）" if number == _NO_BODY else "评价规则不明"
            none = np.full(len(part), -1, np.int8)
            return verdict(none, edition.id, _CLAUSE, remarks={f"{what}，未评价": none < 0})
        which, rule = divmod(number, len(RULES.choices))
        return _judge(edition, list(WATER_BODY.choices)[which], list(RULES.choices)[rule], part)

    return joined(len(samples), by_group(samples, group, one), _CLAUSE)


def _judge(edition: Edition, water_body: str, rules: str, samples: Samples) -> Evaluation:
    table = class_table(edition.id, water_body)
    counted = AUTO_ITEMS if rules == "auto" else MANUAL_ITEMS
    columns = {slug: samples.halved(slug) for slug in counted if slug in samples.columns}
    if rules != "auto":
        columns = {slug: evaluated(slug, column) for slug, column in columns.items()}
    remarks: dict[str, Flags] = {}
    given = columns | _saturated(samples, columns.get("do"), table, remarks) or {"do": samples.halved("do")}
    found = table.only(counted).judge(given, samples.choice(TARGET))
    if rules == "auto":
        there = found.klass >= 0
        for slug in counted:
            remarks[f"{SYMBOL[slug]}缺测"] = np.isnan(columns[slug]) & there if slug in columns else there
        remarks[f"{len(counted)}项均缺测，未评价"] = ~there
    else:
        for k in np.flatnonzero(np.bincount(found.count)[: len(counted)]).tolist():
            text = f"按{len(counted)}项中有数据的{k}项评价" if k else f"{len(counted)}项均缺测，未评价"
            remarks[text] = found.count == k
    parts = [found]
    alone = {slug: samples.halved(slug) for slug in REFERENCE_ITEMS if slug in samples.columns}
    sub = dict(found.sub) | (dict(table.only(alone).judge(alone).sub) if alone else {})
    if rules == "source":
        others = source_table(edition.id)
        extra = {slug: samples.halved(slug) for slug in others.by_parameter if slug in samples.columns}
        if extra:
            parts.append(others.judge(extra, 0))
            for slug, flags in parts[1].exceeding.items():
                remarks[f"{SYMBOL[slug]}超过表2、表3限值"] = flags
    for part in parts:
        for slug, flags in part.impossible.items():
            remarks[f"{SYMBOL[slug]}为负，按缺测处理"] = flags
    return verdict(
        found.klass, edition.id, _CLAUSE,
        deciding=found.deciding,
        exceeding={slug: flags for part in parts for slug, flags in part.exceeding.items()},
        sub={slug: np.where(code < 0, np.nan, code) for slug, code in sub.items() if slug in samples.columns},
        multiples={s: m for part in parts for s, m in part.multiples.items() if part.exceeding[s].any()},
        remarks=remarks,
    )  # fmt: skip


def _saturated(
    samples: Samples, oxygen: Floats | None, table: ClassTable, remarks: dict[str, Flags]
) -> dict[str, Floats]:
    """Oxygen, with what attains class I by saturation lifted to the limit of class I, where that was asked for."""
    asked = samples.choice(SATURATION) == 1
    if oxygen is None or not asked.any():
        return {}
    temperature = samples.halved("water_temperature")
    remarks["缺水温，溶解氧未按饱和率评价"] = asked & np.isnan(temperature) & ~np.isnan(oxygen)
    full = asked & (oxygen >= CLASS_I_SATURATION * saturation(temperature))
    return {"do": np.where(full, np.fmax(oxygen, table.by_parameter["do"].low[0]), oxygen)}
