"""Sealing entries into the log, with tiles, checkpoint and fsync; and proving them."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from lichen.ledger.log import Log

GOAL = "at least 50,000 entries/s sealed; a proof in less than 1 ms"

_ENTRY = 310  # a 244-byte packet with its receipt [bytes]
_BATCH = 5_000


def run(seconds: float = 5.0) -> dict[str, Any]:
    """Entries a second sealed in batches of 5,000, beside the ceilings in the same run: hashing alone, and writing
    the same bytes with fsync alone; then the latency of proofs over the log just written."""
    entries = [os.urandom(_ENTRY) for _ in range(_BATCH)]
    with tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder:
        with Log.open(Path(folder) / "raw", origin="bench.lichen/raw") as log:
            start, sealed = time.perf_counter(), 0
            while (spent := time.perf_counter() - start) < seconds:
                log.append(entries, position=sealed + 1)
                sealed += _BATCH
            proofs = []
            for step in range(1_000):
                began = time.perf_counter()
                log.inclusion_proof(step * (sealed // 1_000))
                proofs.append(time.perf_counter() - began)
        hashing = _ceiling(lambda: [hashlib.sha256(b"\0" + entry).digest() for entry in entries])
        path = Path(folder) / "plain"
        with path.open("wb") as file:

            def write() -> None:
                file.write(b"".join(entries))
                file.flush()
                os.fsync(file.fileno())

            writing = _ceiling(write)
    proofs.sort()
    return {
        "entries_per_s": round(sealed / spent),
        "entries": sealed,
        "leaf_hash_ceiling_per_s": round(hashing),
        "fsync_write_ceiling_per_s": round(writing),
        "share_of_hash_ceiling": round(sealed / spent / hashing, 3),
        "proof_ms_median": round(proofs[500] * 1e3, 3),
        "proof_ms_p99": round(proofs[990] * 1e3, 3),
    }


def _ceiling(work: Any, seconds: float = 1.0) -> float:
    start, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < seconds:
        work()
        done += _BATCH
    return done / spent
