"""Diversity of a sample of organisms, and the score of its families of macroinvertebrates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.ecology.shelf import SHELF

Floats = NDArray[np.float64]

_SCORES = {row["family"].casefold(): int(row["score"]) for row in SHELF.edition("BMWP revised").table("families")}


@dataclass(frozen=True, slots=True)
class Diversity:
    """Indices of samples, each (...,); NaN where there is no individual, or the index is not defined.

    `shannon` is by natural logarithm; `simpson` is 1 - Σp².
    """

    species: Floats
    shannon: Floats
    simpson: Floats
    margalef: Floats
    pielou: Floats


def diversity(counts: ArrayLike) -> Diversity:
    """Diversity of samples.

    Parameters
    ----------
    counts : array-like (..., taxa)
        Individuals of each taxon; NaN counts as none.

    Returns
    -------
    Diversity
        Margalef is not defined for one individual, Pielou not for one taxon.

    Raises
    ------
    ValueError
        A negative count.

    Examples
    --------
    >>> even = diversity([10, 10, 10, 10])
    >>> [round(float(x), 4) for x in (even.shannon, even.simpson, even.pielou, even.margalef)]
    [1.3863, 0.75, 1.0, 0.8133]
    """
    array = np.nan_to_num(np.asarray(counts, dtype=np.float64), nan=0.0)
    if (array < 0).any():
        raise ValueError(f"count {array.min()} is negative; give 0 or NaN where a taxon was not found")
    total = array.sum(axis=-1)
    species = (array > 0).sum(axis=-1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = array / total[..., np.newaxis]
        shannon = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-1) + 0.0
        simpson = 1.0 - (share**2).sum(axis=-1)
        margalef = np.where(total > 1, (species - 1) / np.log(total), np.nan)
        pielou = np.where(species > 1, shannon / np.log(species), np.nan)
    there = total > 0
    return Diversity(
        species, np.asarray(np.where(there, shannon, np.nan)), np.asarray(np.where(there, simpson, np.nan)),
        np.asarray(margalef), np.asarray(pielou),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FamilyScore:
    """BMWP of one sample; `aspt` is NaN if no family scores, `unknown` lists families without a score."""

    bmwp: int
    aspt: float
    scoring: int
    unknown: tuple[str, ...]


def family_score(families: Iterable[str]) -> FamilyScore:
    """BMWP score and its average per scoring family (ASPT), by the revised British list (memory).

    Parameters
    ----------
    families : iterable of str
        Families found, each counted once; letter case does not matter. Worms are ``Oligochaeta``.

    Examples
    --------
    >>> family_score(["Heptageniidae", "Baetidae", "Chironomidae", "Oligochaeta", "Nobody"])
    FamilyScore(bmwp=17, aspt=4.25, scoring=4, unknown=('Nobody',))
    """
    found = {family.strip().casefold(): family.strip() for family in families}
    scores = [_SCORES[family] for family in found if family in _SCORES]
    unknown = tuple(name for family, name in found.items() if family not in _SCORES)
    return FamilyScore(sum(scores), sum(scores) / len(scores) if scores else float("nan"), len(scores), unknown)
