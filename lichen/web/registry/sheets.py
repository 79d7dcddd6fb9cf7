"""Sheets of points or devices (CSV, Excel): read, and checked row by row with the pages' own forms.

A fault says which cell, which rule it breaks and what to do. Nothing is guessed: a number that a spreadsheet has
rounded is a fault, not a code.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from django import forms as django_forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from lichen.elements import ELEMENTS
from lichen.elements.descriptor import Element, Option
from lichen.pipeline.sheets.file import cells_of
from lichen.pipeline.sheets.said import BadTable
from lichen.web.accounts.access import Reader, require_registry_keeper
from lichen.web.readings.words import either, element_name
from lichen.web.registry.attributes import name_of
from lichen.web.registry.forms import LAT, LON, NewDeviceForm, PointForm
from lichen.web.registry.models import Organisation

MOST_ROWS = 2000
MOST_BYTES = 1_000_000
#: A spreadsheet keeps 15 digits of a number.
_EXACT_DIGITS = 15

COLUMNS = {
    "points": ("code", "name_zh", "name_en", "element", "kind", "city", "district", "lon", "lat", "valid_from", "owner",
               "operator"),
    "devices": ("mn", "point", "edition", "st", "password", "key", "minute_interval", "realtime_interval",
                "valid_from"),
}  # fmt: skip
KEY = {"points": "code", "devices": "mn"}
#: What elements ask of their points, by the name of the column; an option that several share is one.
OPTIONS: dict[str, Option] = {name_of(option): option for element in ELEMENTS for option in element.options}


class SheetError(ValueError):
    """A file that cannot be read as a sheet; the message says why and what to do."""


class _PointRow(PointForm):
    owner = django_forms.ModelChoiceField(Organisation.objects.all(), to_field_name="code", required=False)
    operator = django_forms.ModelChoiceField(Organisation.objects.all(), to_field_name="code", required=False)


FORMS: dict[str, type[django_forms.ModelForm[Any]]] = {"points": _PointRow, "devices": NewDeviceForm}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell: where (``D7``), what stands there, the rule, and what to do."""

    cell: str
    column: str
    value: str
    rule: str
    remedy: str


@dataclass
class Row:
    """A row of the sheet by its number there; `said` is what the form understood; `doubts` are no reason to refuse."""

    raw: Raw
    number: int
    values: dict[str, str]
    said: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    doubts: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Raw:
    """A file as read: its columns in their order ("" = one without a head), and number and cells of each row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str | float]], ...]

    def cell(self, name: str, number: int) -> str:
        """The address of a cell; a column that the file lacks has only the row's number."""
        letter = get_column_letter(self.columns.index(name) + 1) if name in self.columns else ""
        return f"{letter}{number}"


@dataclass(frozen=True)
class Sheet:
    """A sheet after checking."""

    slug: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def good(self) -> list[Row]:
        return [row for row in self.rows if not row.faults]

    @property
    def faults(self) -> list[Fault]:
        return [fault for row in self.rows for fault in row.faults]

    @property
    def doubts(self) -> list[Fault]:
        return [doubt for row in self.rows for doubt in row.doubts]

    def to_csv(self) -> str:
        """The sheet as CSV text that `read` reads back; the page carries it from looking to importing."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(self.columns)
        by_number = {row.number: row.values for row in self.rows}
        for number in range(2, max(by_number, default=1) + 1):
            values = by_number.get(number, {})
            writer.writerow([values.get(name, "") for name in self.columns])
        return out.getvalue()


def template(slug: str, ending: str) -> bytes:
    """An empty sheet with the columns' heads; the Excel file has a second page that explains them."""
    heads = [_label(slug, name) for name in COLUMNS[slug]]
    if ending == "csv":
        return ("\ufeff" + ",".join(heads) + "\r\n").encode()
    book = Workbook(write_only=True)
    page = book.create_sheet(_("Rows"))
    for at, name in enumerate(COLUMNS[slug], 1):
        page.column_dimensions[get_column_letter(at)].width = 28 if name in ("mn", "name_zh", "name_en") else 16
        page.column_dimensions[get_column_letter(at)].number_format = "@"
    page.append([_bold(page, head) for head in heads])
    about = book.create_sheet(_("Columns"))
    about.column_dimensions["A"].width, about.column_dimensions["C"].width = 24, 90
    about.append([_bold(about, text) for text in (_("Column"), _("Must be filled in"), _("What it holds"))])
    fields = FORMS[slug]().fields
    for name in COLUMNS[slug]:
        about.append([_label(slug, name), _("yes") if fields[name].required else _("no"), _holds(fields[name])])
    if slug == "points":
        for element in ELEMENTS:
            for option in element.options:
                about.append([option.slug, _("no"), _option_holds(element, option)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(slug: str, name: str, data: bytes) -> Raw:
    """What a file holds. Empty rows are left out.

    Raises
    ------
    SheetError
        It is too large, neither CSV nor .xlsx, or its first row does not name the columns.
    """
    try:
        cells = cells_of(name, data, most_rows=MOST_ROWS, most_bytes=MOST_BYTES)
    except BadTable as unreadable:
        raise SheetError(either(*unreadable.said)) from unreadable
    if not cells:
        raise SheetError(_("The file is empty. Begin with the template."))
    columns = _columns(slug, cells[0])
    found = tuple(
        (number, {column: "" if row[at] is None else row[at] for at, column in columns.items() if at < len(row)})
        for number, row in enumerate(cells[1:], 2)
        if any(cell is not None and str(cell).strip() for cell in row)
    )
    if not found:
        raise SheetError(_("The file has heads but no rows."))
    return Raw(tuple(columns.get(at, "") for at in range(max(columns) + 1)), found)


def check(slug: str, raw: Raw, user: Reader) -> Sheet:
    """Every row against the rules of the form, the registry, and the rows before it; all faults at once."""
    columns = (*COLUMNS[slug], *(name for name in raw.columns if name in OPTIONS))
    first: dict[str, int] = {}
    rows = []
    for number, cells in raw.rows:
        row = Row(raw, number, {name: _text(cells.get(name, "")) for name in columns})
        rounded = [name for name in columns if _is_rounded(cells.get(name))]
        for name in rounded:
            row.faults.append(_fault(slug, row, name, _("A spreadsheet has rounded this number: it keeps 15 digits."),
                                     _("Format the column as text, then type the value again.")))  # fmt: skip
        data = {"enabled": "on"}
        for name in columns:  # the element comes before the kind, whose words are the element's
            text = row.values[name]
            data[name] = _codes(FORMS[slug], name, data.get("element", "")).get(text, text)
        form = FORMS[slug](data)
        _say_choices(form)
        if not form.is_valid():
            for name, errors in form.errors.as_data().items():
                for error in errors:
                    if name not in rounded:
                        row.faults.append(_told(slug, row, form, name, error))
        row.said = form.cleaned_data
        key = row.values[KEY[slug]]
        if key and key in first:
            row.faults.append(_fault(slug, row, KEY[slug], _("Row %(row)s has the same.") % {"row": first[key]},
                                     _("Keep one of the two rows.")))  # fmt: skip
        first.setdefault(key, number)
        row.faults += [_not_asked(row, form, name) for name in columns if name in OPTIONS and data[name]
                       and name not in form.fields]  # fmt: skip
        row.faults += _out_of_reach(slug, row, user)
        if isinstance(form, PointForm) and not row.faults and (told := form.doubt):
            remedy = _("If that is not meant so, change the position or the district.")
            row.doubts.append(_fault(slug, row, "lon", told, remedy))
        rows.append(row)
    return Sheet(slug, raw.columns, tuple(rows))


def _columns(slug: str, heads: Sequence[Any]) -> dict[int, str]:
    """Column number → field; heads are field names or labels in either language."""
    known = _option_heads() if slug == "points" else {}
    for language in ("en", "zh-hans"):
        with override(language):
            known.update({_label(slug, name).strip().lower(): name for name in COLUMNS[slug]})
    known.update({name: name for name in COLUMNS[slug]})
    found: dict[int, str] = {}
    for at, head in enumerate(heads):
        text = "" if head is None else str(head).strip().lower()
        if not text:
            continue
        name = known.get(text)
        if name is None or name in found.values():
            raise SheetError(
                _("Column %(column)s: “%(head)s” is not a head that is known, or is there twice. Take the template's.")
                % {"column": get_column_letter(at + 1), "head": str(head)[:60]}
            )
        found[at] = name
    fields = FORMS[slug]().fields
    missing = [_label(slug, name) for name in COLUMNS[slug] if fields[name].required and name not in found.values()]
    missing = [one for one in missing if one]
    if missing:
        raise SheetError(_("Columns are missing: %(names)s. Take the template.") % {"names": "、".join(missing)})
    return found


def _option_heads() -> dict[str, str]:
    """Heads of columns of options: slugs, and names that belong to one option only."""
    found: dict[str, str] = {}
    twice = set()
    for name, option in OPTIONS.items():
        for text in {option.name_zh.lower(), option.name_en.lower()}:
            if found.setdefault(text, name) != name:
                twice.add(text)
    return {text: name for text, name in found.items() if text not in twice} | {
        text: name for name, option in OPTIONS.items() for text in (option.slug.lower(), name)
    }


def _label(slug: str, name: str) -> str:
    if name in OPTIONS:
        return either(OPTIONS[name].name_zh, OPTIONS[name].name_en)
    return str(FORMS[slug]().fields[name].label or FORMS[slug].Meta.model._meta.get_field(name).verbose_name)  # type: ignore[attr-defined]


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**_EXACT_DIGITS:
        return str(int(cell))
    return str(cell).strip()


def _is_rounded(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 10**_EXACT_DIGITS


@cache
def _codes(form: type[django_forms.ModelForm[Any]], name: str, element: str) -> dict[str, str]:
    """The codes of a field of choices by their names in either language; {} for another field."""
    declared = form.base_fields.get(name)
    if not isinstance(declared, django_forms.ChoiceField) or isinstance(declared, django_forms.ModelChoiceField):
        return {}
    found: dict[str, str] = {}
    for language in ("zh-hans", "en"):
        with override(language):
            choices = form(initial={"element": element}).fields[name].choices  # type: ignore[attr-defined]
            found |= {str(label): str(code) for code, label in choices}
    return found


def _say_choices(form: django_forms.ModelForm[Any]) -> None:
    for one in form.fields.values():
        if isinstance(one, django_forms.ModelChoiceField):
            one.empty_label = None


def _told(slug: str, row: Row, form: django_forms.ModelForm[Any], name: str, error: ValidationError) -> Fault:
    """A form's error as rule and remedy."""
    told = " ".join(error.messages)
    wanted = form.fields.get(name)
    remedy = _("Correct the cell.")
    match error.code:
        case "required":
            return _fault(slug, row, name, _("This must be filled in."), _("Fill in the cell."))
        case "invalid_choice" if isinstance(wanted, django_forms.ModelChoiceField):
            rule, remedy = _("Nothing with this code is registered."), _("Register it first, or correct the code.")
        case "invalid_choice":
            rule, remedy = _("One of: %(choices)s.") % {"choices": _choices(wanted)}, _("Write one of these.")
        case "min_value" | "max_value" if name in ("lon", "lat"):
            low, high = LON if name == "lon" else LAT
            rule = _("From %(low)g to %(high)g degrees.") % {"low": low, "high": high}
            remedy = _("Check whether longitude and latitude have been swapped, and that they are decimal degrees.")
        case "invalid" if isinstance(wanted, django_forms.DateTimeField):
            rule, remedy = _("A time in Beijing time."), _("Write it like 2026-03-01 00:00.")
        case "invalid" if isinstance(wanted, django_forms.FloatField | django_forms.IntegerField):
            rule, remedy = _("A number."), _("Write digits only, without unit; for instance 104.7786.")
        case "unique":
            rule, remedy = (
                _("This is registered already."),
                _("Leave the row out; change the registered one on its page."),
            )
        case _:
            rule = told
    return _fault(slug, row, name, rule, remedy)


def _not_asked(row: Row, form: django_forms.ModelForm[Any], name: str) -> Fault:
    allowed = [_label("points", one) for one in form.fields if one in OPTIONS]
    rule = _("The element does not ask this of its points; it asks: %(names)s.") % {"names": "、".join(allowed) or "–"}
    return _fault("points", row, name, rule, _("Empty the cell, or correct the element."))


def _fault(slug: str, row: Row, name: str, rule: str, remedy: str) -> Fault:
    known = name in COLUMNS[slug] or name in OPTIONS
    cell = row.raw.cell(name, row.number)
    value = "" if name in ("password", "key") else row.values.get(name, "")
    return Fault(cell, _label(slug, name) if known else "", value[:60], rule, remedy)


def _out_of_reach(slug: str, row: Row, user: Reader) -> list[Fault]:
    name = "city" if slug == "points" else "point"
    said = row.said.get(name)
    if not said:
        return []
    try:
        require_registry_keeper(user, said if slug == "points" else said.city)
    except PermissionDenied as refused:
        return [_fault(slug, row, name, str(refused), _("Leave the row out; that city's bureau registers it."))]
    return []


def _holds(wanted: django_forms.Field) -> str:
    if isinstance(wanted, django_forms.ModelChoiceField):
        return _("The code of something that is registered.")
    if isinstance(wanted, django_forms.ChoiceField):
        return _("One of: %(choices)s.") % {"choices": _choices(wanted)}
    if isinstance(wanted, django_forms.DateTimeField):
        return _("A time in Beijing time.") + " " + _("Write it like 2026-03-01 00:00.")
    return str(wanted.help_text)


def _option_holds(element: Element, option: Option) -> str:
    choices = "、".join(either(*said) for said in option.choices.values())
    holds = _("One of: %(choices)s.") % {"choices": choices} if choices else f"{_('A number.')} {option.unit}".strip()
    return f"{element_name(element)}: {either(option.name_zh, option.name_en)}. {holds}"


def _choices(wanted: Any) -> str:
    return "、".join(str(label) for code, label in wanted.choices if code)


def _bold(page: Any, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, text)
    cell.font = Font(bold=True)
    return cell
