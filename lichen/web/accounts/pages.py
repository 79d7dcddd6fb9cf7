"""The page to sign in."""

from __future__ import annotations

from django.contrib.auth.views import LoginView

login = LoginView.as_view(template_name="accounts/login.html", redirect_authenticated_user=True)
