"""A sea area as a whole: shares of the classes by the area each point stands for, its state, the main factors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Column, Evaluation, Floats, Report, Survey, Table
from lichen.elements.folder import symbols
from lichen.elements.sea.quality import CLASSES, CLAUSE, NUMBER, OPTIONS, SHELF, sea_class
from lichen.elements.site_reports import items_in_words, mean_samples, site_attributes
from lichen.standards import Edition, TableError
from lichen.vocab.periods import Period

_SYMBOLS = symbols("sea")
_RULE = "HJ 442.10-2020"
_MAIN_FACTORS = 3


def state(shares: Floats, edition: Edition | None = None) -> str:
    """The state (水质状况) of a sea area: 优, 良好, 一般, 差 or 极差.

    Parameters
    ----------
    shares : ndarray (5,)
        Of classes 1 to 4 and worse than 4. [%]
    edition : Edition, optional
        The edition of GB 3097 beside which the rule is kept; the latest if not given.

    Raises
    ------
    ValueError
        The shares do not add up to 100 %.

    Notes
    -----
    HJ 442.10-2020, from memory. The first row of the rule that is met holds.

    Examples
    --------
    >>> [state(np.array(shares)) for shares in ([60.0, 30, 10, 0, 0], [0.0, 0, 60, 0, 40], [0.0, 50, 0, 9, 41])]
    ['优', '差', '极差']
    """
    if not np.isclose(shares.sum(), 100.0):
        raise ValueError(f"the shares add up to {shares.sum()} %; they must add up to 100 %")
    one, both, worse = shares[0], shares[0] + shares[1], shares[-1]
    edition = SHELF.of(NUMBER)[-1] if edition is None else edition
    for row in edition.table("area_state"):
        if (
            one >= float(row["class1_least"] or 0)
            and both >= float(row["class12_least"] or 0)
            and worse <= float(row["worse_most"] or 100)
        ):
            return row["state"]
    raise TableError(f"{edition.id}, area_state: no row holds for {shares.tolist()}; the last must have no condition")


def _judged(survey: Survey) -> tuple[Evaluation, NDArray[np.int64]]:
    if not survey.sites:
        raise ValueError("没有海水点位，无法汇总；请先登记点位。")
    means = mean_samples(survey, OPTIONS)
    return sea_class(means), means.time


def _areas(survey: Survey, time: NDArray[np.int64]) -> tuple[Floats, tuple[str, ...]]:
    """The area each point stands for [km²], 0 = none said, and remarks; no point says one: all count the same."""
    said = site_attributes(survey, "area", time)
    try:
        areas = np.array([float(one or 0) for one in said])
    except (TypeError, ValueError):
        raise ValueError(f"点位属性 area（代表面积，km²）不是数值：{'、'.join(str(one) for one in said)}。") from None
    if (areas < 0).any():
        raise ValueError("点位属性 area（代表面积，km²）不能为负。")
    if not areas.any():
        return np.ones(len(said)), ("点位没有登记代表面积（area），按点位数计算。",)
    without = [site.name_zh for site, area in zip(survey.sites, areas, strict=True) if not area]
    return areas, (f"没有登记代表面积（area）而未计入的点位：{'、'.join(without)}。",) if without else ()


def class_shares(survey: Survey) -> Table:
    """Area and share of each class, the state of the whole, and the factors that exceed the targets over most of it.

    A point has the class of its means over the survey. The main factors are the three whose targets are missed over
    the largest area; how many, and that area ranks them, is ours.

    Raises
    ------
    ValueError
        There are no points, none could be judged, or an area is no number.
    """
    found, time = _judged(survey)
    areas, remarks = _areas(survey, time)
    areas = np.where(found.klass >= 0, areas, 0.0)
    if not areas.sum():
        raise ValueError("没有一个点位可以评价；请检查时段、监测项目和代表面积。")
    total = areas.sum()
    by_class = np.bincount(found.klass[found.klass >= 0], areas[found.klass >= 0], len(CLASSES))
    rows: list[tuple[str | float | None, ...]] = [
        (
            one.word, float((found.klass == position).sum()), float(by_class[position]),
            float(100.0 * by_class[position] / total),
        )
        for position, one in enumerate(CLASSES)
    ]  # fmt: skip
    rows.append(("优良（一、二类）", None, float(by_class[:2].sum()), float(100.0 * by_class[:2].sum() / total)))
    rows.append((f"水质状况：{state(100.0 * by_class / total)}", None, None, None))
    beyond = {slug: float(100.0 * areas[where].sum() / total) for slug, where in found.exceeding.items()}
    main = sorted((slug for slug in beyond if beyond[slug] > 0), key=lambda slug: -beyond[slug])[:_MAIN_FACTORS]
    for slug in main:
        rows.append((f"主要超标因子：{_SYMBOLS[slug]}", None, None, beyond[slug]))
    columns = (
        Column("class", "水质类别", "class"),
        Column("points", "点位数", "points", decimals=0),
        Column("area", "面积", "area", "km²", 1),
        Column("share", "占比", "share", "%", 1),
    )
    unjudged = [site.name_zh for site, klass in zip(survey.sites, found.klass, strict=True) if klass < 0]
    notes = (*remarks, *((f"未评价的点位：{'、'.join(unjudged)}。",) if unjudged else ()))
    return Table(columns, tuple(rows), f"{CLAUSE}; {_RULE}", "memory", notes)


def points(survey: Survey) -> Table:
    """The class of each point by the means of its samples, with the items that decide it and those beyond its target.

    Raises
    ------
    ValueError
        There are no points.
    """
    found, time = _judged(survey)
    areas = site_attributes(survey, "area", time)
    rows = tuple(
        (
            site.name_zh, None if areas[row] is None else float(areas[row]), CLASSES[found.klass[row]].word,
            items_in_words(found, row, _SYMBOLS) or None, items_in_words(found, row, _SYMBOLS, exceeding=True) or None,
        )
        for row, site in enumerate(survey.sites)
        if found.klass[row] >= 0
    )  # fmt: skip
    columns = (
        Column("point", "点位", "point"),
        Column("area", "代表面积", "area", "km²", 1),
        Column("class", "水质类别", "class"),
        Column("deciding", "定类项目", "deciding items"),
        Column("exceeding", "超标项目（超标倍数）", "items beyond the target (by how many times)"),
    )
    unjudged = [site.name_zh for site, klass in zip(survey.sites, found.klass, strict=True) if klass < 0]
    return Table(columns, rows, CLAUSE, "verified", (f"未评价的点位：{'、'.join(unjudged)}。",) if unjudged else ())


REPORTS = (
    Report("areas", "各类海水面积比例与水质状况", "classes by area, and the state", (Period.SAMPLE,), class_shares),
    Report("points", "点位水质类别", "class of each point", (Period.SAMPLE,), points),
)
