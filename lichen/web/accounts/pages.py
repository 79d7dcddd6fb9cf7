"""Where a person goes after signing in, and what cannot be done here."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from lichen.web.accounts.access import may_enter_desk


@require_safe
@login_required
def entrance(request: HttpRequest) -> HttpResponse:
    """The workbench for those who work here, the stations for everybody else."""
    return redirect("desk" if may_enter_desk(request.user) else "stations")


@require_safe
@login_required
def no_password(request: HttpRequest) -> HttpResponse:
    """Told to who signs in at the organisation and has no password here."""
    return render(request, "accounts/no_password.html")
