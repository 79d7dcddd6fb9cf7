"""The wall's page and the state it asks for."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.elements import ELEMENT_BY_SLUG, ELEMENTS
from lichen.elements.descriptor import Element
from lichen.vocab.clock import now_ms
from lichen.web.assets import asset
from lichen.web.engines import engines
from lichen.web.readings import words
from lichen.web.readings.stations import elements_present
from lichen.web.room.wall import wall

#: Tiles on the wall at once; more stations take turns.
TILES = 20


def _element(request: HttpRequest) -> Element:
    given = request.GET.get("element", "")
    if given:
        known = ELEMENT_BY_SLUG.get(given)
        if known is None:
            raise Http404(_("This version of Lichen does not know the element “%(element)s”.") % {"element": given})
        return known
    return next(iter(elements_present(engines().snapshot())), ELEMENTS[0])


@require_safe
def room(request: HttpRequest) -> HttpResponse:
    """The page; its script asks for the state and keeps it fresh."""
    element = _element(request)
    return render(
        request,
        "room/room.html",
        {
            "element": words.element_name(element),
            "tiles": range(TILES),
            "classes": element.classes,
            "figures": range(4),
            "settings": {
                "state": f"{reverse('room-state')}?element={element.slug}",
                "live": "/api/v1/live",
                "version": asset("room.js"),
                "index": element.index_name or _("class (1 = best)"),
                "colours": ["rgb({} {} {})".format(*klass.rgb) for klass in element.classes],
                "words": {
                    "fresh": _("updated {seconds} s ago"),
                    "stale": _("NO NEW DATA since {time}: what stands here is old"),
                    "better": _("{name}: better, {word} {number}"),
                    "worse": _("{name}: worse, {word} {number}"),
                    "lost": _("{name}: no current value"),
                    "back": _("{name}: sends again, {word} {number}"),
                    "judged": _("{count} stations judged"),
                    "quiet": _("Nothing to report."),
                    "chart": _("{name}: {index}, {span}"),
                    "page": _("{page} of {pages}"),
                },
            },
        },
    )


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """What the wall shows now."""
    opened = engines()
    found = wall(opened.store, opened.snapshot(), _element(request), now_ms())
    response = JsonResponse({**found, "version": asset("room.js")}, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response
