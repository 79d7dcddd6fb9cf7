"""Tables over soil plots: their risk, each item over all plots, accumulation and ecological risk, repeated surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lichen.elements.descriptor import Column, Evaluation, Flags, Floats, Report, Samples, Site, Survey, Table
from lichen.elements.site_reports import items_in_words, site_attributes, site_option
from lichen.elements.soil.indices import (
    background_regions,
    backgrounds,
    ecological_risk,
    geo_accumulation,
    nemerow_of,
    pollution_load,
    risk_scales,
    scale,
)
from lichen.elements.soil.risk import CLASSES, CLAUSE, LAND_USE, SOIL_TYPE, soil_risk
from lichen.elements.soil.shelf import SYMBOL
from lichen.vocab.clock import beijing_day
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period

_NEMEROW = "HJ/T 166-2004 12.2"
_PH = "soil_ph"
_WORDS = tuple(LAND_USE.choices.values())
#: A row of the survey's sites and a column of its times: one sample.
Pick = tuple[int, int]


def _there(survey: Survey) -> Flags:
    """Where a site has any value at a time, (sites, n)."""
    if not survey.sites:
        raise ValueError("没有土壤点位，无法汇总；请先登记点位。")
    found = np.zeros((len(survey.sites), len(survey.time)), np.bool_)
    for column in survey.columns.values():
        found |= ~np.isnan(column)
    return found


def _latest(survey: Survey) -> list[Pick]:
    """The last sample of each site that has one."""
    return [(row, int(np.flatnonzero(known)[-1])) for row, known in enumerate(_there(survey)) if known.any()]


def _by_year(survey: Survey) -> list[tuple[int, Pick]]:
    """The last sample of each site in each year of the Beijing calendar, ascending."""
    years = [beijing_day(instant).year for instant in survey.time.tolist()]
    found: dict[tuple[int, int], int] = {}
    for row, known in enumerate(_there(survey)):
        for column in np.flatnonzero(known).tolist():
            found[row, years[column]] = column
    return [(year, (row, column)) for (row, year), column in found.items()]


def _samples(survey: Survey, picks: list[Pick]) -> tuple[Samples, Survey]:
    """The picked samples, and a survey whose sites are theirs, one each."""
    if not picks:
        raise ValueError("该时段没有土壤测值，无法汇总；请检查时段。")
    rows, columns = (np.array(one) for one in zip(*picks, strict=True))
    time = survey.time[columns]
    alike = replace(survey, sites=tuple(survey.sites[row] for row in rows))
    return Samples(
        {slug: values[rows, columns] for slug, values in survey.columns.items()}, time, None,
        {slug: flags[rows, columns] for slug, flags in survey.below.items()},
        {option.slug: site_option(alike, option, time) for option in (LAND_USE, SOIL_TYPE)},
    ), alike  # fmt: skip


def _remarks(found: Evaluation, sites: tuple[Site, ...]) -> tuple[str, ...]:
    """Why samples have no verdict, each reason with its plots."""
    names: dict[str, list[str]] = {}
    for row in np.flatnonzero(found.klass < 0).tolist():
        names.setdefault(found.notes[found.note[row]], []).append(sites[row].name_zh)
    return tuple(f"{why}：{'、'.join(dict.fromkeys(plots))}。" for why, plots in names.items())


def _digits(slug: str, samples: Samples, row: int) -> str | None:
    value = float(samples.columns[slug][row])
    if np.isnan(value):
        return None
    low = "<" if slug in samples.below and samples.below[slug][row] else ""
    return f"{low}{value:.{PARAMETERS[slug].decimals}f}"


def _grade(name: str, index: float) -> str | None:
    """The word of an index on a scale; None where there is no index."""
    steps = scale(name)
    at = int(steps.grades(index))
    return steps.words[at] if at >= 0 else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def plots(survey: Survey) -> Table:
    """The last sample of each plot: risk class, items above their screening value, Nemerow index across its items.

    Raises
    ------
    ValueError
        There are no plots or no values, or an attribute is none of its choices.
    """
    samples, alike = _samples(survey, _latest(survey))
    found = soil_risk(samples)
    uses = samples.choice(LAND_USE)
    rows = tuple(
        (
            site.name_zh, _WORDS[uses[row]][0] if uses[row] >= 0 else None,
            _digits(_PH, samples, row) if _PH in samples.columns else None,
            beijing_day(int(samples.time[row])).isoformat(),
            CLASSES[found.klass[row]].word if found.klass[row] >= 0 else None,
            items_in_words(found, row, SYMBOL, exceeding=True) or None,
            _number(found.index[row]), _grade("nemerow", found.index[row]),
        )
        for row, site in enumerate(alike.sites)
    )  # fmt: skip
    columns = (
        Column("plot", "点位", "plot"),
        Column("land_use", "土地利用", "land use"),
        Column("ph", "pH", "pH"),
        Column("day", "采样日", "day of sampling"),
        Column("class", "风险类别", "risk class"),
        Column("exceeding", "超过筛选值的项目（超标倍数）", "items above the screening value (by how many times)"),
        Column("nemerow", "内梅罗指数（跨项目）", "Nemerow index across items", decimals=2),
        Column("nemerow_grade", "内梅罗等级", "grade of it"),
    )
    return Table(columns, rows, f"{CLAUSE} | {_NEMEROW}", "verified", _remarks(found, alike.sites))


def items(survey: Survey) -> Table:
    """Each item over the last samples of all plots: share of plots above the screening value, Nemerow across plots.

    Raises
    ------
    ValueError
        There are no plots or no values, or an attribute is none of its choices.
    """
    samples, alike = _samples(survey, _latest(survey))
    found = soil_risk(samples)
    rows = []
    for slug, shares in found.sub.items():
        known = shares[~np.isnan(shares)]
        if not len(known):
            continue
        values = samples.halved(slug)[~np.isnan(shares)]
        index = nemerow_of(known.mean(), known.max())
        rows.append(
            (
                SYMBOL[slug], float(len(known)), _number(values.mean()), _number(values.max()), float(known.mean()),
                float(known.max()), float(100.0 * (known > 1.0).mean()), float(index),
                _grade("nemerow", float(index)),
            )
        )  # fmt: skip
    columns = (
        Column("item", "项目", "item"),
        Column("plots", "点位数", "plots", decimals=0),
        Column("mean", "平均值", "mean", "mg/kg", 3),
        Column("max", "最大值", "largest", "mg/kg", 3),
        Column("share_mean", "单项指数平均值", "mean single-factor index", decimals=2),
        Column("share_max", "单项指数最大值", "largest single-factor index", decimals=2),
        Column("above", "点位超标率", "plots above the screening value", "%", 1),
        Column("nemerow", "内梅罗指数（跨点位）", "Nemerow index across plots", decimals=2),
        Column("nemerow_grade", "内梅罗等级", "grade of it"),
    )
    note = "此处内梅罗指数由各点位单项指数的平均值和最大值计算，与单个点位跨项目的指数不同。"
    return Table(columns, tuple(rows), f"{CLAUSE} | {_NEMEROW}", "verified", (note, *_remarks(found, alike.sites)))


def accumulation(survey: Survey) -> Table:
    """The last sample of each plot against the background of its region (attribute `background`).

    Ecological risk is graded by the scale that the plot's attribute `risk_scale` names, Hakanson's own by default; the
    table prints the scale beside the grade.

    Raises
    ------
    ValueError
        There are no plots or no values, none has a background region, or a region or a scale is not known.
    """
    samples, alike = _samples(survey, _latest(survey))
    regions = site_attributes(alike, "background", samples.time)
    scales = site_attributes(alike, "risk_scale", samples.time)
    _refuse_unknown(alike, "background", regions, (*background_regions(), *background_regions().values()))
    _refuse_unknown(alike, "risk_scale", scales, tuple(risk_scales()))
    rows = []
    for row, site in enumerate(alike.sites):
        if regions[row] is None:
            continue
        background = backgrounds(str(regions[row]))
        contents = {
            slug: value
            for slug in background
            if slug in samples.columns and not np.isnan(value := samples.halved(slug)[row : row + 1]).any()
        }
        if contents:
            named = str(scales[row] or next(iter(risk_scales())))
            rows.append((site.name_zh, str(regions[row]), *_accumulated(contents, background, named)))
    if not rows:
        raise ValueError("没有一个点位既有测值又登记了背景值区域；请在点位属性 background 中填写区域，例如“四川省”。")
    columns = (
        Column("plot", "点位", "plot"),
        Column("background", "背景值区域", "background region"),
        Column("igeo_item", "地累积指数最高的项目", "item of the highest index of geo-accumulation"),
        Column("igeo", "地累积指数", "index of geo-accumulation", decimals=2),
        Column("igeo_grade", "地累积等级", "grade of it"),
        Column("factor", "该项目与背景值之比", "its content over the background", decimals=2),
        Column("load", "污染负荷指数", "pollution load index", decimals=2),
        Column("er", "单项潜在生态风险最高", "highest ecological risk of one item", decimals=1),
        Column("er_grade", "单项风险等级", "grade of it"),
        Column("ri", "潜在生态风险指数RI", "index of ecological risk", decimals=1),
        Column("ri_items", "计入项目", "items of the index"),
        Column("ri_grade", "RI等级", "grade of the index"),
        Column("ri_scale", "RI分级标准", "scale of the grade"),
    )
    without = [site.name_zh for site, region in zip(alike.sites, regions, strict=True) if region is None]
    notes = (f"没有登记背景值区域（background）而未列入：{'、'.join(without)}。",) if without else ()
    return Table(columns, tuple(rows), "soil-indices Mueller 1969; Hakanson 1980", "memory", notes)


def _refuse_unknown(survey: Survey, attribute: str, said: Sequence[object], known: Sequence[str]) -> None:
    for site, one in zip(survey.sites, said, strict=True):
        if one is not None and str(one) not in known:
            raise ValueError(f"点位 {site.id} 的属性 {attribute} 为“{one}”，可选：{'、'.join(known)}。")


def _accumulated(
    contents: Mapping[str, Floats], background: Mapping[str, float], risk_scale: str
) -> tuple[str | float | None, ...]:
    """The cells of one plot, after its name and region."""
    slugs = list(contents)
    values = np.stack([contents[slug] for slug in slugs])
    base = np.array([[background[slug]] for slug in slugs])
    igeo = geo_accumulation(values, base)[:, 0]
    top = 0 if np.isnan(igeo).all() else int(np.nanargmax(igeo))
    risk = ecological_risk(contents, background, risk_scale)
    worst = max(float(er[0]) for er in risk.factors.values())
    return (
        SYMBOL[slugs[top]], _number(igeo[top]), _grade("igeo", igeo[top]),
        float(values[top, 0] / base[top, 0]), float(pollution_load(values / base)[0]),
        worst, _grade("er", worst), float(risk.index[0]), "、".join(SYMBOL[slug] for slug in risk.items),
        _grade(risk.scale, risk.index[0]), risk_scales()[risk.scale],
    )  # fmt: skip


def repeats(survey: Survey) -> Table:
    """Plots that were surveyed in several years: each item by year, its change from the first to the last, the class.

    A year's value is that of its last sample. Values of a year in which the land use or the pH band was another are
    judged by the limits of that year.

    Raises
    ------
    ValueError
        There are no plots or no values, or no plot was surveyed in two years.
    """
    picked = _by_year(survey)
    samples, alike = _samples(survey, [pick for _, pick in picked])
    found = soil_risk(samples)
    by_plot: dict[int, dict[int, int]] = {}
    for number, (year, (row, _)) in enumerate(picked):
        by_plot.setdefault(row, {})[year] = number
    several = {row: numbers for row, numbers in by_plot.items() if len(numbers) > 1}
    if not several:
        raise ValueError("没有点位在两个以上年份做过调查，无法比较；请放宽时段。")
    years = sorted({year for numbers in several.values() for year in numbers})
    rows: list[tuple[str | float | None, ...]] = []
    for row, numbers in several.items():
        name = survey.sites[row].name_zh
        words = {year: CLASSES[found.klass[at]].word for year, at in numbers.items() if found.klass[at] >= 0}
        index = {year: float(found.index[at]) for year, at in numbers.items() if not np.isnan(found.index[at])}
        rows.append((name, "风险类别", *(words.get(year) for year in years), None))
        shown = {year: f"{value:.2f}" for year, value in index.items()}
        rows.append((name, "内梅罗指数（跨项目）", *(shown.get(year) for year in years), _change(index)))
        for slug in SYMBOL:
            if slug not in samples.columns:
                continue
            values = samples.halved(slug)
            known = {year: float(values[at]) for year, at in numbers.items() if not np.isnan(values[at])}
            if known:
                texts = {year: _digits(slug, samples, numbers[year]) for year in known}
                change = None if slug == _PH else _change(known)
                unit = "" if slug == _PH else f"（{PARAMETERS[slug].unit}）"
                rows.append((name, SYMBOL[slug] + unit, *(texts.get(year) for year in years), change))
    columns = (
        Column("plot", "点位", "plot"),
        Column("item", "项目", "item"),
        *(Column(f"y{year}", f"{year}年", str(year)) for year in years),
        Column("change", "末年较首年变化", "change from the first to the last year", "%", 1),
    )
    return Table(columns, tuple(rows), f"{CLAUSE} | {_NEMEROW}", "verified", _remarks(found, alike.sites))


def _change(by_year: Mapping[int, float]) -> float | None:
    """From the first to the last year, in percent of the first; None: one year only, or a first value of zero."""
    years = sorted(by_year)
    if len(years) < 2 or not by_year[years[0]]:
        return None
    return 100.0 * (by_year[years[-1]] / by_year[years[0]] - 1.0)


REPORTS = (
    Report("plots", "土壤点位风险评价", "risk of each plot", (Period.SAMPLE,), plots),
    Report("items", "各项目评价", "each item over all plots", (Period.SAMPLE,), items),
    Report("accumulation", "累积与生态风险", "accumulation and ecological risk", (Period.SAMPLE,), accumulation),
    Report("repeats", "历年复测", "repeated surveys", (Period.SAMPLE,), repeats),
)
