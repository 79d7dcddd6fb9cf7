"""``/static/``: our own few files and those of Django's administration pages, found once and kept in memory."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

#: How long a browser may use a file without asking whether it has changed. [s]
MAX_AGE_S = 600
_FILES_KEPT = 512


def static_file(request: HttpRequest, path: str) -> HttpResponse:
    """A file of the static folders; the answer to a browser that has it already is 304."""
    found = _read(path)
    if found is None:
        raise Http404
    data, kind = found
    return cacheable(request, data, kind)


def cacheable(request: HttpRequest, data: bytes, kind: str) -> HttpResponse:
    """An answer that browsers and proxies may keep for `MAX_AGE_S`, or 304."""
    etag = quote_etag(hashlib.sha256(data).hexdigest()[:32])
    response = get_conditional_response(request, etag) or HttpResponse(data, content_type=kind)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return response


@lru_cache(_FILES_KEPT)
def _read(path: str) -> tuple[bytes, str] | None:
    place = finders.find(path)
    if not isinstance(place, str) or not Path(place).is_file():
        return None
    kind, _ = mimetypes.guess_type(path)
    kind = kind or "application/octet-stream"
    if kind.startswith("text/") or kind == "image/svg+xml":
        kind += "; charset=utf-8"
    return Path(place).read_bytes(), kind
