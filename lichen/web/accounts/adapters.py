"""How django-allauth behaves here: nobody signs up, errors are our sentences, and who comes from the organisation's own
sign-in for the first time gets an account without a part in the network."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lichen.web.accounts import actions


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

    def get_totp_issuer(self) -> str:
        return "Lichen"

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """The name a new security key has until its owner writes a better one."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Key %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Who asks, as the browser shows it; a key answers to this host name only."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Lichen"}

    def _get_user_identifier(self, user: AbstractBaseUser) -> str:
        return user.get_username()


class OrganisationSignIn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """OpenID Connect with the issuer that `LICHEN_OIDC_ISSUER` names.

    The first time, the claim `LICHEN_OIDC_CLAIM` tells whose account it is, or what a new one is called, which has no
    role until an administrator gives one. From then on the issuer's own subject tells, so that a name given to somebody
    else later opens nothing. No claim ever gives a role.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.is_existing:
            return
        said = sociallogin.account.extra_data
        claims = {**said.get("id_token", {}), **said.get("userinfo", {})} or said
        name = str(claims.get(settings.OIDC_CLAIM) or "")
        if not name:
            _refuse(request, "")
        with transaction.atomic():
            try:
                user = actions.first_sign_in(name, str(claims.get("name") or name), issuer=settings.OIDC_ISSUER)
            except ValidationError:
                _refuse(request, name)
            if SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider).exists():
                _refuse(request, name)
            sociallogin.connect(request, user)

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(request, "")


def _refuse(request: HttpRequest, name: str) -> NoReturn:
    raise ImmediateHttpResponse(render(request, "accounts/oidc_refused.html", {"name": name}, status=403))
