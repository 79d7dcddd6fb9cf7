"""Forms of the registry."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lichen.web.registry.models import EDITIONS, Point


class ClaimForm(forms.Form):
    """What an officer says about a device that sends and is not registered."""

    point = forms.ModelChoiceField(Point.objects.filter(valid_until=None), label=_("Monitoring point"))
    edition = forms.ChoiceField(choices=EDITIONS, label=_("HJ 212 edition"))
    st = forms.RegexField(r"^[0-9A-Z]{2}$", label=_("System code (ST)"), max_length=2)
    password = forms.CharField(
        label=_("Password (PW)"),
        max_length=20,
        required=False,
        help_text=_("As set in the device. Without one, whoever knows the MN can send in its name."),
    )
    reason = forms.CharField(
        label=_("Reason"), min_length=5, max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("At least 5 characters; sealed with your name. Do not write the password here."),
    )  # fmt: skip
