"""The form of a new token."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lichen.web.tokens.models import Scope

#: How long a token may be valid. [d] "" is until revoked.
DAYS = (("30", _("30 days")), ("90", _("90 days")), ("365", _("one year")), ("", _("until revoked")))


class NewTokenForm(forms.Form):
    """What a token is for, what it opens and how long."""

    name = forms.CharField(label=_("name"), max_length=80, help_text=_("What it is for: the program that will use it."))
    scopes = forms.MultipleChoiceField(
        label=_("opens"), choices=Scope.choices, initial=[Scope.DATA], widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=_("valid for"), choices=DAYS, initial="90", required=False, coerce=int, empty_value=None
    )
