"""Monitoring points."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop as _
from ninja import Path, Query, Router

from lichen.vocab.registry import Point
from lichen.web.api.answers import REFUSALS, answer
from lichen.web.api.asking import ZONE_BEIJING, Cursor, Fields, Limit, Zone, chosen_fields, clock, page, registered
from lichen.web.api.edge import require
from lichen.web.api.freshness import derived
from lichen.web.api.shapes import PointOut, PointsOut
from lichen.web.engines import engines
from lichen.web.tokens.models import Scope

router = Router(tags=["points"])

FIELDS = tuple(PointOut.model_fields)


@router.get(
    "/points",
    response={200: PointsOut, **REFUSALS},
    summary=_("Monitoring points"),
    description=_("All points of the registry, those out of service too, in the order of their ids."),
)
def points(
    request: HttpRequest,
    element: Annotated[str, Query(max_length=60, description=_("Only points of this element"))] = "",
    city: Annotated[str, Query(max_length=60, description=_("Only points of this city"))] = "",
    fields: Fields = "",
    tz: Zone = ZONE_BEIJING,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> HttpResponse:
    require(request, Scope.DATA)
    etag = derived(request)
    wanted = chosen_fields(fields, FIELDS)
    snapshot = engines().snapshot()
    found = sorted(
        (one for one in snapshot.points if element in ("", one.element) and city in ("", one.city)),
        key=lambda one: one.id,
    )
    chosen, following = page(found, limit, cursor, lambda one: (one.id,))
    body = {
        "registry_version": snapshot.version,
        "registry_hash": snapshot.hash,
        "items": [_item(one, wanted, tz) for one in chosen],
        "next": following,
    }
    return answer(body, etag)


@router.get(
    "/points/{point}",
    response={200: PointOut, **REFUSALS},
    summary=_("One monitoring point"),
    description=_("What the registry says about a point today."),
)
def point(
    request: HttpRequest,
    point: Annotated[str, Path(max_length=200, description=_("Id of a monitoring point"))],
    fields: Fields = "",
    tz: Zone = ZONE_BEIJING,
) -> HttpResponse:
    require(request, Scope.DATA)
    etag = derived(request)
    return answer(_item(registered(point), chosen_fields(fields, FIELDS), tz), etag)


def _item(of: Point, fields: tuple[str, ...], zone: str) -> dict[str, Any]:
    iso = clock(zone)
    item = {name: getattr(of, name) for name in fields}
    for name in ("valid_from", "valid_until"):
        if item.get(name) is not None:
            item[name] = iso(item[name])
    if "attributes" in item:
        item["attributes"] = dict(item["attributes"])
    return item
