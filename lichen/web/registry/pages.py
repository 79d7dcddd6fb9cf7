"""The registry's pages on the workbench: lists, one thing with its history, and the forms that change it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lichen.elements import ELEMENT_BY_SLUG, ELEMENTS
from lichen.web.accounts import actions as people
from lichen.web.accounts.access import may_keep_registry, require_desk, row_in_reach
from lichen.web.accounts.models import User
from lichen.web.acts.models import Act
from lichen.web.datatable import PAGE, respond
from lichen.web.exports import plain
from lichen.web.readings.registered import history
from lichen.web.readings.words import element_name
from lichen.web.registry import actions, places
from lichen.web.registry.attributes import further
from lichen.web.registry.forms import EndForm, MoveForm, PointForm, WhyForm
from lichen.web.registry.models import Device, Point
from lichen.web.registry.snapshot import point_of
from lichen.web.registry.tables import LISTING_BY_SLUG, Listing, listings_of, name_of


@login_required
@require_safe
def rows(request: HttpRequest, slug: str) -> HttpResponse:
    """A list."""
    listing = _listing(request, slug)
    return respond(
        request,
        listing.table(request),
        "registry/rows.html",
        {
            "listing": listing,
            "listings": listings_of(request.user),
            "keeps": listing.keeps(request.user),
            "imports": slug in ("points", "devices") and may_keep_registry(request.user),
        },
    )


@login_required
@require_safe
def row(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One thing: what is registered about it, what belongs to it, and everything that was ever done to it."""
    listing, found = _found(request, slug, pk)
    acts = Act.objects.filter(subject=str(getattr(found, listing.key)), action__in=_actions(slug)).select_related("by")
    keeps = listing.keeps(request.user)
    if keeps and slug != "people":
        try:
            actions.keeper_of(request.user, found)
        except PermissionDenied:
            keeps = False
    return render(
        request,
        "registry/row.html",
        {
            "listing": listing, "listings": listings_of(request.user), "row": found,
            "name": getattr(found, listing.key), "title": name_of(found) if hasattr(found, "name_zh") else "",
            "facts": [(column.head, plain(column.value(found))) for column in listing.columns],
            "registered": _registered(found) if isinstance(found, Point) else None,
            "bindings": found.bindings.select_related("device", "point") if isinstance(found, Point | Device) else None,
            "instruments": found.instruments.all() if isinstance(found, Point) else None,
            "history": Paginator(acts, PAGE).get_page(request.GET.get("page")),
            "keeps": keeps,
        },
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Register something."""
    listing = _listing(request, slug, keep=True)
    data = request.POST if request.method == "POST" else None
    form = (listing.new_form or listing.form)(data, initial=request.GET.dict())
    why = WhyForm(data)
    if why.is_valid() & form.is_valid():
        said = dict(form.cleaned_data)
        reason = why.cleaned_data["reason"]
        try:
            made = _register(request, slug, said, reason)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("%(name)s is registered.") % {"name": getattr(made, listing.key)})
            _say_doubt(request, form)
            return redirect("registry-row", slug, made.pk)
    return _form_page(request, listing, form, why, _("Register"), status=422 if data is not None else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change what is registered."""
    listing, found = _found(request, slug, pk, keep=True)
    data = request.POST if request.method == "POST" else None
    form = listing.form(data, instance=found)
    form.fields[listing.key].disabled = True
    why = WhyForm(data)
    if why.is_valid() & form.is_valid():
        said = {name: value for name, value in form.cleaned_data.items() if name != listing.key}
        for secret in ("password", "key"):
            if secret in said and not said[secret]:
                del said[secret]
        # The form has put its answers into its own copy: the action compares with what is stored.
        stored = listing.rows(request.user).get(pk=pk)
        try:
            if isinstance(stored, User):
                people.change_person(request.user, stored, reason=why.cleaned_data["reason"], **said)
            else:
                actions.change(request.user, stored, reason=why.cleaned_data["reason"], **said)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
        else:
            messages.success(request, _("The change is registered."))
            _say_doubt(request, form)
            return redirect("registry-row", slug, pk)
    return _form_page(request, listing, form, why, _("Change"), found, status=422 if data is not None else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Retire something: it ends at a moment, and stays in the registry."""
    listing, found = _found(request, slug, pk, keep=True)
    if slug == "people":
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = EndForm(data)
    if form.is_valid():
        try:
            _end(request, found, **form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
        else:
            messages.success(request, _("The end is registered."))
            return redirect("registry-row", slug, pk)
    return _form_page(request, listing, form, None, _("Retire"), found, status=422 if data is not None else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """From a moment on a device sends for another point."""
    listing, found = _found(request, "devices", pk, keep=True)
    data = request.POST if request.method == "POST" else None
    form = MoveForm(data)
    if form.is_valid():
        try:
            actions.move_device(request.user, found, **form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
        else:
            messages.success(request, _("The move is registered."))
            return redirect("registry-row", "devices", pk)
    return _form_page(request, listing, form, None, _("Move"), found, status=422 if data is not None else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second factor off the account of somebody who lost it."""
    listing, found = _found(request, "people", pk, keep=True)
    data = request.POST if request.method == "POST" else None
    form = WhyForm(data)
    if form.is_valid():
        people.remove_second_factor(request.user, found, **form.cleaned_data)
        messages.success(request, _("The second factor is removed; a new one can be set up after signing in."))
        return redirect("registry-row", "people", pk)
    title = _("Remove the second factor")
    return _form_page(request, listing, form, None, title, found, status=422 if data is not None else 200)


def _registered(point: Point) -> dict[str, Any]:
    """What a point is registered as: options with their history, and further attributes."""
    element = ELEMENT_BY_SLUG.get(point.element)
    return {
        "options": history(point_of(point), element) if element else [],
        "further": further(point.attributes, element),
    }


def _listing(request: HttpRequest, slug: str, *, keep: bool = False) -> Listing:
    require_desk(request.user)
    listing = LISTING_BY_SLUG.get(slug)
    if listing is None:
        raise Http404(_("There is no such list."))
    if (keep and not listing.keeps(request.user)) or listing not in listings_of(request.user):
        raise PermissionDenied(_("This is for others to keep; ask an administrator."))
    return listing


def _found(request: HttpRequest, slug: str, pk: int, *, keep: bool = False) -> tuple[Listing, Any]:
    """The row, if it is in the user's reach; whoever may not change it is told so before filling in a form."""
    listing = _listing(request, slug, keep=keep)
    found = row_in_reach(listing.rows(request.user), pk=pk)
    if keep and slug != "people":
        actions.keeper_of(request.user, found)
    return listing, found


def _actions(slug: str) -> list[str]:
    """The actions that a list's rows are subjects of; a code may be a point's and an organisation's."""
    if slug == "people":
        return ["person.register", "person.change", "person.second_factor.remove"]
    name = LISTING_BY_SLUG[slug].model._meta.model_name
    return [f"registry.{name}.{verb}" for verb in ("register", "change", "retire", "move")] + [f"{name}.command"]


def _register(request: HttpRequest, slug: str, said: dict[str, Any], reason: str) -> Any:
    match slug:
        case "points":
            return actions.register_point(request.user, reason=reason, **said)
        case "devices":
            return actions.register_device(request.user, said.pop("point"), reason=reason, **said)
        case "instruments":
            return actions.register_instrument(request.user, reason=reason, **said)
        case "organisations":
            return actions.register_organisation(request.user, reason=reason, **said)
        case "districts":
            return actions.register_district(request.user, reason=reason, **said)
        case _:
            return people.register_person(request.user, reason=reason, **said)


def _end(request: HttpRequest, found: Any, *, at: Any, reason: str) -> None:
    if isinstance(found, Point):
        actions.retire_point(request.user, found, at=at, reason=reason)
    elif isinstance(found, Device):
        actions.retire_device(request.user, found, at=at, reason=reason)
    else:
        actions.retire(request.user, found, at=at, reason=reason)


def _say_doubt(request: HttpRequest, form: BaseForm) -> None:
    if isinstance(form, PointForm) and (doubt := form.doubt):
        messages.warning(request, doubt + " " + _("If that is not meant so, change the position or the district."))


def _form_page(
    request: HttpRequest, listing: Listing, form: BaseForm, why: BaseForm | None, title: str, row: Any = None, *,
    status: int,
) -> HttpResponse:  # fmt: skip
    name = getattr(row, listing.key) if row is not None else ""
    given = {
        "listing": listing, "listings": listings_of(request.user), "form": form, "why": why, "title": title,
        "row": row, "name": name, "map": places.start() if isinstance(form, PointForm) else None,
        "elements": [(one, element_name(one)) for one in ELEMENTS] if isinstance(form, PointForm) and not row else None,
    }  # fmt: skip
    return render(request, "registry/form.html", given, status=status)
