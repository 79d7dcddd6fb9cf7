"""One's own tokens in the workbench: make, see the last use, revoke."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lichen.vocab.clock import now
from lichen.web.accounts.access import require_desk
from lichen.web.tokens import actions
from lichen.web.tokens.forms import NewTokenForm
from lichen.web.tokens.models import Token


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """My tokens, the newest first, and the form of a new one. The text of a new one is in this one answer only."""
    user = require_desk(request.user)
    form = NewTokenForm(request.POST or None)
    text, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            _made, text = actions.create(owner=user, **form.cleaned_data)
            form = NewTokenForm()
        else:
            status = 422
    moment = now()
    mine = [(token, token.state(moment)) for token in Token.objects.filter(owner=user)]
    return render(request, "tokens/tokens.html", {"form": form, "text": text, "mine": mine}, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of my tokens."""
    user = require_desk(request.user)
    token = get_object_or_404(Token, pk=pk, owner=user)
    actions.revoke(token.prefix, by=user)
    messages.success(request, _("The token “%(name)s” opens nothing any more.") % {"name": token.name})
    return redirect("desk-tokens")
