"""Addresses of the reports."""

from __future__ import annotations

from django.urls import path

from lichen.web.reports import pages

urlpatterns = [
    path("report/", pages.reports, name="reports"),
    path("report/<slug:element>/<slug:report>/", pages.report, name="report"),
]
