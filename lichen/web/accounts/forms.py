"""The forms of signing in, in our words, and of people."""

from __future__ import annotations

import struct
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lichen.web.accounts.models import User


def _plain(form: forms.Form, **labels: Any) -> None:
    """Our labels; no placeholders, which vanish just when they are needed."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)
        if name == "code":
            field.widget.attrs.update(autocomplete="one-time-code", inputmode="text", autofocus=True)


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login=_("User name"), password=_("Password"))
        self.fields["password"].help_text = ""
        self.fields["login"].widget.attrs["autofocus"] = True


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password=_("Password"))
        self.fields["password"].help_text = ""


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, oldpassword=_("Current password"), password1=_("New password"), password2=_("New password again"))
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].help_text = " ".join(password_validators_help_texts())


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, code=_("Code from your authenticator, or a recovery code"))


class CodeAgainForm(CodeReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, code=_("Code from your authenticator, or a recovery code"))


class FirstCodeForm(ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, code=_("Code that your authenticator shows"))


#: What reading bytes that no key has made can end with, besides a refusal.
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, NotImplementedError, struct.error)


class _Key:
    """What a security key answered, in our words; allauth says of everything wrong that the code is."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (ValidationError, *_UNREADABLE) as refused:
            if isinstance(refused, ValidationError) and refused.code != "incorrect_code":
                raise
            raise ValidationError(
                _("This security key did not prove who you are. Take the key that you registered, and try again."),
                code="incorrect_key",
            ) from refused


class KeyForm(_Key, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class KeyAgainForm(_Key, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class NewKeyForm(AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _named(self)

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except (ValidationError, *_UNREADABLE) as refused:
            raise ValidationError(
                _("The answer of the security key could not be used. Try again."), code="incorrect_key"
            ) from refused
        return cleaned


class KeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _named(self)


def _named(form: forms.Form) -> None:
    form.fields["name"] = forms.CharField(
        label=_("Name of the key"), max_length=60, initial=form.initial.get("name"),
        help_text=_("So that you can tell your keys apart."), widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody with an account."""

    password = forms.CharField(
        label=_("New password"), required=False, widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. Empty: stays as it is. Tell it in person; it is to be changed at once."),
    )  # fmt: skip

    class Meta:
        model = User
        fields = ("username", "display_name", "email", "organisation", "role", "is_active")
