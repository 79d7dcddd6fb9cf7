"""HJ 212 decoding with full validation: the batch path, and the single path as its rival in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lichen.hj212.batch import decode_batch
from lichen.hj212.frame import FrameReader, build_frame
from lichen.hj212.message import parse

GOAL = "decode of 244-byte 2011 packets, full validation: at least 100,000 packets/s on one core"

_PACKETS = 20_000
_BATCH = 2_000


def packet(number: int) -> bytes:
    """A 2011 packet of a station with four pollutants, of about the 244 bytes of the goal; every one is different."""
    second = 20260301000000 + number % 60
    items = ";".join(
        f"{factor}-Rtd={(number * 7 + place * 13) % 1000 / 10:.1f},{factor}-Flag=N"
        for place, factor in enumerate(("a34004", "a34002", "a21026", "a21004"))
    )
    segment = (
        f"QN={second}{number % 1000:03d};ST=22;CN=2011;PW=123456;MN=010000A8900016F0{number % 9999:08d};Flag=5;"
        f"CP=&&DataTime={second};{items}&&"
    )
    return build_frame(segment.encode())


def _rate(work: Callable[[], int], seconds: float) -> float:
    work()
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        done += work()
    return done / spent


def run(seconds: float = 3.0) -> dict[str, Any]:
    """Packets a second on one core: batches of 2,000, one at a time, and cutting a stream into frames."""
    packets = [packet(number) for number in range(_PACKETS)]
    stream = b"".join(packets)

    def batches() -> int:
        for start in range(0, _PACKETS, _BATCH):
            decoded = decode_batch(packets[start : start + _BATCH])
            if not decoded.ok.all() or decoded.slow:
                raise AssertionError("the bench's packets must take the usual road")
        return _PACKETS

    def singly() -> int:
        reader = FrameReader()
        return len([parse(frame) for frame in reader.feed(stream[: 2_000 * len(packets[0])])])

    def cut() -> int:
        return len(FrameReader().feed(stream))

    batch, single = _rate(batches, seconds), _rate(singly, seconds)
    return {
        "packet_bytes": len(packets[0]),
        "batch_packets_per_s": round(batch),
        "single_packets_per_s": round(single),
        "framing_packets_per_s": round(_rate(cut, seconds)),
        "batch_to_single": round(batch / single, 1),
        "values_per_s": round(batch * 4),
    }
