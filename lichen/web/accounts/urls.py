"""Signing in and out, password and second factor: django-allauth's views with our pages. There is no signing up.

allauth finds its own pages by its names (``account_login``, …); ours are kept beside them.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.urls import path, reverse_lazy

from lichen.web.accounts import pages

_login = account.LoginView.as_view(template_name="accounts/login.html")
_logout = LogoutView.as_view()
_safety = reverse_lazy("mfa_index")
_password = account.PasswordChangeView.as_view(template_name="accounts/password.html", success_url=_safety)

urlpatterns = [
    path("accounts/", pages.entrance, name="entrance"),
    path("accounts/login/", _login, name="login"),
    path("accounts/login/", _login, name="account_login"),
    path("accounts/logout/", _logout, name="logout"),
    path("accounts/logout/", _logout, name="account_logout"),
    path(
        "accounts/inactive/",
        account.AccountInactiveView.as_view(template_name="accounts/inactive.html"),
        name="account_inactive",
    ),
    path(
        "accounts/again/",
        account.ReauthenticateView.as_view(template_name="accounts/again.html"),
        name="account_reauthenticate",
    ),
    path("accounts/password/", login_required(_password), name="account_change_password"),
    path("accounts/password/none/", pages.no_password, name="account_set_password"),
    path("accounts/security/", pages.Safety.as_view(), name="mfa_index"),
    path(
        "accounts/code/",
        pages.Code.as_view(),
        name="mfa_authenticate",
    ),
    path(
        "accounts/code/again/",
        mfa.ReauthenticateView.as_view(template_name="accounts/again.html"),
        name="mfa_reauthenticate",
    ),
    path(
        "accounts/totp/",
        totp.ActivateTOTPView.as_view(template_name="accounts/totp.html"),
        name="mfa_activate_totp",
    ),
    path(
        "accounts/totp/remove/",
        totp.DeactivateTOTPView.as_view(template_name="accounts/totp_remove.html"),
        name="mfa_deactivate_totp",
    ),
    path(
        "accounts/keys/add/", keys.AddWebAuthnView.as_view(template_name="accounts/key.html"), name="mfa_add_webauthn"
    ),
    path("accounts/keys/again/", pages.KeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path(
        "accounts/keys/<int:pk>/",
        keys.EditWebAuthnView.as_view(template_name="accounts/key_name.html", success_url=_safety),
        name="mfa_edit_webauthn",
    ),
    path(
        "accounts/keys/<int:pk>/remove/",
        keys.RemoveWebAuthnView.as_view(template_name="accounts/key_remove.html", success_url=_safety),
        name="mfa_remove_webauthn",
    ),
    path(
        "accounts/recovery/",
        recovery.ViewRecoveryCodesView.as_view(template_name="accounts/recovery.html"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "accounts/recovery/new/",
        recovery.GenerateRecoveryCodesView.as_view(template_name="accounts/recovery_new.html"),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "accounts/cancelled/",
        social.LoginCancelledView.as_view(template_name="accounts/oidc_cancelled.html"),
        name="socialaccount_login_cancelled",
    ),
    path("accounts/oidc/<str:provider_id>/login/", pages.organisation, name="openid_connect_login"),
    path("accounts/oidc/<str:provider_id>/login/callback/", oidc.callback, name="openid_connect_callback"),
]
