"""The registry as the gateway and the pipeline see it: a snapshot of points and devices, published by the web.

Django owns the registry; this is the frozen copy that travels through the stream's KV as JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.vocab.clock import day_start_ms

_ALWAYS = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Point:
    """A monitoring point (监测点位). `valid_from`/`valid_until` in ms UTC; None = open.

    `attributes` hold what its element asks for (`lichen.elements.descriptor.Option`), see `attribute_at`.
    """

    id: str
    name_zh: str
    name_en: str
    element: str
    kind: str
    city: str
    district: str = ""
    lon: float | None = None
    lat: float | None = None
    valid_from: int | None = None
    valid_until: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def attribute_at(attributes: Mapping[str, Any], name: str, instants: NDArray[np.int64]) -> list[Any]:
    """What an attribute of a point says at instants; None where it says nothing.

    An attribute that changed is a list of ``{"from": "2026-01-01", "value": …}``, oldest first; the day is Beijing's,
    and the first needs none.

    Parameters
    ----------
    attributes : mapping
        Of a `Point`.
    name : str
    instants : ndarray (n,) int64
        [ms since 1970 UTC]

    Examples
    --------
    >>> zones = {"zone": [{"value": "2"}, {"from": "2026-01-01", "value": "4a"}]}
    >>> new_year = day_start_ms(date(2026, 1, 1))
    >>> attribute_at(zones, "zone", np.array([new_year - 1, new_year]))
    ['2', '4a']
    """
    said = attributes.get(name)
    if not isinstance(said, list):
        return [said] * len(instants)
    starts = [day_start_ms(date.fromisoformat(one["from"])) if one.get("from") else _ALWAYS for one in said]
    at = np.searchsorted(np.array(starts), instants, side="right") - 1
    return [said[one]["value"] if one >= 0 else None for one in at.tolist()]


@dataclass(frozen=True, slots=True)
class Device:
    """A data logger (数采仪) that may send for a point between two instants.

    `units` and `aliases` are per station: factor code → unit as sent; code as sent → code of the standard.
    """

    mn: str
    point: str
    edition: str = "2017"
    st: str = "22"
    password: str = ""
    key: str = ""  # SM4 key, 16 ASCII characters; edition 2025
    previous_key: str = ""
    minute_interval: int = 5  # [min]
    realtime_interval: int = 60  # [s]
    valid_from: int | None = None
    valid_until: int | None = None
    enabled: bool = True
    units: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def valid_at(self, instant: int) -> bool:
        """Whether the device is bound to its point at the instant (from inclusive, until exclusive)."""
        return (self.valid_from is None or self.valid_from <= instant) and (
            self.valid_until is None or instant < self.valid_until
        )


_SECRETS = ("password", "key", "previous_key")


@dataclass(frozen=True)
class Snapshot:
    """All points and devices at one moment; `version` grows with each publication."""

    version: int
    points: tuple[Point, ...]
    devices: tuple[Device, ...]

    @cached_property
    def hash(self) -> str:
        """SHA-256 hex over the canonical JSON without secrets; stored with every result that used the snapshot."""
        public = json.loads(self.to_json())
        for device in public["devices"]:
            for secret in _SECRETS:
                del device[secret]
        del public["version"]
        text = json.dumps(public, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def point_by_id(self) -> dict[str, Point]:
        return {point.id: point for point in self.points}

    @cached_property
    def devices_by_mn(self) -> dict[str, tuple[Device, ...]]:
        """Every binding of an MN, oldest first: a device moves between points over the years."""
        found: dict[str, list[Device]] = {}
        for device in sorted(self.devices, key=lambda d: d.valid_from or 0):
            found.setdefault(device.mn, []).append(device)
        return {mn: tuple(devices) for mn, devices in found.items()}

    def device_at(self, mn: str, instant: int) -> Device | None:
        """The binding of `mn` in force at the instant, or None."""
        for device in self.devices_by_mn.get(mn, ()):
            if device.enabled and device.valid_at(instant):
                return device
        return None

    def to_json(self) -> str:
        """JSON text; `from_json` reads it back."""
        return json.dumps(
            {
                "version": self.version,
                "points": [asdict(point) for point in self.points],
                "devices": [asdict(device) for device in self.devices],
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Snapshot:
        """The snapshot of `to_json`'s text; unknown keys are ignored so that newer webs can talk to older gateways."""
        data = json.loads(text)
        return cls(
            int(data["version"]),
            tuple(Point(**_known(Point, row)) for row in data["points"]),
            tuple(Device(**_known(Device, row)) for row in data["devices"]),
        )


def _known(kind: type, row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in kind.__dataclass_fields__}  # type: ignore[attr-defined]


EMPTY = Snapshot(0, (), ())
