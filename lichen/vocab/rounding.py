"""Rounding as the standards ask for it: GB/T 8170 (half to even, once) and the "round up" of the AQI.

Both are defined on decimal numerals. A float stands for the shortest decimal that reads back as it: 0.15 is
0.15 here and not 0.1499999999999999944, so the float functions agree with the decimal ones on what people typed.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Wide enough that quantising any float's shortest numeral is exact.
_CONTEXT = Context(prec=400)
_EPS = float(np.finfo(np.float64).eps)
_INTEGER_FROM = 2.0**52  # every float from here on is an integer


def round_decimal(value: Decimal | str, decimals: int) -> Decimal:
    """GB/T 8170 rounding of a decimal numeral: to the nearest, a five with nothing behind it to the even digit.

    Parameters
    ----------
    value : Decimal or str
        The numeral as written.
    decimals : int
        Digits to keep after the point; negative: tens, hundreds …

    Examples
    --------
    >>> [str(round_decimal(x, 1)) for x in ("0.25", "0.35", "0.2500001")]
    ['0.2', '0.4', '0.3']
    """
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN, _CONTEXT)


def round_half_even(values: ArrayLike, decimals: int = 0) -> NDArray[np.float64]:
    """GB/T 8170 rounding of floats, same shape; NaN and infinities stay as they are.

    Equal to ``float(round_decimal(repr(x), decimals))`` for every x: values near a tie, where a product of floats
    could fall on the wrong side, are decided on their decimal numeral.

    Parameters
    ----------
    values : array-like
    decimals : int, 0 to 15

    Examples
    --------
    >>> round_half_even([0.5, 1.5, 2.5, 34.5, float("nan")]).tolist()
    [0.0, 2.0, 2.0, 34.0, nan]
    >>> round_half_even([0.15, 0.25, 0.35, 1.005], 1).tolist()
    [0.2, 0.2, 0.4, 1.0]
    """
    if not 0 <= decimals <= 15:
        raise ValueError(f"decimals={decimals}; allowed: 0 to 15")
    array = np.asarray(values, dtype=np.float64)
    if decimals == 0:
        return np.rint(array)
    scale = 10.0**decimals
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = array * scale
        rounded = np.rint(scaled) / scale
        distance = np.abs(scaled - np.floor(scaled) - 0.5)
        size = np.abs(scaled)
        near = (distance <= size * (4 * _EPS)) & (np.abs(array) < _INTEGER_FROM)
    rounded = np.where(np.isfinite(array) & (np.abs(array) < _INTEGER_FROM), rounded, array)
    if near.any():
        distinct, where = np.unique(array[near], return_inverse=True)
        exact = [float(round_decimal(repr(x), decimals)) for x in distinct.tolist()]
        rounded[near] = np.asarray(exact, dtype=np.float64)[where]
    return np.asarray(rounded)


def round_up_decimal(value: Decimal | str, decimals: int = 0) -> Decimal:
    """The smallest numeral with that many decimals which is not below the value.

    >>> str(round_up_decimal("100.0")), str(round_up_decimal("100.01"))
    ('100', '101')
    """
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_CEILING, _CONTEXT)


def to_fixed(values: ArrayLike, decimals: int) -> NDArray[np.int64]:
    """Whole numbers of 10^-decimals nearest to the values: decimal arithmetic in integers, free of binary noise.

    Exact for values with no more than `decimals` decimals. NaN becomes 0: keep a mask beside it.

    Raises
    ------
    ValueError
        A value is too large for 64 bits at that scale.

    Examples
    --------
    >>> to_fixed([1.367, 0.1 + 0.2], 6).tolist()
    [1367000, 300000]
    """
    array = np.asarray(values, dtype=np.float64)
    scaled = np.rint(np.where(np.isnan(array), 0.0, array) * 10.0**decimals)
    if scaled.size and not np.abs(scaled).max() < 2.0**62:
        worst = array.flat[int(np.abs(scaled).argmax())]
        raise ValueError(f"{worst} does not fit in 64 bits with {decimals} decimals")
    return scaled.astype(np.int64)


def divide_up(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> NDArray[np.int64]:
    """Quotients of integers rounded up, exactly; denominators are positive.

    >>> divide_up(np.array([7, 8, -7]), np.array([4, 4, 4])).tolist()
    [2, 2, -1]
    """
    return -(-numerator // denominator)


def divide_half_even(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> NDArray[np.int64]:
    """Quotients of integers rounded to the nearest, halves to the even one, exactly; denominators are positive.

    >>> divide_half_even(np.array([5, 7, 9, -5, 10]), np.array([2, 2, 4, 2, 4])).tolist()
    [2, 4, 2, -2, 2]
    """
    quotient = numerator // denominator
    twice = 2 * (numerator - quotient * denominator)
    up = (twice > denominator) | ((twice == denominator) & (quotient % 2 == 1))
    return np.asarray(quotient + up, dtype=np.int64)
