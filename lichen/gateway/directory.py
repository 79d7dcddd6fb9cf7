"""Who may send: the registry snapshot, turned around so that a frame's MN finds its device at once."""

from __future__ import annotations

from dataclasses import dataclass

from lichen.vocab.registry import EMPTY, Device, Snapshot


@dataclass(frozen=True, slots=True)
class Known:
    """A device that may send now, with what a frame is compared with as bytes."""

    device: Device
    password: bytes
    key: bytes | None
    previous_key: bytes | None


class Directory:
    """The devices in force.

    Attributes
    ----------
    generation : int
        Grows whenever anything about any device may have changed; what was concluded before must be looked at again.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.snapshot = EMPTY
        self._known: dict[str, Known] = {}

    def __len__(self) -> int:
        return len(self._known)

    def find(self, mn: str) -> Known | None:
        return self._known.get(mn)

    def take(self, snapshot: Snapshot, now: int) -> None:
        """Use a new snapshot."""
        self.snapshot = snapshot
        self.refresh(now)

    def refresh(self, now: int) -> None:
        """Look again which bindings are in force: they begin and end by the clock, without a new snapshot."""
        found: dict[str, Known] = {}
        for mn in self.snapshot.devices_by_mn:
            device = self.snapshot.device_at(mn, now)
            if device is not None:
                found[mn] = Known(device, device.password.encode(), _sm4_key(device.key), _sm4_key(device.previous_key))
        if found != self._known:
            self._known = found
            self.generation += 1


def _sm4_key(text: str) -> bytes | None:
    # A key of another length is none: the registry refuses it on entry, and here its frames fail their CRC.
    key = text.encode()
    return key if len(key) == 16 else None
