"""What the charts of a station fetch, as JSON."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element
from lichen.vocab.clock import now_ms, parse_digits
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point
from lichen.web.engines import engines
from lichen.web.readings import charts, spans, table
from lichen.web.readings.city_pages import year_asked


def registered(point: str) -> tuple[Point, Element]:
    """The point of an address and its element, else `Http404`."""
    found = engines().snapshot().point_by_id.get(point)
    if found is None:
        raise Http404(_("No station is registered as “%(point)s”.") % {"point": point})
    element = ELEMENT_BY_SLUG.get(found.element)
    if element is None:
        raise Http404(_("This version of Lichen does not know the element “%(element)s”.") % {"element": found.element})
    return found, element


@require_safe
def course(request: HttpRequest, point: str) -> HttpResponse:
    """Values with limits: ``period``, ``span`` (how many intervals, or years) and ``before`` (Beijing digits)."""
    found, element = registered(point)
    store = engines().store
    periods = spans.periods_of(element)
    given = request.GET.get("period") or str(table.usual_period(store, element, point)[0])
    if given not in periods:
        raise Http404(_("“%(given)s” is no period of this station; there are: %(known)s.")
                      % {"given": given, "known": ", ".join(periods)})  # fmt: skip
    period = Period(given)
    span = request.GET.get("span", str(charts.spans_of(period)[0]))
    if span not in map(str, charts.spans_of(period)):
        raise Http404(_("“%(given)s” is no span; there are: %(known)s.")
                      % {"given": span, "known": ", ".join(map(str, charts.spans_of(period)))})  # fmt: skip
    before = request.GET.get("before")
    instant = parse_digits(before) if before is not None and before.isascii() else None
    if before is not None and instant is None:
        raise Http404(_("“%(given)s” is no time; write it as 20260301080000 (Beijing time).") % {"given": before})
    stop = table.end_of(store, element, period, point) if instant is None else spans.start_of(instant, period)
    return JsonResponse(charts.course(store, found, element, period, charts.begin(stop, period, int(span)), stop))


@require_safe
def year(request: HttpRequest, point: str) -> HttpResponse:
    """The classes of a year's days."""
    found, element = registered(point)
    return JsonResponse(charts.year(engines().store, found, element, year_asked(request, now_ms())))


@require_safe
def profile(request: HttpRequest, point: str) -> HttpResponse:
    """The mean day, the mean week, and the wind where it is measured; of elements that are shown by the hour."""
    found, element = registered(point)
    store, period = engines().store, Period.HOUR
    if period not in spans.periods_of(element):
        raise Http404(_("“%(given)s” is no period of this station; there are: %(known)s.")
                      % {"given": period, "known": ", ".join(spans.periods_of(element))})  # fmt: skip
    stop = table.end_of(store, element, period, point)
    told = charts.profile(store, found, element, period, stop)
    told["wind"] = charts.wind_rose(store, found, element, period, stop) if charts.has_wind(store, found) else None
    return JsonResponse(told)
