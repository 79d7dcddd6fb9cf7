"""Evaluations over years and plots: change of EI and EQI, diversity of plots, inputs of the county assessment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from lichen.elements.descriptor import Column, Floats, Report, Samples, Survey, Table
from lichen.elements.ecology.grades import CLASSES, EI, EQI, change_word, fluctuation_word
from lichen.elements.ecology.judgement import INPUTS, evaluate
from lichen.vocab.clock import beijing_day
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period

_DIVERSITY = (
    "species_count", "shannon_index", "simpson_index", "margalef_index", "pielou_index", "bmwp", "aspt",
)  # fmt: skip
_COUNTY = ("county_natural_state", "county_environment_state", "county_supervision")


def change(survey: Survey) -> Table:
    """How EI and EQI of regions changed from the first year to the last, each in the words of its standard.

    Parameters
    ----------
    survey : Survey
        Of years. EI and EQI are never compared with each other: a region that has both gets a row for each.

    Raises
    ------
    ValueError
        No region has an index in two years.
    """
    rows: list[tuple[str | float | None, ...]] = []
    years = np.array([beijing_day(instant).year for instant in survey.time.tolist()])
    for at, site in enumerate(survey.sites):
        columns = {slug: survey.columns[slug][at] for slug in INPUTS if slug in survey.columns}
        for index, edition in (("eqi", EQI), ("ei", EI)):
            verdict = evaluate(Samples(columns, survey.time, edition.id))
            there = np.flatnonzero(~np.isnan(verdict.index) & (years >= edition.start.year))
            if len(there) < 2:
                continue
            first, last = there[0], there[-1]
            before, after = float(verdict.index[first]), float(verdict.index[last])
            values = verdict.index[there]
            rows.append((
                site.name_zh, index.upper(), str(years[first]), before, CLASSES[verdict.klass[first]].word,
                str(years[last]), after, CLASSES[verdict.klass[last]].word, after - before,
                change_word(index, before, after),
                fluctuation_word(float(values.min()), float(values.max())) if index == "ei" else None,
            ))  # fmt: skip
    if not rows:
        raise ValueError("所选区域没有两年以上的EI或EQI，无法评价变化；请扩大时段。")
    return Table(
        (
            Column("region", "区域", "region"),
            Column("index", "指数", "index"),
            Column("first_year", "起始年", "first year"),
            Column("first", "起始值", "first value", decimals=2),
            Column("first_grade", "起始等级", "first grade"),
            Column("last_year", "终止年", "last year"),
            Column("last", "终止值", "last value", decimals=2),
            Column("last_grade", "终止等级", "last grade"),
            Column("difference", "变化幅度", "difference", decimals=2),
            Column("change", "变化等级", "change"),
            Column("fluctuation", "波动（仅EI）", "fluctuation (EI only)"),
        ),
        tuple(rows), f"{EI.id} change of EI | {EQI.id} change of EQI", "memory",
        ("EI与EQI的等级和变化等级不可比。",),
    )  # fmt: skip


def latest(survey: Survey, parameters: Sequence[str], clause: str, status: str) -> Table:
    """The last value of each parameter per site, and when it was taken.

    Raises
    ------
    ValueError
        No site has any of the parameters.
    """
    rows: list[tuple[str | float | None, ...]] = []
    for at, site in enumerate(survey.sites):
        found = {slug: _last(survey, slug, at) for slug in parameters}
        places = [place for place, _ in found.values() if place >= 0]
        if places:
            day = beijing_day(int(survey.time[max(places)])).isoformat()
            rows.append((site.name_zh, day, *(value for _, value in found.values())))
    if not rows:
        words = "、".join(PARAMETERS[slug].name_zh for slug in parameters)
        raise ValueError(f"所选点位和时段没有{words}的记录；请换一个时段或点位。")
    columns = [
        Column(slug, PARAMETERS[slug].name_zh, PARAMETERS[slug].name_en, decimals=PARAMETERS[slug].decimals)
        for slug in parameters
    ]
    heads = (Column("site", "监测点", "site"), Column("day", "最近日期", "latest day"))
    return Table((*heads, *columns), tuple(rows), clause, status)


def _last(survey: Survey, slug: str, at: int) -> tuple[int, float | None]:
    """Position in time and value of the last that there is; -1 and None if there is none."""
    column: Floats | None = survey.columns.get(slug)
    if column is None:
        return -1, None
    there = np.flatnonzero(~np.isnan(column[at]))
    return (int(there[-1]), float(column[at, there[-1]])) if len(there) else (-1, None)


REPORTS = (
    Report("change", "生态状况变化", "change of the ecological state", (Period.YEAR,), change),
    Report(
        "diversity", "样地与水生生物多样性", "diversity of plots and waters", (Period.SAMPLE, Period.YEAR),
        partial(latest, parameters=_DIVERSITY, clause="common practice; BMWP revised", status="memory"),
    ),
    Report(
        "county", "县域生态考核指标", "inputs of the county assessment", (Period.YEAR,),
        partial(latest, parameters=_COUNTY, clause="assessment of national key ecological function counties",
                status="memory"),
    ),
)  # fmt: skip
