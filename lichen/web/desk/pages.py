"""The workbench's own pages: what needs me, the acts of everybody, settings."""

from __future__ import annotations

import json
import os
from datetime import timedelta

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from lichen.vocab.clock import day_start_ms, from_ms
from lichen.vocab.settings import VARIABLES
from lichen.web import environment
from lichen.web.accounts.access import is_administrator, may_keep_registry, part_of, require_desk
from lichen.web.acts import words
from lichen.web.acts.models import Act
from lichen.web.datatable import Column, Table, respond
from lichen.web.desk import home as overview

ACTS_OF_MINE = 8


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What needs me: devices to claim, silent ones, exceedances and faults of the last day, and what I did."""
    user = require_desk(request.user)
    return render(
        request,
        "desk/home.html",
        {
            "unclaimed": overview.unclaimed_count() if may_keep_registry(user) else None,
            "keeps": may_keep_registry(user),
            "silent": overview.silent(user),
            "exceedances": overview.exceedances(user),
            "faults": overview.faults(user),
            "acts": Act.objects.filter(by=user).select_related("by")[:ACTS_OF_MINE],
            "part": part_of(user),
        },
    )


@login_required
@require_safe
def acts(request: HttpRequest) -> HttpResponse:
    """Everybody's acts, the newest first."""
    require_desk(request.user)
    form = ActsFilter(request.GET)
    found = _fitting(form) if form.is_valid() else Act.objects.none()
    table = Table("acts", _("Acts"), _ACTS, found, form, empty=_("No acts."))
    return respond(request, table, "desk/acts.html")


@login_required
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """My account; for administrators also what the installation was told, by name: no value is shown."""
    user = require_desk(request.user)
    known = None
    if is_administrator(user):
        every = {**VARIABLES, **environment.KNOWN}
        known = [
            (name, bool(os.environ.get(name) or os.environ.get(f"{name}_FILE")), _(every[name]))
            for name in sorted(every)
        ]
    return render(
        request, "desk/settings.html",
        {"part": part_of(user), "second_factor": is_mfa_enabled(user), "variables": known},
    )  # fmt: skip


class ActsFilter(forms.Form):
    """Which acts."""

    q = forms.CharField(
        label=gettext_lazy("Subject, action or reason"), required=False, max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    by = forms.CharField(
        label=gettext_lazy("Person"), required=False, max_length=80, widget=forms.TextInput({"autocomplete": "off"})
    )
    day = forms.DateField(label=gettext_lazy("Day"), required=False, widget=forms.DateInput({"type": "date"}))


_ACTS = (
    Column("at", gettext_lazy("When"), lambda act: act.at, "at"),
    Column("by", gettext_lazy("Who"), lambda act: act.by.get_short_name() if act.by else _("the installation"),
           "by__display_name"),
    Column("action", gettext_lazy("What"), lambda act: words.action(act.action), "action",
           cell="desk/_act_action.html"),
    Column("subject", gettext_lazy("Of what"), lambda act: act.subject, "subject"),
    Column("reason", gettext_lazy("Why"), lambda act: act.reason),
    Column("changed", gettext_lazy("What changed"), lambda act: json.dumps(act.details, ensure_ascii=False),
           cell="desk/_act_details.html"),
    Column("entry", gettext_lazy("Sealed as entry"), lambda act: act.index, "index",
           lambda act: reverse("ledger-act", args=(act.index,)) if act.index is not None else "", is_number=True),
)  # fmt: skip


def _fitting(form: ActsFilter) -> QuerySet[Act]:
    asked = form.cleaned_data
    found = Act.objects.select_related("by")
    if asked["q"]:
        found = found.filter(
            Q(subject__icontains=asked["q"]) | Q(action__in=words.named(asked["q"])) | Q(reason__icontains=asked["q"])
        )
    if asked["by"]:
        found = found.filter(Q(by__username__iexact=asked["by"]) | Q(by__display_name__icontains=asked["by"]))
    if asked["day"]:
        start = from_ms(day_start_ms(asked["day"]))
        found = found.filter(at__gte=start, at__lt=start + timedelta(days=1))
    return found
