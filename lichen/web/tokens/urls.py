"""Addresses of one's own tokens, in the workbench."""

from django.urls import path

from lichen.web.tokens import pages

urlpatterns = [
    path("desk/tokens/", pages.tokens, name="desk-tokens"),
    path("desk/tokens/<int:pk>/revoke/", pages.revoke, name="token-revoke"),
]
