"""Tables over the points of a groundwater network: the class of each, and how many points each class has."""

from __future__ import annotations

from lichen.elements.descriptor import Column, Evaluation, Report, Survey, Table
from lichen.elements.folder import symbols
from lichen.elements.groundwater.quality import CLASSES, CLAUSE, TARGET, groundwater_class
from lichen.elements.site_reports import items_in_words, mean_samples
from lichen.vocab.periods import Period

_SYMBOLS = symbols("groundwater")
_UNJUDGED = "没有数据或没有现行标准而未评价的点位：{}。"


def _judged(survey: Survey) -> Evaluation:
    if not survey.sites:
        raise ValueError("没有地下水点位，无法汇总；请先登记点位。")
    return groundwater_class(mean_samples(survey, (TARGET,)))


def _left_out(survey: Survey, found: Evaluation) -> tuple[str, ...]:
    names = [site.name_zh for site, klass in zip(survey.sites, found.klass, strict=True) if klass < 0]
    return (_UNJUDGED.format("、".join(names)),) if names else ()


def points(survey: Survey) -> Table:
    """The class of each point by the means of its samples, with the items that decide it and those beyond its target.

    Raises
    ------
    ValueError
        There are no points.
    """
    found = _judged(survey)
    counts = (survey.klass >= 0).sum(axis=1).tolist()
    rows = tuple(
        (
            site.name_zh, str(site.attributes.get("aquifer", "")), float(counts[row]),
            CLASSES[found.klass[row]].word, items_in_words(found, row, _SYMBOLS) or None,
            items_in_words(found, row, _SYMBOLS, exceeding=True) or None,
        )
        for row, site in enumerate(survey.sites)
        if found.klass[row] >= 0
    )  # fmt: skip
    columns = (
        Column("point", "点位", "point"),
        Column("aquifer", "含水层", "aquifer"),
        Column("samples", "样品数", "samples", decimals=0),
        Column("class", "水质类别", "class"),
        Column("deciding", "定类项目", "deciding items"),
        Column("exceeding", "超标项目（超标倍数）", "items beyond the target (by how many times)"),
    )
    return Table(columns, rows, CLAUSE, "verified", _left_out(survey, found))


def shares(survey: Survey) -> Table:
    """How many points each class has, and their share of the points judged.

    Raises
    ------
    ValueError
        There are no points.
    """
    found = _judged(survey)
    judged = int((found.klass >= 0).sum())
    rows = []
    for position, one in enumerate(CLASSES):
        count = int((found.klass == position).sum())
        rows.append((one.level, float(count), 100.0 * count / judged if judged else None))
    columns = (
        Column("class", "水质类别", "class"),
        Column("points", "点位数", "points", decimals=0),
        Column("share", "占比", "share", "%", 1),
    )
    return Table(columns, tuple(rows), CLAUSE, "verified", _left_out(survey, found))


REPORTS = (
    Report("points", "点位水质类别", "class of each point", (Period.SAMPLE,), points),
    Report("shares", "各类水质点位比例", "points by class", (Period.SAMPLE,), shares),
)
