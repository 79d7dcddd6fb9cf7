"""Addresses of the registry."""

from django.urls import path

from lichen.web.registry import pages

urlpatterns = [
    path("devices/", pages.devices, name="devices"),
    path("devices.csv", pages.devices_csv, name="devices-csv"),
    path("devices/claim/<str:mn>/", pages.claim, name="device-claim"),
]
