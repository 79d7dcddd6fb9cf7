"""``/static/``: our own few files and those of Django's administration pages, found once and kept in memory."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag

#: How long a browser may use a file without asking whether it has changed. [s]
MAX_AGE_S = 600
#: The same for built files: another content has another name. [s]
BUILT_MAX_AGE_S = 365 * 24 * 3600
_BUILT = "built/"
_FILES_KEPT = 512
#: Codings that the build leaves beside its files, the smallest first.
_CODINGS = {"br": ".br", "gzip": ".gz"}


class _File(NamedTuple):
    data: bytes
    kind: str
    coded: dict[str, bytes]


def static_file(request: HttpRequest, path: str) -> HttpResponse:
    """A file of the static folders; the answer to a browser that has it already is 304."""
    found = _read(path)
    if found is None:
        raise Http404
    response = cacheable(request, found.data, found.kind)
    if path.startswith(_BUILT) and not path.endswith(".json"):
        response["Cache-Control"] = f"public, max-age={BUILT_MAX_AGE_S}, immutable"
    if found.coded:
        patch_vary_headers(response, ("Accept-Encoding",))
        _encode(request, response, found)
    return response


def _encode(request: HttpRequest, response: HttpResponse, found: _File) -> None:
    if response.status_code != 200:
        return
    accepted = _accepted(request)
    for coding, data in found.coded.items():
        if coding in accepted:
            response.content = data
            response["Content-Encoding"] = coding
            # Other bytes, so another strong tag; `cacheable` looked for the plain one.
            response["ETag"] = f"W/{response['ETag']}"
            return


def _accepted(request: HttpRequest) -> set[str]:
    """The content codings a browser takes.

    >>> from django.test import RequestFactory
    >>> sorted(_accepted(RequestFactory().get("/", headers={"accept-encoding": "gzip, br;q=0, zstd;q=0.5"})))
    ['gzip', 'zstd']
    """
    found = set()
    for said in request.headers.get("Accept-Encoding", "").split(","):
        coding, _, parameter = said.strip().partition(";")
        if coding and parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            found.add(coding.strip().lower())
    return found


def cacheable(request: HttpRequest, data: bytes, kind: str) -> HttpResponse:
    """An answer that browsers and proxies may keep for `MAX_AGE_S`, or 304."""
    etag = quote_etag(hashlib.sha256(data).hexdigest()[:32])
    response = get_conditional_response(request, etag) or HttpResponse(data, content_type=kind)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return response


@lru_cache(_FILES_KEPT)
def _read(path: str) -> _File | None:
    place = finders.find(path)
    if not isinstance(place, str) or not Path(place).is_file():
        return None
    kind, _ = mimetypes.guess_type(path)
    kind = kind or "application/octet-stream"
    if kind.startswith("text/") or kind == "image/svg+xml":
        kind += "; charset=utf-8"
    beside = {coding: Path(place + ending) for coding, ending in _CODINGS.items()} if path.startswith(_BUILT) else {}
    coded = {coding: one.read_bytes() for coding, one in beside.items() if one.is_file()}
    return _File(Path(place).read_bytes(), kind, coded)
