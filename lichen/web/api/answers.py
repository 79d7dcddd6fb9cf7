"""Answers in JSON."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from lichen.web.api.freshness import keep
from lichen.web.api.shapes import ErrorOut

#: What every address may refuse with.
REFUSALS: dict[Any, Any] = dict.fromkeys((400, 401, 403, 404, 405, 406, 422, 429, 500, 503), ErrorOut)


def answer(body: Any, etag: str | None) -> HttpResponse:
    """The body in JSON; with an ETag it may be kept and asked for again, without one it may not be kept.

    Not checked against its shape at run time: that takes longer than making it. The tests check every address.
    """
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
        content_type="application/json; charset=utf-8",
    )
    if etag is not None:
        return keep(response, etag)
    response["Cache-Control"] = "no-store"
    return response
