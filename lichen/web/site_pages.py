"""Pages about the site itself: ``/design`` shows every component as it is, so that nobody makes a second one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from lichen.elements import ELEMENTS
from lichen.elements.descriptor import ResultClass
from lichen.web.datatable import Column, Table, respond
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


class SampleFilter(forms.Form):
    """Which rows of the list."""

    q = forms.CharField(label=gettext_lazy("Station"), required=False, max_length=20)


@dataclass(frozen=True, slots=True)
class Value:
    """A row of the list."""

    station: str
    index: int | None
    pm25: int | None
    is_usable: bool = True


_VALUES = (Value("A", 44, 30), Value("B", 101, 76), Value("C", None, None), Value("D", 9, 6), Value("E", 75, 55),
           Value("F", 20, 985, is_usable=False))  # fmt: skip
_COLUMNS = (
    Column("station", gettext_lazy("Station"), lambda row: row.station, lambda row: row.station),
    Column("index", "AQI", lambda row: row.index, lambda row: row.index, is_number=True),
    Column("pm25", "PM2.5 µg/m³", lambda row: row.pm25, lambda row: row.pm25, cell="site/_value.html", is_number=True),
)


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """The living style page."""
    form = Sample({"name": _("North gate"), "latitude": "129"})
    form.is_valid()
    return respond(
        request,
        _table(request),
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
                "chart": {"name": words.parameter_name("pm25"), "unit": words.unit("pm25"), "limit": _("limit"),
                          "invalid": _("does not count")},
            },
        },
    )  # fmt: skip


def _table(request: HttpRequest) -> Table:
    form = SampleFilter(request.GET)
    wanted = form.cleaned_data["q"].casefold() if form.is_valid() else ""
    rows = [row for row in _VALUES if wanted in row.station.casefold()]
    return Table(
        "sample", gettext_lazy("Sample values"), _COLUMNS, rows, form,
        attributes=lambda row: {} if row.is_usable else {"class": "invalid"},
    )  # fmt: skip


def _shown(element: str, number: int, klass: ResultClass) -> dict[str, Any]:
    ink = ink_on(klass.rgb)
    against = (0, 0, 0) if ink == "#000" else (255, 255, 255)
    return {
        "style": swatch(element, number), "word": words.class_name(klass), "level": klass.level,
        "contrast": f"{contrast(klass.rgb, against):.1f}",
    }  # fmt: skip
