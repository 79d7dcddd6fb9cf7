"""The workbench's own pages: what needs me, the acts of everybody, settings."""

from __future__ import annotations

import csv
import os
from datetime import datetime, timedelta
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lichen.vocab.clock import iso_beijing, to_ms
from lichen.vocab.settings import VARIABLES
from lichen.web import environment
from lichen.web.accounts.access import is_administrator, may_keep_registry, part_of, require_desk
from lichen.web.acts.models import Act
from lichen.web.desk import home as overview

PAGE = 50
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
    """Everybody's acts, the newest first; searched by subject, person, action, reason and day."""
    require_desk(request.user)
    found, asked = _acts(request)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(
        request, "desk/acts.html", {"page": page, "acts": page.object_list, "asked": asked, "query": urlencode(asked)}
    )


@login_required
@require_safe
def acts_csv(request: HttpRequest) -> HttpResponse:
    """The same acts as a CSV file."""
    require_desk(request.user)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="acts.csv"'
    out = csv.writer(response)
    out.writerow(["at", "by", "action", "subject", "reason", "entry"])
    for act in _acts(request)[0].iterator(chunk_size=500):
        told = (act.by.username if act.by else "installation", act.action, act.subject, act.reason)
        out.writerow([iso_beijing(to_ms(act.at)), *(f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
                                                    for text in told), act.index])  # fmt: skip
    return response


@login_required
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """My account; for administrators also what the installation was told, by name: no value is shown."""
    user = require_desk(request.user)
    known = None
    if is_administrator(user):
        every = {**VARIABLES, **environment.KNOWN}
        known = [
            (name, bool(os.environ.get(name) or os.environ.get(f"{name}_FILE")), every[name]) for name in sorted(every)
        ]
    return render(
        request, "desk/settings.html",
        {"part": part_of(user), "second_factor": is_mfa_enabled(user), "variables": known},
    )  # fmt: skip


def _acts(request: HttpRequest) -> tuple[QuerySet[Act], dict[str, str]]:
    asked = {name: request.GET.get(name, "").strip()[:80] for name in ("q", "by", "day")}
    found = Act.objects.select_related("by")
    if asked["q"]:
        found = found.filter(
            Q(subject__icontains=asked["q"]) | Q(action__icontains=asked["q"]) | Q(reason__icontains=asked["q"])
        )
    if asked["by"]:
        found = found.filter(Q(by__username__iexact=asked["by"]) | Q(by__display_name__icontains=asked["by"]))
    if asked["day"]:
        try:
            start = datetime.fromisoformat(f"{asked['day']}T00:00:00+08:00")
        except ValueError:
            asked["day"] = ""
        else:
            found = found.filter(at__gte=start, at__lt=start + timedelta(days=1))
    return found, asked
