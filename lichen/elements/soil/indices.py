"""Indices of soil: single-factor and Nemerow, geo-accumulation, potential ecological risk, enrichment, load.

Every grade is read from a table; that of the risk index carries the name of its scale, because papers rescale it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.descriptor import Floats
from lichen.elements.soil.shelf import SHELF
from lichen.standards import Row

_INDICES = SHELF.edition("soil-indices")
#: Two indices this close are equal: a logarithm or a root must not move a grade.
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Scale:
    """Ordered grades of an index.

    `words` has one entry per grade, `bounds` one per step between two grades; `attained` says whether an index equal
    to the bound already has the grade above it.
    """

    name: str
    words: tuple[str, ...]
    bounds: tuple[float, ...]
    attained: tuple[bool, ...]
    clause: str
    status: str

    @classmethod
    def from_rows(cls, name: str, rows: Iterable[Row]) -> Scale:
        """Grades of table rows: ``from`` is attained by its own value, ``above`` is not."""
        found = tuple(rows)
        bounds = tuple(float(row.get("from") or row["above"]) for row in found[1:])
        attained = tuple(bool(row.get("from")) for row in found[1:])
        words = tuple(row["word"] for row in found)
        return cls(name, words, bounds, attained, found[0]["clause"], found[0]["status"])

    def grades(self, index: ArrayLike) -> NDArray[np.int64]:
        """The position of each index among the grades; -1 where it is NaN, same shape."""
        values = np.asarray(index, np.float64)
        code = np.zeros(values.shape, np.int64)
        for bound, attained in zip(self.bounds, self.attained, strict=True):
            code += values >= bound - _EQUAL if attained else values > bound + _EQUAL
        return np.where(np.isnan(values), -1, code)


@cache
def scale(name: str) -> Scale:
    """A scale by name: ``nemerow``, ``igeo``, ``er``, ``enrichment``, or one of the risk index (`risk_scales`).

    Raises
    ------
    ValueError
        The message lists the scales there are.
    """
    if name == "nemerow":
        return Scale.from_rows(name, SHELF.edition("HJ/T 166-2004").table("nemerow"))
    if name in ("igeo", "er", "enrichment"):
        return Scale.from_rows(name, _INDICES.table(name))
    if name in risk_scales():
        return Scale.from_rows(name, _INDICES.table("ri").select(scale=name))
    known = ("nemerow", "igeo", "er", "enrichment", *risk_scales())
    raise ValueError(f"scale {name!r} is not known; known: {', '.join(known)}")


@cache
def risk_scales() -> Mapping[str, str]:
    """The scales of the risk index, each with its Chinese name; the first is Hakanson's own."""
    return {row["scale"]: row["scale_zh"] for row in _INDICES.table("ri")}


@cache
def responses() -> Mapping[str, float]:
    """Toxic-response factors Tr of Hakanson by parameter. [1]"""
    return {row["parameter"]: float(row["response"]) for row in _INDICES.table("toxicity")}


@cache
def background_regions() -> Mapping[str, str]:
    """The regions whose background contents are known, each with its Chinese name."""
    return {row["region"]: row["region_zh"] for row in _INDICES.table("background")}


@cache
def backgrounds(region: str) -> Mapping[str, float]:
    """Background contents of a region, by either of its names, by parameter. [mg/kg]

    Raises
    ------
    ValueError
        The message lists the regions there are.
    """
    rows = [row for row in _INDICES.table("background") if region in (row["region"], row["region_zh"])]
    if not rows:
        known = ", ".join(f"{name} {name_zh}" for name, name_zh in background_regions().items())
        raise ValueError(f"no background values for {region!r}; known: {known}")
    return {row["parameter"]: float(row["background"]) for row in rows}


def nemerow_of(mean: ArrayLike, largest: ArrayLike) -> Floats:
    """Nemerow index of the mean and the largest of single-factor indices, same shape.

    P_N = √((mean² + max²) / 2), HJ/T 166-2004, 12.2.

    >>> nemerow_of([0.26], [1.10]).round(2).tolist()
    [0.8]
    """
    return np.asarray(np.sqrt((np.square(mean) + np.square(largest)) / 2))


def nemerow(shares: Floats) -> Floats:
    """Nemerow index across the items of each sample, (n,).

    Parameters
    ----------
    shares : ndarray (items, n)
        P_i = C_i / S_i; NaN: not measured, and left out. A sample with nothing has NaN.

    Examples
    --------
    >>> nemerow(np.array([[1.0, np.nan], [0.5, np.nan]])).round(4).tolist()
    [0.8839, nan]
    """
    known = ~np.isnan(shares)
    count = known.sum(axis=0)
    mean = np.where(known, shares, 0.0).sum(axis=0) / np.where(count, count, np.nan)
    return nemerow_of(mean, np.fmax.reduce(shares, axis=0))


def geo_accumulation(content: ArrayLike, background: ArrayLike) -> Floats:
    """Geo-accumulation index Igeo = log2(C / (1.5 B)), same shape; NaN where C is, or is not above zero.

    Parameters
    ----------
    content, background : array-like
        In one unit. Mueller 1969.

    Examples
    --------
    >>> igeo = geo_accumulation([0.237, 0.1], 0.079)
    >>> igeo.round(3).tolist(), scale("igeo").grades(igeo).tolist()
    ([1.0, -0.245], [1, 0])
    """
    ratio = np.asarray(content, np.float64) / (1.5 * np.asarray(background, np.float64))
    return np.log2(np.where(ratio > 0, ratio, np.nan))


@dataclass(frozen=True, slots=True)
class EcologicalRisk:
    """Potential ecological risk of n samples (Hakanson 1980).

    `factors` are Er by item, (n,) each; `index` is RI, their sum over the `items` that counted; `scale` names the
    scale that `grades` are of. RI of different sets of items cannot be compared.
    """

    factors: Mapping[str, Floats]
    index: Floats
    items: tuple[str, ...]
    scale: str
    grades: NDArray[np.int64]


def ecological_risk(
    contents: Mapping[str, Floats], background: Mapping[str, float], risk_scale: str = "hakanson_1980"
) -> EcologicalRisk:
    """Er = Tr C / B of each item and RI = Σ Er of each sample.

    Parameters
    ----------
    contents : mapping slug → ndarray (n,)
        [mg/kg] Items without a factor or a background are left out. A sample that lacks one of the others has no RI.
    background : mapping slug → float
        [mg/kg]
    risk_scale : str
        One of `risk_scales`.

    Raises
    ------
    ValueError
        None of the items has both a factor and a background, or the scale is not known.

    Examples
    --------
    >>> found = ecological_risk({"soil_cd": np.array([0.158]), "soil_hg": np.array([0.122])}, backgrounds("sichuan"))
    >>> {slug: er.round(6).tolist() for slug, er in found.factors.items()}, found.index.round(6).tolist(), found.scale
    ({'soil_cd': [60.0], 'soil_hg': [80.0]}, [140.0], 'hakanson_1980')
    """
    steps = scale(risk_scale)
    toxic = responses()
    factors = {
        slug: toxic[slug] * np.asarray(content, np.float64) / background[slug]
        for slug, content in contents.items()
        if slug in toxic and slug in background
    }
    if not factors:
        raise ValueError(
            f"none of {', '.join(contents) or 'no items'} has a toxic-response factor ({', '.join(toxic)}) and a "
            f"background value ({', '.join(background)})"
        )
    index = np.asarray(sum(factors.values()))
    return EcologicalRisk(factors, index, tuple(factors), risk_scale, steps.grades(index))


def enrichment(
    content: ArrayLike, reference: ArrayLike, background: ArrayLike, reference_background: ArrayLike
) -> Floats:
    """Enrichment factor EF = (C / C_ref) / (B / B_ref), same shape.

    Parameters
    ----------
    content, background : array-like
        Of the element in the sample and in the background, in one unit.
    reference, reference_background : array-like
        Of an element of the crust (Al, Fe, Ti, Sc, Mn), in one unit.

    Examples
    --------
    >>> float(enrichment(0.3, 60_000.0, 0.1, 80_000.0).round(6)), scale("enrichment").grades([1.9, 2, 40, 41]).tolist()
    (4.0, [0, 1, 3, 4])
    """
    content, reference, background, reference_background = (
        np.asarray(one, np.float64) for one in (content, reference, background, reference_background)
    )
    return np.asarray((content / reference) / (background / reference_background))


def pollution_load(factors: Floats) -> Floats:
    """Pollution load index PLI = (Π Cf)^(1/k) of each sample, (n,); above 1: polluted.

    Parameters
    ----------
    factors : ndarray (items, n)
        Cf = C / B; NaN: not measured, and left out.

    Examples
    --------
    >>> pollution_load(np.array([[4.0, 2.0], [1.0, np.nan]])).tolist()
    [2.0, 2.0]
    """
    known = ~np.isnan(factors)
    count = known.sum(axis=0)
    logs = np.log(np.where(known, factors, 1.0)).sum(axis=0)
    return np.asarray(np.exp(logs / np.where(count, count, np.nan)))
