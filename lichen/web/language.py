"""The language of a page: what the reader chose, else Chinese.

The browser's Accept-Language is not asked: a Chinese authority's public pages read the same for everybody until
somebody asks for English.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers


def spoken(wanted: str | None) -> str:
    """The language wanted if the site speaks it, else the site's own.

    >>> spoken("en"), spoken("xx"), spoken(None)
    ('en', 'zh-hans', 'zh-hans')
    """
    return wanted if wanted and wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def chosen_language(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: activate the language of the cookie that `django.views.i18n.set_language` sets."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = spoken(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME))
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
        if "public" in response.headers.get("Cache-Control", ""):
            return response  # it says itself that it is the same for everybody
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        return response

    return middleware
