"""Grades of EI and EQI, and words for their change. The grades of the two are not comparable."""

from __future__ import annotations

from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.descriptor import ResultClass
from lichen.elements.ecology.shelf import SHELF

EI, EQI = SHELF.edition("HJ 192-2015"), SHELF.edition("EQI 2021 (trial)")
_EDITIONS = {"ei": EI, "eqi": EQI}
_FROM = {
    index: [float(row["from"]) for row in edition.table("grades") if row["from"]]
    for index, edition in _EDITIONS.items()
}
#: The colours are ours.
_COLOURS = ((46, 125, 50), (129, 178, 60), (240, 200, 60), (225, 140, 50), (190, 70, 60))

#: The grades of EI and EQI in turn, best first: the words of neither may stand for the other.
CLASSES = tuple(
    chain.from_iterable(
        (ResultClass(ours["word_zh"], f"EI {ours['word_en']}", "EI", colour),
         ResultClass(theirs["word_zh"], f"EQI {theirs['word_en']}", "EQI", colour))
        for ours, theirs, colour in zip(EI.table("grades"), EQI.table("grades"), _COLOURS, strict=True)
    )
)  # fmt: skip


def grade(index: str, values: ArrayLike) -> NDArray[np.int8]:
    """The position in `CLASSES` of values of ``ei`` or ``eqi``, same shape; NaN: -1. A bound is of the better grade.

    >>> [CLASSES[k].word for k in grade("ei", [75.0, 74.9, 19.9])], [CLASSES[k].word for k in grade("eqi", [54.76])]
    (['优', '良', '差'], ['三类'])
    """
    array = np.asarray(values, dtype=np.float64)
    place = sum(((array < bound).astype(np.int8) for bound in _FROM[index]), np.zeros(array.shape, np.int8))
    found = place * len(_EDITIONS) + list(_EDITIONS).index(index)
    return np.asarray(np.where(np.isnan(array), -1, found), np.int8)


def change_word(index: str, before: float, after: float) -> str:
    """How much an index changed, in the words of its standard: ``明显变化（变好）``; "" if a value is missing.

    >>> change_word("ei", 60.0, 60.9), change_word("ei", 60.0, 57.0), change_word("eqi", 55.0, 57.0)
    ('无明显变化', '明显变化（变差）', '一般变化（变好）')
    """
    return _word(index, "change", round(after - before, 9))


def fluctuation_word(lowest: float, highest: float) -> str:
    """How much EI fluctuated over some years (HJ 192), by the range of its values; "" if a value is missing.

    >>> fluctuation_word(60.0, 63.0)
    '较大波动'
    """
    return _word("ei", "fluctuation", round(highest - lowest, 9)).split("（")[0]


def _word(index: str, kind: str, difference: float) -> str:
    if np.isnan(difference):
        return ""
    rows = _EDITIONS[index].table("change").select(kind=kind)
    place = sum(abs(difference) >= float(row["from"]) for row in rows) - 1
    if place == 0:
        return rows[0]["word_zh"]
    return f"{rows[place]['word_zh']}（{'变好' if difference > 0 else '变差'}）"
