"""What production refuses, as Django system checks: each with an id and a hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

_SHORTEST_KEY = 32


def production(app_configs: Any = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """Errors for every default that is fit for a demo only; nothing outside production."""
    if not settings.PRODUCTION:
        return []
    found = []
    if settings.DEBUG:
        found.append(
            Error(
                "Error pages would show source code and settings to everybody.",
                hint="Unset LICHEN_DEBUG.",
                id="lichen.E001",
            )
        )
    if not settings.SECRET_KEY_KEPT:
        found.append(
            Error(
                "The secret key lives in this process only: sessions would end with it and differ between processes.",
                hint="Start with `lichen serve`, which makes and keeps one, or set LICHEN_SECRET_KEY_FILE.",
                id="lichen.E002",
            )
        )
    elif len(settings.SECRET_KEY_KEPT) < _SHORTEST_KEY:
        found.append(
            Error(
                f"The secret key has {len(settings.SECRET_KEY_KEPT)} characters; at least {_SHORTEST_KEY}.",
                hint="Unset LICHEN_SECRET_KEY: `lichen serve` makes a good one and keeps it.",
                id="lichen.E003",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "The web would answer to any host name.",
                hint="Set LICHEN_HOSTS to the names readers use, comma-separated.",
                id="lichen.E004",
            )
        )
    elif all(host in ("localhost", "127.0.0.1", "[::1]") for host in settings.ALLOWED_HOSTS):
        found.append(
            Error(
                "The web answers to the local machine only.",
                hint="Set LICHEN_HOSTS to the names readers use, comma-separated.",
                id="lichen.E005",
            )
        )
    if not settings.HTTPS:
        found.append(
            Error(
                "Sessions would travel without HTTPS.",
                hint="Unset LICHEN_HTTPS, and let a proxy end HTTPS (then set LICHEN_PROXY=yes).",
                id="lichen.E006",
            )
        )
    if not settings.SECOND_FACTOR_REQUIRED:
        found.append(
            Error(
                "A password alone would open the accounts of officers and administrators.",
                hint="Unset LICHEN_SECOND_FACTOR.",
                id="lichen.E007",
            )
        )
    if settings.OIDC_ISSUER and not (settings.OIDC_ISSUER.startswith("https://") and settings.OIDC_SECRET):
        found.append(
            Error(
                "Signing in by OpenID Connect would go without HTTPS or without a client secret.",
                hint="Set LICHEN_OIDC_ISSUER to an https:// address and LICHEN_OIDC_SECRET_FILE to the secret's file.",
                id="lichen.E008",
            )
        )
    return found
