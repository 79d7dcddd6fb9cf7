"""A raw log with a few entries and an acts log with one act."""

from __future__ import annotations

from typing import Any

import pytest

from lichen.pipeline.acts import Act
from lichen.vocab.entry import Entry

FRAME = "##0041QN=20260301080000000;ST=22;CN=2011;大气&&0000"


def frame(number: int, *, station: str = "STATION-A", verdict: str = "ok", body: bytes | None = None) -> bytes:
    return Entry(
        1_772_323_200_000 + number, "hj212", "203.0.113.7:41022", station, verdict, body or FRAME.encode()
    ).encode()


@pytest.fixture
def sealed(web_engines: Any, db: None) -> Any:
    """Entries: 0 to 2 accepted, 3 with a wrong CRC of another station, 4 not text, 5 no entry at all."""
    web_engines.raw_log.append(
        [
            *(frame(number) for number in range(3)),
            frame(3, station="STATION-B", verdict="crc"),
            frame(4, body=b"\xff\x00\x01"),
            b"not an entry",
        ]
    )
    web_engines.acts_log.append(
        [Act("registry.device.register", "STATION-A", "bureau", "newly installed", 0, {"point": "p1"}).encode()]
    )
    return web_engines
