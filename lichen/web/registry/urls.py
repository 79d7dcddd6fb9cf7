"""Addresses of the registry."""

from django.urls import path

from lichen.web.registry import import_pages, pages, places

urlpatterns = [
    path("desk/registry/points/outlines.json", places.districts, name="point-outlines"),
    path("desk/registry/points/place.json", places.check, name="point-place"),
    path("desk/registry/<slug:slug>/", pages.rows, name="registry-rows"),
    path("desk/registry/<slug:slug>/new/", pages.new, name="registry-new"),
    path("desk/registry/<slug:slug>/import/", import_pages.bring, name="registry-import"),
    path("desk/registry/<slug:slug>/template.<slug:ending>", import_pages.template, name="registry-template"),
    path("desk/registry/<slug:slug>/<int:pk>/", pages.row, name="registry-row"),
    path("desk/registry/<slug:slug>/<int:pk>/edit/", pages.edit, name="registry-edit"),
    path("desk/registry/<slug:slug>/<int:pk>/end/", pages.end, name="registry-end"),
    path("desk/registry/devices/<int:pk>/move/", pages.move, name="device-move"),
    path("desk/registry/people/<int:pk>/second-factor/", pages.second_factor, name="person-second-factor"),
]
