"""Addresses of the open data."""

from __future__ import annotations

from django.urls import path

from lichen.web.publish import pages

urlpatterns = [
    path("open-data/", pages.overview, name="open-data"),
    path("open-data/catalog.jsonld", pages.catalog, name="open-data-catalog"),
    path("open-data/points.csv", pages.points_csv, name="open-data-points"),
    path("open-data/points.geojson", pages.points_geojson, name="open-data-points-geojson"),
    path("open-data/<slug:slug>/", pages.dataset, name="open-data-set"),
    path("open-data/<slug:slug>/<str:month>.<str:form>.sha256", pages.checksum, name="open-data-checksum"),
    path("open-data/<slug:slug>/<str:month>.<str:form>", pages.download, name="open-data-file"),
]
