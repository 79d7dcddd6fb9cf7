"""Ecological compensation between governments along a river (水环境生态补偿), by published schemes.

A scheme is an edition on the shelf. Those that pay by how far a section is over its target have a table ``steps``; the
one of Tianjin ranks districts. Money is in 10⁴ yuan (万元); a negative sum is paid, a positive one received.

==============  ====================================================  ====================================
form of a step  money                                                 scheme
==============  ====================================================  ====================================
flat            the step's sum                                        Hebei 2009
one_plus_m      the step's sum times (1 + m), m = times exceeded      Zhoukou
times_m         base sum times m; the base sum is the user's          Sichuan 2011
==============  ====================================================  ====================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.descriptor import Floats
from lichen.elements.surface_water.shelf import SHELF
from lichen.standards import Edition, TableError

TIANJIN = SHELF.edition("津政办发〔2018〕3号")


def tianjin_ranks(composite: ArrayLike, change: ArrayLike, ratio: ArrayLike) -> NDArray[np.int64]:
    """Final ranks of districts from their three ranks of a month, (n,), 1 = best.

    Parameters
    ----------
    composite, change, ratio : array-like (n,) of int
        Ranks by the composite pollution index, by its change on the year before, and by the ratio of the outflow to
        the inflow concentration.

    Notes
    -----
    The three are added. Equal sums go by the rank of the composite index: the notice does not say so, the published
    tables do.

    Examples
    --------
    >>> tianjin_ranks([2, 1, 3], [1, 2, 3], [1, 1, 2]).tolist()
    [2, 1, 3]
    """
    first = np.asarray(composite, dtype=np.int64)
    total = first + np.asarray(change, dtype=np.int64) + np.asarray(ratio, dtype=np.int64)
    final = np.empty(len(total), np.int64)
    final[np.lexsort((first, total))] = np.arange(1, len(total) + 1)
    return final


def tianjin_money(ranks: ArrayLike) -> Floats:
    """What a district receives (above zero) or pays (below) for its final rank. [10⁴ yuan]

    Examples
    --------
    >>> tianjin_money([1, 7, 8, 9, 10, 16]).tolist()
    [140.0, 20.0, 0.0, 0.0, -20.0, -140.0]
    """
    rule = {row["rule"]: row["value"] for row in TIANJIN.table("rules")}
    rank = np.asarray(ranks, dtype=np.float64)
    if ((rank < 1) | (rank > int(rule["districts"]))).any():
        raise ValueError(f"ranks {rank.tolist()}; the scheme is for {rule['districts']} districts")
    to, start, step = int(rule["receive_to"]), int(rule["pay_from"]), float(rule["step"])
    return np.asarray(step * (np.maximum(to + 1 - rank, 0) - np.maximum(rank - (start - 1), 0)))


def times_exceeded(value: ArrayLike, target: ArrayLike) -> Floats:
    """Times a value exceeds its target, (C - S) / S, same shape; 0 where the target is met, NaN where C is missing."""
    c, s = np.asarray(value, dtype=np.float64), np.asarray(target, dtype=np.float64)
    return np.where(np.isnan(c), np.nan, np.maximum(c - s, 0) / s)


@dataclass(frozen=True, slots=True)
class _Step:
    """Times above `above` up to and including `up_to`."""

    above: float
    up_to: float
    form: str
    money: float | None
    clause: str


_FORMS = ("flat", "one_plus_m", "times_m")


class StepScheme:
    """A scheme that pays by times exceeded.

    Parameters
    ----------
    edition : Edition
        With a table ``steps``.
    base_sums : mapping slug → float, optional
        Base sums of the items, for a scheme that leaves them open. [10⁴ yuan]

    Raises
    ------
    TableError
        A step has an unknown form, or no money and the item no base sum.
    """

    def __init__(self, edition: Edition, base_sums: Mapping[str, float] | None = None) -> None:
        self.edition = edition
        self._steps: dict[tuple[str, str], list[_Step]] = {}
        for row in edition.table("steps"):
            slug, form = row["parameter"], row["form"]
            money = float(row["money"]) if row["money"] else (base_sums or {}).get(slug)
            if form not in _FORMS:
                raise TableError(f"{edition.id}, steps, {slug}: form {form!r}; allowed: {', '.join(_FORMS)}")
            up_to = float(row["up_to"] or "inf")
            step = _Step(float(row["above"]), up_to, form, money, row["clause"])
            self._steps.setdefault((slug, row["water"]), []).append(step)

    @property
    def items(self) -> tuple[str, ...]:
        """The parameters that the scheme judges."""
        return tuple(dict.fromkeys(slug for slug, _ in self._steps))

    def money(self, slug: str, times: ArrayLike, water: str = "section") -> Floats:
        """What times exceeded cost, same shape; NaN where `times` is. [10⁴ yuan]

        Parameters
        ----------
        slug : str
        times : array-like
            See `times_exceeded`.
        water : str
            ``section``, or what else the scheme tells apart (``inlet``).

        Raises
        ------
        ValueError
            The scheme does not judge the item there, or leaves its base sum to the user and none was given.

        Examples
        --------
        >>> StepScheme(SHELF.edition("河北-2009")).money("cod", [0.0, 0.5, 0.51, 2.5]).tolist()
        [0.0, 10.0, 50.0, 150.0]
        """
        steps = self._steps.get((slug, water))
        if steps is None:
            known = ", ".join(f"{item} ({where})" for item, where in self._steps)
            raise ValueError(f"{self.edition.id} does not judge {slug} at a {water}; it judges {known}")
        # 1.1 over a target of 1 is 0.1 times, not 0.10000000000000009, which would be the next step.
        m = np.round(np.asarray(times, dtype=np.float64), 9)
        total = np.where(np.isnan(m), np.nan, 0.0)
        for step in steps:
            if step.money is None:
                raise ValueError(f"{self.edition.id} leaves the base sum of {slug} open; give it as base_sums")
            factor = {"flat": np.ones_like(m), "one_plus_m": 1 + m, "times_m": m}[step.form]
            total = np.where((m > step.above) & (m <= step.up_to), step.money * factor, total)
        return np.asarray(total)


def load_money(concentration: ArrayLike, target: ArrayLike, volume: ArrayLike, price: float) -> Floats:
    """What the load above the target costs: (C - S) · V · price, same shape; 0 where the target is met. [10⁴ yuan]

    The form that schemes with flow share; prices are the user's, no published one was found.

    Parameters
    ----------
    concentration, target : array-like [mg/L]
    volume : array-like
        Water through the section. [m³]
    price : float
        [10⁴ yuan / t]

    Examples
    --------
    >>> load_money([25.0, 15.0], 20.0, 1e6, 0.25).tolist()
    [1.25, 0.0]
    """
    above = np.asarray(concentration, dtype=np.float64) - np.asarray(target, dtype=np.float64)
    tonnes = np.maximum(above, 0) * np.asarray(volume, dtype=np.float64) / 1e6
    return np.where(np.isnan(above), np.nan, tonnes * price)


@dataclass(frozen=True, slots=True)
class Case:
    """An item at a section in a period, as compensation sees it.

    `inflow` is the concentration where the water enters the payer's territory (None: not asked). `exempt` is a reason
    on record: 断流, 封冻, 自然灾害, 境外来水 …
    """

    section: str
    parameter: str
    value: float
    target: float
    payer: str
    receiver: str
    inflow: float | None = None
    exempt: str = ""
    water: str = "section"


@dataclass(frozen=True, slots=True)
class Deduction:
    """What a `Case` costs, and why nothing if so. [10⁴ yuan]"""

    case: Case
    times: float
    money: float
    note: str


def deductions(scheme: StepScheme, cases: Sequence[Case]) -> tuple[Deduction, ...]:
    """Judge cases by a scheme, in their order.

    Nothing is deducted where the value is missing, a reason for exemption is on record, or the concentration did not
    rise between the inflow and the outflow section (污染物未增加); the note says which.

    Examples
    --------
    >>> case = Case("甲", "cod", 60.0, 40.0, "上游县", "下游县")
    >>> [(one.times, one.money) for one in deductions(StepScheme(SHELF.edition("周口")), [case])]
    [(0.5, 15.0)]
    """
    found = []
    for case in cases:
        times = float(times_exceeded(case.value, case.target))
        note = ""
        if case.exempt:
            note = case.exempt
        elif np.isnan(times):
            note = "缺测，未计"
        elif times > 0 and case.inflow is not None and case.value <= case.inflow:
            note = "污染物未增加，不扣缴"
        money = 0.0 if note else float(scheme.money(case.parameter, times, case.water))
        found.append(Deduction(case, times, money, note))
    return tuple(found)
