"""Trophic level index of lakes and reservoirs (综合营养状态指数, TLI)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Floats
from lichen.elements.surface_water.classify import EVALUATION
from lichen.vocab.parameters import PARAMETERS as ALL_PARAMETERS
from lichen.vocab.units import convert

_TABLE = EVALUATION.table("trophic_index")
_STATES = EVALUATION.table("trophic_states")
#: Chlorophyll a, TP, TN, transparency, permanganate index.
ITEMS = tuple(row["parameter"] for row in _TABLE)
#: 贫营养 to 重度富营养.
STATES = tuple(row["state_zh"] for row in _STATES)
_HIGH = np.array([float(row["high"]) for row in _STATES if row["high"]])


def item_index(slug: str, values: Floats) -> Floats:
    """TLI of one item, 10 (a + b ln C), (n,); NaN where the value is missing or not above zero.

    Parameters
    ----------
    slug : str
        One of `ITEMS`.
    values : ndarray (n,)
        In the parameter's unit; transparency is in cm and chlorophyll in µg/L, the formulas' m and mg/m³ are made here.
    """
    row = _TABLE.one(parameter=slug)
    array = convert(values, ALL_PARAMETERS[slug].unit, row["unit"])
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 10 * (float(row["constant"]) + float(row["slope"]) * np.log(array))
    return np.where(array > 0, found, np.nan)


def tli(columns: Mapping[str, Floats], items: Sequence[str] = ITEMS) -> Floats:
    """Trophic level index Σ W_j TLI(j), (n,), W_j = r_j² / Σ r_j² with r_j the correlation with chlorophyll.

    Parameters
    ----------
    columns : mapping slug → ndarray (n,)
        In the parameters' units; NaN where missing.
    items : sequence of str
        What the index is made of, in place of all five of 环办〔2011〕22号; chlorophyll must be among them. A sample
        that lacks one has no index.

    Raises
    ------
    ValueError
        An item the index does not know, chlorophyll left out, or a column missing; the message names it.

    Examples
    --------
    >>> lake = {"chlorophyll_a": [20.0], "tp": [0.05], "tn": [1.0], "transparency": [80.0], "codmn": [4.0]}
    >>> index = tli({slug: np.array(column) for slug, column in lake.items()})
    >>> index.round(1).tolist(), state(index)
    ([50.8], ['轻度富营养'])
    """
    for slug in items:
        if slug not in ITEMS or slug not in columns:
            raise ValueError(f"item {slug}: not in {'the index' if slug not in ITEMS else 'the columns'}; "
                             f"the index is made of {', '.join(ITEMS)}")  # fmt: skip
    if ITEMS[0] not in items:
        raise ValueError(f"items {', '.join(items)}: {ITEMS[0]} is what the weights refer to; add it")
    squared = np.array([float(_TABLE.one(parameter=slug)["correlation"]) ** 2 for slug in items])
    parts = np.array([item_index(slug, columns[slug]) for slug in items])
    return np.asarray((squared / squared.sum()) @ parts)


def state_code(index: Floats) -> NDArray[np.int8]:
    """Position in `STATES` of each index, (n,); 50, 60 and 70 belong to the lower state; -1 where there is no index."""
    found = np.searchsorted(_HIGH, index, side="left").astype(np.int8)
    # Poor is below 30; 30 itself is mesotrophic.
    found[index == _HIGH[0]] = 1
    found[np.isnan(index)] = -1
    return found


def state(index: Floats) -> list[str]:
    """The words of `state_code`; "" where there is no index."""
    return [STATES[code] if code >= 0 else "" for code in state_code(np.asarray(index)).tolist()]
