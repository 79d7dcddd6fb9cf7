"""Vibration levels against the limit registered for the place.

The limits of GB 10070 are not in our tables: its text was not at hand, and limits are not written from memory. Who
knows the limit of a place registers it, with the quantity it is meant for; without it there is no verdict.
"""

from __future__ import annotations

import numpy as np

from lichen.elements import folder
from lichen.elements.descriptor import Evaluation, Option, ResultClass, Samples, word_sets
from lichen.standards import UnknownEdition
from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS, HOUR_MS

CHECKS = folder.checks("vibration")
SYMBOL = folder.symbols("vibration")
_RANGE = {check.parameter: (check.low, check.high) for check in CHECKS}

#: The colours are ours.
CLASSES = (
    ResultClass("达标", "compliant", "达标", (60, 150, 90)),
    ResultClass("超标", "exceeding", "超标", (205, 60, 50)),
)
QUANTITY = Option(
    "vibration_quantity", "执行限值的评价量", "quantity the limit is meant for",
    {"vlz": ("Z振级VLz", "VLz"), "vlz10": ("累计百分Z振级VLz10", "VLz10"), "vlz_max": ("最大Z振级VLzmax", "VLzmax")},
)  # fmt: skip
LIMIT_DAY = Option("vibration_limit_day", "昼间执行限值", "limit by day", default=np.nan, unit="dB")
LIMIT_NIGHT = Option("vibration_limit_night", "夜间执行限值", "limit by night", default=np.nan, unit="dB")

#: 06:00 to 22:00 Beijing time.
_DAY_FROM, _DAY_TO = 6, 22


def evaluate(samples: Samples) -> Evaluation:
    """Verdicts on single readings and hours, against the limit registered for the part of the day.

    Parameters
    ----------
    samples : Samples
        Columns ``vlz``, ``vlz10``, ``vlz_max`` [dB]; options `QUANTITY`, `LIMIT_DAY`, `LIMIT_NIGHT`. A level equal to
        its limit attains it.

    Raises
    ------
    UnknownEdition
        An edition was asked for: there is none here.

    Examples
    --------
    >>> noon = np.array([4 * HOUR_MS, 4 * HOUR_MS])
    >>> registered = {"vibration_quantity": np.array([1, 1]), "vibration_limit_day": np.array([75.0, np.nan])}
    >>> verdict = evaluate(Samples({"vlz10": np.array([75.1, 75.1])}, noon, options=registered))
    >>> verdict.klass.tolist(), [verdict.notes[code] for code in verdict.note]
    ([1, -1], ['', '未登记执行限值或评价量，未评价'])
    """
    if samples.edition is not None:
        raise UnknownEdition(
            f"edition {samples.edition!r} is not known; vibration is judged by registered limits alone"
        )
    n = len(samples)
    hour = (samples.time + BEIJING_OFFSET_MS) % DAY_MS // HOUR_MS
    by_day = (hour >= _DAY_FROM) & (hour < _DAY_TO)
    limit = np.where(by_day, samples.number(LIMIT_DAY), samples.number(LIMIT_NIGHT))
    quantity = samples.choice(QUANTITY)
    klass = np.full(n, -1, np.int8)
    sub, exceeding = {}, {}
    wrong = np.zeros(n, bool)
    for code, slug in enumerate(QUANTITY.choices):
        given = samples.columns.get(slug, np.full(n, np.nan))
        low, high = _RANGE[slug]
        outside = (given < low) | (given > high)
        mine = (quantity == code) & ~np.isnan(given) & ~outside & ~np.isnan(limit)
        beyond = mine & (given > limit)
        klass[mine] = beyond[mine]
        wrong |= outside & (quantity == code)
        sub[slug] = np.where(mine, beyond, np.nan)
        exceeding[slug] = beyond
    unregistered = (quantity < 0) | np.isnan(limit)
    said = {
        "未登记执行限值或评价量，未评价": unregistered,
        "振级超出仪器的测量范围，按缺测计": wrong & ~unregistered,
        "评价量缺测，未评价": (klass < 0) & ~unregistered,
    }
    sets, note = word_sets(said, n)
    return Evaluation(
        klass, np.full(n, np.nan), exceeding, exceeding, sub, note, tuple("；".join(one) for one in sets), ("",),
        np.zeros(n, np.uint16), "limit registered for the place",
    )  # fmt: skip
