"""The description of the API: what ninja makes of the code, and what it cannot know."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_noop as _
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from lichen.web.api.edge import guarded
from lichen.web.api.formats import MEDIA
from lichen.web.api.live import KINDS

_WORDS = {
    200: _("The answer"),
    304: _("You have it already"),
    400: _("Well formed, but makes no sense"),
    401: _("The token is unknown, revoked or has ended"),
    403: _("The token lacks the scope"),
    404: _("There is no such thing"),
    405: _("Only reading is possible"),
    406: _("No format you accept"),
    422: _("Not as described here"),
    429: _("Too many requests; Retry-After says when to go on"),
    500: _("A fault of ours, or a ledger that was altered"),
    503: _("The data cannot be read at present"),
}
_HEADERS = {
    "RateLimit-Limit": (_("Requests in a minute"), "integer"),
    "RateLimit-Remaining": (_("How many are left now"), "integer"),
    "RateLimit-Reset": (_("Seconds until all are there again"), "integer"),
    "RateLimit-Policy": (_("The same as one text"), "string"),
}
_BINARY = {"type": "string", "format": "binary"}


class Api(NinjaAPI):
    """A NinjaAPI whose every address lies behind `lichen.web.api.edge` and whose description is complete."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        found, app, namespace = super().urls
        for pattern in found:
            assert isinstance(pattern, URLPattern)
            pattern.callback = guarded(pattern.callback)
        return found, app, namespace

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        schema["servers"] = [{"url": "/"}]
        schema["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": _("Optional; raises the rate limit")}
        }
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                _complete(path, operation)
        schema["paths"][f"{_root(schema)}live"] = {"get": _live()}
        return schema


def _root(schema: OpenAPISchema) -> str:
    first: str = next(iter(schema["paths"]))
    return first.rpartition("/")[0] + "/"


def _complete(path: str, operation: dict[str, Any]) -> None:
    for one in operation.get("parameters", ()):
        if one["name"] == "period" and one["required"]:  # ninja lets the docstring of the type win over our words
            one["description"] = _("What interval a value covers")
    responses = operation["responses"]
    name = path.rpartition("/")[2]
    if name in ("latest", "series"):
        for form in ("csv", "arrow", "parquet"):
            responses[200]["content"][MEDIA[form]] = {"schema": _BINARY if form != "csv" else {"type": "string"}}
    else:
        del responses[406]
    if name in ("latest", "series", "results", "points", "{point}"):
        responses[304] = {}
    for status, response in responses.items():
        response["description"] = _WORDS[int(status)]
        if status != 401:
            response["headers"] = {
                header: {"description": words, "schema": {"type": kind}} for header, (words, kind) in _HEADERS.items()
            }
    operation["responses"] = dict(sorted(responses.items()))
    operation["security"] = [{}, {"token": []}]


def _live() -> dict[str, Any]:
    """The stream, which does not go through ninja."""
    kinds = "|".join(KINDS)
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}}
    return {
        "operationId": "lichen_web_api_live",
        "summary": _("News as they happen (server-sent events)"),
        "description": _(
            "An endless stream. Event judged: data {element, period, points, newest}; event observed: data "
            "{period, points, newest}; newest is the start of the newest interval. A comment every 15 s keeps the "
            "connection. Who reads too slowly is disconnected; connect again and ask for what you need."
        ),
        "parameters": [
            {
                "in": "query", "name": "events", "required": False,
                "description": _("Which events, comma-separated"),
                "schema": {"type": "string", "default": "judged", "pattern": f"^({kinds})(,({kinds}))*$"},
            },
            {
                "in": "query", "name": "element", "required": False,
                "description": _("Only verdicts on this element"),
                "schema": {"type": "string", "default": "", "maxLength": 60},
            },
        ],
        "responses": {
            200: {"description": _WORDS[200], "content": {"text/event-stream": {"schema": {"type": "string"}}}},
            **{status: {"description": _WORDS[status], **error} for status in (401, 403, 405, 422, 503)},
        },
        "tags": ["live"],
        "security": [{}, {"token": []}],
    }  # fmt: skip
