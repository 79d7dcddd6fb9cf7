"""Addresses of the reading pages."""

from __future__ import annotations

from django.urls import path

from lichen.web.readings import chart_pages, city_pages, map_pages, pages

urlpatterns = [
    path("", pages.stations, name="stations"),
    path("map.json", map_pages.opening, name="map.json"),
    path("map/hour.json", map_pages.hour, name="map_hour.json"),
    path("map/districts.json", map_pages.districts, name="map_districts.json"),
    path("stations/<str:point>/", pages.station, name="station"),
    path("stations/<str:point>/values.csv", pages.station_csv, name="station_csv"),
    path("stations/<str:point>/course.json", chart_pages.course, name="station_course"),
    path("stations/<str:point>/year.json", chart_pages.year, name="station_year"),
    path("stations/<str:point>/profile.json", chart_pages.profile, name="station_profile"),
    path("cities/<str:city>/", city_pages.city, name="city"),
    path("cities/<str:city>/days.csv", city_pages.city_csv, name="city_csv"),
    path("cities/<str:city>/why/<str:element>/<str:period>/<str:time>/", city_pages.city_why, name="city_why"),
    path("why/<str:point>/<str:name>/<str:period>/<str:time>/", pages.why, name="why"),
    path("why/<str:point>/<str:name>/<str:period>/<str:time>/<str:source>/<str:stat>/", pages.why, name="why_of"),
    path("classes.css", pages.class_colours, name="classes.css"),
]
