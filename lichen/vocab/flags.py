"""The one internal flag scale, and the outside marks translated into it at the border."""

from __future__ import annotations

from enum import IntEnum


class Flag(IntEnum):
    """How far a value may be trusted. Ordered: of several flags the largest decides.

    Only ``GOOD`` and ``UNCHECKED`` values enter statistics (`is_usable`).
    """

    GOOD = 1
    UNCHECKED = 2
    SUSPECT = 3
    BAD = 4
    MISSING = 9


#: Values up to this flag enter means and evaluations.
LAST_USABLE = Flag.UNCHECKED


def is_usable(flag: int) -> bool:
    """Whether a value with this flag enters statistics.

    >>> is_usable(Flag.UNCHECKED), is_usable(Flag.SUSPECT)
    (True, False)
    """
    return flag <= LAST_USABLE
