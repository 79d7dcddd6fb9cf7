"""Which edition of the protocol a packet is written in.

Flag carries the version in its upper six bits: 000000 = HJ/T 212-2005, 000001 = HJ 212-2017, 000010 = HJ 212-2025. But
national surface-water stations (HJ 1404-2024 and its predecessors) had been using 000010 years before 2025: the bits
alone do not tell these two apart. What the station is registered for decides; without it, ST and the shape of the MN.
"""

from __future__ import annotations

import re
from typing import Literal

Edition = Literal["2005", "2017", "2025", "surface-water"]

EDITIONS: tuple[Edition, ...] = ("2005", "2017", "2025", "surface-water")

#: Flag >> 2 of what we send.
VERSION_BITS: dict[Edition, int] = {"2005": 0, "2017": 1, "2025": 2, "surface-water": 2}

_SURFACE_WATER_MN = re.compile(r"[A-Z]{1,2}[0-9]{6}_[0-9]{4}")
_MN_FORM = {
    "2005": re.compile(r"[0-9A-Za-z]{14}"),
    "2017": re.compile(r"[0-9A-F]{24}"),
    "2025": re.compile(r"[0-9A-F]{24}"),
    "surface-water": re.compile(r"[0-9A-Z_]{12,13}"),
}


def edition_of(
    flag: int | None, st: str | None, mn: str | None, registered: str | None = None
) -> tuple[Edition, str | None]:
    """The edition, and the code of a deviation or None.

    Parameters
    ----------
    flag : int or None
        None: no Flag, as in 2005.
    st, mn : str or None
        Header fields.
    registered : str or None
        What the station is registered for; anything but an edition's name counts as not registered.

    Examples
    --------
    >>> edition_of(5, "32", None)
    ('2017', None)
    >>> edition_of(9, "21", "NM100000_0005"), edition_of(9, "21", "NM100000_0005", "2025")
    (('surface-water', 'edition-ambiguous'), ('2025', None))
    """
    version = 0 if flag is None else flag >> 2
    if version == 0:
        return "2005", None
    if version == 1:
        return "2017", None
    for edition in EDITIONS:
        if edition == registered and VERSION_BITS[edition] == version:
            return edition, None
    if version == 2:
        if st == "21" or (mn and _SURFACE_WATER_MN.fullmatch(mn)):
            return "surface-water", "edition-ambiguous"
        return "2025", None
    return "2025", "edition-unknown"


def mn_fits(mn: str, edition: Edition) -> bool:
    """Whether an MN has the edition's form (24 hexadecimal capitals since 2017, 14 characters in 2005).

    >>> mn_fits("010000A8900016F000169DC0", "2017"), mn_fits("411420sibo0606", "2017")
    (True, False)
    """
    return _MN_FORM[edition].fullmatch(mn) is not None
