"""The explorer's page, the data of its chart, and the file to take away."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.store import AsOf
from lichen.vocab.registry import Snapshot
from lichen.web.engines import engines
from lichen.web.explorer.asked import LONGEST, MOST_SERIES, Asked, asked, form, key_of
from lichen.web.explorer.curves import curves, name_of
from lichen.web.explorer.known import as_of
from lichen.web.explorer.thinning import KEPT, MOST
from lichen.web.exports import csv_response
from lichen.web.readings import words
from lichen.web.readings.stations import elements_present


def _known(wanted: Asked) -> AsOf | None:
    opened = engines()
    return None if wanted.moment is None else as_of(opened.raw_log, opened.acts_log, wanted.moment)


@require_safe
def explore(request: HttpRequest) -> HttpResponse:
    """Choose series and look at them."""
    opened = engines()
    snapshot = opened.snapshot()
    wanted = asked(request.GET, snapshot)
    known = _known(wanted)
    shown = curves(opened.store, snapshot, wanted.series, wanted.start, wanted.stop, known)
    return render(
        request,
        "explorer/explore.html",
        {
            "wanted": wanted,
            "start": form(wanted.start),
            "stop": form(wanted.stop),
            "moment": form(wanted.moment) if wanted.moment is not None else "",
            "known": known,
            "keys": [key_of(one) for one in wanted.series],
            "rows": [
                (number, name_of(curve.series, snapshot), curve.unit, curve.summary, wanted.without(curve.series))
                for number, curve in enumerate(shown, 1)
            ],
            "is_full": len(wanted.series) >= MOST_SERIES,
            "most": MOST_SERIES,
            **_choices(snapshot),
            "settings": {
                "data": f"{reverse('explore-data')}?{wanted.query}",
                "start": wanted.start,
                "stop": wanted.stop,
                "words": {
                    "thinned": _("{drawn} of {rows} points drawn, highest and lowest kept; zoom in for all"),
                    "wrong": _("does not count"),
                    "empty": _("No value in this span."),
                    "failed": _("The data cannot be read at present; try again in a minute."),
                },
            },
        },
    )


def _choices(snapshot: Snapshot) -> dict[str, Any]:
    parameters = {
        slug: words.parameter_name(slug) for element in elements_present(snapshot) for slug in element.parameters
    }
    points = sorted(snapshot.points, key=lambda point: (point.city, point.name_zh))
    return {
        "points": [(point.id, f"{words.city_name(point)} · {words.point_name(point)}") for point in points],
        "parameters": list(parameters.items()),
        "periods": [(str(period), words.period(period)) for period in reversed(LONGEST)],
    }


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """The curves as JSON, for the chart."""
    opened = engines()
    wanted = asked(request.GET, opened.snapshot())
    shown = curves(opened.store, opened.snapshot(), wanted.series, wanted.start, wanted.stop, _known(wanted))
    return JsonResponse(
        {
            "start": wanted.start,
            "stop": wanted.stop,
            "most": MOST,
            "kept": KEPT,
            "curves": [curve.to_json() for curve in shown],
        },
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )


@require_safe
def data_csv(request: HttpRequest) -> HttpResponse:
    """Every value of the curves as a file, none left out."""
    opened = engines()
    wanted = asked(request.GET, opened.snapshot())
    if not wanted.series:
        raise Http404(_("No series is chosen."))
    shown = curves(opened.store, opened.snapshot(), wanted.series, wanted.start, wanted.stop, _known(wanted))
    header = ("point", "parameter", "period", "source", "stat", "start", "value", "unit", "flag", "version")
    rows = (
        (*curve.series, words.iso(time), value, curve.unit, flag, version)
        for curve in shown
        for time, value, flag, version in zip(
            curve.time.tolist(), curve.value.tolist(), curve.flag.tolist(), curve.version.tolist(), strict=True
        )
    )
    return csv_response("readings.csv", header, rows)
