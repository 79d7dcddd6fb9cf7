"""Limits on the instruments themselves: drift, comparison and linearity of HJ 75-2017, comparison of HJ 355-2019.

Quality rules in the sense of `lichen.quality`: arrays in, flags out. The numbers are mostly from memory (the tables
say so); the permit may set others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.sources.shelf import SHELF
from lichen.standards import Row, TableError
from lichen.vocab.flags import Flag

Floats = NDArray[np.float64]
#: Whose drift is that of gas analysers.
_GASES = "gas"
_GAS_EDITION, _WATER_EDITION = "HJ 75-2017", "HJ 355-2019"


def drift_test(item: str, test: str, reading: ArrayLike, target: ArrayLike, span: ArrayLike) -> NDArray[np.uint8]:
    """Flags of zero or span drifts since the last calibration.

    Parameters
    ----------
    item : str
        ``smoke_dust``, ``stack_velocity``; any other is a gas.
    test : str
        ``zero`` or ``span``.
    reading, target : array-like (n,)
        What the instrument showed, and the value of the standard. [the item's unit]
    span : array-like
        Full scale. [the item's unit]

    Returns
    -------
    ndarray uint8 (n,)
        GOOD up to the requirement, SUSPECT beyond it, BAD out of control (失控): the data back to the last good
        calibration are invalid. Equal to a bound: still within. MISSING where a number is. For the velocity the
        absolute drift counts too: up to 0.9 m/s is GOOD, and only above 1.8 m/s out of control.

    Raises
    ------
    ValueError
        An unknown test.

    References
    ----------
    .. [1] HJ 75-2017, 9.3 (memory).

    Examples
    --------
    >>> drift_test("stack_so2", "zero", [2.5, 5.0, 5.1], 0.0, 100.0).tolist()
    [1, 3, 4]
    """
    if test not in ("zero", "span"):
        raise ValueError(f"test {test!r}; allowed: zero, span")
    rows = SHELF.edition(_GAS_EDITION).table("drift")
    own = rows.select(item=item, test=test)
    row = own[0] if own else rows.one(item=_GASES, test=test)
    if not own and any(one["item"] == item for one in rows):
        raise ValueError(f"{item} has no {test} test; it has: {', '.join(o['test'] for o in rows.select(item=item))}")
    distance = np.abs(np.asarray(reading, np.float64) - np.asarray(target, np.float64))
    percent = distance / np.asarray(span, np.float64) * 100
    within = percent <= float(row["requirement"]) * (1 + 1e-12)
    out = percent > float(row["out_of_control"]) * (1 + 1e-12)
    if row["floor"]:
        fine, tolerated = (float(part) for part in row["floor"].split(";"))
        within |= distance <= fine
        out &= distance > tolerated
    flags = np.where(within, np.uint8(Flag.GOOD), np.where(out, np.uint8(Flag.BAD), np.uint8(Flag.SUSPECT)))
    return np.where(np.isnan(percent), np.uint8(Flag.MISSING), flags)


def _bands(item: str) -> tuple[str, tuple[Row, ...]]:
    for edition in (_GAS_EDITION, _WATER_EDITION):
        rows = SHELF.edition(edition).table("accuracy").select(item=item)
        if rows:
            return edition, rows
    known = [
        row["item"] for edition in (_GAS_EDITION, _WATER_EDITION) for row in SHELF.edition(edition).table("accuracy")
    ]
    raise ValueError(f"no comparison limits for {item}; there are: {', '.join(dict.fromkeys(known))}")


def _holds(row: Row, mean: float) -> bool:
    """Whether a row is the one for a mean of the references: the standards close their bands at different ends."""
    low, high = float(row["above"] or "-inf"), float(row["up_to"] or "inf")
    return low < mean <= high if row["closed"] == "upper" else low <= mean < high


def comparison_test(item: str, measured: ArrayLike, reference: ArrayLike) -> tuple[bool, str]:
    """Whether one comparison (比对, 校验) passes: pairs of the instrument and of the reference method.

    Parameters
    ----------
    item : str
        ``stack_so2``, ``stack_oxygen``, ``cod`` …
    measured, reference : array-like (k,)
        In the unit of the table: mg/m3, %, m/s, degC, mg/L, mm.

    Returns
    -------
    passed : bool
    why_zh : str
        The limit that was used and what was found.

    Raises
    ------
    ValueError
        Unknown item, fewer than two pairs where a confidence interval is needed, a reference of zero on average, or
        a missing number.

    Notes
    -----
    The mean of the reference picks the row. Relative accuracy (相对准确度): (|mean difference| + confidence) / mean
    reference, the confidence at 95 % by Student's t; its quantile is approximated to better than 0.1 % from 4 pairs on.

    Examples
    --------
    >>> comparison_test("smoke_dust", [8.0, 9.0, 10.0], [5.0, 4.0, 5.0])
    (True, '参比均值4.667，绝对误差4.333，限值±5（mg/m3）')
    """
    ours, theirs = np.asarray(measured, np.float64), np.asarray(reference, np.float64)
    if ours.shape != theirs.shape or ours.ndim != 1 or not len(ours) or np.isnan(ours + theirs).any():
        raise ValueError(
            f"{item}: pairs of numbers are needed; got {ours.shape} and {theirs.shape}, none may be missing"
        )
    mean = float(theirs.mean())
    _, rows = _bands(item)
    row = next(one for one in rows if _holds(one, mean))
    difference = float(ours.mean()) - mean
    limit = float(row["limit"])
    if row["kind"] == "absolute":
        found, name, sign, unit, per = abs(difference), "绝对误差", "±", f"（{row['unit']}）", ""
    elif mean == 0:
        raise ValueError(f"{item}: the references are 0 on average; a relative error of that is not defined")
    elif row["kind"] == "percent":
        found, name, sign, unit, per = abs(difference) / abs(mean) * 100, "相对误差", "±", "%", "%"
    elif row["kind"] == "relative_accuracy":
        found, name, sign, unit, per = _relative_accuracy(ours - theirs, mean), "相对准确度", "≤", "%", "%"
    else:
        raise TableError(f"accuracy of {item}: kind {row['kind']!r}; allowed: absolute, percent, relative_accuracy")
    return found <= limit * (1 + 1e-12), f"参比均值{mean:.4g}，{name}{found:.4g}{per}，限值{sign}{limit:g}{unit}"


def _relative_accuracy(differences: Floats, mean: float) -> float:
    count = len(differences)
    if count < 2:
        raise ValueError(f"relative accuracy needs two pairs or more; got {count}")
    confidence = _student(count - 1) * float(differences.std(ddof=1)) / np.sqrt(count)
    return float((abs(float(differences.mean())) + confidence) / abs(mean) * 100)


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t: exact for one and two degrees of freedom, else by Cornish and Fisher."""
    z = 1.959963984540054
    if freedom == 1:
        return 12.706204736432095
    if freedom == 2:
        return 4.302652729911275
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / float(freedom**power) for power, term in enumerate(terms, start=1))


def linearity_test(item: str, shown: ArrayLike, gas: ArrayLike, span: float) -> NDArray[np.bool_]:
    """Whether indication errors (示值误差) keep to their limit, (n,).

    Parameters
    ----------
    item : str
        ``stack_so2``, ``stack_nox`` or ``stack_oxygen``.
    shown, gas : array-like (n,)
        Shown by the instrument, and the certified value. [umol/mol; oxygen: %]
    span : float
        Full scale. [as above]

    Examples
    --------
    >>> linearity_test("stack_so2", [105.0, 106.0], 100.0, 200.0).tolist()
    [True, False]
    """
    rows = SHELF.edition(_GAS_EDITION).table("linearity").select(item=item)
    for row in rows:
        if float(row["span_from"] or "-inf") <= span < float(row["span_below"] or "inf"):
            whole = np.asarray(gas, np.float64) if row["kind"] == "percent of the gas" else np.float64(span)
            error = np.abs(np.asarray(shown, np.float64) - np.asarray(gas, np.float64))
            return np.asarray(error <= whole * float(row["limit"]) / 100 * (1 + 1e-12))
    raise ValueError(f"no limit for the indication error of {item} with a span of {span:g}")
