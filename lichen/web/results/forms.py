"""What is asked of who brings results."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lichen.elements import ELEMENTS
from lichen.elements.descriptor import Element
from lichen.pipeline.sheets.check import PERIODS
from lichen.vocab.periods import Period
from lichen.web.readings import words


def periods() -> list[tuple[str, str]]:
    """What results may stand for, in words."""
    return [(str(period), words.either(*said)) for period, said in PERIODS.items()]


def elements() -> list[tuple[str, str]]:
    """The elements in words."""
    return [(element.slug, words.element_name(element)) for element in ELEMENTS]


class FileForm(forms.Form):
    """The file, and what its results stand for."""

    period = forms.ChoiceField(
        label=gettext_lazy("Each row is the result of"), choices=periods,
        help_text=gettext_lazy("Of an hour or a day the row's time is its beginning, in Beijing time."),
    )  # fmt: skip
    sheet = forms.FileField(label=gettext_lazy("File (.xlsx or .csv)"), max_length=200)

    def __init__(self, element: Element, data: Any = None, files: Any = None) -> None:
        judged = [period for period in PERIODS if period in element.evaluators]
        super().__init__(data, files, initial={"period": str(judged[0] if judged else Period.SAMPLE)})


class AcceptForm(forms.Form):
    """What was seen of the check, and whether rows are to be left out."""

    sha256 = forms.CharField(widget=forms.HiddenInput)
    rows = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, required=False, widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Sealed with your name. Required where rows are left out."),
    )  # fmt: skip
    partial = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("partial") and len(data.get("reason", "").strip()) < _LEAST:
            self.add_error("reason", _("Say in at least 5 characters why rows are left out."))
        return data


_LEAST = 5


class BroughtFilter(forms.Form):
    """Which of the files that were brought."""

    q = forms.CharField(
        label=gettext_lazy("File or SHA-256"), required=False, max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    by = forms.CharField(
        label=gettext_lazy("Person"), required=False, max_length=80, widget=forms.TextInput({"autocomplete": "off"})
    )
    element = forms.ChoiceField(
        label=gettext_lazy("element"), required=False, choices=lambda: [("", _("all")), *elements()]
    )
    day = forms.DateField(label=gettext_lazy("Day"), required=False, widget=forms.DateInput({"type": "date"}))
