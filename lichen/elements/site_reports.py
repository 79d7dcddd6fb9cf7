"""What reports over sites have in common: the mean sample of each site, its attributes, and words for its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Evaluation, Flags, Floats, Option, Samples, Survey
from lichen.vocab.clock import day_start_ms
from lichen.vocab.registry import attribute_at
from lichen.vocab.rounding import round_half_even

#: -lg of the mean of 10^-pH.
_PH = "ph"


def mean_samples(survey: Survey, options: Sequence[Option]) -> Samples:
    """The mean of each site over the survey, n = number of sites.

    Arithmetic means; pH: -lg of the mean of 10^-pH. Half the detection limit stands for what is below it, unless all
    values of a site are below: then so is the mean. The time is that of the site's last value, which also picks its
    attributes.

    Parameters
    ----------
    survey : Survey
    options : sequence of Option
        What of the sites' attributes is wanted.

    Raises
    ------
    ValueError
        The survey has no instants, or an attribute is none of the option's choices, or no number; the message, in
        words for the reader, names site, attribute and choices.
    """
    if not len(survey.time):
        raise ValueError("该时段没有测值，无法汇总；请检查时段。")
    there = np.zeros((len(survey.sites), len(survey.time)), np.bool_)
    columns: dict[str, Floats] = {}
    below: dict[str, Flags] = {}
    for slug, column in survey.columns.items():
        known = ~np.isnan(column)
        there |= known
        low = survey.below.get(slug, np.zeros_like(known)) & known
        all_low = (low == known).all(axis=1) & known.any(axis=1)
        entering = np.where(low & ~all_low[:, None], column / 2, column)
        if slug == _PH:
            entering = 10.0**-entering
        count = known.sum(axis=1)
        mean = np.where(known, entering, 0.0).sum(axis=1) / np.where(count, count, np.nan)
        columns[slug] = -np.log10(mean) if slug == _PH else mean
        below[slug] = all_low
    time = np.where(there, survey.time, survey.time[:1]).max(axis=1).astype(np.int64)
    said = {option.slug: site_option(survey, option, time) for option in options}
    return Samples(columns, time, None, below, said)


def site_attributes(survey: Survey, name: str, time: NDArray[np.int64]) -> list[Any]:
    """What an attribute says of each site at its own instant; None: nothing."""
    return [
        attribute_at(site.attributes, name, time[row : row + 1])[0] for row, site in enumerate(survey.sites)
    ]  # fmt: skip


def site_option(survey: Survey, option: Option, time: NDArray[np.int64]) -> NDArray[Any]:
    """An option of each site as `Samples.options` holds it; the default where a site says nothing."""
    found = []
    for site, said in zip(survey.sites, site_attributes(survey, option.slug, time), strict=True):
        value = option.default if said is None else said
        if option.is_number:
            try:
                found.append(float(value if value not in (None, "") else "nan"))
            except (TypeError, ValueError):
                raise ValueError(f"点位 {site.id} 的{option.name_zh}为“{value}”，应为数值。") from None
            continue
        code = option.code(str(value))
        if code < 0 and str(value):
            raise ValueError(f"点位 {site.id} 的{option.name_zh}为“{value}”，可选：{'、'.join(option.choices)}。")
        found.append(code)
    return np.array(found, np.float64 if option.is_number else np.int16)


def option_on(option: Option, attributes: Mapping[str, Any], on: date) -> int:
    """What a point's attributes say on a day of an option of choices, as its code; the default where nothing is said.

    >>> use = Option("use", "用途", "use", {"a": ("甲", "first"), "b": ("乙", "second")})
    >>> [option_on(use, one, date(2026, 1, 1)) for one in ({"use": "乙"}, {}, {"use": "丙"})]
    [1, -1, -1]
    """
    said = attribute_at(attributes, option.slug, np.array([day_start_ms(on)], np.int64))[0]
    return option.code(str(option.default if said is None else said))


def items_in_words(found: Evaluation, row: int, symbols: Mapping[str, str], exceeding: bool = False) -> str:
    """The deciding (or exceeding) items of a sample with the times they exceed: ``氨氮(0.2)、pH``; "" = none.

    The largest multiple first, those without one (pH, dissolved oxygen) last.
    """
    flags = found.exceeding if exceeding else found.deciding
    named = []
    for slug, where in flags.items():
        if where[row]:
            times = float(found.multiples[slug][row]) if slug in found.multiples else np.nan
            named.append((slug, times))
    named.sort(key=lambda one: -np.nan_to_num(one[1], nan=-1.0))
    return "、".join(
        symbols.get(slug, slug) + ("" if np.isnan(times) else f"({round_half_even(times, 1)})") for slug, times in named
    )
