"""The pipeline: sealed packets to observations, hours, days and verdicts, through the real ledger and engine.

Three measurements: a backlog taken in by the worker, the same by `lichen rebuild`, and one packet at a time into the
full store, from the moment it is handed to the ledger until its values can be read.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from lichen.hj212.content import Reading
from lichen.ledger.log import Log
from lichen.pipeline.rebuild import rebuild
from lichen.pipeline.testing import CODES, entry, network
from lichen.pipeline.worker import Worker
from lichen.store import open_store
from lichen.vocab.clock import MINUTE_MS, floor_ms, now_ms
from lichen.vocab.registry import Device

GOAL = "at least 300,000 values/s from sealed packet to verdict; one packet in less than 2 s"

_STEP = 5 * MINUTE_MS


def run(stations: int = 500, intervals: int = 144, singles: int = 15) -> dict[str, Any]:
    """Values a second, and waiting times of single packets."""
    snapshot = network(stations)
    chance = np.random.default_rng(7)
    end = int(floor_ms(np.array([now_ms()]), 60 * MINUTE_MS)[0])
    start = end - intervals * _STEP
    with (
        tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder,
        Log.open(Path(folder) / "raw", origin="bench.lichen/raw") as raw,
        Log.open(Path(folder) / "acts", origin="bench.lichen/acts") as acts,
    ):
        for n in range(intervals):
            raw.append([_packet(device, start + n * _STEP, chance) for device in snapshot.devices])
        store = open_store(f"chdb://{folder}/store")
        try:
            worker = Worker(store, raw, acts, lambda: snapshot)
            began, busy = time.perf_counter(), time.process_time()
            while worker.step():
                pass
            bulk, busy = time.perf_counter() - began, time.process_time() - busy
            waits = []
            for n in range(singles):
                packet = _packet(snapshot.devices[n % stations], end, chance)
                began = time.perf_counter()
                raw.append([packet])
                worker.step()
                waits.append(time.perf_counter() - began)
            done = rebuild(store, raw, acts, snapshot)
        finally:
            store.close()
    waits.sort()
    values = worker.values - singles * 3 * len(CODES)
    return {
        "packets": stations * intervals,
        "values": values,
        "worker_values_per_s": round(values / bulk),
        "worker_values_per_cpu_s": round(values / busy),
        "rebuild_values_per_s": round(done.values / done.seconds),
        "single_packet_ms_median": round(waits[len(waits) // 2] * 1e3),
        "single_packet_ms_worst": round(waits[-1] * 1e3),
    }


def _packet(device: Device, at: int, chance: np.random.Generator) -> bytes:
    """A minute packet of six pollutants with mean, smallest and largest value."""
    values = []
    for code, level in zip(CODES.values(), chance.gamma(3.0, 15.0, len(CODES)), strict=True):
        for stat, value in (("Avg", level), ("Min", level * 0.9), ("Max", level * 1.1)):
            text = f"{min(value, 45.0) if code == CODES['co'] else value:.1f}"
            values.append(Reading(code, stat, float(text), text, "N"))
    return entry(device, "2051", at, values)
