"""The class of sea water by GB 3097: each item alone, the worst decides."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.descriptor import Evaluation, Flags, Floats, LimitLine, Option, ResultClass, Samples
from lichen.elements.folder import shelf
from lichen.elements.single_factor import (
    NOTHING,
    by_edition,
    by_group,
    entering,
    joined,
    limit_lines,
    of_classes,
    verdict,
)
from lichen.standards import ClassTable, Edition
from lichen.vocab.clock import BEIJING_OFFSET_MS

NUMBER = "GB 3097"
SHELF = shelf("sea")
CLAUSE = "GB 3097-1997 table 1"
#: With limits in the table, best first; what is beyond the fourth is worse than all (劣四类).
_LIMITED = ("1", "2", "3", "4")
_WORDS = {
    "1": ("一类", "class 1"), "2": ("二类", "class 2"), "3": ("三类", "class 3"), "4": ("四类", "class 4"),
}  # fmt: skip
#: Ours: the standard prints no colours. Blue to red, as bulletins colour their maps.
_COLOURS = ((0, 112, 192), (0, 176, 240), (0, 176, 80), (255, 192, 0))
CLASSES = (
    *(ResultClass(*words, f"第{words[0]}", rgb) for words, rgb in zip(_WORDS.values(), _COLOURS, strict=True)),
    ResultClass("劣四类", "worse than class 4", "劣于第四类", (255, 0, 0)),
)

TARGET = Option(
    "target",
    "目标类别",
    "target class",
    {words[0]: (f"第{words[0]}", words[1]) for words in _WORDS.values()},
    _WORDS[SHELF.edition("GB 3097-1997").table("rules").one(rule="target")["value"]][0],
    accepts={name: words[0] for name, words in _WORDS.items()},
)
WATERS = Option(
    "waters",
    "海域用途",
    "use of the waters",
    {"ordinary": ("一般海域", "ordinary"), "shellfish": ("供人生食的贝类养殖水质", "shellfish eaten raw")},
    "ordinary",
)
PH_LOW = Option("ph_normal_low", "该海域pH正常变动范围下限", "normal pH of the local sea, lower end", default=np.nan)
PH_HIGH = Option("ph_normal_high", "该海域pH正常变动范围上限", "normal pH of the local sea, upper end", default=np.nan)
OPTIONS = (TARGET, WATERS, PH_LOW, PH_HIGH)

_NITROGEN = ("nitrate", "nitrite", "nh3n")
#: What other columns make, where they are not given.
_DERIVED = ("inorganic_nitrogen", "unionised_ammonia", "ph_deviation")


@cache
def limits_of(edition: Edition, summer: bool = False, shellfish: bool = False) -> ClassTable:
    """The limits of table 1 for a season and a use of the waters."""
    apply = {"", "summer" if summer else "other", "shellfish" if shellfish else "ordinary"}
    rows = [row for row in edition.table("table1") if row["season"] in apply and row["waters"] in apply]
    return ClassTable.from_rows(rows, _LIMITED)


#: What the rule reads, of any edition.
INPUTS = (
    *dict.fromkeys(
        item.parameter for one in SHELF.of(NUMBER) for use in (False, True) for item in limits_of(one, True, use).items
    ),
    *_NITROGEN,
    "water_temperature",
)


def unionised_fraction(ph: ArrayLike, temperature: ArrayLike) -> Floats:
    """Share of the total ammonia that is un-ionised, in fresh water; 1.

    f = 1 / (1 + 10^(pKa - pH)), pKa = 0.09018 + 2729.92 / (T + 273.15).

    Parameters
    ----------
    ph : array-like (n,)
    temperature : array-like (n,)
        Of the water. [°C]

    Notes
    -----
    In sea water of the same pH the share is smaller: what keeps to a limit by this formula keeps to it. The annex of
    GB 3097 has a table of its own by temperature, pH and salinity, which is not here.

    Examples
    --------
    >>> unionised_fraction([8.0, 9.25], 25.0).round(4).tolist()
    [0.0537, 0.5021]
    """
    pka = 0.09018 + 2729.92 / (np.asarray(temperature, np.float64) + 273.15)
    return np.asarray(1.0 / (1.0 + 10.0 ** (pka - np.asarray(ph, np.float64))))


def sea_class(samples: Samples) -> Evaluation:
    """The class of n samples of sea water, deciding and exceeding items, and by how many times they exceed.

    Parameters
    ----------
    samples : Samples
        Columns: any item of table 1, in the units of `lichen.vocab.parameters`; only those that are there are judged.
        Where they are missing, ``inorganic_nitrogen`` is the sum of nitrate, nitrite and ammonia nitrogen (all three
        must be there), ``unionised_ammonia`` comes of ammonia nitrogen, pH and temperature, and ``ph_deviation`` of pH
        and the options `ph_normal_low` and `ph_normal_high`. The chemical oxygen demand is that of the alkaline
        permanganate method, ``cod_alkaline``. Below the detection limit: half of it. Options `target`, `waters`.

    Raises
    ------
    UnknownEdition
        The message lists the editions there are.

    Notes
    -----
    GB 3097-1997, table 1. Dissolved oxygen must be strictly above its limit. Coliforms have no limit in class 4, so
    they never make 劣四类. Temperature rise: summer has tighter limits.

    Examples
    --------
    >>> from lichen.vocab.clock import day_start_ms
    >>> day = np.full(2, day_start_ms(date(2026, 5, 1)))
    >>> nitrogen = {"nitrate": np.array([0.2, 0.4]), "nitrite": np.full(2, 0.02), "nh3n": np.full(2, 0.08)}
    >>> verdict = sea_class(Samples(nitrogen | {"do": np.array([6.1, 6.0])}, day))
    >>> [CLASSES[k].word for k in verdict.klass], verdict.deciding["inorganic_nitrogen"].tolist()
    (['二类', '四类'], [True, True])
    """
    return by_edition(samples, SHELF, NUMBER, CLAUSE, _judge)


def _judge(edition: Edition, samples: Samples) -> Evaluation:
    group = (samples.choice(WATERS) == WATERS.code("shellfish")).astype(np.int64)
    if "temperature_rise" in samples.columns:
        group += 2 * _is_summer(edition, samples.time)

    def one(number: int, rows: Samples) -> Evaluation:
        return _judge_alike(limits_of(edition, bool(number & 2), bool(number & 1)), edition, rows)

    return joined(len(samples), by_group(samples, group, one), CLAUSE)


def _is_summer(edition: Edition, time: NDArray[np.int64]) -> NDArray[np.bool_]:
    rules = edition.table("rules")
    first, last = (int(rules.one(rule=f"summer_{end}_month")["value"]) for end in ("first", "last"))
    months = (time + BEIJING_OFFSET_MS).astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    return np.asarray((months >= first) & (months <= last))


def _judge_alike(table: ClassTable, edition: Edition, samples: Samples) -> Evaluation:
    """Samples of one season and one use of the waters."""
    columns = entering(samples, table)
    converted = _derive(columns, samples)
    remarks: dict[str, Flags] = {}
    if not columns:
        nothing = np.full(len(samples), -1, np.int8)
        return verdict(nothing, edition.id, CLAUSE, remarks={NOTHING: nothing < 0})
    found = table.judge(columns, samples.choice(TARGET))
    if converted is not None:
        remarks["非离子氨由氨氮、水温、pH按淡水公式换算，偏大"] = converted & (found.sub["unionised_ammonia"] > 0)
    return of_classes(found, table, edition.id, CLAUSE, remarks)


def _derive(columns: dict[str, Floats], samples: Samples) -> Flags | None:
    """Fill what other columns make; where un-ionised ammonia was computed, (n,), None: nowhere."""
    there = samples.columns
    if all(slug in there for slug in _NITROGEN):
        _fill(columns, "inorganic_nitrogen", np.asarray(sum(_known(samples, slug) for slug in _NITROGEN)))
    low, high = samples.number(PH_LOW), samples.number(PH_HIGH)
    if "ph" in there and not (np.isnan(low) | np.isnan(high)).all():
        beyond = np.maximum(np.maximum(low - there["ph"], there["ph"] - high), 0.0)
        _fill(columns, "ph_deviation", np.where(np.isnan(there["ph"]), np.nan, beyond))
    if not all(slug in there for slug in ("nh3n", "ph", "water_temperature")):
        return None
    share = unionised_fraction(there["ph"], there["water_temperature"])
    return _fill(columns, "unionised_ammonia", _known(samples, "nh3n") * share)


def _known(samples: Samples, slug: str) -> Floats:
    """A column with half the detection limit below it; impossible (negative) values are missing."""
    column = samples.halved(slug)
    return np.where(column < 0, np.nan, column)


def _fill(columns: dict[str, Floats], slug: str, made: Floats) -> Flags:
    """Put a computed column where none was given; says where."""
    given = columns.get(slug, np.full(len(made), np.nan))
    missing = np.isnan(given)
    columns[slug] = np.where(missing, made, given)
    return missing & ~np.isnan(made)


def limits(on: date) -> tuple[LimitLine, ...]:
    """The limits of the four classes in force on a day, outside summer and of ordinary waters."""
    return tuple(
        line
        for edition in SHELF.of(NUMBER)
        if edition.covers(on)
        for line in limit_lines(limits_of(edition), edition.id, _WORDS)
    )
