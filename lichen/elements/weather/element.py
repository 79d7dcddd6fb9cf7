"""Weather and hydrology, which support the other elements: values without verdicts.

Tables and charts show what the evaluator of a period reads; here it reads everything and judges nothing.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from lichen.elements import folder
from lichen.elements.descriptor import Aggregation, Element, Evaluation, Samples
from lichen.standards import UnknownEdition
from lichen.vocab.periods import Period

PARAMETERS = tuple(folder.symbols("weather"))
_RULES = folder.shelf("weather").edition("aggregation-rules")
_AGGREGATIONS = tuple(
    Aggregation(
        tuple(row["parameters"].split(" ")), None, Period(row["source"]), Period(row["period"]), row["method"],
        int(row["needed"]), f"{_RULES.id}: {row['clause']}",
    )
    for row in _RULES.table("validity")
)  # fmt: skip


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """Hours of minutes and days of hours, on any day.

    >>> [(a.source.value, a.method) for a in aggregations(date(2026, 3, 1)) if "precipitation" in a.parameters]
    [('minute', 'sum'), ('hour', 'sum')]
    """
    return _AGGREGATIONS


def no_verdict(samples: Samples) -> Evaluation:
    """That there is nothing to judge, for each of n samples.

    Raises
    ------
    UnknownEdition
        An edition was asked for: no standard judges these values.
    """
    if samples.edition is not None:
        raise UnknownEdition(f"edition {samples.edition!r} is not known; no standard judges weather and hydrology")
    n = len(samples)
    nothing = np.zeros(n, np.uint16)
    return Evaluation(
        np.full(n, -1, np.int8),
        np.full(n, np.nan),
        {},
        {},
        {},
        nothing,
        ("气象水文参数不作评价",),
        ("",),
        nothing,
        "no standard judges weather and hydrology",
    )


WEATHER = Element(
    slug="weather",
    name_zh="气象水文",
    name_en="weather and hydrology",
    parameters=PARAMETERS,
    point_kinds={
        "weather": ("气象站", "weather station"),
        "hydrology": ("水文站", "gauging station"),
    },
    classes=(),
    aggregations=aggregations,
    evaluators=dict.fromkeys((Period.HOUR, Period.DAY, Period.SAMPLE), no_verdict),
    inputs=dict.fromkeys((Period.HOUR, Period.DAY, Period.SAMPLE), PARAMETERS),
    checks=folder.checks("weather"),
)
