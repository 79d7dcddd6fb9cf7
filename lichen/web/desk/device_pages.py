"""The device wall, one device live, commands to it, and claiming an unknown one."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from lichen.vocab.clock import from_ms, now
from lichen.web.accounts.access import (
    may_call,
    may_keep_registry,
    require_caller,
    require_desk,
    require_registry_keeper,
)
from lichen.web.belt import StreamDown
from lichen.web.desk import calls, packets, wall
from lichen.web.engines import engines
from lichen.web.readings.words import in_english
from lichen.web.registry import actions
from lichen.web.registry.forms import ClaimForm, WhyForm
from lichen.web.registry.models import Device
from lichen.web.registry.tables import LISTING_BY_SLUG, plain, point_at

PAGE = 50


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
    wanted = request.GET.get("q", "").strip()[:80]
    page = Paginator(_found(request, wanted), PAGE).get_page(request.GET.get("page"))
    online = _online()
    keeps = may_keep_registry(request.user)
    waiting = _unclaimed() if keeps else []
    return render(
        request,
        "desk/devices.html",
        {
            "page": page, "seen": wall.look(list(page.object_list), online), "q": wanted,
            "query": urlencode({"q": wanted}),
            "keeps": keeps, "unclaimed": waiting, "stream_down": waiting is None, "gateway_down": online is None,
        },
    )  # fmt: skip


@login_required
@require_safe
def devices_csv(request: HttpRequest) -> HttpResponse:
    """The wall as a CSV file (UTF-8 with a mark that spreadsheets understand)."""
    require_desk(request.user)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="devices.csv"'
    out = csv.writer(response)
    out.writerow(["mn", "point", "state", "online", "last_packet", "delay_s", "clock_s", "complete_24h"])
    found, online = _found(request, request.GET.get("q", "").strip()[:80]), _online()
    for one in wall.look(list(found), online):
        out.writerow([
            one.device.mn, one.point.code if one.point else "", one.state,
            "" if one.online is None else int(one.online),
            plain(one.packet), one.delay, one.skew, "" if one.complete is None else round(one.complete, 4),
        ])  # fmt: skip
    return response


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
    return render(request, "desk/claim.html", {"record": record, "form": form}, status=status)


def _found(request: HttpRequest, wanted: str) -> Any:
    return LISTING_BY_SLUG["devices"].find(request.user, wanted, "", "")


def _device(request: HttpRequest, mn: str) -> Device:
    require_desk(request.user)
    found: Device = get_object_or_404(LISTING_BY_SLUG["devices"].rows(request.user), mn=mn)
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
