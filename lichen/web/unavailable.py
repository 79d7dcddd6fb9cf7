"""What readers see while a part is down: that it is, since when the numbers shown are old, and when to come again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from lichen.store.errors import StoreError
from lichen.vocab.clock import now_ms
from lichen.web.belt import StreamDown
from lichen.web.engines import EnginesClosed, are_open, engines
from lichen.web.lastknown import last_known
from lichen.web.readings import words

log = structlog.get_logger(__name__)

#: When to come again. [s]
RETRY_S = 60
_AWAY = (StoreError, EnginesClosed, OperationalError, InterfaceError, StreamDown)


class _UnavailablePages:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """An answer of 503 where a part is away; None: something else went wrong."""
        if not isinstance(fault, _AWAY):
            return None
        log.error("web: a part is away", path=request.path, error=str(fault))
        response = _answer(request, fault)
        response["Retry-After"] = str(RETRY_S)
        response["Cache-Control"] = "no-store"
        return response


def unavailable_pages(get_response: Callable[[HttpRequest], HttpResponse]) -> _UnavailablePages:
    """Middleware: a page in the reader's language instead of a fault, in JSON for scripts."""
    return _UnavailablePages(get_response)


def _answer(request: HttpRequest, fault: Exception) -> HttpResponse:
    message = _("The data cannot be read at present; try again in a minute.")
    if request.path.endswith((".json", ".jsonld", ".geojson")):
        return JsonResponse({"error": {"code": "not-ready", "message": message}}, status=503)
    # Without the request: who is signed in stands in the database, which may be what is away.
    text = render_to_string("503.html", {"part": _part(fault), "retry": RETRY_S, "last": _last()})
    return HttpResponse(text, status=503)


def _part(fault: Exception) -> str:
    if isinstance(fault, StoreError):
        return _("The store of measured values does not answer.")
    if isinstance(fault, EnginesClosed):
        return _("The engines of this site are not running.")
    if isinstance(fault, StreamDown):
        return _("The stream between gateway and site does not answer.")
    return _("The database of stations and accounts does not answer.")


def _last() -> list[dict[str, Any]]:
    """The last known verdicts with their age."""
    now = now_ms()
    points = engines().snapshot().point_by_id if are_open() else {}
    return [
        {
            "name": words.point_name(points[verdict.point]) if verdict.point in points else verdict.point,
            "index": verdict.index_text,
            "word": verdict.class_word,
            "swatch": verdict.swatch,
            "interval": verdict.interval,
            "age": words.age(now - verdict.end),
        }
        for verdict in last_known()
    ]
