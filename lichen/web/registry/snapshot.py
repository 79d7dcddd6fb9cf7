"""The registry as the gateway and the worker see it, and its publication."""

from __future__ import annotations

from datetime import datetime

from lichen.vocab import registry as words
from lichen.vocab.clock import to_ms
from lichen.web import engines
from lichen.web.acts.models import Act
from lichen.web.registry.models import Binding, Point

#: Actions that begin so change the registry.
PREFIX = "registry."


def build() -> words.Snapshot:
    """All points and bindings, of all times; its version is that of the last act that changed the registry."""
    last = Act.objects.filter(action__startswith=PREFIX).order_by("-id").values_list("id", flat=True).first()
    return words.Snapshot(
        last or 0,
        tuple(point_of(point) for point in Point.objects.order_by("code")),
        tuple(
            _device(binding)
            for binding in Binding.objects.select_related("device", "point").order_by("device__mn", "valid_from")
        ),
    )


def publish() -> words.Snapshot | None:
    """Put the registry in force in every process; None (nothing done) where this process has no engines."""
    if not engines.are_open():
        return None
    snapshot = build()
    engines.engines().put_snapshot(snapshot)
    return snapshot


def _instant(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def point_of(row: Point) -> words.Point:
    """A point as the other processes know it."""
    return words.Point(
        row.code, row.name_zh, row.name_en, row.element, row.kind, row.city, row.district, row.lon, row.lat,
        _instant(row.valid_from), _instant(row.valid_until), row.attributes,
    )  # fmt: skip


def _device(binding: Binding) -> words.Device:
    row = binding.device
    return words.Device(
        row.mn, binding.point.code, row.edition, row.st, row.password, row.key, row.previous_key,
        row.minute_interval, row.realtime_interval, _instant(binding.valid_from), _instant(binding.valid_until),
        row.enabled, row.units, row.aliases,
    )  # fmt: skip
