"""Addresses of the workbench."""

from django.urls import path

from lichen.web.desk import pages

urlpatterns = [
    path("desk/", pages.home, name="desk"),
]
