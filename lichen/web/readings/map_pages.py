"""What the map's script asks for."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element
from lichen.vocab.clock import now_ms, parse_digits
from lichen.vocab.periods import Period
from lichen.web.engines import engines
from lichen.web.readings import map_frames, spans, words
from lichen.web.readings.outlines import outlines
from lichen.web.readings.stations import elements_present
from lichen.web.static_files import cacheable

#: How long a browser may show a past hour without asking again. [s]
PAST_MAX_AGE_S = 60


@require_safe
def opening(request: HttpRequest) -> HttpResponse:
    """Points, classes and the newest frame of an element."""
    found = map_frames.opening(engines().store, engines().snapshot(), _element(request), now_ms())
    response = JsonResponse(found)
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ("Cookie",))
    return response


@require_safe
def hour(request: HttpRequest) -> HttpResponse:
    """The frame of one interval: ``period``, and ``time`` = its start as Beijing-time digits."""
    element = _element(request)
    given = request.GET.get("time", "")
    time = parse_digits(given) if given.isascii() else None
    even = [period for period in spans.periods_judged(element) if spans.is_even(period)]
    wanted = request.GET.get("period", str(even[0]) if even else "")
    if wanted not in even:
        raise Http404(_("“%(given)s” is no period of this station; there are: %(known)s.")
                      % {"given": wanted, "known": ", ".join(even)})  # fmt: skip
    period = Period(wanted)
    if time is None or spans.start_of(time, period) != time:
        raise Http404(_("“%(given)s” is no time; write it as 20260301080000 (Beijing time).") % {"given": given})
    response = JsonResponse(map_frames.past(engines().store, engines().snapshot(), element, period, time, now_ms()))
    response["Cache-Control"] = f"private, max-age={PAST_MAX_AGE_S}"
    patch_vary_headers(response, ("Cookie",))
    return response


@require_safe
def districts(request: HttpRequest) -> HttpResponse:
    """Outlines of the districts of the cities that have a point."""
    cities = frozenset(point.city for point in engines().snapshot().points)
    data = outlines(cities, settings.OUTLINES)
    response = cacheable(request, data, "application/geo+json")
    patch_vary_headers(response, ("Accept-Encoding",))
    if response.status_code == 200 and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = _compressed(data)
        response["Content-Encoding"] = "gzip"
        response["ETag"] = f"W/{response['ETag']}"
    return response


@lru_cache(4)
def _compressed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _element(request: HttpRequest) -> Element:
    given = request.GET.get("element", "")
    found = ELEMENT_BY_SLUG.get(given)
    if found is None:
        raise Http404(_("This version of Lichen does not know the element “%(element)s”.") % {"element": given})
    return found


def start(element: Element, period: Period | None) -> dict[str, Any]:
    """What the page tells its script: addresses, tiles, and words that are not part of a frame.

    `period` is what the map steps through (`map_frames.stepped`).
    """
    return {
        "opening": f"{reverse('map.json')}?element={element.slug}",
        "hour": f"{reverse('map_hour.json')}?element={element.slug}&period={period or ''}&time=",
        "outlines": reverse("map_districts.json"),
        "live": "/api/v1/live",
        "element": element.slug,
        "tiles": settings.TILES,
        "attribution": settings.TILES_ATTRIBUTION,
        "words": {
            "play": _("Play"), "pause": _("Pause"), "live": _("Live"), "past": _("Back to now"),
            "waiting": _("No live connection; trying again. Shown: what came before."),
            "failed": _("The values could not be loaded. Try again in a minute."),
            "no_map": _("This browser cannot draw the map (it needs WebGL). The list beside it says the same."),
            "no_place": _("None of these stations is registered with a position. The list beside shows them all."),
            "no_verdict": _("not judged"), "late": _("late"),
            "without": _("Nothing has been judged here yet."),
        },
    }  # fmt: skip


def elements(chosen: Element) -> list[tuple[str, str, bool]]:
    """The elements to switch between: address, name, whether it is the one shown."""
    return [
        (f"{reverse('stations')}?element={one.slug}", words.element_name(one), one is chosen)
        for one in elements_present(engines().snapshot())
    ]
