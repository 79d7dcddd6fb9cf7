"""Evaluations of many sites together: compliance of functional zones, regional and road-traffic noise (HJ 640)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Column, Floats, Report, Site, Survey, Table
from lichen.elements.noise.compliance import is_night
from lichen.elements.noise.limits import NUMBERS, ZONE, zone_limits
from lichen.elements.noise.shelf import SHELF
from lichen.standards import Row
from lichen.vocab.periods import Period
from lichen.vocab.registry import attribute_at
from lichen.vocab.rounding import round_half_even

_GRADES = SHELF.edition("HJ 640-2012").table("grades")
#: The limit of a road whose share of length above it bulletins print: of zones 4a by day.
_LOUD_ROAD = zone_limits("GB 3096-2008").day[ZONE.code("4a")]
_PARTS = {"day": "昼间", "night": "夜间"}


def zone_compliance(survey: Survey) -> Table:
    """Compliance rates of functional zones (功能区达标率): compliant results / results, by class, day and night apart.

    Parameters
    ----------
    survey : Survey
        Of days, with ``ld`` and ``ln`` of functional-zone points; each day of a point gives one day result and one
        night result. The zone is the one registered on the day.

    Raises
    ------
    ValueError
        No functional-zone point among the sites.
    """
    sites = _of_kind(survey, "functional_zone", "功能区声环境监测点")
    number = NUMBERS["ambient"]
    editions, of_day = SHELF.codes_at(number, survey.time)
    counts = np.zeros((len(ZONE.choices), 2, 2), np.int64)  # zone, part, (results, compliant)
    unzoned = 0
    for at in sites:
        said = attribute_at(survey.sites[at].attributes, ZONE.slug, survey.time)
        zone = np.array([-1 if one is None else ZONE.code(str(one)) for one in said])
        for position, slug in enumerate(("ld", "ln")):
            level = _values(survey, slug, at)
            limit = np.full(len(level), np.nan)
            for code, edition in enumerate(editions):
                both = zone_limits(edition.id)
                limit = np.where(of_day == code, (both.day, both.night)[position][zone], limit)
            there = ~np.isnan(level)
            judged = there & ~np.isnan(limit)
            unzoned += int((there & ~judged).sum())
            np.add.at(counts, (zone[judged], position, 0), 1)
            np.add.at(counts, (zone[judged & (level <= limit)], position, 1), 1)
    rows = [
        (words[0], *_rates(counts[code]))
        for code, words in enumerate(ZONE.choices.values())
        if counts[code].any()
    ]  # fmt: skip
    rows.append(("合计", *_rates(counts.sum(axis=0))))
    notes = (f"{unzoned}个结果没有登记功能区类别，或当日没有限值，未计入",) if unzoned else ()
    return Table(
        (
            Column("zone", "功能区类别", "zone"),
            Column("day_results", "昼间监测点次", "day results", decimals=0),
            Column("day_compliant", "昼间达标点次", "compliant by day", decimals=0),
            Column("day_rate", "昼间达标率", "compliance by day", "%", 1),
            Column("night_results", "夜间监测点次", "night results", decimals=0),
            Column("night_compliant", "夜间达标点次", "compliant by night", decimals=0),
            Column("night_rate", "夜间达标率", "compliance by night", "%", 1),
        ),
        tuple(rows), f"{editions[-1].id} table 1; HJ 640-2012", "verified", notes,
    )  # fmt: skip


def _rates(counts: NDArray[np.int64]) -> tuple[float | None, ...]:
    cells: list[float | None] = []
    for results, compliant in counts.tolist():
        rate = float(round_half_even(100 * compliant / results, 1)) if results else None
        cells += [results, compliant, rate]
    return tuple(cells)


def regional(survey: Survey) -> Table:
    """Regional noise (区域声环境): the arithmetic mean of the Leq of all grid cells, its grade, and shares of cells.

    Parameters
    ----------
    survey : Survey
        Of spot readings, with ``leq`` of regional points, each the centre of a cell of equal size. Of several readings
        of a point in the same part of the day the last counts.

    Raises
    ------
    ValueError
        No regional point among the sites.
    """
    sites = _of_kind(survey, "regional", "区域声环境监测点")
    rows: list[tuple[str | float | None, ...]] = []
    for part, word in _PARTS.items():
        levels = _last(survey, sites, part)
        levels = levels[~np.isnan(levels)]
        if not len(levels):
            continue
        mean = float(round_half_even(levels.mean(), 1))
        grades = _GRADES.select(kind="regional", part=part)
        share = np.bincount([_grade(grades, one) for one in levels.tolist()], minlength=len(grades)) / len(levels)
        grade = _grade(grades, mean)
        rows.append((
            word, len(levels), mean, f"{grade + 1}级", grades[grade]["word_zh"],
            *(float(one) for one in round_half_even(100 * share, 1)),
        ))  # fmt: skip
    return Table(
        (
            Column("part", "时段", "part of the day"),
            Column("cells", "有效网格数", "cells", decimals=0),
            Column("mean", "平均等效声级", "mean level", "dB(A)", 1),
            Column("grade", "等级", "grade"),
            Column("word", "评价", "assessment"),
            *(Column(f"share_{n}", f"{n}级网格比例", f"cells of grade {n}", "%", 1) for n in range(1, 6)),
        ),
        tuple(rows), "HJ 640-2012 regional", "verified",
    )  # fmt: skip


def road(survey: Survey) -> Table:
    """Road-traffic noise (道路交通声环境): the mean of Leq weighted with the length of road, its grade, the loud share.

    Parameters
    ----------
    survey : Survey
        Of spot readings, with ``leq`` of road points, whose attribute ``length_m`` is the length of the stretch they
        stand for. Of several readings of a point in the same part of the day the last counts.

    Raises
    ------
    ValueError
        No road point among the sites.
    """
    sites = _of_kind(survey, "road", "道路交通声环境监测点")
    length = np.array([_length(survey.sites[at]) for at in sites])
    rows: list[tuple[str | float | None, ...]] = []
    for part, word in _PARTS.items():
        levels = _last(survey, sites, part)
        there = ~np.isnan(levels) & ~np.isnan(length)
        if not there.any():
            continue
        total = length[there].sum()
        mean = float(round_half_even((length[there] * levels[there]).sum() / total, 1))
        loud = length[there][levels[there] > _LOUD_ROAD].sum() / total
        grades = _GRADES.select(kind="road", part=part)
        grade = _grade(grades, mean)
        rows.append((
            word, int(there.sum()), float(total), mean, f"{grade + 1}级", grades[grade]["word_zh"],
            float(round_half_even(100 * loud, 1)),
        ))  # fmt: skip
    unknown = [survey.sites[at].name_zh for at, one in zip(sites, length, strict=True) if np.isnan(one)]
    return Table(
        (
            Column("part", "时段", "part of the day"),
            Column("stretches", "有效路段数", "stretches", decimals=0),
            Column("length", "路段总长", "length", "m", 0),
            Column("mean", "长度加权平均等效声级", "length-weighted mean level", "dB(A)", 1),
            Column("grade", "等级", "grade"),
            Column("word", "评价", "assessment"),
            Column("loud", f"声级高于{_LOUD_ROAD:g} dB(A)的路段长度比例", f"length above {_LOUD_ROAD:g} dB(A)", "%", 1),
        ),
        tuple(rows), "HJ 640-2012 road traffic", "verified",
        (f"未登记路段长度，未计入：{'、'.join(unknown)}",) if unknown else (),
    )  # fmt: skip


def _of_kind(survey: Survey, kind: str, word: str) -> list[int]:
    found = [at for at, site in enumerate(survey.sites) if site.kind == kind]
    if not found:
        raise ValueError(f"所选点位中没有{word}，无法评价；请选择{word}。")
    return found


def _values(survey: Survey, slug: str, at: int) -> Floats:
    """The levels of a site, rounded as they are published, (n,)."""
    column = survey.columns.get(slug)
    return np.full(len(survey.time), np.nan) if column is None else round_half_even(column[at], 1)


def _last(survey: Survey, sites: Sequence[int], part: str) -> Floats:
    """The last reading of each site by day or by night, NaN where there is none, (sites,)."""
    mine = is_night(survey.time) == (part == "night")
    found = np.full(len(sites), np.nan)
    for row, at in enumerate(sites):
        levels = _values(survey, "leq", at)
        there = np.flatnonzero(mine & ~np.isnan(levels))
        if len(there):
            found[row] = levels[there[-1]]
    return found


def _grade(grades: Sequence[Row], level: float) -> int:
    """The position of the grade of a level; the bound itself belongs to the better grade."""
    return sum(level > float(row["high"]) for row in grades if row["high"])


def _length(site: Site) -> float:
    try:
        length = float(site.attributes.get("length_m", "nan"))
    except (TypeError, ValueError):
        return np.nan
    return length if length > 0 else np.nan


REPORTS = (
    Report("zone_compliance", "功能区声环境达标率", "compliance of functional zones", (Period.DAY,), zone_compliance),
    Report("regional", "区域声环境质量", "regional noise", (Period.SAMPLE,), regional),
    Report("road", "道路交通声环境质量", "road-traffic noise", (Period.SAMPLE,), road),
)
