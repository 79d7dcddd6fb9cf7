"""What happens to every request of the API, whatever it asks: who is it, may it, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext

from lichen.web.api.limits import Verdict, address_of, take
from lichen.web.api.refusals import Refused, refusal
from lichen.web.tokens.actions import Grant, grant_of
from lichen.web.tokens.models import Scope

METHODS = "GET, HEAD, OPTIONS"
#: A page of another site may read all this; nothing here depends on cookies.
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After",
}
PREFLIGHT = {
    "Allow": METHODS,
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "Authorization, Accept, If-None-Match",
    "Access-Control-Max-Age": "86400",
}

View = Callable[..., HttpResponseBase]


def guarded(view: View) -> View:
    """A view behind the edge."""

    def at_the_edge(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        address = address_of(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
        try:
            grant, passed = pass_gate(request.headers.get("Authorization", ""), address)
            must_read(request.method or "")
        except Refused as refused:
            return _with(refusal(refused), OPEN)
        request.grant = grant  # type: ignore[attr-defined]
        return _with(_answer(view, request, args, kwargs), OPEN | passed.headers())

    at_the_edge.csrf_exempt = True  # type: ignore[attr-defined]
    return at_the_edge


def pass_gate(authorization: str, address: str, scope: Scope | None = None) -> tuple[Grant | None, Verdict]:
    """Who asks, and that it is not too often.

    Parameters
    ----------
    authorization : str
        The header; "" = nobody in particular.
    address : str
        Of the reader.
    scope : Scope, optional
        What a token must open.

    Raises
    ------
    Refused
        401, 403 or 429.
    """
    grant = _grant(authorization)
    if scope is not None:
        _require(grant, scope)
    verdict = take(grant, address)
    if not verdict.allowed:
        said = gettext("Too many requests; ask again in %(wait)s s.") % {"wait": verdict.wait}
        raise Refused(429, "too-many-requests", said, verdict.headers())
    return grant, verdict


def must_read(method: str) -> None:
    """Refuse whatever is not reading."""
    if method not in ("GET", "HEAD", "OPTIONS"):
        said = gettext("This address can only be read: %(methods)s.") % {"methods": METHODS}
        raise Refused(405, "read-only", said, {"Allow": METHODS})


def require(request: HttpRequest, scope: Scope) -> None:
    """Refuse a token that does not open this. Without a token everything that is public may be read.

    Raises
    ------
    Refused
    """
    _require(getattr(request, "grant", None), scope)


def _require(grant: Grant | None, scope: Scope) -> None:
    if grant is not None and scope not in grant.scopes:
        said = gettext("This token does not have the scope %(scope)s.") % {"scope": scope.value}
        raise Refused(
            403, "no-scope", said, {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope.value}"'}
        )


def _grant(given: str) -> Grant | None:
    if not given:
        return None
    kind, _, text = given.partition(" ")
    grant = grant_of(text.strip()) if kind.lower() == "bearer" else None
    if grant is None:
        said = gettext(
            "This token is unknown, revoked or has ended. Without a token public data are open to everybody."
        )
        raise Refused(401, "bad-token", said, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return grant


def _answer(view: View, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return _with(HttpResponse(status=204), PREFLIGHT)
    asked, request.method = request.method, "GET"  # the server leaves the body out of the answer to a HEAD
    try:
        return view(request, *args, **kwargs)
    finally:
        request.method = asked


def _with(response: HttpResponseBase, headers: dict[str, str]) -> HttpResponseBase:
    for name, value in headers.items():
        response[name] = value
    return response
