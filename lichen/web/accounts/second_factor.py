"""Who may do more than read sets up a second factor first, where `LICHEN_SECOND_FACTOR` says so."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lichen.web.accounts.access import Part, part_of
from lichen.web.accounts.models import User

#: What stays open to somebody who has none yet: signing in and out, files, the language, liveness.
_OPEN = ("/accounts/", "/static/", "/i18n/", "/healthz", "/metrics")


def is_missing(user: User) -> bool:
    """Whether the person must set up a second factor before anything else."""
    return settings.SECOND_FACTOR_REQUIRED and part_of(user) is not Part.PUBLIC and not is_mfa_enabled(user)


def required_second_factor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: leads to the page where one is set up until there is a second factor."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if (
            settings.SECOND_FACTOR_REQUIRED
            and not request.path.startswith(_OPEN)
            and isinstance(request.user, User)
            and is_missing(request.user)
        ):
            return HttpResponseRedirect(reverse("mfa_index"))
        return get_response(request)

    return middleware
