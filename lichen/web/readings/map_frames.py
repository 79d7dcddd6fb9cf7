"""What the map shows: the points once, and for each hour a frame with the verdicts and a sentence for each city.

All words come from here in the reader's language; the script only places them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lichen.elements.descriptor import Element
from lichen.store import Store
from lichen.vocab.periods import WIDTH_MS, Period
from lichen.vocab.registry import Snapshot
from lichen.web.readings import spans, words
from lichen.web.readings.colours import ink_on
from lichen.web.readings.stations import Station, latest, newest, verdicts_of

#: How far back the map goes. [intervals]
REACH = 72


def opening(store: Store, snapshot: Snapshot, element: Element, now: int) -> dict[str, Any]:
    """All that the map needs at first: points, classes, span of time and the newest frame.

    `step` is null where the element is not judged at even intervals: then there is no way back in time.
    """
    stations = shown(latest(store, snapshot, now, element.slug), element)
    period = stepped(stations, element)
    step = WIDTH_MS[period] if period else None
    last = newest_time(stations, period)
    return {
        "element": element.slug,
        "index": element.index_name,
        "classes": [
            {"word": words.class_name(klass), "rgb": list(klass.rgb), "ink": ink_on(klass.rgb)}
            for klass in element.classes
        ],
        "points": [
            {
                "id": station.point.id, "name": station.name, "city": station.point.city,
                "lon": station.point.lon, "lat": station.point.lat,
                "url": reverse("station", args=[station.point.id]),
            }
            for station in stations
        ],
        "step": step,
        "newest": last,
        "oldest": None if last is None or step is None else last - REACH * step,
        "frame": frame(stations, last),
    }  # fmt: skip


def stepped(stations: Iterable[Station], element: Element) -> Period | None:
    """The hours or days that the map steps through: the shortest even intervals by which a station is judged.

    Before the first verdict those by which the element may be; None where all are samples, months and the like.
    """
    periods = {station.verdict.period for station in stations if station.verdict} or spans.periods_judged(element)
    return next((period for period in spans.ORDER if period in periods and spans.is_even(period)), None)


def past(store: Store, snapshot: Snapshot, element: Element, period: Period, time: int, now: int) -> dict[str, Any]:
    """The frame of one interval, by its start; what is not judged at even intervals stays. [ms since 1970 UTC]"""
    results = store.results(element.slug, period, time, time + WIDTH_MS[period])
    verdicts = {verdict.point: verdict for verdict in verdicts_of(element, results)}
    if any(not spans.is_even(other) for other in spans.periods_judged(element)):
        there = newest(store, element, [point.id for point in snapshot.points if point.element == element.slug])
        verdicts |= {
            verdict.point: verdict
            for verdict in there.values()
            if not spans.is_even(verdict.period) and verdict.time <= time
        }
    known = shown([Station(point, verdicts.get(point.id), now) for point in snapshot.points], element)
    # Seen from the end of that interval nothing in it is late.
    return frame([replace(station, now=time + WIDTH_MS[period]) for station in known], time)


def shown(stations: Iterable[Station], element: Element) -> list[Station]:
    """The stations of an element that are in service."""
    return [station for station in stations if station.point.element == element.slug and not station.has_ended]


def newest_time(stations: Sequence[Station], period: Period | None = None) -> int | None:
    """The newest interval (of a period) that any of the stations was judged for; None before the first."""
    verdicts = (station.verdict for station in stations if station.verdict)
    return max((verdict.time for verdict in verdicts if period in (None, verdict.period)), default=None)


def frame(stations: Sequence[Station], time: int | None) -> dict[str, Any]:
    """The verdicts of one moment, by point, in words."""
    values = {}
    for station in stations:
        verdict = station.verdict
        if verdict is None:
            continue
        values[station.point.id] = {
            "index": verdict.index_text, "figure": verdict.figure, "klass": verdict.klass, "word": verdict.class_word,
            "deciding": verdict.deciding_text, "interval": verdict.interval, "url": verdict.url,
            "age": station.age, "late": station.is_late, "note": verdict.note_text,
        }  # fmt: skip
    at_time = (station.verdict for station in stations if station.verdict and station.verdict.time == time)
    lasts = next((verdict.lasts for verdict in at_time), WIDTH_MS[Period.HOUR])
    return {
        "time": time,
        "interval": words.NOTHING if time is None else words.interval(time, lasts),
        "values": values,
        "said": [asdict(summary) for summary in summaries(stations, time)],
    }


@dataclass(frozen=True, slots=True)
class Summary:
    """What is said about a city; `url` is its page."""

    city: str
    url: str
    text: str


def summaries(stations: Sequence[Station], time: int | None) -> list[Summary]:
    """A sentence for each city about the verdicts of one interval; stations that lag behind it do not count.

    Samples and verdicts over months and longer count as they are: each is the newest of its station.

    The city with the most stations comes first.
    """
    cities: dict[str, list[Station]] = {}
    for station in stations:
        cities.setdefault(station.point.city, []).append(station)
    ordered = sorted(cities.values(), key=lambda of: (-len(of), of[0].city))
    return [
        Summary(of[0].city, reverse("city", args=[of[0].point.city]) if of[0].point.city else "", _sentence(of, time))
        for of in ordered
    ]


def _sentence(stations: Sequence[Station], time: int | None) -> str:
    judged = [
        verdict
        for verdict in (one.verdict for one in stations)
        if verdict and verdict.is_judged and (verdict.time == time or not spans.is_even(verdict.period))
    ]
    if not judged:
        return ngettext(
            "The only station has no result for this interval yet.",
            "None of the %(n)s stations has a result for this interval yet.",
            len(stations),
        ) % {"n": len(stations)}
    names = {station.point.id: station.name for station in stations}
    element = judged[0].element
    counted = Counter(verdict.klass for verdict in judged)
    classes = (", " if words.in_english() else "、").join(
        f"{words.class_name(element.classes[klass])} {counted[klass]}" for klass in sorted(counted)
    )
    said = ngettext(
        "%(judged)s of %(n)s station has a result: %(classes)s.",
        "%(judged)s of %(n)s stations have a result: %(classes)s.",
        len(stations),
    ) % {"judged": len(judged), "n": len(stations), "classes": classes}
    with_index = [verdict for verdict in judged if not math.isnan(verdict.index)]
    if not with_index:
        return said
    worst = max(with_index, key=lambda verdict: verdict.index)
    place = {"index": element.index_name, "value": worst.index_text, "station": names[worst.point]}
    if worst.deciding:
        more = _("Highest %(index)s: %(value)s at %(station)s (%(deciding)s).") % (
            place | {"deciding": worst.deciding_text}
        )
    else:
        more = _("Highest %(index)s: %(value)s at %(station)s.") % place
    return f"{said} {more}" if words.in_english() else f"{said}{more}"
