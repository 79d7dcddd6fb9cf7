"""Signing in and out."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from lichen.web.accounts import pages

urlpatterns = [
    path("accounts/login/", pages.login, name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
]
