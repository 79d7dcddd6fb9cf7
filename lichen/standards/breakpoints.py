"""Breakpoints of a piecewise linear index, and exact interpolation between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
from numpy.typing import NDArray

from lichen.standards.edition import Row
from lichen.standards.errors import TableError
from lichen.vocab.rounding import divide_up, to_fixed

#: Decimals a concentration keeps. Far finer than any instrument, coarse enough to drop the dust of binary fractions.
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Breakpoints:
    """k pairs of (concentration, index), both rising; concentrations in units of 10^-6.

    Beyond the last concentration there is no index here: editions differ in what they say about it.
    """

    concentration: NDArray[np.int64]
    index: NDArray[np.int64]

    @classmethod
    def from_rows(cls, rows: Iterable[Row]) -> Breakpoints:
        """Breakpoints of table rows with the columns ``concentration`` and ``iaqi``.

        Raises
        ------
        TableError
            Fewer than two rows, a cell that is no number, or numbers that do not rise.
        """
        pairs = []
        for row in rows:
            try:
                fixed = Decimal(row["concentration"]).scaleb(DECIMALS)
                pairs.append((int(fixed), int(row["iaqi"])))
            except (InvalidOperation, ValueError):
                raise TableError(f"breakpoint {dict(row)} is not a pair of numbers") from None
        concentration = np.array([c for c, _ in pairs], dtype=np.int64)
        index = np.array([i for _, i in pairs], dtype=np.int64)
        if len(pairs) < 2 or (np.diff(concentration) <= 0).any() or (np.diff(index) <= 0).any():
            raise TableError(f"breakpoints {pairs} must be two or more and rise in both columns")
        return cls(concentration, index)

    @property
    def last(self) -> float:
        """The concentration beyond which there is no index."""
        return int(self.concentration[-1]) / 10.0**DECIMALS

    def round_up(self, concentration: NDArray[np.float64], above: float) -> NDArray[np.float64]:
        """Index at each concentration, linear between the breakpoints, rounded up to an integer.

        Computed in integers, so that an index that is exactly 100 stays 100.

        Parameters
        ----------
        concentration : ndarray (n,)
            Not negative; NaN where missing.
        above : float
            The index beyond the last breakpoint; NaN: none.

        Returns
        -------
        ndarray (n,) float64
            NaN where the concentration is.

        Examples
        --------
        >>> pairs = (("0", "0"), ("10", "50"), ("20", "100"))
        >>> toy = Breakpoints.from_rows({"concentration": c, "iaqi": i} for c, i in pairs)
        >>> toy.round_up(np.array([0.0, 10.0, 10.1, 20.0, 20.1, np.nan]), above=100).tolist()
        [0.0, 50.0, 51.0, 100.0, 100.0, nan]
        """
        missing = np.isnan(concentration)
        # All that lies beyond the table is alike, and might not fit in 64 bits.
        fixed = to_fixed(np.minimum(concentration, self.last + 1.0), DECIMALS)
        if (fixed[~missing] < 0).any():
            worst = float(np.nanmin(concentration))
            raise ValueError(f"concentration {worst} is negative; a missing or rejected value must arrive as NaN")
        beyond = fixed > self.concentration[-1]
        segment = np.clip(np.searchsorted(self.concentration, fixed, side="left"), 1, len(self.concentration) - 1)
        low, high = self.concentration[segment - 1], self.concentration[segment]
        index_low, index_high = self.index[segment - 1], self.index[segment]
        # The part beyond the table is replaced below; clipping keeps its product inside 64 bits.
        part = np.minimum(fixed, high) - low
        result = (index_low + divide_up((index_high - index_low) * part, high - low)).astype(np.float64)
        result[beyond] = above
        result[missing] = np.nan
        return result
