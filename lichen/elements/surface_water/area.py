"""Evaluation of a section in words, and of rivers, basins and cities by their sections (环办〔2011〕22号)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from lichen.elements.descriptor import Evaluation, Floats, Samples
from lichen.elements.single_factor import taken
from lichen.elements.surface_water.classify import (
    CLASS_III,
    CLASSES,
    EVALUATION,
    RULES,
    TARGET,
    WATER_BODY,
    WORSE_THAN_V,
    single_factor,
)
from lichen.elements.surface_water.shelf import SYMBOL
from lichen.elements.surface_water.statistics import mean

_RULES = {row["rule"]: row["value"] for row in EVALUATION.table("rules")}
#: From this many sections on a river is judged by shares of classes, with fewer by the mean of its sections.
SHARES_FROM = int(_RULES["shares_from"])
_MOST = int(_RULES["main_pollutants"])
_PRIORITY = frozenset(row["parameter"] for row in EVALUATION.table("priority"))
_SHARES = EVALUATION.table("shares")


@dataclass(frozen=True, slots=True)
class Pollutant:
    """A main pollutant (主要污染指标): of a section with times exceeded over class Ⅲ (NaN: the item has none), of many
    sections with the share of them that is beyond class Ⅲ. [%]"""

    parameter: str
    times: float = np.nan
    share: float = np.nan

    def __str__(self) -> str:
        """As bulletins write it: 高锰酸盐指数(1.2)."""
        if not np.isnan(self.share):
            return f"{SYMBOL[self.parameter]}({self.share:.1f}%)"
        return SYMBOL[self.parameter] + ("" if np.isnan(self.times) else f"({_times(self.times)})")


def _times(times: float) -> str:
    """One decimal, as bulletins print; two where one would leave nothing."""
    return f"{times:.1f}" if times >= 0.05 else f"{times:.2f}"


def against_class_iii(samples: Samples) -> Evaluation:
    """`single_factor` with class Ⅲ as the target of all: what main pollutants count from."""
    third = np.full(len(samples), CLASS_III, np.int16)
    return single_factor(replace(samples, options={**samples.options, TARGET.slug: third}))


def main_pollutants(verdict: Evaluation, row: int) -> tuple[Pollutant, ...]:
    """The main pollutants of a section, at most three; none where it is 优 or 良好.

    Cyanide and heavy metals beyond class Ⅲ come first, then the items by their class, then by times exceeded.

    Parameters
    ----------
    verdict : Evaluation
        Of `against_class_iii`.
    row : int
    """
    if verdict.klass[row] <= CLASS_III:
        return ()

    def order(slug: str) -> tuple[bool, float, float]:
        times = verdict.multiples[slug][row] if slug in verdict.multiples else np.nan
        return slug not in _PRIORITY, -verdict.sub[slug][row], -np.nan_to_num(times, nan=0.0)

    beyond = sorted(
        (slug for slug, flags in verdict.exceeding.items() if flags[row] and slug in verdict.sub), key=order
    )
    return tuple(
        Pollutant(slug, float(verdict.multiples[slug][row]) if slug in verdict.multiples else np.nan)
        for slug in beyond[:_MOST]
    )


def state_of_shares(good: float, worse: float) -> str:
    """The state of a river by shares of its sections.

    Parameters
    ----------
    good, worse : float
        Share of sections in classes Ⅰ to Ⅲ, and worse than Ⅴ. [%]

    Examples
    --------
    >>> state_of_shares(90, 0), state_of_shares(75, 20), state_of_shares(74.9, 20), state_of_shares(50, 40)
    ('优', '良好', '中度污染', '重度污染')
    """
    for row in _SHARES:
        if row["good_from"]:
            if good >= float(row["good_from"]):
                return row["state_zh"]
        elif not row["worse_below"] or worse < float(row["worse_below"]):
            return row["state_zh"]
    raise AssertionError("the last row of the table has no bound")


@dataclass(frozen=True, slots=True)
class Area:
    """A river, basin or city.

    Attributes
    ----------
    sections : int
        That have a class.
    counts : tuple of int
        In each of `CLASSES`.
    good, worse : float
        Share in classes Ⅰ to Ⅲ, and worse than Ⅴ. [%]
    state : str
        优 to 重度污染; "" where no section has a class.
    klass : int
        Of the mean of the sections; -1 where shares decide.
    pollutants : tuple of Pollutant
    """

    sections: int
    counts: tuple[int, ...]
    good: float
    worse: float
    state: str
    klass: int
    pollutants: tuple[Pollutant, ...]


def evaluate_area(samples: Samples, rows: np.ndarray | None = None) -> Area:
    """A river, basin or city by its sections.

    Parameters
    ----------
    samples : Samples
        One row a section: its mean over the period.
    rows : ndarray of int, optional
        The sections that belong to the area; all by default.

    Notes
    -----
    With fewer than five sections the mean concentration of each item over the sections is judged as one section would
    be, with five and more the shares of classes decide. That five belong to the many is in conflict between sources.
    Rivers and lakes have no mean in common: where an area has both, shares decide whatever their number (ours).
    """
    part = samples if rows is None else taken(samples, rows)
    verdict = against_class_iii(part)
    judged = verdict.klass >= 0
    n = int(judged.sum())
    counts = tuple(np.bincount(verdict.klass[judged], minlength=len(CLASSES)).tolist())
    if not n:
        return Area(0, counts, np.nan, np.nan, "", -1, ())
    good, worse = 100 * sum(counts[: CLASS_III + 1]) / n, 100 * counts[WORSE_THAN_V] / n
    bodies = np.unique(part.choice(WATER_BODY)[judged])
    if n < SHARES_FROM and len(bodies) == 1:
        alone = against_class_iii(_mean_section(taken(part, np.flatnonzero(judged))))
        klass = int(alone.klass[0])
        return Area(n, counts, good, worse, CLASSES[klass].level, klass, main_pollutants(alone, 0))
    state = state_of_shares(good, worse)
    if state in (CLASSES[0].level, CLASSES[CLASS_III].level):
        return Area(n, counts, good, worse, state, -1, ())
    beyond = {slug: int(flags.sum()) for slug, flags in verdict.exceeding.items() if slug in verdict.sub}
    worst = sorted((slug for slug in beyond if beyond[slug]), key=lambda slug: -beyond[slug])[:_MOST]
    return Area(
        n, counts, good, worse, state, -1, tuple(Pollutant(slug, share=100 * beyond[slug] / n) for slug in worst)
    )


def _mean_section(samples: Samples) -> Samples:
    """The sections, all of one type of water, as one: means of the items; the rules of most of them."""
    columns: Mapping[str, Floats] = {
        slug: np.atleast_1d(mean(slug, column, samples.below.get(slug))) for slug, column in samples.columns.items()
    }
    options = {}
    for option in (WATER_BODY, RULES):
        codes = samples.choice(option)
        options[option.slug] = np.array([np.bincount(codes[codes >= 0]).argmax()], np.int16)
    return Samples(columns, samples.time[:1], samples.edition, {}, options)
