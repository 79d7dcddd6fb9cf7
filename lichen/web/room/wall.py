"""What the wall shows: figures, a tile for each station, the last day of the worst ones, and news for the ticker."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from lichen.elements.descriptor import Element
from lichen.store import Store
from lichen.vocab.clock import DAY_MS
from lichen.vocab.periods import Period
from lichen.vocab.registry import Snapshot
from lichen.web.readings import words
from lichen.web.readings.colours import swatch
from lichen.web.readings.stations import Station, Verdict, latest, verdicts_of

#: Charts that take turns.
WORST = 6
#: How far back they go. [ms]
BACK = {
    Period.HOUR: DAY_MS, Period.H8: 7 * DAY_MS, Period.DAY: 31 * DAY_MS, Period.SAMPLE: 731 * DAY_MS,
    Period.MONTH: 731 * DAY_MS, Period.QUARTER: 1827 * DAY_MS, Period.YEAR: 3653 * DAY_MS,
}  # fmt: skip


def wall(store: Store, snapshot: Snapshot, element: Element, now: int) -> dict[str, Any]:
    """Everything the page shows, a few questions to the store; instants in ms since 1970 UTC."""
    stations = [station for station in latest(store, snapshot, now, element.slug) if not station.has_ended]
    exceeding = {station.point.id for station in stations if station.verdict and station.verdict.exceeding}
    timely = [station for station in stations if station.verdict is not None and not station.is_late]
    ranked = sorted(timely, key=_rank, reverse=True)
    several_cities = len({station.city for station in stations}) > 1
    return {
        "now": now,
        "figures": _figures(element, stations, timely, ranked, exceeding),
        "classes": _classes(element, timely),
        "stations": [
            _tile(station, several_cities) for station in sorted(stations, key=lambda one: (one.city, one.name))
        ],
        "charts": _charts(store, element, ranked[:WORST], now),
        "news": _news(stations, exceeding),
    }


def _rank(station: Station) -> tuple[float, float]:
    assert station.verdict is not None
    index = station.verdict.index
    return station.verdict.klass, -1.0 if index != index else index


def _figures(
    element: Element, stations: list[Station], timely: list[Station], ranked: list[Station], exceeding: set[str]
) -> list[dict[str, str]]:
    """Label, number, what stands below it, and the style class of its colour."""
    worst = ranked[0] if ranked and ranked[0].verdict is not None and ranked[0].verdict.is_judged else None
    verdict = worst.verdict if worst else None
    newest = max((one.verdict.time for one in timely if one.verdict is not None), default=None)
    shown = next((one.verdict.interval for one in timely if one.verdict and one.verdict.time == newest), "")
    date, _blank, span = shown.partition(" ")
    if not span:  # a month, a quarter, a year
        date, span = span, date
    highest = _("Highest %(index)s") % {"index": element.index_name} if element.index_name else _("Worst class")
    return [
        {
            "label": highest,
            "number": verdict.figure if verdict else words.NOTHING,
            "below": _below_worst(worst),
            "style": verdict.swatch if verdict else "",
        },
        {
            "label": _("Stations on time"),
            "number": f"{len(timely)}/{len(stations)}",
            "below": _("all of them") if len(timely) == len(stations) else _("the rest are late or silent"),
            "style": "",
        },
        {
            "label": _("Stations exceeding"),
            "number": str(sum(station.point.id in exceeding for station in timely)),
            "below": _("by the standard in force"),
            "style": "",
        },
        {
            "label": _("Newest interval judged"),
            "number": span or words.NOTHING,
            "below": date,
            "style": "",
        },
    ]  # fmt: skip


def _classes(element: Element, timely: list[Station]) -> list[dict[str, Any]]:
    counted = [0] * len(element.classes)
    for station in timely:
        if station.verdict is not None and station.verdict.is_judged:
            counted[station.verdict.klass] += 1
    return [
        {"word": words.class_name(klass), "style": swatch(element.slug, number), "count": counted[number]}
        for number, klass in enumerate(element.classes)
    ]


def _tile(station: Station, says_city: bool) -> dict[str, Any]:
    verdict = station.verdict
    shown = verdict if verdict is not None and not station.is_late else None
    return {
        "id": station.point.id,
        "name": station.name,
        "city": station.city if says_city else "",
        "number": shown.figure if shown else words.NOTHING,
        "word": shown.class_word if shown and shown.figure != shown.class_word else "",
        "style": shown.swatch if shown else "",
        "below": _below(station),
        "klass": shown.klass if shown else -1,
    }


def _below(station: Station) -> str:
    if station.verdict is None:
        return _("no value yet")
    if station.is_late:
        return _("late: %(age)s") % {"age": station.age}
    return station.verdict.deciding_text if station.verdict.is_judged else _("no class for this interval")


def _below_worst(worst: Station | None) -> str:
    if worst is None or worst.verdict is None:
        return ""
    verdict = worst.verdict
    return worst.name if verdict.figure == verdict.class_word else f"{worst.name} · {verdict.class_word}"


def _charts(store: Store, element: Element, worst: list[Station], now: int) -> list[dict[str, Any]]:
    by_point: dict[str, list[Verdict]] = {station.point.id: [] for station in worst}
    for period in {station.verdict.period for station in worst if station.verdict}:
        points = [one.point.id for one in worst if one.verdict and one.verdict.period is period]
        found = store.results(element.slug, period, now - BACK[period], now, points=points)
        for verdict in verdicts_of(element, found):
            by_point[verdict.point].append(verdict)
    return [
        {
            "title": station.name,
            "below": station.city,
            "style": station.verdict.swatch if station.verdict else "",
            "word": station.verdict.class_word if station.verdict else "",
            "span": _span(station),
            "rows": [[one.end, _height(one), one.klass] for one in by_point[station.point.id]],
        }
        for station in worst
    ]


def _height(verdict: Verdict) -> float | None:
    """Of its bar: the index, without one the place of the class, best = 1."""
    if verdict.index == verdict.index:
        return verdict.index
    return verdict.klass + 1 if verdict.is_judged and not verdict.element.index_name else None


def _span(station: Station) -> str:
    """How far back its chart goes, in words."""
    period = station.verdict.period if station.verdict else Period.HOUR
    if period is Period.HOUR:
        return _("the last 24 hours")
    return _("the last %(days)s days") % {"days": BACK[period] // DAY_MS}


def _news(stations: list[Station], exceeding: set[str]) -> list[str]:
    """What stands at this moment; the page adds what changes while it looks."""
    said = []
    for station in stations:
        verdict = station.verdict
        if station.is_late or verdict is None:
            said.append(f"{station.name}: {_below(station)}")
        elif station.point.id in exceeding:
            said.append(
                _("%(station)s exceeds the limit: %(class)s, %(deciding)s")
                % {"station": station.name, "class": verdict.class_word, "deciding": verdict.deciding_text}
            )
    return said
