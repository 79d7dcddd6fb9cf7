"""Cutting a recorded hour into the values a logger would have sent.

Only the hour value is recorded. The five-minute values are made here: a smooth course between the neighbouring hours
with a little noise, in whole steps of the device's last decimal, adjusted so that their arithmetic mean is the
recorded value exactly. The same hour always gives the same values.
"""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal


def five_minute_values(
    recorded: str, decimals: int, *, before: str | None = None, after: str | None = None, seed: str = ""
) -> tuple[str, ...]:
    """Twelve values whose mean is the recorded hour value.

    Parameters
    ----------
    recorded : str
        The hour value as published; not negative.
    decimals : int
        Decimals the device sends. At least those of `recorded`.
    before, after : str or None
        The values of the hours next to it, for the slope; None = level.
    seed : str
        Names the hour (station, pollutant, time); decides the noise.

    Returns
    -------
    tuple of 12 str
        Values with exactly `decimals` decimals, none negative; their sum is 12 times `recorded`, without rounding.

    Raises
    ------
    ValueError
        `recorded` is negative or has more decimals than the device.

    Examples
    --------
    >>> values = five_minute_values("37", 1, before="31", after="52", seed="x")
    >>> sum(map(Decimal, values)) / 12
    Decimal('37.0')
    >>> five_minute_values("0", 1)[:2]
    ('0.0', '0.0')
    """
    steps = Decimal(recorded).scaleb(decimals)
    if steps < 0 or steps != int(steps):
        raise ValueError(f"hour value {recorded!r} cannot be split: it must be >= 0 with at most {decimals} decimals")
    hour = float(steps)
    left = (hour + (hour if before is None else float(Decimal(before).scaleb(decimals)))) / 2
    right = (hour + (hour if after is None else float(Decimal(after).scaleb(decimals)))) / 2
    course = [
        (left + (hour - left) * (at / 6) if at < 6 else hour + (right - hour) * (at / 6 - 1)) - hour
        for at in (i + 0.5 for i in range(12))
    ]
    noise = hashlib.blake2b(seed.encode(), digest_size=12).digest()
    phase = noise[0] / 255 * math.tau
    course = [
        value + hour * (0.03 * math.sin(phase + i * 0.9) + 0.03 * (byte / 127.5 - 1))
        for i, (value, byte) in enumerate(zip(course, noise, strict=True))
    ]
    middle = math.fsum(course) / 12
    course = [value - middle for value in course]
    # Never below zero: shrink the whole course rather than clip one value, which would move the mean.
    room = min(1.0, hour / -min(course)) if min(course) < 0 else 1.0
    return _whole_steps([hour + room * value for value in course], int(steps) * 12, decimals)


def _whole_steps(values: list[float], total: int, decimals: int) -> tuple[str, ...]:
    """The values in whole steps with that total: each partial sum is rounded, so no step is lost or gained."""
    texts = []
    partial, given = 0.0, 0
    for i, value in enumerate(values):
        partial += max(value, 0.0)
        upto = total if i == len(values) - 1 else min(round(partial), total)
        texts.append(f"{Decimal(upto - given).scaleb(-decimals):.{decimals}f}")
        given = upto
    return tuple(texts)
