"""The state of a region's ecology in a year: EQI where it was published, else EI of its five indices."""

from __future__ import annotations

import numpy as np

from lichen.elements import folder
from lichen.elements.descriptor import Evaluation, Flags, Floats, Samples, word_sets
from lichen.elements.ecology.ei import INDICES, RESTRICTION_LEVELS, ei
from lichen.elements.ecology.grades import EI, EQI, grade
from lichen.elements.ecology.shelf import SHELF
from lichen.standards import Edition, UnknownEdition
from lichen.vocab.clock import day_start_ms

CHECKS = folder.checks("ecology")
_RANGE = {check.parameter: (check.low, check.high) for check in CHECKS}
_RESTRICTION = "environmental_restriction_level"
INPUTS = ("eqi", "ei", *INDICES, _RESTRICTION)

_EDITIONS = (EQI.id, EI.id, "")
_BY_EQI, _BY_EI, _NONE = range(3)
_CLAUSE = f"{EQI.id} {EQI.table('grades').rows[0]['clause']} | {EI.id} {EI.table('weights').rows[0]['clause']}"
#: A recorded EI that is this far from the one computed of its indices is told.
_TOLERATED = 0.1


def evaluate(samples: Samples) -> Evaluation:
    """Grades of years.

    Parameters
    ----------
    samples : Samples
        Columns ``eqi`` as published; the five indices of EI with ``environmental_restriction_level`` (missing: 0), or
        ``ei`` as published, which counts where an index is missing. Edition: ``HJ 192-2015`` judges by EI,
        ``EQI 2021 (trial)`` by EQI; None: by EQI where there is one and it is in force, else by EI.

    Returns
    -------
    Evaluation
        `index` is EQI or EI, as the edition of the row says. `sub` holds the five indices behind an EI.

    Examples
    --------
    >>> from datetime import date
    >>> from lichen.elements.ecology.grades import CLASSES
    >>> years = np.array([day_start_ms(date(year, 1, 1)) for year in (2019, 2024)])
    >>> verdict = evaluate(Samples({"ei": np.array([68.0, 68.0]), "eqi": np.array([np.nan, 54.76])}, years))
    >>> [CLASSES[k].word for k in verdict.klass]
    ['良', '三类']
    """
    n = len(samples)
    said: dict[str, Flags] = {}
    given = {slug: _usable(samples, slug, said) for slug in INPUTS}
    by_eqi, by_ei = (_in_force(samples, edition) for edition in (EQI, EI))
    computed, recorded = _computed(given, said), given["ei"]
    value = np.where(np.isnan(computed), recorded, computed)
    differs = np.abs(computed - recorded) > _TOLERATED
    eqi = np.where(by_eqi, given["eqi"], np.nan)
    ours = np.where(by_ei & np.isnan(eqi), value, np.nan)
    _say(said, "填报的EI与分指数计算值不一致，以计算值为准", differs)
    _say(said, "EQI与EI的等级不可比，以EQI评价", ~np.isnan(eqi) & by_ei & ~np.isnan(value))
    some = ~np.isnan(given["eqi"]) | ~np.isnan(value)
    none = np.isnan(eqi) & np.isnan(ours)
    _say(said, "当年没有现行有效的评价办法，未评价；可指定版本", none & some)
    _say(said, "没有EQI，EI的分指数不全，未评价", none & ~some)
    klass = np.where(np.isnan(eqi), grade("ei", ours), grade("eqi", eqi))
    sets, note = word_sets(said, n)
    is_ours = ~np.isnan(ours)
    return Evaluation(
        klass.astype(np.int8), np.where(np.isnan(eqi), ours, eqi), {}, {},
        {slug: np.where(is_ours, given[slug], np.nan) for slug in INDICES}, note,
        tuple("；".join(one) for one in sets), _EDITIONS,
        np.select([~np.isnan(eqi), is_ours], [_BY_EQI, _BY_EI], _NONE).astype(np.uint16), _CLAUSE,
    )  # fmt: skip


def _computed(given: dict[str, Floats], said: dict[str, Flags]) -> Floats:
    """EI of the five indices; NaN where one is missing or the restriction is none of the known levels."""
    level = given[_RESTRICTION]
    _say(
        said, f"环境限制等级只认{'、'.join(map(str, RESTRICTION_LEVELS))}，EI未计算",
        ~np.isnan(level) & ~np.isin(level, RESTRICTION_LEVELS),
    )  # fmt: skip
    return ei(given, np.where(np.isnan(level), 0.0, level))


def _usable(samples: Samples, slug: str, said: dict[str, Flags]) -> Floats:
    column = samples.columns.get(slug, np.full(len(samples), np.nan))
    low, high = _RANGE[slug]
    wrong = (column < low) | (column > high)
    _say(said, f"有数值不在{low:g}至{high:g}之间，按缺测计", wrong)
    return np.where(wrong, np.nan, column)


def _in_force(samples: Samples, edition: Edition) -> Flags:
    if samples.edition is None:
        return np.asarray(samples.time >= day_start_ms(edition.start))
    asked = SHELF.edition(samples.edition)
    if asked not in (EI, EQI):
        raise UnknownEdition(f"{asked.id} judges no year; editions that do: {EI.id}, {EQI.id}")
    return np.full(len(samples), asked == edition)


def _say(said: dict[str, Flags], text: str, rows: Flags) -> None:
    if rows.any():
        said[text] = said.get(text, np.zeros(len(rows), bool)) | rows
