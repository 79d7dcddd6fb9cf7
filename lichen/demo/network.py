"""Who takes part in the demo: every point and every logger."""

from __future__ import annotations

from lichen.demo.loggers import loggers
from lichen.demo.points import places
from lichen.demo.record import stations
from lichen.demo.registry import UNCLAIMED, demo_device, demo_point
from lichen.demo.sections import section_point, sections
from lichen.demo.seed import DemoSeed
from lichen.vocab.registry import Device, Snapshot


def demo_snapshot(seed: DemoSeed, version: int = 1) -> Snapshot:
    """All points of the demo and all loggers but the unclaimed one; the same for the same seed.

    >>> from lichen.demo.seed import DemoSeed
    >>> snapshot = demo_snapshot(DemoSeed("00" * 32, 0))
    >>> [point.element for point in snapshot.points].count("air"), len(snapshot.devices)
    (20, 27)
    """
    return Snapshot(
        version,
        (
            *(demo_point(station) for station in stations()),
            *(section_point(section) for section in sections()),
            *(place.point(seed.started) for place in places()),
        ),
        tuple(device for device in all_devices(seed) if device.point != UNCLAIMED),
    )


def all_devices(seed: DemoSeed) -> tuple[Device, ...]:
    """Every logger that takes part: those of air stations first, the unclaimed one last."""
    air = [demo_device(station, seed) for station in stations()]
    claimed = [device for device in air if device.point != UNCLAIMED]
    return (*claimed, *loggers(seed), *(device for device in air if device.point == UNCLAIMED))
