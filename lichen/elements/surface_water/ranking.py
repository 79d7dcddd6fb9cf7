"""Ranking of cities by surface water: the city water quality index (城市水质指数, CWQI) and its change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lichen.elements.descriptor import Floats
from lichen.elements.surface_water.classify import COLUMNS, NUMBER, class_table
from lichen.elements.surface_water.shelf import SHELF

RANKING = SHELF.edition("环办监测〔2017〕51号")
_RULES = {row["rule"]: row["value"] for row in RANKING.table("rules")}
#: The 21 items.
ITEMS = tuple(row["parameter"] for row in RANKING.table("items"))
_BASE = COLUMNS.index(_RULES["base_class"])
_NEUTRAL = 7.0


def item_indices(means: Mapping[str, float], water_body: str) -> dict[str, float]:
    """CWQI of each item.

    Parameters
    ----------
    means : mapping slug → float
        Means over the city's river sections, or over its lake points; NaN where missing. [the parameter's unit]
    water_body : str
        ``river`` or ``lake``: whose class Ⅲ limit of total phosphorus counts.

    Returns
    -------
    dict slug → float
        C / C(Ⅲ); oxygen C(Ⅲ) / C; pH 7 - pH up to 7, (pH - 7) / 2 above. Only items that have a mean.

    References
    ----------
    .. [1] 环办监测〔2017〕51号.

    Examples
    --------
    >>> item_indices({"do": 10.0, "nh3n": 0.5, "ph": 8.0, "tp": 0.1}, "river")
    {'ph': 0.5, 'do': 0.5, 'nh3n': 0.5, 'tp': 0.5}
    """
    limits = class_table(SHELF.of(NUMBER)[-1].id, water_body).by_parameter
    found = {}
    for slug in ITEMS:
        value = means.get(slug, np.nan)
        if np.isnan(value):
            continue
        limit = limits[slug]
        if limit.direction == "range":
            width = _NEUTRAL - limit.low[_BASE] if value <= _NEUTRAL else limit.high[_BASE] - _NEUTRAL
            found[slug] = abs(value - _NEUTRAL) / width
        elif limit.direction == "min":
            # Water without oxygen has no index: it would be infinite, and the city last whatever else it has.
            found[slug] = limit.low[_BASE] / value if value > 0 else np.inf
        else:
            found[slug] = value / limit.high[_BASE]
    return found


def cwqi(river: Mapping[str, float], lake: Mapping[str, float], sections: int, points: int) -> float:
    """City water quality index; small is good. NaN for a city without water.

    Parameters
    ----------
    river, lake : mapping slug → float
        Means over the river sections, and over the lake points.
    sections, points : int
        How many there are: the weights of the two parts (memory).

    Notes
    -----
    A sum over the items that have a mean: cities are comparable where the items are the same. What the rule does about
    missing items was not read.

    Examples
    --------
    >>> cwqi({"nh3n": 0.5}, {"nh3n": 1.0}, 3, 1)
    0.625
    """
    if not sections + points:
        return np.nan
    parts = ((river, "river", sections), (lake, "lake", points))
    total = sum(count * sum(item_indices(means, body).values()) for means, body, count in parts if count)
    return total / (sections + points)


def change(index: Floats, base: Floats) -> Floats:
    """Change of the index against its base, (n,); below zero: better. [%]

    >>> change(np.array([4.0]), np.array([5.0])).tolist()
    [-20.0]
    """
    return np.asarray((index - base) / base * 100)


def ranks(values: Floats) -> list[int | None]:
    """Rank of each value, the smallest first; equal values share a rank, NaN has none.

    >>> ranks(np.array([2.0, 1.0, np.nan, 2.0]))
    [2, 1, None, 2]
    """
    array = np.asarray(values, dtype=np.float64)
    ordered = np.sort(array[~np.isnan(array)])
    return [None if np.isnan(v) else int(np.searchsorted(ordered, v)) + 1 for v in array.tolist()]
