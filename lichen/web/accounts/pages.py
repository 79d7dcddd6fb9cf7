"""Where a person goes after signing in, and what cannot be done here; allauth's pages where ours say more."""

from __future__ import annotations

import logging
from typing import Any

from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from requests import RequestException

from lichen.web.accounts.access import may_enter_desk
from lichen.web.accounts.second_factor import is_missing

logger = logging.getLogger(__name__)


@require_safe
@login_required
def entrance(request: HttpRequest) -> HttpResponse:
    """The workbench for those who work here; whoever has no part in the network is told so."""
    return redirect("desk") if may_enter_desk(request.user) else render(request, "accounts/no_part.html")


@require_safe
@login_required
def no_password(request: HttpRequest) -> HttpResponse:
    """Told to who signs in at the organisation and has no password here."""
    return render(request, "accounts/no_password.html")


@require_safe
def organisation(request: HttpRequest, provider_id: str) -> HttpResponse:
    """On to the organisation's own sign-in; said on a page where its issuer does not answer, or with no description."""
    try:
        answer: HttpResponse = oidc.login(request, provider_id)
    except (RequestException, KeyError) as silent:
        logger.warning("the OpenID Connect issuer cannot be asked: %r", silent)
        return render(request, "accounts/oidc_refused.html", {"silent": True}, status=503)
    return answer


class Safety(IndexView):  # type: ignore[misc]
    """Password and second factors of my account, and whether one is still to be set up."""

    template_name = "accounts/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "missing": is_missing(self.request.user)}


class Code(AuthenticateView):  # type: ignore[misc]
    """The second factor at signing in: a security key, a code, or both to choose from."""

    template_name = "accounts/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True)
        return {**super().get_context_data(**kwargs), "mine": set(mine)}


class KeyAgain(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Shows once more who one is, with a security key; a key that does not fit is refused on the page itself."""

    template_name = "accounts/again_key.html"

    def form_invalid(self, form: Form) -> HttpResponse:
        answer: HttpResponse = self.render_to_response({**self.get_context_data(), "form": form})
        return answer
