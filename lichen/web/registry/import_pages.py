"""Bringing a sheet of points or devices: look at every fault first, then import all rows or expressly the good ones."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from lichen.web.accounts.access import require_registry_keeper
from lichen.web.exports import TYPES, file_response
from lichen.web.registry import actions, sheets
from lichen.web.registry.forms import WhyForm
from lichen.web.registry.tables import LISTING_BY_SLUG, listings_of


class SheetForm(forms.Form):
    """The file."""

    sheet = forms.FileField(label=gettext_lazy("File (.xlsx or .csv)"), max_length=200)


@login_required
@require_safe
def template(request: HttpRequest, slug: str, ending: str) -> HttpResponse:
    """The empty sheet."""
    require_registry_keeper(request.user)
    if slug not in sheets.COLUMNS or ending not in TYPES:
        raise Http404
    response = HttpResponse(sheets.template(slug, ending), content_type=TYPES[ending])
    response["Content-Disposition"] = f'attachment; filename="{slug}-template.{ending}"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: HttpRequest, slug: str) -> HttpResponse:
    """First a file, then its faults, then (with a reason) the import."""
    require_registry_keeper(request.user)
    if slug not in sheets.COLUMNS:
        raise Http404
    given = {"listing": LISTING_BY_SLUG[slug], "listings": listings_of(request.user), "form": SheetForm()}
    if request.method != "POST":
        return render(request, "registry/import.html", given)
    if "rows" in request.POST:
        return _import(request, slug, given)
    form = SheetForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["sheet"]
        try:
            sheet = _checked(request, slug, file.name, file.read(sheets.MOST_BYTES + 1))
        except sheets.SheetError as unreadable:
            form.add_error("sheet", str(unreadable))
        else:
            why = WhyForm()
            status = 422 if sheet.faults else 200
            return render(request, "registry/import.html", {**given, "sheet": sheet, "why": why}, status=status)
    return render(request, "registry/import.html", {**given, "form": form}, status=422)


def _import(request: HttpRequest, slug: str, given: dict[str, object]) -> HttpResponse:
    """Checked anew: the registry may have changed, and a page can be made up."""
    try:
        sheet = _checked(request, slug, "rows.csv", request.POST["rows"].encode())
    except sheets.SheetError as unreadable:
        messages.error(request, str(unreadable))
        return redirect("registry-import", slug)
    if (ending := request.POST.get("export", "")) in TYPES:
        return _faults(slug, ending, sheet)
    why = WhyForm(request.POST)
    only_good = request.POST.get("only_good") == "yes"
    if not sheet.good or (sheet.faults and not only_good) or not why.is_valid():
        return render(request, "registry/import.html", {**given, "sheet": sheet, "why": why}, status=422)
    reason = why.cleaned_data["reason"]
    try:
        with transaction.atomic():
            for row in sheet.good:
                said = dict(row.said)
                if slug == "points":
                    actions.register_point(request.user, reason=reason, **said)
                else:
                    actions.register_device(request.user, said.pop("point"), reason=reason, **said)
    except ValidationError as refused:
        why.add_error(None, _("Nothing was imported. Row %(row)s: %(why)s") % {
            "row": row.number, "why": " ".join(refused.messages)})  # fmt: skip
        return render(request, "registry/import.html", {**given, "sheet": sheet, "why": why}, status=422)
    count = len(sheet.good)
    messages.success(
        request, ngettext("%(count)s row is imported.", "%(count)s rows are imported.", count) % {"count": count}
    )
    return redirect("registry-rows", slug)


def _faults(slug: str, ending: str, sheet: sheets.Sheet) -> HttpResponse:
    """The faults as a file, to correct the sheet by."""
    heads = [_("Cell"), _("Column"), _("What stands there"), _("Rule"), _("What to do")]
    rows = ((one.cell, one.column, one.value, one.rule, one.remedy) for one in sheet.faults)
    return file_response(f"{slug}-faults", ending, heads, rows)


def _checked(request: HttpRequest, slug: str, name: str, data: bytes) -> sheets.Sheet:
    return sheets.check(slug, sheets.read(slug, name, data), request.user)
