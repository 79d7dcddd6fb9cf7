"""The pages of readings: parse, ask, render."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element
from lichen.ledger.errors import LedgerError
from lichen.pipeline.errors import NothingToTrace
from lichen.vocab.clock import format_digits, now_ms, parse_digits
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Point
from lichen.web.accounts.access import may_review
from lichen.web.datatable import Column, Table, respond
from lichen.web.engines import engines
from lichen.web.exports import csv_response
from lichen.web.readings import actions, map_frames, map_pages, registered, spans, table, words
from lichen.web.readings import stations as listing
from lichen.web.readings.addresses import NoSuchAddress, Place
from lichen.web.readings.chart_words import charts_of_station
from lichen.web.readings.colours import stylesheet
from lichen.web.readings.explain import explain
from lichen.web.readings.forms import StationFilter, Supersede
from lichen.web.readings.live import live
from lichen.web.registry.models import Instrument
from lichen.web.static_files import cacheable


def class_colours(request: HttpRequest) -> HttpResponse:
    """The official colours of the elements' classes, as a stylesheet."""
    return cacheable(request, stylesheet().encode(), "text/css; charset=utf-8")


# the list


def _station_link(station: listing.Station) -> str:
    return reverse("station", args=(station.point.id,))


_STATIONS = (
    Column("name", gettext_lazy("Station"), lambda one: one.name, lambda one: one.name, _station_link,
           cell="readings/_station_name.html"),
    Column("index", gettext_lazy("Index"), lambda one: one.verdict.index if one.verdict else None, listing.index_of,
           cell="readings/_station_index.html", is_number=True),
    Column("class", gettext_lazy("Class"), lambda one: one.verdict.class_word if one.verdict else "", listing.klass_of,
           cell="readings/_station_class.html"),
    Column("deciding", gettext_lazy("Deciding"), lambda one: one.verdict.deciding_text if one.verdict else "",
           cell="readings/_station_deciding.html"),
    Column("interval", gettext_lazy("Interval judged (Beijing time)"),
           lambda one: words.iso(one.verdict.time) if one.verdict else "", listing.time_of,
           cell="readings/_station_interval.html"),
    Column("code", gettext_lazy("Station code"), lambda one: one.point.id, lambda one: one.point.id, is_shown=False),
    Column("city", gettext_lazy("City"), lambda one: one.city, lambda one: one.city, is_shown=False),
    Column("district", gettext_lazy("District"), lambda one: one.district, lambda one: one.district, is_shown=False),
    Column("element", gettext_lazy("Element"), lambda one: one.element, lambda one: one.element, is_shown=False),
    Column("exceeding", gettext_lazy("Exceeding"), lambda one: one.verdict.exceeding_text if one.verdict else "",
           is_shown=False),
    Column("end", gettext_lazy("Judged until"), lambda one: words.iso(one.verdict.end) if one.verdict else "",
           is_shown=False),
    Column("edition", gettext_lazy("Edition of the rule"), lambda one: one.verdict.edition if one.verdict else "",
           is_shown=False),
    Column("note", gettext_lazy("Note"), lambda one: one.verdict.note_text if one.verdict else "", is_shown=False),
)  # fmt: skip


@require_safe
def stations(request: HttpRequest) -> HttpResponse:
    """The front door: a map, a sentence for each city, and every station with its newest verdict."""
    snapshot = engines().snapshot()
    present = listing.elements_present(snapshot)
    on_map = ELEMENT_BY_SLUG.get(request.GET.get("element", "")) or next(iter(present), None)
    given = request.GET.copy()
    given.setdefault("element", on_map.slug if on_map else "")  # the list says what the map shows
    form = StationFilter(given, snapshot)
    found: list[listing.Station] = []
    if form.is_valid():
        wanted = form.wanted()
        found = listing.chosen(listing.latest(engines().store, snapshot, now_ms(), wanted.element), wanted)
    everywhere = map_frames.shown(found, on_map) if on_map else []
    period = map_frames.stepped(everywhere, on_map) if on_map else None
    empty = _("No station fits this filter.")
    if not snapshot.points:
        empty = _("No station is registered yet. The city bureau registers stations; their data then appear here.")
    shown = Table(
        "stations", _("List of the stations"), _columns(request, on_map), found, form,
        attributes=lambda station: {"data-point": station.point.id}, empty=empty, is_folded=True,
        subject=frozenset({"element"}),
    )  # fmt: skip
    return respond(
        request,
        shown,
        "readings/stations.html",
        {
            "unplaced": sum(station.point.lon is None for station in everywhere),
            "said": map_frames.summaries(everywhere, map_frames.newest_time(everywhere, period)),
            "map": map_pages.start(on_map, period) if on_map else None,
            "is_stepped": period is not None,
            "reach": map_frames.REACH,
            "element_name": words.element_name(on_map) if on_map else "",
            "has_reports": bool(on_map and on_map.reports),
            "slug": on_map.slug if on_map else "",
            "classes": [(f"{on_map.slug}-{at}", words.class_name(of)) for at, of in enumerate(on_map.classes)]
            if on_map
            else [],
            "elements": map_pages.elements(on_map) if on_map else [],
            "cities": list({station.point.city: station.city for station in everywhere if station.point.city}.items()),
            "replays": listing.replays(found),
        },
    )


def _columns(request: HttpRequest, element: Element | None) -> tuple[Column, ...]:
    """The columns of the list: with all elements in it their names too, with one what that one has and calls so."""
    if element is None:
        return _STATIONS
    if request.GET.get("element") == "":
        return tuple(replace(one, is_shown=True) if one.name == "element" else one for one in _STATIONS)
    shown = []
    for one in _STATIONS:
        if one.name == "index":
            one = replace(one, head=element.index_name or one.head, is_shown=bool(element.index_name))
        elif one.name == "deciding":
            one = replace(one, head=words.deciding(element))
        elif one.name == "class" and not element.classes:
            one = replace(one, is_shown=False)
        shown.append(one)
    return tuple(shown)


def _verdict_row(verdict: listing.Verdict) -> tuple[object, ...]:
    klass = verdict.result_class
    exceeding = ";".join(
        f"{slug}={verdict.multiples[slug]}" if slug in verdict.multiples else slug for slug in verdict.exceeding
    )
    return (
        words.iso(verdict.time), words.iso(verdict.end), verdict.index, klass.word if klass else "",
        ";".join(verdict.deciding), exceeding, verdict.edition, verdict.note,
    )  # fmt: skip


# one station


def _point(point: str) -> Point:
    found = engines().snapshot().point_by_id.get(point)
    if found is None:
        raise Http404(_("No station is registered as “%(point)s”.") % {"point": point})
    return found


def _table(request: HttpRequest, point: Point) -> table.Table:
    """The table a reader asks for; an address with other words than ours is not found."""
    element = ELEMENT_BY_SLUG.get(point.element)
    if element is None:
        raise Http404(_("This version of Lichen does not know the element “%(element)s”.") % {"element": point.element})
    store, periods = engines().store, spans.periods_of(element)
    verdict = None
    if "period" in request.GET:
        given = request.GET["period"]
    else:
        usual, verdict = table.usual_period(store, element, point.id)
        given = str(usual)
    if given not in periods:
        raise Http404(_("“%(given)s” is no period of this station; there are: %(known)s.")
                      % {"given": given, "known": ", ".join(periods)})  # fmt: skip
    period = Period(given)
    rows = request.GET.get("rows", str(table.ROWS[period][0]))
    if rows not in map(str, table.ROWS[period]):
        raise Http404(_("“%(given)s” is no number of rows; there are: %(known)s.")
                      % {"given": rows, "known": ", ".join(map(str, table.ROWS[period]))})  # fmt: skip
    before = request.GET.get("before")
    if before is None:
        stop = table.end_of(store, element, period, point.id, verdict)
    else:
        instant = parse_digits(before) if before.isascii() else None
        if instant is None:
            raise Http404(_("“%(given)s” is no time; write it as 20260301080000 (Beijing time).") % {"given": before})
        stop = spans.start_of(instant, period)
    return table.table_of(store, point, element, period, stop, int(rows))


@require_safe
def station(request: HttpRequest, point: str) -> HttpResponse:
    """One station: what it measured, interval by interval or sample by sample, and what it is."""
    of = _point(point)
    found = _table(request, of)
    said, note = words.replay(of)
    return render(
        request,
        "readings/station.html",
        {
            "point": of,
            "name": words.point_name(of),
            "city": words.city_name(of),
            "district": words.district_name(of),
            "element_name": words.element_name(found.element),
            "kind": words.kind_name(found.element, of.kind),
            "registered": registered.history(of, found.element),
            "registered_now": [one for one in registered.used(of, found.element, now_ms()) if not one.is_assumed],
            "is_sample": found.period is Period.SAMPLE,
            "rows_asked": int(request.GET.get("rows", table.ROWS[found.period][0])),
            "deciding": words.deciding(found.element),
            "said": said,
            "note": note,
            "table": found,
            "columns": [(words.parameter_name(slug), words.unit(slug)) for slug in found.parameters],
            "legend": table.reasons(found),
            "older": _digits(found.start),
            "newer": "" if found.newer is None else _digits(found.newer),
            "periods": [(str(p), words.period(p)) for p in spans.periods_of(found.element)],
            "row_choices": table.ROWS[found.period],
            "instruments": [
                (words.parameter_name(one.parameter), one)
                for one in Instrument.objects.filter(point__code=point).order_by("parameter", "-valid_from")
            ],
            "devices": [device for device in engines().snapshot().devices if device.point == point],
            "charts": charts_of_station(of, found),
        },
    )


def _digits(instant: int) -> str:
    return format_digits(instant, 17 if instant % 1000 else 14)


@require_safe
def station_csv(request: HttpRequest, point: str) -> HttpResponse:
    """The table of a station as a file."""
    found = _table(request, _point(point))
    header = ["start", "end", "index", "class", "deciding", "exceeding", "edition", "note"]
    for slug in found.parameters:
        header += [slug, f"{slug}_flag"]
    rows = []
    for row in found.rows:
        verdict: tuple[object, ...] = (words.iso(row.time), words.iso(row.time + row.lasts), *("",) * 6)
        if row.verdict is not None:
            verdict = _verdict_row(row.verdict)
        cells = [part for cell in row.cells for part in (_number(cell), cell.flag)]
        rows.append((*verdict, *cells))
    return csv_response(f"{point}-{found.period}-{format_digits(found.start, 10)}.csv", header, rows)


def _number(cell: table.Cell) -> object:
    return f"<{words.exact(cell.value)}" if cell.is_below else cell.value


# why this number


@require_http_methods(["GET", "HEAD", "POST"])
def why(
    request: HttpRequest, point: str, name: str, period: str, time: str, source: str = "computed", stat: str = "avg"
) -> HttpResponse:
    """Why a number is what it is; officers may supersede a reported one here."""
    try:
        place = Place.parse(point, name, period, time, source, stat)
    except NoSuchAddress as unknown:
        raise Http404(_("This address names no number.")) from unknown
    of = engines().snapshot().point_by_id.get(point)
    may = of is not None and place.source is Source.REPORTED and may_review(request.user, of)
    form = None
    if request.method == "POST":
        if not may:
            raise PermissionDenied(_("Only officers responsible for this point may supersede its reported values."))
        form = Supersede(request.POST)
        if form.is_valid() and _superseded(request, place, form):
            return redirect(place.url)
    try:
        found = explain(engines(), place)
    except NothingToTrace as nothing:
        raise Http404(_("There is no such number: nothing was measured or computed there.")) from nothing
    except LedgerError as unreadable:
        return render(request, "readings/unreadable.html", _about(place, of) | {"reason": str(unreadable)})
    context: dict[str, Any] = _about(place, of) | {"found": found, "number": found.number}
    context["live"] = live(engines(), found)
    if may:
        context["form"] = form or Supersede(initial={"seen_version": found.number.node.version})
    return render(request, "readings/why.html", context)


def _about(place: Place, point: Point | None) -> dict[str, Any]:
    said, note = words.replay(point) if point else ("", "")
    return {"place": place, "point": point, "name": words.point_name(point) if point else place.point,
            "said": said, "note": note}  # fmt: skip


def _superseded(request: HttpRequest, place: Place, form: Supersede) -> bool:
    """Whether the decision was taken; if not, the form says why. `PermissionDenied` passes through."""
    given = form.cleaned_data
    try:
        actions.supersede(
            request.user, place.series, place.time, seen_version=given["seen_version"], value=given["value"],
            reason=given["reason"],
        )  # fmt: skip
    except ValidationError as refused:
        form.add_error(None, refused)
        return False
    messages.success(request, _("The decision is sealed. The old value stays below for everybody to see."))
    return True
