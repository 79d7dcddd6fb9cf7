"""How django-allauth behaves here: nobody signs up, errors are our sentences, and an organisation's own sign-in only
opens accounts that an administrator has registered."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from lichen.web.accounts.models import User


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts with a password."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account has been deactivated. Ask an administrator."),
        "username_password_mismatch": _("User name or password is wrong. After five failures the account is locked."),
        "too_many_login_attempts": _("Too many failures: this account is locked for 15 minutes. Try again later."),
        "incorrect_password": _("The password is wrong."),
        "enter_current_password": _("The current password is wrong."),
        "rate_limited": _("Too many tries; wait a minute."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The pages themselves say what happened."""


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """The second factor."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code is wrong or has been used. Check the clock of your phone; take the newest code."),
        "rate_limited": _("Too many tries; wait a few minutes."),
    }

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return "Lichen"


class OrganisationSignIn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """OpenID Connect with the issuer that `LICHEN_OIDC_ISSUER` names.

    The first time, the claim `LICHEN_OIDC_CLAIM` tells whose account it is; from then on the issuer's own subject does,
    so that a name given to somebody else later opens nothing.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.is_existing:
            return
        said = sociallogin.account.extra_data
        claims = {**said.get("id_token", {}), **said.get("userinfo", {})} or said
        name = str(claims.get(settings.OIDC_CLAIM) or "")
        user = User.objects.filter(username=name, is_active=True).first() if name else None
        if user is None or SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider).exists():
            _refuse(request, name)
        sociallogin.connect(request, user)

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(request, "")


def _refuse(request: HttpRequest, name: str) -> NoReturn:
    raise ImmediateHttpResponse(render(request, "accounts/oidc_refused.html", {"name": name}, status=403))
