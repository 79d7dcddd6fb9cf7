"""What an answer was made from, and whether the reader has it already.

The store is derived from the ledger and the registry: an answer made from it is the same as long as the worker's
cursor, the registry and this program are. What reads the sealed bytes themselves (why, entries, proofs) is made anew
each time: an alteration must show at once, not when a cache expires.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags

from lichen import __version__
from lichen.web.api.refusals import NotModified
from lichen.web.engines import Engines, engines

Response = TypeVar("Response", bound=HttpResponseBase)

#: Anybody may keep the answer, and must ask each time whether it still holds.
ASK_AGAIN = "public, no-cache"


def state(open_: Engines) -> str:
    """Names what the worker has taken in and the registry in force; equal states give equal answers."""
    cursor, snapshot = open_.taken_in(), open_.snapshot()
    return f"{cursor.entries}.{cursor.acts}.{cursor.closed}/{snapshot.version}.{snapshot.hash[:16]}/{__version__}"


def tag_of(request: HttpRequest, *made_from: str) -> str:
    """The weak ETag of the answer to this request. Call before reading what the answer is made from.

    Raises
    ------
    NotModified
        The reader has that answer.
    """
    named = "\n".join((request.get_full_path(), request.headers.get("Accept", ""), *made_from))
    etag = f'W/"{hashlib.sha256(named.encode()).hexdigest()[:32]}"'
    given = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in given or etag in given or etag.removeprefix("W/") in given:
        raise NotModified(etag)
    return etag


def derived(request: HttpRequest) -> str:
    """`tag_of` an answer made from store and registry."""
    return tag_of(request, state(engines()))


def keep(response: Response, etag: str) -> Response:
    """Say that the answer may be kept and asked for again."""
    response["ETag"] = etag
    response["Cache-Control"] = ASK_AGAIN
    response["Vary"] = "Accept"
    return response
