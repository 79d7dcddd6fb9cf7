"""The device wall, one device live, commands to it, and claiming an unknown one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from lichen.hj212.password import starred
from lichen.vocab.clock import from_ms, now
from lichen.web.accounts.access import (
    may_call,
    may_keep_registry,
    require_caller,
    require_desk,
    require_registry_keeper,
    row_in_reach,
)
from lichen.web.belt import StreamDown
from lichen.web.datatable import Column, Table, respond
from lichen.web.desk import calls, packets, wall
from lichen.web.engines import engines
from lichen.web.readings.words import in_english
from lichen.web.registry import actions
from lichen.web.registry.forms import ClaimForm, WhyForm
from lichen.web.registry.models import Device
from lichen.web.registry.tables import LISTING_BY_SLUG, name_of, point_at


class CommandForm(WhyForm):
    """What to ask of a device."""

    cn = forms.ChoiceField(label=gettext_lazy("Command"))
    fields_text = forms.CharField(
        label=gettext_lazy("Fields"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "One FIELD=VALUE a line, for instance BeginTime=20260301000000; empty where none is needed."
        ),
    )  # fmt: skip
    field_order = ("cn", "fields_text", "reason")

    def __init__(self, device: Device, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._device = device
        self.fields["cn"].choices = [  # type: ignore[attr-defined]
            (one.cn, f"{one.cn} {one.en if in_english() else one.zh} {' '.join(one.fields)}".strip())
            for one in calls.offered(device)
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "cn" in data and "fields_text" in data:
            try:
                data["fields"] = calls.fields_of(self._device, data["cn"], data["fields_text"])
            except ValidationError as refused:
                self.add_error("fields_text", refused)
        return data


@login_required
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """Every device in reach and how it is doing, and those that wait to be claimed."""
    require_desk(request.user)
    online = _online()
    keeps = may_keep_registry(request.user)
    waiting = _unclaimed() if keeps else []
    context = {"keeps": keeps, "unclaimed": waiting, "stream_down": waiting is None, "gateway_down": online is None}
    return respond(request, _table(request, online), "desk/devices.html", context)


@login_required
@require_safe
def device(request: HttpRequest, mn: str) -> HttpResponse:
    """One device: its state, its newest packets decoded, and commands for those who may."""
    found = _device(request, mn)
    (seen,) = wall.look([found], _online())
    may = may_call(request.user, seen.point)
    return render(
        request,
        "desk/device.html",
        {
            "device": found, "seen": seen, "packets": packets.latest(found), "live": request.GET.get("live") == "yes",
            "form": CommandForm(found) if may else None, "calls": calls.of_device(mn) if may else (),
        },
    )  # fmt: skip


@login_required
@require_http_methods(["POST"])
def command(request: HttpRequest, mn: str) -> HttpResponse:
    """Send a command, then follow it."""
    found = _device(request, mn)
    require_caller(request.user, point_at(found, now()))
    form = CommandForm(found, request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            call = calls.send(request.user, found, said["cn"], said["fields"], reason=said["reason"])
        except StreamDown:
            form.add_error(None, _("The stream does not answer at present; nothing was sent. Try again in a minute."))
        else:
            return redirect("device-call", mn, call.id)
    (seen,) = wall.look([found], _online())
    given = {
        "device": found,
        "seen": seen,
        "packets": packets.latest(found),
        "form": form,
        "calls": calls.of_device(mn),
    }
    return render(request, "desk/device.html", given, status=422)


@login_required
@require_safe
def call(request: HttpRequest, mn: str, id: str) -> HttpResponse:
    """What has become of a command; the page looks again by itself until it is over."""
    found = _device(request, mn)
    require_caller(request.user, point_at(found, now()))
    made = calls.find(id)
    if made is None or made.mn != mn:
        raise Http404(_("This dialogue is no longer kept here; the ledger holds what was sent and answered."))
    return render(request, "desk/call.html", {"device": found, "call": made})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, mn: str) -> HttpResponse:
    """Take a device that waits to be claimed into the registry."""
    user = require_registry_keeper(request.user)
    waiting = _unclaimed()
    if waiting is None:
        return render(request, "desk/claim.html", {"record": None}, status=503)
    record = next((record for record in waiting if record["mn"] == mn), None)
    if record is None:
        raise Http404(_("No device with the MN %(mn)s waits to be claimed.") % {"mn": mn})
    seen = {"edition": record.get("edition") or "2017", "st": record.get("st") or "22"}
    form = ClaimForm(request.POST if request.method == "POST" else None, initial=seen)
    if form.is_valid():
        said = dict(form.cleaned_data)
        try:
            made = actions.claim_device(user, mn, said.pop("point"), **said)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
        else:
            messages.success(
                request, _("Device %(mn)s is registered; its packets count from now on.") % {"mn": made.mn}
            )
            return redirect("device", made.mn)
    status = 422 if form.is_bound else 200
    frame = record.get("last_frame", "")
    context = {
        "record": record, "form": form, "factors": packets.factors(frame, seen["st"]), "last_frame": starred(frame),
    }  # fmt: skip
    return render(request, "desk/claim.html", context, status=status)


class WallFilter(forms.Form):
    """Which devices of the wall."""

    q = forms.CharField(
        label=gettext_lazy("MN, point code or name"), required=False, max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip


_WALL = (
    Column("mn", "MN", lambda one: one.device.mn, "mn", lambda one: reverse("device", args=(one.device.mn,))),
    Column("point", gettext_lazy("Monitoring point"), lambda one: str(one.point or ""),
           lambda one: name_of(one.point) or None, cell="desk/_wall_point.html"),
    Column("state", gettext_lazy("State"), lambda one: one.state_words, lambda one: one.state,
           cell="desk/_wall_state.html"),
    Column("connection", gettext_lazy("Connection"), lambda one: one.online_words, lambda one: one.online,
           cell="desk/_online.html"),
    Column("packet", gettext_lazy("Last packet"), lambda one: one.packet, lambda one: one.packet,
           lambda one: reverse("ledger-entry", args=(one.index,)) if one.packet else ""),
    Column("delay", gettext_lazy("Delay [s]"), lambda one: one.delay, lambda one: one.delay, is_number=True,
           cell="desk/_wall_delay.html"),
    Column("clock", gettext_lazy("Clock [s]"), lambda one: one.skew, lambda one: one.skew, is_number=True,
           cell="desk/_wall_clock.html"),
    Column("complete", gettext_lazy("Complete [%]"), lambda one: one.percent, lambda one: one.percent, is_number=True,
           cell="desk/_wall_complete.html"),
    Column("edition", gettext_lazy("HJ 212 edition"), lambda one: one.device.get_edition_display(),
           lambda one: one.device.edition, is_shown=False),
    Column("since", gettext_lazy("Connected since"), lambda one: one.since, lambda one: one.since, is_shown=False),
)  # fmt: skip


def _table(request: HttpRequest, online: dict[str, int] | None) -> Table:
    form = WallFilter(request.GET)
    rows = LISTING_BY_SLUG["devices"].find(request.user, form.cleaned_data["q"] if form.is_valid() else "")
    return Table(
        "devices", _("Device wall"), _WALL, rows, form, look=lambda devices: wall.look(devices, online),
        empty=_("No device is registered yet."),
    )  # fmt: skip


def _device(request: HttpRequest, mn: str) -> Device:
    require_desk(request.user)
    found: Device = row_in_reach(LISTING_BY_SLUG["devices"].rows(request.user), mn=mn)
    return found


def _online() -> dict[str, int] | None:
    """MN → connected since; None while no gateway answers."""
    belt = engines().belt
    try:
        if belt is None:
            raise StreamDown("this process has no stream")
        return {entry["mn"]: int(entry["time"]) for entry in belt.online()}
    except StreamDown:
        return None


def _unclaimed() -> list[dict[str, Any]] | None:
    """Devices that wait to be claimed, the latest first; None while the stream does not answer."""
    belt = engines().belt
    try:
        if belt is None:
            raise StreamDown("this process has no stream")
        records = belt.unclaimed()
    except StreamDown:
        return None
    # The gateway takes a claimed device off the list a moment later.
    registered = set(Device.objects.filter(mn__in=[record["mn"] for record in records]).values_list("mn", flat=True))
    return [
        {**record, "first_seen": from_ms(record["first_seen"]), "last_seen": from_ms(record["last_seen"])}
        for record in records
        if record["mn"] not in registered
    ]
