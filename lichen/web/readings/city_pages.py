"""The page of a city, its chart data and its days as a file."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.elements.descriptor import Element
from lichen.vocab.clock import beijing_day, now_ms, parse_digits
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point
from lichen.web.engines import engines
from lichen.web.exports import csv_response
from lichen.web.readings import charts, spans, words
from lichen.web.readings.chart_words import said_of_city
from lichen.web.readings.city import City, city_of, days_of, elements_of, points_of
from lichen.web.readings.city_why import explain_place

#: No data of a monitoring network is older.
FIRST_YEAR = 1970


def year_asked(request: HttpRequest, now: int) -> int:
    """The calendar year a reader asks for; this one if none is asked for."""
    this = beijing_day(now).year
    given = request.GET.get("year", str(this))
    if not (given.isascii() and given.isdigit() and FIRST_YEAR <= int(given) <= this):
        raise Http404(_("“%(given)s” is no year of ours; write it as 2026.") % {"given": given})
    return int(given)


def _asked(request: HttpRequest, city: str, slug: str = "") -> tuple[Element, list[Point], list[Element]]:
    now = now_ms()
    snapshot = engines().snapshot()
    points = points_of(snapshot, city, now)
    elements = elements_of(snapshot, points)
    if not elements:
        raise Http404(_("No station is registered in “%(city)s”.") % {"city": city})
    slug = slug or request.GET.get("element", elements[0].slug)
    for element in elements:
        if element.slug == slug:
            return element, [point for point in points if point.element == slug], elements
    raise Http404(_("“%(given)s” is not measured in this city.") % {"given": slug})


@require_safe
def city(request: HttpRequest, city: str) -> HttpResponse:
    """A city: now, its ranking, its districts and its days."""
    element, points, elements = _asked(request, city)
    now = now_ms()
    year = year_asked(request, now)
    found = city_of(engines().store, element, points, year, now)
    said = dict.fromkeys(filter(None, (words.replay(point)[0] for point in points)))
    return render(
        request,
        "readings/city.html",
        {
            "found": found,
            "address": points[0].city,
            "elements": [(one.slug, words.element_name(one)) for one in elements],
            "said": list(said),
            "columns": [(words.parameter_name(slug), words.unit(slug)) for slug in found.parameters],
            "deciding": words.deciding(element),
            "before": year - 1 if year > FIRST_YEAR else None,
            "after": year + 1 if year < beijing_day(now).year else None,
            "chart": _chart(found),
        },
    )


@require_safe
def city_why(request: HttpRequest, city: str, element: str, period: str, time: str) -> HttpResponse:
    """Why a value of a city (of one of its districts: ``?district=``) is what it is."""
    judged, points, _elements = _asked(request, city, element)
    name = words.city_name(points[0])
    district = request.GET.get("district")
    if district is not None:
        points = [point for point in points if point.district == district]
        if not points:
            raise Http404(_("No station is registered in “%(city)s”.") % {"city": district})
        name = words.district_name(points[0])
    instant = parse_digits(time) if time.isascii() else None
    if instant is None or period not in judged.evaluators or spans.start_of(instant, Period(period)) != instant:
        raise Http404(_("This address names no number."))
    found = explain_place(engines(), name, judged, points, Period(period), instant)
    if found is None:
        raise Http404(_("There is no such number: nothing was measured or computed there."))
    return render(
        request,
        "readings/city_why.html",
        {
            "found": found,
            "row": found.row,
            "city": words.city_name(points[0]),
            "address": points[0].city,
            "said": list(dict.fromkeys(filter(None, (words.replay(point)[0] for point in points)))),
            "period": words.period(found.period),
            "columns": [(words.parameter_name(slug), words.unit(slug)) for slug in found.parameters],
        },
    )


def _chart(found: City) -> dict[str, Any]:
    """What the charts draw: the days, and the places and stations compared."""
    element = found.element
    deciding = found.row.verdict.deciding if found.row and found.row.verdict else ()
    compared = [*([found.row] if found.row else []), *found.districts]
    stations = [
        {"name": row.name, "values": [cell.value if cell.is_usable else None for cell in row.cells]}
        for row in found.ranking
    ]
    return {
        "element": element.slug, "indexName": found.rank_name, "year": found.year, "interval": found.interval,
        "classes": charts.classes(element), "parameters": [charts.about(slug) for slug in found.parameters],
        "days": [
            {"day": day.iso, "klass": day.verdict.klass, "index": charts.numbers([day.verdict.index])[0],
             "deciding": day.verdict.deciding_text}
            for day in found.days
        ],
        "places": [
            {"name": row.name, "values": charts.numbers(value.value for value in row.values)} for row in compared
        ],
        "stations": stations,
        "chosen": next((at for at, slug in enumerate(found.parameters) if slug in deciding), 0),
        "words": said_of_city(),
    }  # fmt: skip


@require_safe
def city_csv(request: HttpRequest, city: str) -> HttpResponse:
    """The days of a city in a year as a file."""
    element, points, _elements = _asked(request, city)
    now = now_ms()
    year = year_asked(request, now)
    header = ["day", "index", "class", "deciding", "edition", "note"]
    rows = []
    days = days_of(engines().store, element, points, year, now)
    for value in days[0].values if days else ():
        header += [value.slug, f"{value.slug}_valid_stations"]
    for day in days:
        verdict = day.verdict
        klass = verdict.result_class
        judged = (verdict.index, klass.word if klass else "", ";".join(verdict.deciding), verdict.edition, verdict.note)
        rows.append((day.iso, *judged, *(part for value in day.values for part in (value.value, value.valid))))
    slug = str(points[0].attributes.get("city_en", "")) or "city"
    return csv_response(f"{slug.lower()}-{element.slug}-days-{year}.csv", header, rows)
