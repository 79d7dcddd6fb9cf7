"""Addresses of the tables of results."""

from django.urls import path

from lichen.web.results import pages

urlpatterns = [
    path("desk/results/", pages.results, name="results"),
    path("desk/results/new/", pages.new, name="results-new"),
    path("desk/results/templates/<slug:element>.<slug:ending>", pages.template, name="results-template"),
    path("desk/results/check/<uuid:id>/", pages.check, name="results-check"),
    path("desk/results/<int:pk>/", pages.brought, name="results-brought"),
]
