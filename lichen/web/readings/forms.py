"""What readers send: filters of tables, and a person's decision about a value."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lichen.vocab.registry import Snapshot
from lichen.web.readings import stations, words


class StationFilter(forms.Form):
    """Which stations."""

    q = forms.CharField(label=_("Name or code"), required=False, max_length=80)
    element = forms.ChoiceField(label=_("Element"), required=False)
    city = forms.ChoiceField(label=_("City"), required=False)
    district = forms.ChoiceField(label=_("District"), required=False)
    klass = forms.ChoiceField(label=_("Class"), required=False)
    ended = forms.BooleanField(label=_("also stations out of service"), required=False)

    def __init__(self, data: Any, snapshot: Snapshot) -> None:
        super().__init__(data)
        anything = ("", _("all"))
        cities, districts = stations.places(snapshot)
        elements = [(one.slug, words.element_name(one)) for one in stations.elements_present(snapshot)]
        choices: dict[str, list[Any]] = {
            "element": [anything, *elements],
            "city": [anything, *cities],
            "district": [anything, *districts],
            "klass": [anything, *stations.class_choices(snapshot), (stations.NO_CLASS, _("none"))],
        }
        for name, allowed in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = allowed
        if len(elements) < 2:
            del self.fields["element"]
        if not districts:
            del self.fields["district"]

    def wanted(self) -> stations.Wanted:
        """What the reader wants; call it after `is_valid`."""
        return stations.Wanted(**self.cleaned_data)


class Supersede(forms.Form):
    """Another value for an observation, or none: then it is invalid."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    value = forms.FloatField(
        label=_("New value"),
        required=False,
        help_text=_("In the unit above. Leave it empty to mark the observation as invalid."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("It is sealed with your name and shown to everybody."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
