"""Attributes of a point in forms: options of its element with their history, and whatever else reports read.

An attribute is kept as `lichen.vocab.registry.attribute_at` reads it: one value, or what held from which day on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lichen.elements.descriptor import Element, Option
from lichen.vocab.units import text_of
from lichen.web.readings import words
from lichen.web.registry.models import Point

#: Empty rows to write a further attribute into.
_EMPTY_ROWS = 2
_LONGEST = 2000

#: What held from a day on ("" = since ever), oldest first.
History = list[tuple[str, str]]


def name_of(option: Option) -> str:
    """The form's field of an option."""
    return f"option_{option.slug}"


def history_of(said: Any) -> History:
    """An attribute as days and texts.

    >>> history_of("river"), history_of([{"value": "2"}, {"from": "2026-01-01", "value": "4a"}])
    ([('', 'river')], [('', '2'), ('2026-01-01', '4a')])
    """
    if said is None or said == "":
        return []
    changes = said if isinstance(said, list) else [{"value": said}]
    return [(str(one.get("from") or ""), _text(one["value"])) for one in changes]


def attribute_of(history: list[tuple[str, Any]]) -> Any:
    """What is kept; the inverse of `history_of`.

    >>> attribute_of([("", "2"), ("2026-01-01", "4a")])
    [{'value': '2'}, {'from': '2026-01-01', 'value': '4a'}]
    >>> attribute_of([("", "2")]), attribute_of([])
    ('2', None)
    """
    if not history:
        return None
    if len(history) == 1 and not history[0][0]:
        return history[0][1]
    return [{"from": day, "value": value} if day else {"value": value} for day, value in history]


class _Rows(forms.Widget):
    """Pairs of inputs, a row each; a sheet's one cell counts as the first row's second."""

    template_name = "registry/_rows_widget.html"
    use_fieldset = True
    first, second = "from", "value"

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        # Django's own renderer of forms does not see our templates.
        return render_to_string(template_name, context)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> History:
        if name in data:
            return [("", str(data[name]))]
        if not isinstance(data, QueryDict):
            return []
        return list(zip(data.getlist(f"{name}_{self.first}"), data.getlist(f"{name}_{self.second}"), strict=False))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""


class _HistoryWidget(_Rows):
    def __init__(self, option: Option) -> None:
        super().__init__()
        self._option = option

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        option = self._option
        context: dict[str, Any] = super().get_context(name, value, attrs)
        choices = [(slug, words.either(*said)) for slug, said in option.choices.items()]
        rows = [row for row in value or [] if any(row)]
        context["widget"] |= {
            "rows": [*rows, ("", "")], "choices": choices, "unit": text_of(option.unit) if option.unit else "",
            "known": list(option.choices), "label": words.either(option.name_zh, option.name_en),
        }  # fmt: skip
        return context


class OptionField(forms.Field):
    """What an option is from which day on.

    Cleans to what is kept as the attribute, None = nothing. A choice may be given by any of its words.
    """

    def __init__(self, option: Option) -> None:
        label = words.either(option.name_zh, option.name_en)
        super().__init__(label=label, required=False, widget=_HistoryWidget(option), help_text=_assumed(option))
        self.option = option

    def clean(self, value: Any) -> Any:
        found: dict[str, Any] = {}
        for day, text in value or []:
            day, text = day.strip(), text.strip()
            if not text:
                if day:
                    raise forms.ValidationError(_("%(day)s: say what holds from then on."), params={"day": day})
                continue
            day = _day(day)
            if day in found:
                raise forms.ValidationError(
                    _("Two values begin on one day (%(day)s); each needs its own."),
                    code="twice", params={"day": day or _("since ever")},
                )  # fmt: skip
            found[day] = self._value(text)
        return attribute_of(sorted(found.items()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True

    def _value(self, text: str) -> Any:
        option = self.option
        if option.is_number:
            return _number(text)
        at = option.code(text)
        if at < 0:
            names = "、".join(words.either(*said) for said in option.choices.values())
            raise forms.ValidationError(_("One of: %(choices)s."), code="choice", params={"choices": names})
        return list(option.choices)[at]


class _FurtherWidget(_Rows):
    first, second = "name", "value"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        rows = [row for row in value or [] if any(row)]
        context["widget"] |= {"rows": [*rows, *[("", "")] * _EMPTY_ROWS], "is_further": True}
        return context


class FurtherField(forms.Field):
    """Attributes that are no options, as names and texts; cleans to a mapping."""

    def __init__(self, element: Element) -> None:
        super().__init__(
            label=_("Further attributes"), required=False, widget=_FurtherWidget(),
            help_text=_(
                "What reports ask for beside the options, by its name there: river, area …; numbers without unit."
            ),
        )  # fmt: skip
        # Acts tell attributes by their names beside the fields of the point.
        self._taken = {option.slug for option in element.options} | {one.name for one in Point._meta.get_fields()}

    def clean(self, value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in value or []:
            name, text = name.strip(), text.strip()
            if not name and not text:
                continue
            if not name or not text:
                raise forms.ValidationError(_("A further attribute needs a name and a value."))
            if len(name) > 60 or len(text) > _LONGEST or any(character.isspace() for character in name):
                raise forms.ValidationError(
                    _("“%(name)s”: a name has up to 60 characters without blanks, a value up to 2000."),
                    params={"name": name[:60]},
                )
            if name in found or name in self._taken:
                raise forms.ValidationError(_("“%(name)s” is there already."), params={"name": name})
            found[name] = _parsed(text)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True


def further(attributes: Mapping[str, Any], element: Element | None) -> dict[str, str]:
    """The attributes that are no options of the element, as texts."""
    options = {option.slug for option in element.options} if element else set()
    return {name: _text(value) for name, value in attributes.items() if name not in options and value not in ("", None)}


def _assumed(option: Option) -> str:
    if option.default in (None, "") or option.default != option.default:
        return ""
    return _("Where nothing is said: %(value)s.") % {"value": words.option_value(option, option.default)}


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise forms.ValidationError(
            _("“%(text)s” is no day; write it like 2026-01-01."), code="day", params={"text": text[:20]}
        ) from None


def _number(text: str) -> int | float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise forms.ValidationError(_("“%(text)s” is no number."), code="number", params={"text": text[:40]})
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parsed(text: str) -> Any:
    """Numbers and lists as such, if they are written back as they were; everything else is text.

    >>> _parsed("12.5"), _parsed("007"), _parsed("釜溪河"), _parsed('[{"value": 1}]')
    (12.5, '007', '釜溪河', [{'value': 1}])
    """
    try:
        value = json.loads(text)
    except ValueError:
        return text
    is_data = isinstance(value, int | float | list | dict) and not isinstance(value, bool)
    return value if is_data and (isinstance(value, list | dict) or _text(value) == text) else text
