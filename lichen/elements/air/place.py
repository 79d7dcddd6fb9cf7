"""What charts and places ask of ambient air: limit lines (GB 3095), and a city's values from its stations' (HJ 663)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lichen.elements.air.city import city_mean
from lichen.elements.air.shelf import SHELF
from lichen.elements.descriptor import Floats, LimitLine, PlaceMean
from lichen.standards import Edition, limits
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period
from lichen.vocab.rounding import round_half_even

#: Stations whose mean is the city's (评价点); background, roadside and other points are left out.
_EVALUATION = "urban"
_GRADES = {"1": ("一级", "grade 1"), "2": ("二级", "grade 2")}


@cache
def limit_lines(on: date) -> tuple[LimitLine, ...]:
    """The limits of GB 3095 over one hour and one day, both grades; before the first edition its own.

    >>> [(line.value, line.clause) for line in limit_lines(date(2026, 3, 1)) if line.parameter == "pm25"][-1]
    (60.0, 'GB 3095-2026 table 1, clause 4.4')
    """
    standard = SHELF.in_force("GB 3095", max(on, SHELF.of("GB 3095")[0].start))
    found = limits(standard, "table1", max(on, standard.start), {"grade1": "1", "grade2": "2"})
    return tuple(
        LimitLine(
            limit.parameter, Period(limit.period), float(limit.value), *_GRADES[limit.grade],
            f"{limit.edition} {limit.clause}", limit.status,
        )
        for limit in found
        if limit.period in (Period.HOUR, Period.DAY)
    )  # fmt: skip


def place_mean(columns: Mapping[str, Floats], kinds: Sequence[str], time: NDArray[np.int64]) -> PlaceMean | None:
    """City values over n intervals by the edition of HJ 663 in force on each day, rounded once for the index.

    Parameters
    ----------
    columns : mapping slug → ndarray (stations, n)
        NaN where missing or invalid. [the parameter's unit]
    kinds : sequence of str
        Of the stations; only ``urban`` ones count.
    time : ndarray (n,) int64
        Start of the hour or day. [ms since 1970 UTC]

    Returns
    -------
    PlaceMean or None
        None where no station counts.

    Notes
    -----
    Rounded to the decimals that HJ 633 of that day asks for before its index, else to those that HJ 663 publishes:
    rounding to both, one after the other, would be rounding twice.

    Examples
    --------
    >>> day = np.array([day_start_ms(date(2026, 3, 1))])
    >>> found = place_mean({"pm25": np.array([[30.0], [41.0], [99.0]])}, ["urban", "urban", "traffic"], day)
    >>> found.columns["pm25"].tolist(), found.valid["pm25"].tolist(), found.clause
    ([36.0], [2], 'HJ 663-2026 city value')
    """
    counted = np.array([kind == _EVALUATION for kind in kinds], np.bool_)
    if not counted.any():
        return None
    first = day_start_ms(SHELF.of("HJ 663")[0].start)
    editions, code = SHELF.codes_at("HJ 663", np.maximum(time, first))
    values = {slug: np.full(len(time), np.nan) for slug in columns}
    valid = {slug: np.zeros(len(time), np.int64) for slug in columns}
    needed = np.zeros(len(time), np.int64)
    clauses = []
    for number, assessment in enumerate(editions):
        chosen = np.flatnonzero(code == number)
        if not len(chosen):
            continue
        places = _decimals(assessment)
        for slug, column in columns.items():
            found = city_mean(column[:, chosen], assessment, counted)
            values[slug][chosen] = round_half_even(found.value, places[slug]) if slug in places else found.value
            valid[slug][chosen] = found.valid_stations
            needed[chosen] = found.needed
        clauses.append(f"{assessment.id} {assessment.table('rules').one(rule='city_station_share')['clause']}")
    return PlaceMean(values, valid, needed, counted, " | ".join(clauses))


@cache
def _decimals(assessment: Edition) -> Mapping[str, int]:
    index = SHELF.in_force("HJ 633", max(assessment.start, SHELF.of("HJ 633")[0].start))
    rows = index.tables.get("rounding") or assessment.table("rounding")
    places = {row["parameter"]: int(row["decimals"]) for row in rows}
    # HJ 663-2013 lists ozone by its daily value only; its hour is the same concentration.
    return {"o3": places["o3_8h"], **places}
