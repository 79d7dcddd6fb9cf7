"""Addresses of the reading pages."""

from __future__ import annotations

from django.urls import path

from lichen.web.readings import pages

urlpatterns = [
    path("", pages.stations, name="stations"),
    path("classes.css", pages.class_colours, name="classes.css"),
]
