"""Where a point lies: the map to set its position on, and whether position and district agree."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.web.accounts.access import require_desk
from lichen.web.readings.outlines import district_at, has_outline, outlined_cities, outlines
from lichen.web.static_files import cacheable


def doubt(city: str, district: str, lon: float | None, lat: float | None) -> str:
    """What is doubtful about a position, in the reader's language; "" where nothing is, or nobody can tell.

    Parameters
    ----------
    city, district : str
        As the registry names them.
    lon, lat : float, optional
        [degree]

    Notes
    -----
    It is no refusal: the outlines are simplified, and a point may stand on the border.
    """
    if lon is None or lat is None or not city:
        return ""
    found = district_at(lon, lat, settings.OUTLINES)
    wanted = {"district": f"{city}{district}"}
    if found is None:
        if city in outlined_cities(settings.OUTLINES):
            return _("The position lies outside every district of the map, not in %(district)s.") % wanted
        return ""
    is_known = has_outline(city, district, settings.OUTLINES) if district else True
    if found == (city, district) or (not district and found[0] == city) or (found[0] == city and not is_known):
        return ""
    return _("The position lies in %(found)s, not in %(district)s.") % {**wanted, "found": "".join(found)}


def start() -> dict[str, Any]:
    """What the page of a point's form tells the script of its map."""
    return {
        "outlines": reverse("point-outlines"),
        "check": reverse("point-place"),
        "tiles": settings.TILES,
        "words": {
            "label": _("Map to set the position on"),
            "fits": _("The position lies in the district."),
            "none": _("No position yet: click on the map, or write longitude and latitude below."),
            "failed": _("The position could not be checked just now."),
            "no_map": _("This browser cannot draw the map (it needs WebGL). Write longitude and latitude instead."),
        },
    }


@login_required
@require_safe
def districts(request: HttpRequest) -> HttpResponse:
    """The outlines of all districts, as GeoJSON."""
    require_desk(request.user)
    data = outlines(outlined_cities(settings.OUTLINES), settings.OUTLINES)
    return cacheable(request, data, "application/geo+json")


@login_required
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Whether a position fits city and district, for the form: ``{"doubt": "…"}``."""
    require_desk(request.user)
    asked = request.GET
    try:
        lon, lat = (float(asked[name]) if asked.get(name) else None for name in ("lon", "lat"))
    except ValueError:
        return JsonResponse({"doubt": _("Longitude and latitude are numbers in degrees.")}, status=400)
    return JsonResponse({"doubt": doubt(asked.get("city", "").strip(), asked.get("district", "").strip(), lon, lat)})
