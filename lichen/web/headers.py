"""Security headers on every answer. No inline script or style anywhere: the policy has no exception to ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse


def policy(tiles: Iterable[str] = ()) -> str:
    """The content security policy; only map tiles may come from elsewhere, from the origins named in the settings.

    >>> "connect-src 'self' https://t0.example" in policy(["https://t0.example/{z}/{x}/{y}.png"])
    True
    >>> "connect-src 'self';" in policy(["/tiles/{z}/{x}/{y}.png"])
    True
    """
    from_tiles = " ".join(["'self'", *sorted({origin(address) for address in tiles} - {""})])
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {from_tiles}",
            "font-src 'self'",
            f"connect-src {from_tiles}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def origin(address: str) -> str:
    """The origin of a tile address; "" for our own.

    Raises
    ------
    ImproperlyConfigured
        It is no address of map tiles.

    Examples
    --------
    >>> origin("https://t0.example:8443/vec_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=key")
    'https://t0.example:8443'
    """
    parts = urlsplit(address)
    own = not parts.scheme and not parts.netloc and address.startswith("/")
    if not (own or (parts.scheme in ("https", "http") and parts.hostname)):
        raise ImproperlyConfigured(f"LICHEN_TILES_URL: {address!r} begins with neither https:// nor /")
    if not all(place in address for place in ("{x}", "{y}", "{z}")):
        raise ImproperlyConfigured(f"LICHEN_TILES_URL: {address!r} lacks {{x}}, {{y}} or {{z}}")
    if any(character in parts.netloc for character in "{};, '\"@"):
        raise ImproperlyConfigured(f"LICHEN_TILES_URL: {parts.netloc!r} is no host name; name one host an address")
    return "" if own else f"{parts.scheme}://{parts.netloc}"


POLICY = policy(settings.TILES)


def security_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: content security policy, and no access to the reader's camera, microphone or position."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        return response

    return middleware
