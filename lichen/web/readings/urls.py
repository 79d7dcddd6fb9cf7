"""Addresses of the reading pages."""

from __future__ import annotations

from django.urls import path

from lichen.web.readings import pages

urlpatterns = [
    path("", pages.stations, name="stations"),
    path("stations.csv", pages.stations_csv, name="stations_csv"),
    path("stations/<str:point>/", pages.station, name="station"),
    path("stations/<str:point>/values.csv", pages.station_csv, name="station_csv"),
    path("why/<str:point>/<str:name>/<str:period>/<str:time>/", pages.why, name="why"),
    path("why/<str:point>/<str:name>/<str:period>/<str:time>/<str:source>/<str:stat>/", pages.why, name="why_of"),
    path("classes.css", pages.class_colours, name="classes.css"),
]
