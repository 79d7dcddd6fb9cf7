"""What tests and benchmarks of the pipeline are made of: a small network, its packets, and a ledger of real logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from lichen.hj212.content import Reading
from lichen.hj212.message import compose
from lichen.ledger.log import Log
from lichen.pipeline.acts import Act
from lichen.vocab.entry import Entry
from lichen.vocab.registry import Device, Point, Snapshot

#: HJ 212 codes of the six pollutants; a05024 is from HJ 524-2009, as stations send it.
CODES = {"so2": "a21026", "no2": "a21004", "co": "a21005", "o3": "a05024", "pm10": "a34002", "pm25": "a34004"}


def mn(number: int) -> str:
    """A device's number. For instance ``mn(1)`` ends in 1."""
    return f"{number:024X}"


def network(points: int = 1, **device: object) -> Snapshot:
    """Points P1 … Pn, each with a logger that sends every five minutes; `device` changes every `Device`."""
    return Snapshot(
        1,
        tuple(Point(f"P{n}", f"{n}号点", f"point {n}", "air", "urban", "城") for n in range(1, points + 1)),
        tuple(Device(mn(n), f"P{n}", **{"minute_interval": 5, **device}) for n in range(1, points + 1)),  # type: ignore[arg-type]
    )


def readings(values: Mapping[str, float | str], stat: str = "Avg", mark: str | None = "N") -> list[Reading]:
    """Readings by parameter slug or factor code."""
    return [
        Reading(CODES.get(name, name), stat, value if isinstance(value, float) else None, str(value), mark)
        for name, value in values.items()
    ]


def entry(
    device: Device,
    cn: str,
    time: int | None,
    values: Mapping[str, float | str] | Sequence[Reading],
    *,
    received: int | None = None,
    mark: str | None = "N",
    stat: str | None = None,
    key: bytes | None = None,
    backfill: bool = False,
    verdict: str = "ok",
) -> bytes:
    """A packet of a device as an entry of the raw log, received five minutes after `time` unless said otherwise."""
    at = received if received is not None else (time or 0) + 300_000
    if isinstance(values, Mapping):
        values = readings(values, stat or ("Rtd" if cn == "2011" else "Avg"), mark)
    frames = compose(
        cn=cn, mn=device.mn, st=device.st, qn=at, edition=device.edition, time_ms=time, values=values, key=key,
        backfill=backfill,
    )  # fmt: skip
    assert len(frames) == 1, "a test packet fits one frame"
    return Entry(at, "hj212", "203.0.113.7:41022", device.mn, verdict, frames[0]).encode()


@dataclass
class Ledger:
    """The two logs of an installation, for real, in a folder."""

    raw: Log
    acts: Log

    def seal(self, *entries: bytes) -> range:
        """Append to the raw log."""
        return self.raw.append(entries)

    def act(self, act: Act) -> int:
        """Append to the acts log."""
        return self.acts.append([act.encode()])[0]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Two empty logs."""
    with (
        Log.open(tmp_path / "ledger" / "raw", origin="lichen.test/raw") as raw,
        Log.open(tmp_path / "ledger" / "acts", origin="lichen.test/acts") as acts,
    ):
        yield Ledger(raw, acts)
