"""Addresses of the explorer."""

from __future__ import annotations

from django.urls import path

from lichen.web.explorer import pages

urlpatterns = [
    path("explore/", pages.explore, name="explore"),
    path("explore/data.json", pages.data, name="explore-data"),
    path("explore/readings.csv", pages.data_csv, name="explore-csv"),
]
