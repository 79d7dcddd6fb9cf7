"""Bringing results: an element and a file, its faults, the acceptance, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from lichen.elements import ELEMENT_BY_SLUG, ELEMENTS
from lichen.elements.descriptor import Element
from lichen.pipeline.sheets.check import PERIODS
from lichen.pipeline.sheets.file import MOST_BYTES
from lichen.pipeline.sheets.said import BadTable
from lichen.pipeline.sheets.template import template as empty_table
from lichen.vocab.clock import day_start_ms, from_ms, now
from lichen.vocab.periods import Period
from lichen.web.accounts.access import people_whose_results_are_seen, points_to_bring, require_bringer
from lichen.web.accounts.models import User
from lichen.web.acts.models import Act
from lichen.web.belt import StreamDown
from lichen.web.datatable import Column, Table, respond
from lichen.web.exports import TYPES
from lichen.web.readings import words
from lichen.web.registry.models import Point
from lichen.web.results import actions
from lichen.web.results.following import Brought
from lichen.web.results.forms import AcceptForm, BroughtFilter, FileForm
from lichen.web.results.models import Upload


@login_required
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """What was brought so far, the newest first."""
    user = require_bringer(request.user)
    form = BroughtFilter(request.GET)
    rows = _fitting(user, form) if form.is_valid() else Act.objects.none()
    table = Table("results", _("Results"), _BROUGHT, rows, form, empty=_("No results have been brought yet."))
    waiting = Upload.objects.filter(by=user, at__gte=now() - actions.KEPT).defer("body")
    given = [(held, words.element_name(ELEMENT_BY_SLUG[held.element]), held.at + actions.KEPT) for held in waiting]
    return respond(request, table, "results/results.html", {"waiting": given})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose the element, take its template, bring a file."""
    user = require_bringer(request.user)
    element = _element(user, request.GET.get("element", ""))
    form = FileForm(element, *([request.POST, request.FILES] if request.method == "POST" else []))
    if form.is_valid():
        file, period = form.cleaned_data["sheet"], Period(form.cleaned_data["period"])
        body = file.read(MOST_BYTES + 1)
        try:
            actions.examine(user, element, period, file.name, body)
        except BadTable as unreadable:
            form.add_error("sheet", words.either(*unreadable.said))
        else:
            return redirect("results-check", actions.keep(user, element, period, file.name, body).pk)
    points = Point.objects.filter(points_to_bring(user), element=element.slug)
    return render(
        request,
        "results/new.html",
        {
            "element": element, "name": words.element_name(element), "form": form, "points": points.count(),
            "elements": [(one, words.element_name(one)) for one in ELEMENTS],
        },
        status=422 if form.is_bound else 200,
    )  # fmt: skip


@login_required
@require_safe
def template(request: HttpRequest, element: str, ending: str) -> HttpResponse:
    """The empty table of an element."""
    require_bringer(request.user)
    if element not in ELEMENT_BY_SLUG or ending not in TYPES:
        raise Http404(_("There is no such template."))
    response = HttpResponse(empty_table(ELEMENT_BY_SLUG[element], ending), content_type=TYPES[ending])
    response["Content-Disposition"] = f'attachment; filename="{element}-template.{ending}"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, id: UUID) -> HttpResponse:
    """What the check says of a file, every fault; and its acceptance."""
    user = require_bringer(request.user)
    held = Upload.objects.filter(pk=id, by=user, at__gte=now() - actions.KEPT).first()
    if held is None:
        raise Http404(_("This file was accepted already, or waited for more than an hour. Bring it again."))
    form = AcceptForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            act = actions.accept(user, held, **form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused)
        except StreamDown:
            form.add_error(None, _("The stream does not answer at present, so nothing is confirmed. The file is kept: "
                                   "try again in a minute. What arrives twice counts once."))  # fmt: skip
        else:
            return redirect("results-brought", act.pk)
    if form.is_bound:
        status = 422
    try:
        found = actions.checked(user, held)
    except BadTable as unreadable:  # the rules have changed within the hour
        raise Http404(words.either(*unreadable.said)) from unreadable
    form.initial = {"sha256": held.sha256, "rows": len(found.good)}
    table = Table("faults", _("Faults"), _FAULTS, found.faults, is_folded=True)
    context = {
        "held": held, "element": words.element_name(ELEMENT_BY_SLUG[held.element]), "checked": found, "form": form,
        "period": words.either(*PERIODS[Period(held.period)]), "until": held.at + actions.KEPT,
        "good": len(found.good), "left_out": found.rows - len(found.good),
    }  # fmt: skip
    return respond(request, table, "results/check.html", context, status=status)


@login_required
@require_safe
def brought(request: HttpRequest, pk: int) -> HttpResponse:
    """What has become of a file that was accepted; the page looks again by itself until it is sealed and judged."""
    user = require_bringer(request.user)
    act = _acts(user).filter(pk=pk).first()
    if act is None:
        raise Http404(_("There is no such row."))
    found = Brought(act)
    is_done = found.is_judged
    rows = found.rows() if is_done else []
    table = Table("taken", _("Rows that were taken"), _taken(found), rows, look=found.judged, is_folded=True)
    context = {
        "act": act, "found": found, "is_done": is_done, "element": words.element_name(found.element),
        "period": words.either(*PERIODS[found.period]),
    }  # fmt: skip
    return respond(request, table, "results/brought.html", context)


def _element(user: User, slug: str) -> Element:
    """The element asked for; else the first of which the user has points."""
    if slug:
        if slug not in ELEMENT_BY_SLUG:
            raise Http404(_("This version of Lichen does not know the element “%(element)s”.") % {"element": slug})
        return ELEMENT_BY_SLUG[slug]
    own = set(Point.objects.filter(points_to_bring(user)).values_list("element", flat=True))
    return next((element for element in ELEMENTS if element.slug in own), ELEMENTS[0])


def _acts(user: User) -> QuerySet[Act]:
    seen = User.objects.filter(people_whose_results_are_seen(user))
    return Act.objects.filter(action=actions.ACTION, by__in=seen).select_related("by")


def _fitting(user: User, form: BroughtFilter) -> QuerySet[Act]:
    asked, found = form.cleaned_data, _acts(user)
    if asked["q"]:
        found = found.filter(Q(subject__icontains=asked["q"]) | Q(details__sha256__startswith=asked["q"].lower()))
    if asked["by"]:
        found = found.filter(Q(by__username__iexact=asked["by"]) | Q(by__display_name__icontains=asked["by"]))
    if asked["element"]:
        found = found.filter(details__element=asked["element"])
    if asked["day"]:
        start = from_ms(day_start_ms(asked["day"]))
        found = found.filter(at__gte=start, at__lt=start + timedelta(days=1))
    return found


def _element_of(act: Act) -> str:
    known = ELEMENT_BY_SLUG.get(act.details["element"])
    return words.element_name(known) if known else act.details["element"]


_BROUGHT = (
    Column("file", gettext_lazy("File"), lambda act: act.subject, "subject",
           lambda act: reverse("results-brought", args=(act.pk,))),
    Column("at", gettext_lazy("When"), lambda act: act.at, "at"),
    Column("by", gettext_lazy("Who"), lambda act: act.by.get_short_name(), "by__display_name"),
    Column("element", gettext_lazy("element"), _element_of, "details__element"),
    Column("period", gettext_lazy("Of what"), lambda act: words.either(*PERIODS[Period(act.details["period"])])),
    Column("taken", gettext_lazy("Rows taken"), lambda act: act.details["taken"], "details__taken", is_number=True),
    Column("left_out", gettext_lazy("Rows left out"), lambda act: act.details["left_out"], "details__left_out",
           is_number=True),
    Column("reason", gettext_lazy("Reason"), lambda act: act.reason, is_shown=False),
    Column("sha256", "SHA-256", lambda act: act.details["sha256"], is_shown=False),
    Column("entry", gettext_lazy("Sealed as entry"), lambda act: act.index, "index",
           lambda act: reverse("ledger-act", args=(act.index,)) if act.index is not None else "", is_number=True),
)  # fmt: skip

_FAULTS = (
    Column("cell", gettext_lazy("Cell"), lambda fault: fault.cell),
    Column("column", gettext_lazy("Column"), lambda fault: fault.column, lambda fault: fault.column),
    Column("value", gettext_lazy("What stands there"), lambda fault: fault.value),
    Column("rule", gettext_lazy("Rule"), lambda fault: words.either(*fault.rule),
           lambda fault: words.either(*fault.rule)),
    Column("remedy", gettext_lazy("What to do"), lambda fault: words.either(*fault.remedy)),
)  # fmt: skip


def _taken(found: Brought) -> tuple[Column, ...]:
    verdict: tuple[Column, ...] = (
        Column("class", gettext_lazy("Class"), lambda row: row.class_name, cell="results/_class.html"),
        Column("deciding", words.deciding(found.element), lambda row: words.joined(row.deciding)),
    )
    return (
        Column("number", gettext_lazy("Row"), lambda row: row.number, is_number=True),
        Column("point", gettext_lazy("Monitoring point"), lambda row: row.point_name,
               link=lambda row: reverse("station", args=(row.point,))),
        Column("code", gettext_lazy("point code"), lambda row: row.point, is_shown=False),
        Column("at", gettext_lazy("Time"), lambda row: row.at),
        *(verdict if found.is_for_verdicts and found.element.classes else ()),
        Column("values", gettext_lazy("Values"), _values, cell="results/_values.html"),
        Column("entry", gettext_lazy("Sealed as entry"), lambda row: row.index,
               link=lambda row: reverse("ledger-entry", args=(row.index,)), is_number=True),
    )  # fmt: skip


def _values(row: Any) -> str:
    return "; ".join(f"{value.name} {value.text} {value.unit}".strip() for value in row.values)
