"""What the wall shows: figures, a tile for each station, the last day of the worst ones, and news for the ticker."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from lichen.elements.descriptor import Element
from lichen.store import Store
from lichen.vocab.clock import DAY_MS
from lichen.vocab.registry import Snapshot
from lichen.web.readings import words
from lichen.web.readings.colours import swatch
from lichen.web.readings.stations import Station, Verdict, live_period, verdicts_of

#: Charts that take turns.
WORST = 6
#: How far back they go. [ms]
BACK = DAY_MS


def wall(store: Store, snapshot: Snapshot, element: Element, now: int) -> dict[str, Any]:
    """Everything the page shows, two questions to the store; instants in ms since 1970 UTC."""
    found = store.latest_results(element.slug, live_period(element))
    verdicts = {verdict.point: verdict for verdict in verdicts_of(element, found)}
    exceeding = {found.points[point] for point, names in zip(found.point, found.exceeding, strict=True) if names}
    stations = [
        Station(point, verdicts.get(point.id), now) for point in snapshot.points if point.element == element.slug
    ]
    stations = [station for station in stations if not station.has_ended]
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
    index = element.index_name or _("Index")
    date, _blank, span = shown.partition(" ")
    return [
        {
            "label": _("Highest %(index)s") % {"index": index},
            "number": verdict.index_text if verdict else words.NOTHING,
            "below": f"{worst.name} · {verdict.class_word}" if worst and verdict else "",
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
        "number": shown.index_text if shown else words.NOTHING,
        "word": shown.class_word if shown else "",
        "style": shown.swatch if shown else "",
        "below": _below(station),
        "klass": shown.klass if shown else -1,
    }


def _below(station: Station) -> str:
    if station.verdict is None:
        return _("no value yet")
    if station.is_late:
        return _("late: %(age)s") % {"age": station.age}
    return station.verdict.deciding_text if station.verdict.is_judged else _("no index for this interval")


def _charts(store: Store, element: Element, worst: list[Station], now: int) -> list[dict[str, Any]]:
    if not worst:
        return []
    points = [station.point.id for station in worst]
    found = store.results(element.slug, live_period(element), now - BACK, now, points=points)
    by_point: dict[str, list[Verdict]] = {point: [] for point in points}
    for verdict in verdicts_of(element, found):
        by_point[verdict.point].append(verdict)
    return [
        {
            "title": station.name,
            "below": station.city,
            "style": station.verdict.swatch if station.verdict else "",
            "word": station.verdict.class_word if station.verdict else "",
            "rows": [[one.end, _whole(one), one.klass] for one in by_point[station.point.id]],
        }
        for station in worst
    ]


def _whole(verdict: Verdict) -> float | None:
    return None if verdict.index != verdict.index else verdict.index


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
