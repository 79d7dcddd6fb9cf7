"""Addresses of the workbench; those of the registry are in `lichen.web.registry.urls`."""

from django.urls import path

from lichen.web.desk import device_pages, pages

urlpatterns = [
    path("desk/", pages.home, name="desk"),
    path("desk/acts/", pages.acts, name="desk-acts"),
    path("desk/settings/", pages.settings, name="desk-settings"),
    path("desk/devices/", device_pages.devices, name="devices"),
    path("desk/devices/claim/<str:mn>/", device_pages.claim, name="device-claim"),
    path("desk/devices/<str:mn>/", device_pages.device, name="device"),
    path("desk/devices/<str:mn>/command/", device_pages.command, name="device-command"),
    path("desk/devices/<str:mn>/calls/<str:id>/", device_pages.call, name="device-call"),
]
