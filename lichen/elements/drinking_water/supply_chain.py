"""From the source to the tap: what was measured along one supply, item by item, and how many samples met the standard.

The points of a supply have the same attribute `supply`; their kind, or their attribute `stage`, says where along it
they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Column, Report, Samples, Survey, Table
from lichen.elements.drinking_water.quality import (
    CLAUSE,
    DISINFECTANT,
    INPUTS,
    STAGE,
    STAGES,
    SUPPLY_SCALE,
    drinking_water,
    limits,
)
from lichen.elements.folder import symbols
from lichen.elements.site_reports import mean_samples, site_attributes
from lichen.vocab.clock import beijing_day
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period
from lichen.vocab.units import text_of

_WITHOUT_SUPPLY = "没有登记所属供水系统（supply）的点位未列入：{}。"
_WITHOUT_STAGE = "没有登记采样环节（stage）的点位未列入：{}。"
_SYMBOLS = symbols("drinking_water")
#: Of these the least is the worst: a disinfectant must still be there.
_LEAST = frozenset({"free_chlorine", "total_chlorine", "water_ozone", "chlorine_dioxide"})


def _stages(survey: Survey, samples: Samples) -> NDArray[np.int16]:
    """Where along its supply each site stands: its attribute, else its kind."""
    kinds = np.array([STAGE.code(site.kind) for site in survey.sites], np.int16)
    said = samples.choice(STAGE)
    return np.where(said < 0, kinds, said).astype(np.int16)


def _means(survey: Survey) -> Samples:
    if not survey.sites:
        raise ValueError("没有饮用水点位，无法汇总；请先登记点位。")
    means = mean_samples(survey, (STAGE, DISINFECTANT, SUPPLY_SCALE))
    return replace(means, options={**means.options, STAGE.slug: _stages(survey, means)})


def source_to_tap(survey: Survey) -> Table:
    """Each item of each supply at the source, leaving the works, in the network and at the tap, beside its limit.

    A cell holds the mean over time of the worst site of that stage: the highest, of disinfectants the lowest, of pH
    the one farthest from the middle of its range. ``<``: below the detection limit.

    Raises
    ------
    ValueError
        There are no points, or none that says to which supply it belongs.
    """
    means = _means(survey)
    verdicts = drinking_water(means)
    stages = means.choice(STAGE)
    supplies = site_attributes(survey, "supply", means.time)
    names = list(dict.fromkeys(str(one) for one in supplies if one))
    if not names:
        raise ValueError("没有一个点位登记了所属供水系统；请在点位属性 supply 中填写供水系统名称。")
    printed = _printed_limits(int(means.time.max()))
    rows = []
    for supply in names:
        of_supply = np.array([str(one) == supply for one in supplies])
        for slug in INPUTS:
            if slug not in means.columns or not (of_supply & ~np.isnan(means.columns[slug]) & (stages >= 0)).any():
                continue
            worst = [_worst(means, slug, np.flatnonzero(of_supply & (stages == code))) for code in range(len(STAGES))]
            beyond = verdicts.exceeding.get(slug, np.zeros(len(means), np.bool_))
            where = [
                words[0] for code, words in enumerate(STAGES.values()) if (beyond & of_supply & (stages == code)).any()
            ]
            rows.append(
                (
                    supply, _item(slug), *(_text(means, slug, row) for row in worst), _removed(means, slug, worst),
                    printed.get(slug), "、".join(where) or None,
                )
            )  # fmt: skip
    columns = (
        Column("supply", "供水系统", "supply"),
        Column("item", "项目", "item"),
        *(Column(slug, *words) for slug, words in STAGES.items()),
        Column("removed", "净化去除率", "removed by the works", "%", 1),
        Column("limit", "限值", "limit"),
        Column("exceeding", "超标环节", "beyond the limit at"),
    )
    notes = (
        "水源水按 GB 3838 或 GB/T 14848 评价，此处只列测值。",
        *_left_out(survey, _WITHOUT_SUPPLY, [not one for one in supplies]),
        *_left_out(survey, _WITHOUT_STAGE, (stages < 0).tolist()),
    )
    return Table(columns, tuple(rows), CLAUSE, "verified", notes)


def _left_out(survey: Survey, text: str, missing: Sequence[bool]) -> tuple[str, ...]:
    names = [site.name_zh for site, gone in zip(survey.sites, missing, strict=True) if gone]
    return (text.format("、".join(names)),) if names else ()


def _worst(means: Samples, slug: str, sites: NDArray[np.intp]) -> int | None:
    """The site whose mean is worst, or None where none has one."""
    values = means.halved(slug)[sites]
    known = sites[~np.isnan(values)]
    if not len(known):
        return None
    values = means.halved(slug)[known]
    if slug == "ph":
        values = np.abs(values - 7.5)  # the middle of 6.5 to 8.5
    return int(known[values.argmin() if slug in _LEAST else values.argmax()])


def _text(means: Samples, slug: str, row: int | None) -> str | None:
    if row is None:
        return None
    low = "<" if slug in means.below and means.below[slug][row] else ""
    return low + _digits(slug, float(means.columns[slug][row]))


def _item(slug: str) -> str:
    unit = PARAMETERS[slug].unit
    return _SYMBOLS[slug] if unit == "1" else f"{_SYMBOLS[slug]}（{text_of(unit)}）"


def _digits(slug: str, value: float) -> str:
    return f"{value:.{max(PARAMETERS[slug].decimals, 1)}f}".rstrip("0").rstrip(".")


def _removed(means: Samples, slug: str, worst: Sequence[int | None]) -> float | None:
    """By how much the works lower a concentration, in percent of the source."""
    before, after = worst[0], worst[1]
    if before is None or after is None or slug == "ph" or slug in _LEAST or not means.halved(slug)[before]:
        return None
    values = means.halved(slug)
    return float(100.0 * (1.0 - values[after] / values[before]))


def _printed_limits(instant: int) -> dict[str, str]:
    """Item → its limit in words, ``6.5～8.5`` for a range; several bounds of an item belong to one range."""
    found: dict[str, list[str]] = {}
    for line in limits(beijing_day(instant)):
        found.setdefault(line.parameter, []).append(f"{line.value:.10f}".rstrip("0").rstrip("."))
    return {slug: "～".join(values) for slug, values in found.items()}


def compliance(survey: Survey) -> Table:
    """How many samples of each stage met the standard, and their share of the samples judged.

    Raises
    ------
    ValueError
        There are no points.
    """
    means = _means(survey)
    stages = means.choice(STAGE)
    rows = []
    for code, words in enumerate(STAGES.values()):
        klass = survey.klass[stages == code]
        judged = int((klass >= 0).sum())
        if judged:
            met = int((klass == 0).sum())
            points = float((klass >= 0).any(axis=1).sum())
            rows.append((words[0], points, float(judged), float(met), 100.0 * met / judged))
    columns = (
        Column("stage", "采样环节", "stage"),
        Column("points", "点位数", "points", decimals=0),
        Column("samples", "样品数", "samples", decimals=0),
        Column("met", "合格样品数", "samples that meet the standard", decimals=0),
        Column("share", "合格率", "share", "%", 1),
    )
    notes = _left_out(survey, _WITHOUT_STAGE, (stages < 0).tolist())
    return Table(columns, tuple(rows), CLAUSE, "verified", notes)


REPORTS = (
    Report("source_to_tap", "从水源到水龙头", "from the source to the tap", (Period.SAMPLE,), source_to_tap),
    Report("compliance", "饮用水合格率", "samples that meet the standard", (Period.SAMPLE,), compliance),
)
