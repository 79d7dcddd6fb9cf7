"""OpenID Connect as django-allauth wants to be told about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit


def providers(issuer: str, client: str, secret: str, name: str = "") -> dict[str, Any]:
    """`SOCIALACCOUNT_PROVIDERS` for one issuer; without one nobody signs in that way.

    Examples
    --------
    >>> (app,) = providers("https://id.example.gov.cn", "lichen", "s")["openid_connect"]["APPS"]
    >>> app["name"], app["provider_id"]
    ('id.example.gov.cn', 'oidc')
    >>> providers("", "lichen", "")["openid_connect"]["APPS"]
    []
    """
    app = {
        "provider_id": "oidc",
        "name": name or urlsplit(issuer).hostname or "",
        "client_id": client,
        "secret": secret,
        "settings": {"server_url": issuer},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app] if issuer else []}}
