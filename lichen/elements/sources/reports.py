"""Reports over many outlets: compliance, emitted amounts against permitted ones, self-monitoring against its plan."""

from __future__ import annotations

from datetime import date

import numpy as np

from lichen.elements.descriptor import Column, Floats, Report, Site, Survey, Table
from lichen.elements.sources import gas, water
from lichen.elements.sources.options import GAS, SYMBOL, WATER
from lichen.elements.sources.self_monitoring import WORDS, Planned, against_plan
from lichen.elements.sources.shelf import rules
from lichen.elements.sources.totals import LEVELS, year_totals
from lichen.vocab.clock import beijing_day, day_start_ms
from lichen.vocab.periods import Period
from lichen.vocab.registry import attribute_at

_OUTLET = Column("site", "排放口", "outlet")
_SECONDS_PER_DAY = 86_400.0


def compliance(survey: Survey) -> Table:
    """How many of the judged intervals each outlet kept to its limits in."""
    target = rules("lichen-2026")["ultra_low_month_share"] * 100
    rows = []
    for site, klass in zip(survey.sites, survey.klass, strict=True):
        judged, beyond = int((klass >= 0).sum()), int((klass == 1).sum())
        rate = (judged - beyond) / judged * 100 if judged else None
        ultra = attribute_at(site.attributes, "level", survey.time[-1:])[0] if len(survey.time) else None
        said = None
        if ultra in ("ultra_low", "超低排放") and rate is not None and survey.period is Period.HOUR:
            said = "达到" if rate >= target else "未达到"
        rows.append((site.name_zh, float(judged), float(beyond), rate, float(len(klass) - judged), said))
    return Table(
        (
            _OUTLET, Column("judged", "判定时段数", "intervals judged", "", 0),
            Column("beyond", "超标时段数", "intervals exceeding", "", 0),
            Column("rate", "达标率", "share compliant", "%", 1),
            Column("silent", "未判定时段数", "intervals not judged", "", 0),
            Column("ultra_low", f"超低排放{target:g}%时段要求", f"ultra-low, {target:g} % of hours"),
        ),
        tuple(rows), "环大气〔2019〕35号 附件（钢铁，每月95%以上小时）", "verified",
        ("达标率只计有判定结论的时段。95%的要求按自然月计，统计时段应取一个月。",),
    )  # fmt: skip


def _hour_mass(survey: Survey, row: int, slug: str) -> Floats:
    """Mass of each hour of a gas outlet: measured concentration and flow. [kg]"""
    flow = survey.columns["waste_gas_flow"][row] * 3600.0
    return gas.mass_rate(survey.columns[slug][row], flow)


def _day_mass(survey: Survey, row: int, slug: str) -> Floats:
    """Mass of each day of a water outlet. [kg]"""
    return water.mass(water.volume(survey.columns["sewage_flow"][row], _SECONDS_PER_DAY), survey.columns[slug][row])


def _permitted(site: Site, slug: str, survey: Survey) -> float:
    said = attribute_at(site.attributes, f"permitted_{slug}", survey.time[-1:])[0]
    if said in (None, ""):
        return float("nan")
    try:
        return float(said)
    except (TypeError, ValueError):
        raise ValueError(f"{site.name_zh}：许可排放量permitted_{slug}应为数字（t/a），实为{said!r}。") from None


def emitted_amounts(survey: Survey) -> Table:
    """Sums since 1 January against the permitted amounts (attributes ``permitted_<parameter>``, t/a).

    Hours: gas outlets (``waste_gas_flow``). Days: water outlets (``sewage_flow``).
    """
    hourly = survey.period is Period.HOUR
    flow, slugs, of = ("waste_gas_flow", GAS, _hour_mass) if hourly else ("sewage_flow", WATER, _day_mass)
    if flow not in survey.columns:
        raise ValueError(f"没有流量（{flow}），不能计算排放量。")
    if not len(survey.time):
        raise ValueError("统计时段内没有数据。")
    rows: list[tuple[str | float | None, ...]] = []
    for row, site in enumerate(survey.sites):
        for slug in slugs:
            if slug not in survey.columns or np.isnan(mass := of(survey, row, slug)).all():
                continue
            permitted = _permitted(site, slug, survey)
            total = year_totals(mass, survey.time, permitted)
            known = not np.isnan(permitted)
            rows.append(
                (
                    site.name_zh, SYMBOL[slug], float(total.tonnes[-1]), permitted if known else None,
                    float(total.share[-1]) * 100 if known else None, LEVELS[total.level[-1]] if known else None,
                    float(total.missing[-1]),
                )
            )  # fmt: skip
    notes = [
        "合计自1月1日或统计时段起点（较晚者）起算；缺失时段没有替代值，计入缺失数。预警份额80%、90%、100%为本系统缺省值。"
    ]
    if survey.time[0] > day_start_ms(date(beijing_day(int(survey.time[-1])).year, 1, 1)):
        notes.append("统计时段未从1月1日开始，合计小于全年累计。")
    return Table(
        (
            _OUTLET, Column("parameter", "污染物", "pollutant"), Column("tonnes", "累计排放量", "emitted", "t", 3),
            Column("permitted", "许可排放量", "permitted", "t/a", 3), Column("share", "占许可量", "share", "%", 1),
            Column("level", "状态", "state"), Column("missing", "缺失时段数", "intervals missing", "", 0),
        ),
        tuple(rows), "HJ 212-2017 附录D.1、D.2；排污许可证", "verified", tuple(notes),
    )  # fmt: skip


def self_monitoring(survey: Survey) -> Table:
    """Plan rows (attribute ``self_monitoring``) against the manual results of the survey's time."""
    if not len(survey.time):
        raise ValueError("统计时段内没有手工监测结果，也就没有可以核对的起止日期。")
    first, last = (beijing_day(int(survey.time[at])) for at in (0, -1))
    # Whoever asks for a survey asks for whole months; the results in it need not begin on the first.
    first = first.replace(day=1)
    rows = []
    without = []
    for number, site in enumerate(survey.sites):
        plan = [Planned.read(row) for row in site.attributes.get("self_monitoring", ())]
        if not plan:
            without.append(site.name_zh)
        done = {
            one.parameter: [
                beijing_day(int(instant))
                for instant in survey.time[~np.isnan(survey.columns[one.parameter][number])].tolist()
            ]
            for one in plan
            if one.parameter in survey.columns
        }
        for window in against_plan(plan, done, first, last):
            rows.append(
                (
                    site.name_zh, SYMBOL.get(window.planned.parameter, window.planned.parameter),
                    f"{window.planned.times}次/{WORDS[window.planned.every]}", f"{window.first}～{window.last}",
                    float(window.done), float(window.missing), "未完成" if window.missing else "完成",
                )
            )  # fmt: skip
    notes = [f"只列完整落在{first}至{last}内的周期。"]
    if without:
        notes.append(f"没有登记自行监测方案：{'、'.join(without)}。")
    return Table(
        (
            _OUTLET, Column("parameter", "监测项目", "item"), Column("frequency", "频次", "frequency"),
            Column("window", "周期", "window"), Column("done", "已测次数", "done", "", 0),
            Column("missing", "缺测次数", "missing", "", 0), Column("state", "完成情况", "state"),
        ),
        tuple(rows), "HJ 819-2017", "verified", tuple(notes),
    )  # fmt: skip


_MEANS = (Period.HOUR, Period.DAY)
REPORTS = (
    Report("compliance", "排放达标统计", "compliance of outlets", _MEANS, compliance),
    Report("emitted_amounts", "排放量与许可量", "emitted and permitted amounts", _MEANS, emitted_amounts),
    Report("self_monitoring", "自行监测完成情况", "self-monitoring done and due", (Period.SAMPLE,), self_monitoring),
)
