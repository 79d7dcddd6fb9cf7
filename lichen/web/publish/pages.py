"""The open data pages: what there is, what it means, and the files."""

from __future__ import annotations

import json
import re
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.vocab.clock import now_ms
from lichen.vocab.registry import Point
from lichen.vocab.units import text_of
from lichen.web.engines import engines
from lichen.web.exports import csv_response
from lichen.web.publish import catalogue
from lichen.web.publish.datasets import Dataset, datasets, find, flags
from lichen.web.publish.files import KEPT_S, File, Month, file_of, months
from lichen.web.publish.sending import send
from lichen.web.readings import words

FORMS = ("csv", "parquet")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def _about() -> dict[str, Any]:
    return {
        "licence": catalogue.licence(),
        "licence_url": settings.OPEN_DATA_LICENCE_URL,
        "publisher": catalogue.publisher(),
        "basis": settings.OPEN_DATA_BASIS,
    }


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every data set, the licence, the interface."""
    opened = engines()
    snapshot = opened.snapshot()
    shown = [(one, months(opened.store, snapshot, one)) for one in datasets(snapshot)]
    return render(
        request,
        "publish/overview.html",
        {
            **_about(),
            "datasets": [
                (one, len(found), found[-1].text if found else "", found[0].text if found else "")
                for one, found in shown
            ],
            "points": len(snapshot.points),
            "registry_version": snapshot.version,
        },
    )


def _dataset(slug: str) -> Dataset:
    found = find(engines().snapshot(), slug)
    if found is None:
        raise Http404(_("There is no data set “%(slug)s”.") % {"slug": slug})
    return found


@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """One data set: columns, parameters, flags, files."""
    found = _dataset(slug)
    opened = engines()
    there = months(opened.store, opened.snapshot(), found)
    return render(
        request,
        "publish/dataset.html",
        {
            **_about(),
            "dataset": found,
            "months": [
                (month.text, [(form, catalogue.file_address(found, month, form)) for form in FORMS]) for month in there
            ],
            "parameters": [(one, words.parameter_name(one.slug), text_of(one.unit)) for one in found.parameters],
            "flags": flags(),
            "metadata": catalogue.core_metadata(found),
            "api": catalogue.api_address(found),
            "kept_minutes": int(KEPT_S // 60),
            "json_ld": json.dumps(
                catalogue.schema_org(found, there, request.build_absolute_uri), ensure_ascii=False
            ).replace("<", "\\u003c"),
        },
    )


def _file(slug: str, month: str, form: str) -> tuple[Dataset, Month, File]:
    found = _dataset(slug)
    digits = _MONTH.fullmatch(month)
    opened = engines()
    wanted = Month(int(digits[1]), int(digits[2])) if digits else None
    if wanted is None or form not in FORMS or wanted not in months(opened.store, opened.snapshot(), found):
        raise Http404(_("This data set has no file for “%(month)s”; its page lists the months.") % {"month": month})
    return found, wanted, file_of(opened.store, opened.snapshot(), found, wanted, form)


@require_safe
def download(request: HttpRequest, slug: str, month: str, form: str) -> HttpResponseBase:
    """The file of a month."""
    found, wanted, file = _file(slug, month, form)
    etag = quote_etag(file.sha256[:32])
    kept: HttpResponse | None = get_conditional_response(request, etag)
    response: HttpResponseBase = kept or send(request, file.path, f"{catalogue.MEDIA[form]}; charset=utf-8")
    response["ETag"] = etag
    response["Last-Modified"] = http_date(file.made)
    response["Cache-Control"] = f"public, max-age={int(KEPT_S)}"
    response["Content-Disposition"] = f'attachment; filename="{found.slug}-{wanted.text}.{form}"'
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def checksum(request: HttpRequest, slug: str, month: str, form: str) -> HttpResponse:
    """The SHA-256 of the file of a month, as ``sha256sum --check`` reads it."""
    found, wanted, file = _file(slug, month, form)
    return HttpResponse(f"{file.sha256}  {found.slug}-{wanted.text}.{form}\n", content_type="text/plain; charset=utf-8")


@require_safe
def catalog(request: HttpRequest) -> HttpResponse:
    """The catalogue for machines."""
    opened = engines()
    snapshot = opened.snapshot()
    found = catalogue.dcat(
        snapshot, lambda one: months(opened.store, snapshot, one), absolute=request.build_absolute_uri
    )
    response = JsonResponse(found, content_type="application/ld+json", json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"
    return response


# the registry of points

_POINT = ("point", "name_zh", "name_en", "element", "kind", "city", "district", "lon", "lat", "since", "until")


def _row(point: Point) -> tuple[object, ...]:
    since, until = (None if one is None else words.iso(one) for one in (point.valid_from, point.valid_until))
    return (
        point.id, point.name_zh, point.name_en, point.element, point.kind, point.city, point.district, point.lon,
        point.lat, since, until,
    )  # fmt: skip


@require_safe
def points_csv(request: HttpRequest) -> HttpResponse:
    """The registry of points as CSV."""
    return csv_response("points.csv", _POINT, (_row(point) for point in engines().snapshot().points))


@require_safe
def points_geojson(request: HttpRequest) -> HttpResponse:
    """The registry of points as GeoJSON (RFC 7946); a point without a position has no geometry."""
    snapshot = engines().snapshot()
    features = [
        {
            "type": "Feature",
            "id": point.id,
            "geometry": None
            if point.lon is None or point.lat is None
            else {"type": "Point", "coordinates": [point.lon, point.lat]},
            "properties": dict(zip(_POINT[1:], _row(point)[1:], strict=True)),
        }
        for point in snapshot.points
    ]
    response = JsonResponse(
        {"type": "FeatureCollection", "generated": words.iso(now_ms()), "features": features},
        content_type="application/geo+json",
        json_dumps_params={"ensure_ascii": False},
    )
    response["Access-Control-Allow-Origin"] = "*"
    response["Content-Disposition"] = 'attachment; filename="points.geojson"'
    return response
