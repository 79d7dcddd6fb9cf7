"""The registry's pages, for those who keep it: devices and the point each sends for, and devices to be claimed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lichen.vocab.clock import from_ms, iso_beijing, now, to_ms
from lichen.vocab.periods import Source
from lichen.web.accounts.access import require_registry_keeper
from lichen.web.belt import StreamDown
from lichen.web.engines import engines
from lichen.web.registry import actions
from lichen.web.registry.forms import ClaimForm
from lichen.web.registry.models import Binding, Device, Point

PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A device, the point it sends for now (None: for none), and when that point's newest observation begins."""

    device: Device
    point: Point | None
    last_seen: datetime | None


@login_required
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """Registered devices, and those that wait to be claimed."""
    require_registry_keeper(request.user)
    wanted = request.GET.get("q", "").strip()
    page = Paginator(_devices(wanted), PAGE).get_page(request.GET.get("page"))
    waiting = _unclaimed()
    return render(
        request,
        "registry/devices.html",
        {
            "page": page,
            "rows": _rows(page.object_list),
            "q": wanted,
            "unclaimed": waiting,
            "stream_down": waiting is None,
            "language": get_language(),
        },
    )


@login_required
@require_safe
def devices_csv(request: HttpRequest) -> HttpResponse:
    """The registered devices as a CSV file (UTF-8 with a mark that spreadsheets understand)."""
    require_registry_keeper(request.user)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="devices.csv"'
    sheet = csv.writer(response)
    sheet.writerow(("mn", "edition", "st", "enabled", "point", "point_name", "newest_observation"))
    for row in _rows(_devices(request.GET.get("q", "").strip())):
        device, point = row.device, row.point
        sheet.writerow(
            (
                device.mn, device.edition, device.st, "yes" if device.enabled else "no",
                point.code if point else "", point.name_zh if point else "",
                iso_beijing(to_ms(row.last_seen)) if row.last_seen else "",
            )
        )  # fmt: skip
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, mn: str) -> HttpResponse:
    """Take a device that sends and is not registered into the registry."""
    user = require_registry_keeper(request.user)
    waiting = _unclaimed()
    if waiting is None:
        return render(request, "registry/claim.html", {"record": None}, status=503)
    record = next((record for record in waiting if record["mn"] == mn), None)
    if record is None:
        raise Http404(_("No device with the MN %(mn)s waits to be claimed.") % {"mn": mn})
    seen = {"edition": record.get("edition") or "2017", "st": record.get("st") or "22"}
    form = ClaimForm(request.POST if request.method == "POST" else None, initial=seen)
    if form.is_valid():
        said = dict(form.cleaned_data)
        try:
            device = actions.claim_device(user, mn, said.pop("point"), **said)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
        else:
            messages.success(
                request, _("Device %(mn)s is registered; its packets count from now on.") % {"mn": device.mn}
            )
            return redirect("devices")
    status = 422 if form.is_bound else 200
    return render(request, "registry/claim.html", {"record": record, "form": form}, status=status)


def _devices(wanted: str) -> QuerySet[Device]:
    found = Device.objects.order_by("mn").prefetch_related(
        Prefetch("bindings", Binding.objects.select_related("point"))
    )
    if wanted:
        names = ("bindings__point__code", "bindings__point__name_zh", "bindings__point__name_en", "mn")
        fits = Q()
        for name in names:
            fits |= Q(**{f"{name}__icontains": wanted})
        found = found.filter(fits).distinct()
    return found


def _rows(found: Iterable[Device]) -> list[Row]:
    moment = now()
    bound = [(device, _point_at(device, moment)) for device in found]
    seen = _last_seen([point.code for _, point in bound if point is not None])
    return [Row(device, point, seen.get(point.code) if point else None) for device, point in bound]


def _point_at(device: Device, moment: datetime) -> Point | None:
    for binding in device.bindings.all():
        started = binding.valid_from is None or binding.valid_from <= moment
        if started and (binding.valid_until is None or moment < binding.valid_until):
            return binding.point
    return None


def _last_seen(points: Sequence[str]) -> dict[str, datetime]:
    """Start of the newest reported observation of each point."""
    if not points:
        return {}
    newest = engines().store.latest(points=points, sources=[Source.REPORTED], stats=None)
    instants: dict[str, int] = {}
    for code, time in zip(newest.code.tolist(), newest.time.tolist(), strict=True):
        point = newest.series[code].point
        instants[point] = max(time, instants.get(point, time))
    return {point: from_ms(instant) for point, instant in instants.items()}


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
