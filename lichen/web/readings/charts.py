"""What the charts of a station draw, as JSON values: its course with limits, the year, profiles, and the wind."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Element
from lichen.pipeline.samples import made_by
from lichen.store import Store
from lichen.vocab.batch import Batch
from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS, HOUR_MS, beijing_day, day_start_ms
from lichen.vocab.flags import is_usable
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Point
from lichen.web.readings import spans, words
from lichen.web.readings.addresses import Place
from lichen.web.readings.grid import NOTHING, grid_of, laid_out, times_of
from lichen.web.readings.stations import Verdict, verdicts_of

#: How many intervals a reader may draw, by period; the first is the usual one.
SPANS = {
    Period.HOUR: (72, 24, 168, 720), Period.H8: (90,), Period.DAY: (92, 31, 366), Period.MONTH: (36, 120),
    Period.QUARTER: (20, 40), Period.YEAR: (10, 30),
}  # fmt: skip
#: How many years of samples; the first is the usual one.
SAMPLE_YEARS = (3, 1, 10)
#: Over how many days profiles and roses are made.
PROFILE_DAYS = 30
#: A mean of a profile needs this many values.
LEAST = 2

#: In the templates of addresses: the time 19700101000000, which pages replace.
_ZERO = -BEIJING_OFFSET_MS

WIND_SPEED, WIND_DIRECTION = "wind_speed", "wind_direction"
SECTORS = 16
#: Upper ends of the classes of wind speed; below the first it is calm and has no direction. [m/s]
SPEEDS = (0.5, 2.0, 4.0, 6.0)


def numbers(values: Iterable[float], decimals: int | None = None) -> list[float | None]:
    """As JSON: NaN as null.

    >>> numbers([1.25, float("nan")], 1)
    [1.2, None]
    """
    return [
        None if math.isnan(value) else float(value) if decimals is None else round(float(value), decimals)
        for value in values
    ]


def about(slug: str) -> dict[str, Any]:
    """How a parameter is written."""
    found = PARAMETERS.get(slug)
    return {
        "slug": slug, "name": words.parameter_name(slug), "unit": words.unit(slug),
        "decimals": 2 if found is None else found.decimals,
    }  # fmt: skip


def classes(element: Element) -> list[dict[str, Any]]:
    """The classes of an element with their official colours."""
    return [{"word": words.class_name(one), "rgb": list(one.rgb)} for one in element.classes]


def spans_of(period: Period) -> tuple[int, ...]:
    """The spans a reader may draw: numbers of intervals, of samples numbers of years; the first is the usual one."""
    return SPANS[period] if spans.has_intervals(period) else SAMPLE_YEARS


def begin(stop: int, period: Period, span: int) -> int:
    """Where a span of `spans_of` that ends at an instant begins. [ms since 1970 UTC]"""
    return spans.back(stop, period, span) if spans.has_intervals(period) else stop - span * 366 * DAY_MS


def _limits(
    element: Element, point: Point, slug: str, period: Period, first: date, last: date
) -> list[dict[str, Any]]:  # fmt: skip
    """The limits in force on the first and on the last day of a span, each said once: those of the element, and those
    that depend on what the point is registered as."""
    found = {
        (line.value, line.clause): {
            "value": line.value, "label": words.either(line.grade_zh, line.grade_en), "clause": line.clause,
        }
        for on in (first, last)
        for line in (*element.limits(on), *element.limits_of_point(point.attributes, on))
        if (line.parameter, line.period) == (slug, period)
    }  # fmt: skip
    return list(found.values())


def _flags(present: Iterable[int]) -> dict[str, list[str]]:
    return {str(flag): [words.flag(flag), words.flag_meaning(flag)] for flag in sorted(set(present))}


# hours and days


def course(store: Store, point: Point, element: Element, period: Period, start: int, stop: int) -> dict[str, Any]:
    """The verdicts and values of a span with limits, and why what does not count does not.

    Three questions to the store. `values` are those that count; `ruled_out` those that do not, with the number where
    there is one (the value computed, else the one the station reported).
    """
    parameters = spans.inputs_of(element, period)
    there = store.range(
        start, stop, points=[point.id], parameters=parameters, periods=[period],
        sources=[Source.COMPUTED, Source.REPORTED],
    )  # fmt: skip
    verdicts = {}
    if period in element.evaluators:
        judged = verdicts_of(element, store.results(element.slug, period, start, stop, points=[point.id]))
        verdicts = {verdict.time: verdict for verdict in judged}
    grid_times = times_of(_made_by(there, made_by(period)), period, start, stop)
    computed, reported = (
        laid_out(_made_by(there, source), [point.id], parameters, grid_times)
        for source in (made_by(period), Source.REPORTED)
    )
    reasons = _reasons(store, point.id, parameters, period, start, stop, there)
    days = beijing_day(start), beijing_day(stop - 1)
    series = []
    for column, slug in enumerate(parameters):
        flags, usable = computed.flag[0, column], computed.usable[0, column]
        ruled_out = []
        for at in np.flatnonzero((flags != NOTHING) & np.isnan(usable)):
            time = int(computed.time[at])
            value = computed.value[0, column, at]
            value = reported.value[0, column, at] if math.isnan(value) else value
            ruled_out.append(
                {"at": int(at), "value": None if math.isnan(value) else float(value), "flag": int(flags[at]),
                 "why": reasons.get((slug, time), "")}
            )  # fmt: skip
        if (flags != NOTHING).any():
            series.append(
                about(slug)
                | {"values": numbers(usable), "ruled_out": ruled_out,
                   "below": np.flatnonzero(computed.below[0, column]).tolist(),
                   "limits": _limits(element, point, slug, period, *days)}
            )  # fmt: skip
    series.sort(key=_told_first(verdicts.values()))
    times = computed.time.tolist()
    return {
        "element": element.slug, "period": period, "lasts": spans.lasts(period, start), "start": start, "stop": stop,
        "times": times, "intervals": [words.interval(time, spans.lasts(period, time)) for time in times],
        "zone": "+08:00",
        "index": {
            "name": element.index_name or words.element_name(element),
            "is_number": bool(element.index_name),
            "values": numbers(verdicts[time].index if time in verdicts else math.nan for time in times),
            "klass": [verdicts[time].klass if time in verdicts else -1 for time in times],
            "notes": {str(at): verdicts[time].note_text for at, time in enumerate(times)
                      if time in verdicts and verdicts[time].note},
        },
        "series": series, "classes": classes(element),
        "flags": _flags(one["flag"] for of in series for one in of["ruled_out"]),
        "urls": {element.slug: Place(point.id, element.slug, period, _ZERO).url}
        | {slug: Place(point.id, slug, period, _ZERO, made_by(period)).url for slug in parameters},
    }  # fmt: skip


def _told_first(verdicts: Iterable[Verdict]) -> Callable[[dict[str, Any]], int]:
    """Orders parameters: those that decided or exceeded most often first, the others as the standard lists them."""
    counts = Counter(slug for verdict in verdicts for slug in {*verdict.deciding, *verdict.exceeding})
    return lambda of: -counts[of["slug"]]


def _made_by(batch: Batch, source: Source) -> Batch:
    keep = np.array([one.source == source for one in batch.series], np.bool_)[batch.code]
    return batch.where(keep)


def _reasons(
    store: Store, point: str, parameters: Sequence[str], period: Period, start: int, stop: int, there: Batch
) -> dict[tuple[str, int], str]:
    """Why values do not count, by parameter and interval: findings of checks and people, and the station's marks."""
    said: dict[tuple[str, int], dict[str, int]] = {}
    found = store.findings(start, stop, points=[point], parameters=parameters)
    for code, time, name, flag, reason in zip(
        found.code.tolist(), found.time.tolist(), found.check, found.flag.tolist(), found.reason, strict=True
    ):
        if not is_usable(flag):
            text = f"{words.check(name)}: {reason}" if reason else words.check(name)
            counts = said.setdefault((found.series[code].parameter, spans.start_of(time, period)), {})
            counts[text] = counts.get(text, 0) + 1
    for row in np.flatnonzero(np.array([bool(mark) for mark in there.marks])[there.mark] if len(there) else []):
        if not is_usable(int(there.flag[row])):
            text = words.marked(there.marks[there.mark[row]])
            said.setdefault((there.series[there.code[row]].parameter, int(there.time[row])), {})[text] = 1
    return {
        key: "; ".join(text if count == 1 else f"{text} × {count}" for text, count in counts.items())
        for key, counts in said.items()
    }


# the year


def year(store: Store, point: Point, element: Element, of: int) -> dict[str, Any]:
    """The class of each day of a calendar year, for the heat calendar; days without a verdict are left out."""
    start, stop = day_start_ms(date(of, 1, 1)), day_start_ms(date(of + 1, 1, 1))
    found = verdicts_of(element, store.results(element.slug, Period.DAY, start, stop, points=[point.id]))
    days = [
        {"day": beijing_day(one.time).isoformat(), "klass": one.klass, "index": numbers([one.index])[0],
         "deciding": one.deciding_text}
        for one in found
    ]  # fmt: skip
    return {
        "year": of, "element": element.slug, "days": days, "classes": classes(element),
        "index_name": element.index_name or words.element_name(element),
        "url": Place(point.id, element.slug, Period.DAY, _ZERO).url,
    }  # fmt: skip


# profiles


def profile(store: Store, point: Point, element: Element, period: Period, stop: int) -> dict[str, Any]:
    """The mean day and the mean week of each parameter over the last `PROFILE_DAYS` days, of valid values only."""
    start = stop - PROFILE_DAYS * DAY_MS
    grid = grid_of(store, [point.id], spans.inputs_of(element, period), period, start, stop)
    local = (grid.time + BEIJING_OFFSET_MS) // HOUR_MS
    hour, weekday = local % 24, (local // 24 + 3) % 7  # 1 January 1970 was a Thursday; 0 = Monday
    series = []
    for column, slug in enumerate(grid.parameters):
        values = grid.usable[0, column]
        if np.isnan(values).all():
            continue
        by_hour, by_day = means(values, hour, 24), means(values, weekday, 7)
        series.append(about(slug) | {"hours": numbers(by_hour[0], 3), "hours_n": by_hour[1].tolist(),
                                     "week": numbers(by_day[0], 3), "week_n": by_day[1].tolist()})  # fmt: skip
    return {"days": PROFILE_DAYS, "start": start, "stop": stop, "least": LEAST, "series": series}


def means(values: NDArray[np.float64], bin_of: NDArray[np.int64], bins: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Arithmetic mean and count of the values of each bin; NaN below `LEAST` values.

    >>> means(np.array([1.0, 2.0, 3.0, 9.0]), np.array([0, 0, 0, 1]), 2)
    (array([ 2., nan]), array([3, 1]))
    """
    there = ~np.isnan(values)
    count = np.bincount(bin_of[there], minlength=bins)
    total = np.bincount(bin_of[there], weights=values[there], minlength=bins)
    return np.divide(total, count, out=np.full(bins, np.nan), where=count >= LEAST), count


# the wind


def has_wind(store: Store, point: Point) -> bool:
    """Whether the point measures speed and direction of the wind."""
    return {WIND_SPEED, WIND_DIRECTION} <= {one.parameter for one in store.series(points=[point.id])}


def wind_rose(store: Store, point: Point, element: Element, period: Period, stop: int) -> dict[str, Any]:
    """How often the wind came from each sector at what speed, and the mean of each parameter by sector.

    Hours of the last `PROFILE_DAYS` days that have speed, direction and (for a mean) the parameter's valid value.
    Hours of calm have no direction. Minute values become hours as vectors.
    """
    start = stop - PROFILE_DAYS * DAY_MS
    winds = store.range(
        start, stop, points=[point.id], parameters=[WIND_SPEED, WIND_DIRECTION], periods=[Period.HOUR, Period.MINUTE]
    )
    speed, direction = wind_of_hours(winds, start, stop)
    known = ~np.isnan(speed) & ~np.isnan(direction)
    blowing = known & (speed >= SPEEDS[0])
    width = 360 / SECTORS
    sector = np.where(blowing, np.floor((np.nan_to_num(direction) + width / 2) % 360 / width), 0).astype(np.int64)
    rank = np.searchsorted(SPEEDS, np.nan_to_num(speed), side="right") - 1
    counts = [
        np.bincount(sector[blowing & (rank == number)], minlength=SECTORS).tolist() for number in range(len(SPEEDS))
    ]
    grid = grid_of(store, [point.id], spans.inputs_of(element, period), period, start, stop)
    series = []
    for column, slug in enumerate(grid.parameters):
        values = np.where(blowing, grid.usable[0, column], np.nan)
        if not np.isnan(values).all():
            mean, count = means(values, sector, SECTORS)
            series.append(about(slug) | {"means": numbers(mean, 3), "n": count.tolist()})
    return {
        "days": PROFILE_DAYS, "hours": int(known.sum()), "calm": int((known & ~blowing).sum()), "least": LEAST,
        "speeds": list(SPEEDS), "counts": counts, "series": series, "unit": words.unit(WIND_SPEED),
    }  # fmt: skip


def wind_of_hours(batch: Batch, start: int, stop: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean speed [m/s] and vector-mean direction [degrees from north, where it comes from] of each hour; NaN = none.

    An hour's own value counts before its minutes.
    """
    hours = (stop - start) // HOUR_MS
    found: dict[str, NDArray[np.float64]] = {}
    for period in (Period.MINUTE, Period.HOUR):
        keep = np.array([one.period == period for one in batch.series], np.bool_)[batch.code]
        one = batch.where(keep)
        usable = np.array([is_usable(int(flag)) for flag in one.flag], np.bool_)
        slug = np.array([series.parameter for series in one.series])[one.code] if len(one) else np.empty(0, str)
        at = (one.time - start) // HOUR_MS
        for name in (WIND_SPEED, WIND_DIRECTION):
            mine = usable & (slug == name)
            mean = _vector_mean if name == WIND_DIRECTION else _mean
            values = mean(one.value[mine], at[mine], hours)
            before = found.get(name, np.full(hours, np.nan))
            found[name] = np.where(np.isnan(values), before, values)
    return found[WIND_SPEED], found[WIND_DIRECTION]


def _mean(values: NDArray[np.float64], bin_of: NDArray[np.int64], bins: int) -> NDArray[np.float64]:
    count = np.bincount(bin_of, minlength=bins)
    total = np.bincount(bin_of, weights=values, minlength=bins)
    return np.asarray(np.divide(total, count, out=np.full(bins, np.nan), where=count > 0))


def _vector_mean(values: NDArray[np.float64], bin_of: NDArray[np.int64], bins: int) -> NDArray[np.float64]:
    """Mean direction of unit vectors.

    >>> _vector_mean(np.array([350.0, 10.0]), np.array([0, 0]), 1).round(6) % 360
    array([0.])
    """
    turned = np.radians(values)
    east, north = (_mean(part(turned), bin_of, bins) for part in (np.sin, np.cos))
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360)
