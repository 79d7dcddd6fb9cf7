"""Pages about the site itself: ``/design`` shows every component as it is, so that nobody makes a second one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from lichen.elements import ELEMENTS
from lichen.elements.descriptor import ResultClass
from lichen.web.readings import words
from lichen.web.readings.colours import contrast, ink_on, swatch

#: Custom properties of the stylesheet, in the order the page shows them.
COLOURS = ("paper", "sheet", "hover", "around", "ink", "soft", "line", "good", "bad", "mark", "accent")
SERIES = tuple(f"series-{number}" for number in range(1, 7))
SPACES = tuple(f"s{number}" for number in range(1, 8))
SIZES = tuple(f"t{number}" for number in range(1, 7))


class Sample(forms.Form):
    """A form with something wrong in it."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=20, help_text=gettext_lazy("As it stands on the sign.")
    )
    latitude = forms.FloatField(label=gettext_lazy("Latitude"), min_value=-90, max_value=90)


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """The living style page."""
    form = Sample({"name": _("North gate"), "latitude": "129"})
    form.is_valid()
    return render(
        request,
        "site/design.html",
        {
            "colours": COLOURS,
            "series": SERIES,
            "spaces": SPACES,
            "sizes": SIZES,
            "classes": [
                (words.element_name(element), [_shown(element.slug, at, of) for at, of in enumerate(element.classes)])
                for element in ELEMENTS
            ],
            "form": form,
            "sample": {
                "words": table_words(),
                "chart": {"name": words.parameter_name("pm25"), "unit": words.unit("pm25"), "limit": _("limit"),
                          "invalid": _("does not count")},
            },
        },
    )  # fmt: skip


def table_words() -> dict[str, str]:
    """What the script of data tables (``table.ts``) says."""
    return {
        "filter": _("Find in the table"),
        "columns": _("Columns"),
        "csv": _("Download as CSV"),
        "previous": _("Previous"),
        "next": _("Next"),
        "count": _("{shown} of {all} rows"),
    }


def _shown(element: str, number: int, klass: ResultClass) -> dict[str, Any]:
    ink = ink_on(klass.rgb)
    against = (0, 0, 0) if ink == "#000" else (255, 255, 255)
    return {
        "style": swatch(element, number), "word": words.class_name(klass), "level": klass.level,
        "contrast": f"{contrast(klass.rgb, against):.1f}",
    }  # fmt: skip
