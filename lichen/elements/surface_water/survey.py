"""From a survey of many sites to one row a site: means over time, and what is registered about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Samples, Site, Survey
from lichen.elements.site_reports import mean_samples
from lichen.elements.surface_water.classify import RULES, SATURATION, TARGET, WATER_BODY
from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS
from lichen.vocab.registry import attribute_at

_OPTIONS = (WATER_BODY, TARGET, RULES, SATURATION)


def only(survey: Survey, sites: Sequence[int] | None = None, intervals: NDArray[np.bool_] | None = None) -> Survey:
    """A part of a survey; all sites, or all intervals, by default."""
    rows = np.arange(len(survey.sites)) if sites is None else np.asarray(sites, dtype=np.int64)
    times = np.ones(len(survey.time), bool) if intervals is None else intervals
    return replace(
        survey, sites=tuple(survey.sites[k] for k in rows.tolist()), time=survey.time[times],
        columns={slug: column[rows][:, times] for slug, column in survey.columns.items()},
        below={slug: column[rows][:, times] for slug, column in survey.below.items()},
        klass=survey.klass[rows][:, times],
    )  # fmt: skip


def site_samples(survey: Survey, rules: str | None = None) -> Samples:
    """One sample a site: its mean over the survey (first over time at each point, then over points), with the options
    registered for it.

    Parameters
    ----------
    survey : Survey
    rules : str, optional
        A choice of `RULES` in place of what is registered.

    Raises
    ------
    ValueError
        There is no site or no interval, or a site says something that is no choice of an option.
    """
    if not survey.sites:
        raise ValueError("没有点位，无法成表。请放宽点位范围。")
    samples = mean_samples(survey, _OPTIONS)
    if rules is None:
        return samples
    same = np.full(len(survey.sites), RULES.code(rules), np.int16)
    return replace(samples, options={**samples.options, RULES.slug: same})


def registered(site: Site, name: str, instant: int) -> str:
    """A word registered about a site; "" where there is none."""
    said = attribute_at(site.attributes, name, np.array([instant]))[0]
    return "" if said is None else str(said).strip()


def grouped(survey: Survey, name: str) -> tuple[dict[str, list[int]], int]:
    """Positions of the sites by a registered word (river, basin, city, lake), and how many sites say nothing."""
    groups: dict[str, list[int]] = {}
    for position, site in enumerate(survey.sites):
        groups.setdefault(registered(site, name, int(survey.time[-1])), []).append(position)
    silent = len(groups.pop("", []))
    return groups, silent


def this_year_and_last(survey: Survey) -> tuple[Survey, Survey]:
    """The months of the last year in a survey, and the same months of the year before.

    Raises
    ------
    ValueError
        The survey has no month of the year before.
    """
    if not len(survey.time):
        raise ValueError("没有数据，无法成表。请放宽时间范围。")
    month = ((survey.time + BEIJING_OFFSET_MS) // DAY_MS).astype("datetime64[D]").astype("datetime64[M]")
    month = month.astype(np.int64)
    now = month // 12 == month[-1] // 12
    base = np.isin(month, month[now] - 12)
    if not base.any():
        raise ValueError("没有上年同期的数据，无法比较。请把起始时间提前一年。")
    # Months that only one of the years has would compare seasons, not years.
    now &= np.isin(month, month[base] + 12)
    return only(survey, intervals=now), only(survey, intervals=base)
