"""Addresses of the command room."""

from __future__ import annotations

from django.urls import path

from lichen.web.room import pages

urlpatterns = [
    path("room/", pages.room, name="room"),
    path("room/state.json", pages.state, name="room-state"),
]
