"""The pages of readings: parse, ask, render."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lichen.web.readings.colours import stylesheet
from lichen.web.static_files import cacheable


def stations(request: HttpRequest) -> HttpResponse:
    """Every station with its newest verdict."""
    return render(request, "readings/stations.html")


def class_colours(request: HttpRequest) -> HttpResponse:
    """The official colours of the elements' classes, as a stylesheet."""
    return cacheable(request, stylesheet().encode(), "text/css; charset=utf-8")
