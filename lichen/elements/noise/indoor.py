"""Noise from sources, beside the boundary: background correction, and structure-borne noise in rooms."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lichen.elements.noise.shelf import SHELF
from lichen.standards import Row
from lichen.vocab.rounding import round_half_even

Floats = NDArray[np.float64]

BANDS_HZ = (31.5, 63.0, 125.0, 250.0, 500.0)
_BAND_COLUMNS = ("hz31_5", "hz63", "hz125", "hz250", "hz500")


def corrected_level(measured: ArrayLike, background: ArrayLike, edition: str) -> Floats:
    """Level of a source alone, from the level with it and the background without it. [dB]

    Parameters
    ----------
    measured, background : array-like, same shape
        NaN = missing.
    edition : str
        ``GB 12348-2008``, ``GB 22337-2008`` or ``GB 12523-2011``.

    Returns
    -------
    ndarray, same shape
        Unrounded. NaN where the rounded difference is below 3 dB: the background must be lowered and the measurement
        repeated, or corrected by HJ 706-2014.

    Raises
    ------
    TableError
        The edition has no table of corrections.

    Examples
    --------
    >>> [round(x, 1) for x in corrected_level([62.4, 62.4], [57.1, 60.2], "GB 12348-2008").tolist()]
    [60.4, nan]
    """
    level = np.asarray(measured, dtype=np.float64)
    # The difference of two levels with one decimal has one decimal: drop the dust before it is rounded to an integer.
    difference = round_half_even(round_half_even(level - np.asarray(background, dtype=np.float64), 6))
    correction = np.full(level.shape, np.nan)
    for row in SHELF.edition(edition).table("background"):
        inside = (difference >= float(row["from"])) & (difference <= float(row["to"] or np.inf))
        correction = np.where(inside, float(row["add"]), correction)
    return np.asarray(level + correction)


def indoor_limit(edition: str, zone: str, room: str, part: str) -> float:
    """Limit of the equivalent level of structure-borne noise in a room (GB 12348 and GB 22337, table 2). [dB(A)]

    Parameters
    ----------
    edition : str
        ``GB 12348-2008`` or ``GB 22337-2008``.
    zone : str
        ``0`` to ``4``; 4a and 4b count as 4.
    room : str
        ``A``: for sleeping; ``B``: for use by day.
    part : str
        ``day`` or ``night``.

    Raises
    ------
    ValueError
        A zone, room or part that the table does not have.

    Examples
    --------
    >>> indoor_limit("GB 12348-2008", "2", "A", "night")
    35.0
    """
    row = _row(edition, "indoor", zone, room, part, {})
    return float(row[part])


def indoor_octave_limits(edition: str, zone: str, room: str, part: str) -> Floats:
    """Limits of the octave bands of `BANDS_HZ` in a room (table 3), shape (5,). [dB] Parameters as for `indoor_limit`.

    >>> indoor_octave_limits("GB 22337-2008", "4a", "B", "day").tolist()
    [82.0, 67.0, 56.0, 49.0, 43.0]
    """
    row = _row(edition, "indoor_octave", zone, room, part, {"part": part})
    return np.array([float(row[column]) for column in _BAND_COLUMNS])


def _row(edition: str, name: str, zone: str, room: str, part: str, cells: dict[str, str]) -> Row:
    table = SHELF.edition(edition).table(name)
    found = [row for row in table.select(room=room, **cells) if zone[:1] in row["zones"].split(" ")]
    if len(found) != 1 or part not in ("day", "night"):
        raise ValueError(
            f"{edition}, {name}: no limit for zone {zone!r}, room {room!r}, part {part!r}; "
            "zones 0 to 4, rooms A and B, parts day and night"
        )
    return found[0]
