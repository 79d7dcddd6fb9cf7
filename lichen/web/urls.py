"""The addresses of the web. Every app keeps its own; this file only joins them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from lichen.web import health, site_pages, status
from lichen.web.api import api
from lichen.web.static_files import static_file

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("lichen.web.readings.urls")),
    path("", include("lichen.web.ledgerpages.urls")),
    path("", include("lichen.web.registry.urls")),
    path("", include("lichen.web.accounts.urls")),
    path("", include("lichen.web.desk.urls")),
    path("", include("lichen.web.results.urls")),
    path("", include("lichen.web.tokens.urls")),
    path("", include("lichen.web.publish.urls")),
    path("", include("lichen.web.explorer.urls")),
    path("", include("lichen.web.room.urls")),
    path("", include("lichen.web.reports.urls")),
    path("api/v1/", api.urls),
    # Without a token in every page: a page that sets no cookie is the same for everybody, and can be shared. That
    # another site may switch a reader's language harms nobody.
    path("i18n/setlang/", csrf_exempt(set_language), name="set_language"),
    path("design/", site_pages.design, name="design"),
    path("healthz", health.healthz, name="healthz"),
    path("status/", status.page, name="status"),
    path("metrics", health.metrics, name="metrics"),
    path("static/<path:path>", static_file, name="static"),
]
