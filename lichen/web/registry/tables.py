"""The lists of the registry: what each shows, who sees which rows, how it is searched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Model, Prefetch, Q, QuerySet
from django.forms import CharField, ChoiceField, Form, ModelForm, TextInput
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lichen.elements import ELEMENT_BY_SLUG
from lichen.vocab.clock import now
from lichen.web.accounts import access
from lichen.web.accounts.forms import PersonForm
from lichen.web.accounts.models import User
from lichen.web.datatable import Column, Table, Text
from lichen.web.readings.words import element_name
from lichen.web.registry import forms
from lichen.web.registry.models import Binding, Device, District, Instrument, Organisation, Point


class ListFilter(Form):
    """Which rows of a list."""

    q = CharField(label=_("Contains"), required=False, max_length=80, widget=TextInput({"autocomplete": "off"}))
    state = ChoiceField(
        label=_("State"), required=False, choices=[("", _("all")), ("now", _("in force")), ("ended", _("ended"))]
    )


@dataclass(frozen=True)
class Listing:
    """One list.

    Attributes
    ----------
    slug : str
        In addresses.
    key : str
        The field that names a row; what acts call it.
    search : tuple of str
        Fields that the search box looks through.
    reach : callable
        Which rows somebody sees.
    keeps : callable
        Whether somebody may add and change rows.
    """

    slug: str
    title: Text
    model: type[Model]
    key: str
    columns: tuple[Column, ...]
    search: tuple[str, ...]
    reach: Callable[[access.Reader], Q]
    keeps: Callable[[access.Reader], bool]
    form: type[ModelForm[Any]]
    new_form: type[ModelForm[Any]] | None = None
    related: tuple[str, ...] = ()
    ended: str = "valid_until"

    def rows(self, user: access.Reader) -> QuerySet[Any]:
        """The rows that somebody sees."""
        found = self.model._default_manager.filter(self.reach(user)).select_related(*self.related)
        if self.model is Device:
            found = found.prefetch_related(Prefetch("bindings", Binding.objects.select_related("point")))
        return found.distinct() if self.model is Device else found

    def table(self, request: HttpRequest) -> Table:
        """The list as a reader asked for it."""
        form = ListFilter(request.GET)
        rows = self.rows(request.user)
        if form.is_valid():
            rows = self._chosen(rows, form.cleaned_data["q"], form.cleaned_data["state"])
        return Table(
            self.slug, self.title, (replace(self.columns[0], link=self._address), *self.columns[1:]),
            rows.order_by(self.key, "pk"), form, empty=_("Nothing is registered yet."),
        )  # fmt: skip

    def find(self, user: access.Reader, wanted: str) -> QuerySet[Any]:
        """The rows that somebody sees and that contain `wanted`, in the order of their names."""
        return self._chosen(self.rows(user), wanted, "").order_by(self.key, "pk")

    def _chosen(self, rows: QuerySet[Any], wanted: str, state: str) -> QuerySet[Any]:
        if wanted:
            fits = Q()
            for name in self.search:
                fits |= Q(**{f"{name}__icontains": wanted})
            rows = rows.filter(fits)
        if state:
            over = self._over()
            rows = rows.filter(over) if state == "ended" else rows.exclude(over)
        return rows

    def _address(self, row: Any) -> str:
        return reverse("registry-row", args=(self.slug, row.pk))

    def _over(self) -> Q:
        if self.ended == "valid_until":
            return Q(valid_until__isnull=False, valid_until__lte=now())
        return Q(**{self.ended: False})


def name_of(row: Any) -> str:
    """The name in the reader's language."""
    if row is None:
        return ""
    return str(row.name_en if get_language() == "en" and row.name_en else row.name_zh)


def point_at(device: Device, moment: datetime) -> Point | None:
    """The point that a device sends for at a moment."""
    for binding in device.bindings.all():
        started = binding.valid_from is None or binding.valid_from <= moment
        if started and (binding.valid_until is None or moment < binding.valid_until):
            return binding.point
    return None


def _element(point: Point) -> str:
    element = ELEMENT_BY_SLUG.get(point.element)
    return element_name(element) if element else point.element


def _kind(point: Point) -> str:
    element = ELEMENT_BY_SLUG.get(point.element)
    names = element.point_kinds.get(point.kind) if element else None
    return names[1 if get_language() == "en" else 0] if names else point.kind


def _sends_for(device: Device) -> str:
    point = point_at(device, now())
    return f"{name_of(point)} ({point.code})" if point else ""


_FROM = Column("from", _("from"), lambda row: row.valid_from, "valid_from")
_UNTIL = Column("until", _("until"), lambda row: row.valid_until, "valid_until")
_CITY = Column("city", _("city"), lambda row: row.city, "city")
_DISTRICT = Column("district", _("district"), lambda row: row.district, "district")
_NAME = Column("name", _("name"), name_of, "name_zh")

LISTINGS: tuple[Listing, ...] = (
    Listing(
        "points", _("Monitoring points"), Point, "code",
        (Column("code", _("point code"), lambda row: row.code, "code"), _NAME, _CITY, _DISTRICT,
         Column("element", _("element"), _element, "element"), Column("kind", _("kind"), _kind, "kind"),
         Column("longitude", _("longitude"), lambda row: row.lon, "lon", is_number=True),
         Column("latitude", _("latitude"), lambda row: row.lat, "lat", is_number=True),
         Column("owner", _("owner"), lambda row: name_of(row.owner), "owner__name_zh"),
         Column("operator", _("operator"), lambda row: name_of(row.operator), "operator__name_zh"), _FROM, _UNTIL),
        ("code", "name_zh", "name_en", "city", "district"), access.points_in_reach, access.may_keep_registry,
        forms.PointForm, related=("owner", "operator"),
    ),
    Listing(
        "devices", _("Devices"), Device, "mn",
        (Column("mn", "MN", lambda row: row.mn, "mn"), Column("point", _("Monitoring point"), _sends_for),
         Column("edition", _("HJ 212 edition"), lambda row: row.get_edition_display(), "edition"),
         Column("st", "ST", lambda row: row.st, "st"),
         Column("minutes", _("minute data interval [min]"), lambda row: row.minute_interval,
                "minute_interval", is_number=True),
         Column("enabled", _("enabled"), lambda row: row.enabled, "enabled")),
        ("mn", "bindings__point__code", "bindings__point__name_zh", "bindings__point__name_en"),
        access.devices_in_reach, access.may_keep_registry, forms.DeviceForm, forms.NewDeviceForm, ended="enabled",
    ),
    Listing(
        "instruments", _("Instruments"), Instrument, "serial",
        (Column("serial", _("serial number"), lambda row: row.serial, "serial"),
         Column("model", _("model"), lambda row: row.model, "model"),
         Column("manufacturer", _("manufacturer"), lambda row: row.manufacturer, "manufacturer"),
         Column("point", _("Monitoring point"), lambda row: f"{name_of(row.point)} ({row.point.code})", "point__code"),
         Column("parameter", _("parameter"), lambda row: row.parameter, "parameter"),
         Column("method", _("method"), lambda row: row.method, "method"), _FROM, _UNTIL),
        ("serial", "model", "manufacturer", "parameter", "point__code", "point__name_zh", "point__name_en"),
        lambda user: Q(point__in=Point.objects.filter(access.points_in_reach(user))), access.may_keep_registry,
        forms.InstrumentForm, related=("point",),
    ),
    Listing(
        "organisations", _("Organisations"), Organisation, "code",
        (Column("code", _("code"), lambda row: row.code, "code"), _NAME,
         Column("kind", _("kind"), lambda row: row.get_kind_display(), "kind"), _CITY, _DISTRICT, _FROM, _UNTIL),
        ("code", "name_zh", "name_en", "city", "district"), access.organisations_in_reach, access.may_keep_people,
        forms.OrganisationForm,
    ),
    Listing(
        "districts", _("Districts"), District, "code",
        (Column("code", _("administrative code"), lambda row: row.code, "code"), _CITY, _NAME,
         _FROM, _UNTIL),
        ("code", "city", "name_zh", "name_en"),
        lambda user: Q() if access.may_enter_desk(user) else Q(pk__in=()), access.may_keep_people, forms.DistrictForm,
    ),
    Listing(
        "people", _("People"), User, "username",
        (Column("username", _("User name"), lambda row: row.username, "username"),
         Column("name", _("name"), lambda row: row.display_name, "display_name"),
         Column("organisation", _("organisation"), lambda row: name_of(row.organisation), "organisation__name_zh"),
         Column("role", _("role"), lambda row: row.get_role_display(), "role"),
         Column("open", _("open"), lambda row: row.is_active, "is_active"),
         Column("signed_in", _("last signed in"), lambda row: row.last_login, "last_login")),
        ("username", "display_name", "organisation__name_zh"),
        lambda user: Q() if access.may_keep_people(user) else Q(pk__in=()), access.may_keep_people, PersonForm,
        related=("organisation",), ended="is_active",
    ),
)  # fmt: skip
LISTING_BY_SLUG = {listing.slug: listing for listing in LISTINGS}


def listings_of(user: access.Reader) -> Iterable[Listing]:
    """The lists that somebody sees at all."""
    return [listing for listing in LISTINGS if listing.slug != "people" or access.may_keep_people(user)]
