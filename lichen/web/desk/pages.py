"""The workbench."""
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from lichen.web.accounts.access import require_desk


@login_required
def home(request: HttpRequest) -> HttpResponse:
    require_desk(request.user)
    return render(request, "desk/home.html", {})
