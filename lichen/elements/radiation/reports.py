"""The public statement about radiation: range and mean of each station, compared with its local range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Column, Floats, Report, Samples, Survey, Table
from lichen.elements.radiation.baseline import is_rain_rise
from lichen.elements.radiation.judgement import (
    ABNORMAL,
    BASELINE,
    CLASSES,
    NORMAL,
    OPTIONS,
    RAIN,
    RAISED,
    REFERENCE_HIGH,
    REFERENCE_LOW,
    evaluate,
    registered,
)
from lichen.vocab.clock import HOUR_MS
from lichen.vocab.periods import Period

#: What a statement says of the worst interval. The first is the ministry's wording; the others are ours.
_ENDINGS = {
    NORMAL: "处于正常水平",
    RAIN: "受降水影响有所升高，未见异常",
    RAISED: "高于本底水平，正在核实",
    ABNORMAL: "明显高于本底水平，正在调查",
}


def statement(survey: Survey) -> Table:
    """One row per station: lowest, highest and mean dose rate, the local range, the verdict, and a sentence.

    Intervals are judged as everywhere; hourly surveys are also searched for rain: a raised hour up to three hours after
    rain, whose excess decays as radon progeny do, is not counted as raised.

    Parameters
    ----------
    survey : Survey
        Of hours or days, with ``gamma_dose_rate`` [nGy/h] and, if there is any, ``precipitation`` [mm].

    Raises
    ------
    ValueError
        No station of the survey has a dose rate.
    """
    dose = survey.columns.get("gamma_dose_rate")
    if dose is None or np.isnan(dose).all():
        raise ValueError("所选点位和时段没有γ剂量率数据，无法编写公告；请换一个时段或点位。")
    rows: list[tuple[str | float | None, ...]] = []
    silent = []
    for at, site in enumerate(survey.sites):
        mine = dose[at]
        if np.isnan(mine).all():
            silent.append(site.name_zh)
            continue
        options = {option.slug: registered(option, site.attributes, survey.time) for option in OPTIONS}
        klass = _classes(survey, at, options)
        low, high = (options[option.slug][-1] for option in (REFERENCE_LOW, REFERENCE_HIGH))
        worst = int(klass.max())
        found = (float(np.nanmin(mine)), float(np.nanmax(mine)), float(np.nanmean(mine)))
        rows.append((
            site.name_zh, *found, _range(low, high), CLASSES[worst].word if worst >= 0 else None,
            float((klass == RAIN).sum()), _sentence(site.name_zh, found, low, high, worst),
        ))  # fmt: skip
    notes = ["参考范围须与监测值口径一致：1983至1990年调查值不含宇宙射线响应，自动站读数一般包含。"]
    if silent:
        notes.append(f"没有数据，未列入：{'、'.join(silent)}")
    return Table(
        (
            Column("station", "监测点", "station"),
            Column("min", "最小值", "lowest", "nGy/h", 1),
            Column("max", "最大值", "highest", "nGy/h", 1),
            Column("mean", "平均值", "mean", "nGy/h", 1),
            Column("reference", "当地参考范围", "local range", "nGy/h"),
            Column("verdict", "评价", "verdict"),
            Column("rain", "降水升高次数", "intervals raised by rain", decimals=0),
            Column("statement", "公告用语", "statement"),
        ),
        tuple(rows), "alarm-rules; reference ranges 2011", "proposal", tuple(notes),
    )  # fmt: skip


def _classes(survey: Survey, at: int, options: dict[str, Floats]) -> NDArray[np.int8]:
    columns = {
        slug: survey.columns[slug][at] for slug in ("gamma_dose_rate", "precipitation") if slug in survey.columns
    }
    klass = evaluate(Samples(columns, survey.time, options=options)).klass
    is_hourly = survey.period is Period.HOUR and (np.diff(survey.time) == HOUR_MS).all()
    if is_hourly and "precipitation" in columns:
        background = options[BASELINE.slug]
        background = np.where(np.isnan(background), options[REFERENCE_HIGH.slug], background)
        rain = is_rain_rise(columns["gamma_dose_rate"], columns["precipitation"], background)
        klass = np.where((klass == RAISED) & rain, RAIN, klass)
    return klass.astype(np.int8)


def _range(low: float, high: float) -> str | None:
    return None if np.isnan(low) or np.isnan(high) else f"{low:.1f}～{high:.1f}"


def _sentence(name: str, found: tuple[float, float, float], low: float, high: float, worst: int) -> str:
    least, most, mean = found
    text = f"{name}环境γ辐射空气吸收剂量率为{least:.1f}～{most:.1f} nGy/h，平均值{mean:.1f} nGy/h"
    reference = _range(low, high)
    if reference is not None:
        text += f"，当地参考范围为{reference} nGy/h"
    return f"{text}，{_ENDINGS[worst]}。" if worst >= 0 else f"{text}。"


REPORTS = (Report("statement", "辐射环境质量公告", "radiation statement", (Period.HOUR, Period.DAY), statement),)
