"""``lichen evaluate air`` on a million rows, from file to file; beside it, merely reading and writing the same file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lichen.pipeline.evaluate_csv import evaluate

GOAL = "1,000,000 rows of hourly air samples in less than 10 s"

_ROWS = 1_000_000


def run() -> dict[str, Any]:
    """Seconds for a million rows, and how many times that of a bare CSV round trip."""
    random = np.random.default_rng(7)
    table = pl.DataFrame(
        {
            "time": pl.datetime_range(
                pl.datetime(2025, 1, 1), pl.datetime(2026, 12, 31), "62s", eager=True
            ).dt.strftime("%Y-%m-%d %H:%M:%S")[:_ROWS],
            "station": np.arange(_ROWS) % 1500,
            **{
                slug: random.gamma(2.0, scale, _ROWS).round(decimals)
                for slug, scale, decimals in (
                    ("so2", 6, 0), ("no2", 15, 0), ("co", 0.4, 1), ("o3", 35, 0), ("pm10", 35, 0), ("pm25", 20, 0),
                )
            },
        }
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        table.write_csv(source)
        start = time.perf_counter()
        pl.read_csv(source, infer_schema=False).write_csv(target)
        bare = time.perf_counter() - start
        start = time.perf_counter()
        evaluate("air", str(source), str(target), period="hour")
        spent = time.perf_counter() - start
    return {
        "rows": _ROWS,
        "seconds": round(spent, 2),
        "rows_per_s": round(_ROWS / spent),
        "bare_csv_round_trip_s": round(bare, 2),
        "to_bare": round(spent / bare, 1),
    }
