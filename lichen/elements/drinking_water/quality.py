"""Whether drinking water keeps to GB 5749: every item against its limit, disinfectants by the place of sampling.

The standard limits what leaves the works and what comes out of the tap. Source water is judged by the standards of
surface water and groundwater, elsewhere; here it is only shown (`lichen.elements.drinking_water.supply_chain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from lichen.elements.site_reports import option_on
from lichen.standards import ClassLimits, ClassTable, Edition

NUMBER = "GB 5749"
SHELF = shelf("drinking_water")
CLAUSE = "GB 5749-2022 table 1; table 2; table 3"
#: Colours are ours.
CLASSES = (
    ResultClass("合格", "meets the standard", "合格", (0, 176, 80)),
    ResultClass("不合格", "does not meet the standard", "不合格", (255, 0, 0)),
)

STAGES = {
    "source": ("水源水", "source water"),
    "works": ("出厂水", "water leaving the works"),
    "network": ("管网水", "water in the network"),
    "tap": ("末梢水", "tap water"),
}
STAGE = Option("stage", "采样环节", "stage of the supply", STAGES, accepts={"龙头水": "tap", "水源": "source"})
DISINFECTANT = Option(
    "disinfectant",
    "消毒方式",
    "disinfection",
    {
        "free_chlorine": ("氯气及游离氯制剂", "chlorine"),
        "chloramine": ("氯胺", "chloramine"),
        "ozone": ("臭氧", "ozone"),
        "ozone_chlorine": ("臭氧加氯", "ozone with chlorine"),
        "chlorine_dioxide": ("二氧化氯", "chlorine dioxide"),
    },
    accepts={"游离氯": "free_chlorine", "总氯": "chloramine"},
)
SUPPLY_SCALE = Option(
    "supply_scale",
    "供水规模",
    "scale of the supply",
    {
        "ordinary": ("一般", "ordinary"),
        "small": ("小型集中式或分散式", "small central or dispersed, limited by source or treatment"),
    },
    "ordinary",
)

_UNKNOWN = -1
_SOURCE, _WORKS = (tuple(STAGES).index(name) for name in ("source", "works"))
#: Beside the choices of `DISINFECTANT`: more than one was measured, and nobody said which is used.
_SEVERAL = len(DISINFECTANT.choices)
_GUIDES = ("gross_alpha", "gross_beta")
_TRIHALOMETHANES = (
    "water_chloroform", "water_dibromochloromethane", "water_bromodichloromethane", "water_bromoform",
)  # fmt: skip
_LIMIT = ("limit",)


@cache
def limits_of(edition: Edition, small: bool = False) -> ClassTable:
    """The limits of tables 1 and 3; `small`: with the relief for small supplies."""
    relief = {row["parameter"]: row for row in edition.table("small_supply")} if small else {}
    rows = (*edition.table("table1"), *edition.table("table3"))
    return ClassTable.from_rows([relief.get(row["parameter"], row) for row in rows], _LIMIT)


@cache
def _disinfectants(edition: Edition, stage: int, method: int) -> tuple[ClassLimits, ...]:
    """What table 2 asks of disinfectants at a stage: an upper limit at the works, and what must be left."""
    rows = edition.table("table2").select(stage="works" if stage == _WORKS else "network")
    names = tuple(DISINFECTANT.choices)
    wanted = [row for row in rows if method == _SEVERAL or row["disinfectant"] == names[method]]
    found: dict[str, ClassLimits] = {}
    for row in wanted:
        if method == _SEVERAL and row["direction"] == "min":
            continue
        one = ClassTable.from_rows([row], _LIMIT).items[0]
        had = found.get(one.parameter)
        if had is not None:
            low, high = (max(had.low[0], one.low[0]),), (min(had.high[0], one.high[0]),)
            one = replace(one, direction="range", low=low, high=high)
        found[one.parameter] = one
    return tuple(found.values())


@cache
def _table(edition: Edition, stage: int, method: int, small: bool) -> ClassTable:
    known = stage != _UNKNOWN and method != _UNKNOWN
    disinfectants = _disinfectants(edition, stage, method) if known else ()
    return ClassTable(_LIMIT, (*limits_of(edition, small).items, *disinfectants))


@cache
def _measures(edition: Edition) -> dict[str, int]:
    """Disinfectant measured → position of the method that it speaks for."""
    names = tuple(DISINFECTANT.choices)
    found: dict[str, int] = {}
    for row in edition.table("table2"):
        found.setdefault(row["parameter"], names.index(row["disinfectant"]))
    return found


#: What the rule reads, of any edition.
INPUTS = tuple(
    dict.fromkeys(
        slug
        for one in SHELF.of(NUMBER)
        for slug in (*(item.parameter for item in limits_of(one).items), *_measures(one))
    )
)


def drinking_water(samples: Samples) -> Evaluation:
    """Whether n samples keep to GB 5749; exceeding items, and by how many times they exceed.

    Parameters
    ----------
    samples : Samples
        Columns: any of the 97 items, in the units of `lichen.vocab.parameters`; only those that are there are judged.
        ``thm_ratio`` is computed where all four trihalomethanes are there. Below the detection limit: half of it is
        judged, 0 where nothing may be detected. Options `stage`, `disinfectant`, `supply_scale`.

    Raises
    ------
    UnknownEdition
        The message lists the editions there are.

    Notes
    -----
    GB 5749-2022, tables 1 to 3. Disinfectants: upper limit and least residual at the works, least residual in the
    network and at the tap, of the disinfectant in use; where nobody says which that is, of the one that was measured;
    where several were, only the upper limits. Gross α and β are guide values: beyond them alone there is no verdict,
    and the note asks for radionuclides.

    Examples
    --------
    >>> from lichen.vocab.clock import day_start_ms
    >>> day = np.full(2, day_start_ms(date(2023, 4, 1)))
    >>> tap = np.full(2, STAGE.code("末梢水"), np.int16)
    >>> measured = {"turbidity": np.array([0.5, 1.5]), "free_chlorine": np.array([0.05, 0.04])}
    >>> verdict = drinking_water(Samples(measured, day, options={"stage": tap}))
    >>> [CLASSES[k].word for k in verdict.klass], sorted(verdict.exceeding)
    (['合格', '不合格'], ['free_chlorine', 'turbidity'])
    """
    return by_edition(samples, SHELF, NUMBER, CLAUSE, _judge)


def _judge(edition: Edition, samples: Samples) -> Evaluation:
    stage = samples.choice(STAGE).astype(np.int64)
    given = samples.choice(DISINFECTANT).astype(np.int64)
    method = np.where(given == _UNKNOWN, _measured(edition, samples), given)
    small = samples.choice(SUPPLY_SCALE) == SUPPLY_SCALE.code("small")
    # Mixed radix; both codes begin at -1.
    group = ((stage + 1) * (_SEVERAL + 2) + (method + 1)) * 2 + small

    def one(number: int, rows: Samples) -> Evaluation:
        stage_method, is_small = divmod(number, 2)
        of_stage, of_method = divmod(stage_method, _SEVERAL + 2)
        return _judge_alike(edition, rows, of_stage - 1, of_method - 1, bool(is_small))

    return joined(len(samples), by_group(samples, group, one), CLAUSE)


def _measured(edition: Edition, samples: Samples) -> NDArray[np.int64]:
    """The method that the disinfectants measured speak for, (n,); -1: none was, `_SEVERAL`: more than one."""
    found = np.full(len(samples), _UNKNOWN, np.int64)
    for slug, method in _measures(edition).items():
        if slug in samples.columns:
            there = ~np.isnan(samples.columns[slug])
            found = np.where(there, np.where(found == _UNKNOWN, method, _SEVERAL), found)
    return found


def _judge_alike(edition: Edition, samples: Samples, stage: int, method: int, small: bool) -> Evaluation:
    """Samples of one stage, one method of disinfection and one scale of supply."""
    n = len(samples)
    everywhere = np.ones(n, np.bool_)
    if stage == _SOURCE:
        text = "水源水按 GB 3838 或 GB/T 14848 评价，不按本标准评价"
        return verdict(np.full(n, -1, np.int8), edition.id, CLAUSE, remarks={text: everywhere})
    remarks: dict[str, Flags] = {}
    if stage == _UNKNOWN and method != _UNKNOWN:
        remarks["未注明采样环节，消毒剂指标未评价"] = everywhere
    elif method == _SEVERAL:
        remarks["测了多种消毒剂而未注明消毒方式，余量下限未评价"] = everywhere
    table = _table(edition, stage, method, small)
    columns = entering(samples, table)
    _add_thm_ratio(columns, table)
    if not columns:
        return verdict(np.full(n, -1, np.int8), edition.id, CLAUSE, remarks={**remarks, NOTHING: everywhere})
    found = table.judge(columns, 0)
    guides = [where for slug, where in found.exceeding.items() if slug in _GUIDES]
    beyond = np.logical_or.reduce([np.zeros(n, np.bool_), *guides])
    others = np.logical_or.reduce(
        [np.zeros(n, np.bool_), *(where for slug, where in found.exceeding.items() if slug not in _GUIDES)]
    )
    remarks["总α、总β放射性超过指导值，应进行核素分析，判定能否饮用"] = beyond
    result = of_classes(found, table, edition.id, CLAUSE, remarks)
    return replace(
        result,
        klass=np.where(beyond & ~others, -1, result.klass).astype(np.int8),
        deciding={slug: where for slug, where in result.deciding.items() if slug not in _GUIDES},
    )


def _add_thm_ratio(columns: dict[str, Floats], table: ClassTable) -> None:
    """Fill the sum of the four trihalomethanes' shares of their limits where it is not given and all four are there."""
    if not all(slug in columns for slug in _TRIHALOMETHANES):
        return
    ratio = sum(columns[slug] / table.by_parameter[slug].high[0] for slug in _TRIHALOMETHANES)
    given = columns.get("thm_ratio")
    columns["thm_ratio"] = np.asarray(ratio) if given is None else np.where(np.isnan(given), ratio, given)


def limits_of_point(attributes: Mapping[str, Any], on: date) -> tuple[LimitLine, ...]:
    """What a point must keep of its disinfectant, by its stage and the disinfectant registered, on a day."""
    stage, method = (option_on(option, attributes, on) for option in (STAGE, DISINFECTANT))
    if stage in (_UNKNOWN, _SOURCE) or method == _UNKNOWN:
        return ()
    return tuple(
        line
        for edition in SHELF.of(NUMBER)
        if edition.covers(on)
        for line in limit_lines(
            ClassTable(_LIMIT, _disinfectants(edition, stage, method)), edition.id, {"limit": ("限值", "limit")}
        )
    )


def limits(on: date) -> tuple[LimitLine, ...]:
    """The limits in force on a day (tables 1 and 3); disinfectants have none that holds everywhere."""
    return tuple(
        line
        for edition in SHELF.of(NUMBER)
        if edition.covers(on)
        for line in limit_lines(limits_of(edition), edition.id, {"limit": ("限值", "limit")})
    )
