"""The newest sealed packets of a device, decoded for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lichen.hj212.commands import find
from lichen.hj212.decode import as_json
from lichen.hj212.frame import FrameReader
from lichen.hj212.message import parse
from lichen.vocab.parameters import by_code
from lichen.web.engines import engines
from lichen.web.ledgerpages.entries import Shown, window
from lichen.web.ledgerpages.pages import VERDICTS
from lichen.web.readings.words import in_english
from lichen.web.registry.models import Device

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Packet:
    """A sealed entry; `said` is what `lichen hj212 decode` says of it, None where it is no frame."""

    index: int
    received: datetime | None
    peer: str
    verdict: str
    text: str
    said: dict[str, Any] | None

    @property
    def time(self) -> str:
        """The time its data are of, Beijing time; "" where it names none."""
        said = self.said["time"] if self.said else None
        return f"{datetime.fromisoformat(said):%Y-%m-%d %H:%M:%S}" if said else ""

    @property
    def verdict_words(self) -> str:
        """What the gateway said of it."""
        return str(VERDICTS.get(self.verdict, self.verdict))

    @property
    def command(self) -> str:
        """What kind of packet it is, in words."""
        if self.said is None or not self.said["cn"]:
            return ""
        for direction in ("up", "down"):
            if (known := find(self.said["cn"], direction, self.said["edition"] or "2017")) is not None:
                return known.en if in_english() else known.zh
        return ""


def latest(device: Device, count: int = SHOWN) -> list[Packet]:
    """The newest packets from and to the device among the newest entries of the ledger, the newest first."""
    log = engines().raw_log
    return [_packet(device, one) for one in window(log, log.size, limit=count, station=device.mn).rows]


def factors(frame: str, st: str) -> list[tuple[str, str]]:
    """Code and name of each factor in a frame as text, in its order; a code that no table has is named "".

    >>> factors("no frame", "22")
    []
    """
    reader = FrameReader()
    frames = [*reader.feed(frame.strip().encode("latin-1", "replace") + b"\r\n"), *reader.close()]
    found = {value["factor"]: "" for one in frames[:1] for value in as_json(parse(one))["values"]}
    return [(factor, _name(factor, st)) for factor in found]


def _packet(device: Device, one: Shown) -> Packet:
    entry = one.entry
    assert entry is not None  # `window` filters by station
    reader = FrameReader()
    frames = [*reader.feed(entry.body), *reader.close()]
    said = None
    if frames:
        key, previous = (text.encode() or None for text in (device.key, device.previous_key))
        said = as_json(parse(frames[0], key=key, previous_key=previous, registered=device.edition))
        for value in said["values"]:
            value["name"] = _name(value["factor"], device.st)
    return Packet(one.index, one.received, entry.peer, entry.verdict, one.text, said)


def _name(factor: str, st: str) -> str:
    """The factor's name; ambient air and stacks share codes, and the device's system code (ST) tells them apart."""
    known = by_code(factor, st)
    return "" if known is None else (known.name_en if in_english() else known.name_zh)
