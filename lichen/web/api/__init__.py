"""The JSON API, version 1: what the pages show, for programs. Reading only; no account needed.

Instants are ISO 8601 with a zone; those we write are in the zone of `tz`, Beijing time unless you ask otherwise.
Lists have ``items`` and ``next``: give its text as ``cursor`` to go on, null means the end. Every refusal is
``{"error": {"code": …, "message": …}}``; codes never change.

What a ledger entry holds is what came in, byte for byte. HJ 212 sends the device's password in clear inside each
packet: whoever may read the ledger reads it there, as on the wire. Nothing here adds to that.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from lichen.web.api import ledger, points, readings, refusals, whys
from lichen.web.api.openapi import Api
from lichen.web.api.page import reference

api = Api(title="Lichen", version="1", description=__doc__, docs_url=None, urls_namespace="api")
refusals.register(api)
rest = Router()


@rest.get("/", include_in_schema=False, url_name="reference")
def root(request: HttpRequest) -> HttpResponse:
    """The description for people."""
    return reference(request, api.get_openapi_schema())


@rest.get("/{path:path}", include_in_schema=False, url_name="nothing")
def nothing(request: HttpRequest, path: str) -> None:
    """Every other address; the last one, so that it takes none of ours."""
    raise refusals.nothing_here()


for router in (points.router, readings.router, whys.router, ledger.router, rest):
    api.add_router("", router)
