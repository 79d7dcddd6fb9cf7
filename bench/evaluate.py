"""``lichen evaluate`` on a million rows of air and of water, file to file; beside it, merely reading and writing."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lichen.pipeline.evaluate_csv import evaluate

GOAL = "1,000,000 rows of hourly air samples and of automatic water samples in less than 10 s each"

_ROWS = 1_000_000


def run() -> dict[str, Any]:
    """Seconds for a million rows of each, and how many times that of a bare CSV round trip."""
    return {
        "rows": _ROWS,
        **{
            f"{element}_{what}": number
            for element, table in (("air", _air), ("surface_water", _water))
            for what, number in _measure(element, table).items()
        },
    }


def _measure(element: str, table: Callable[[np.random.Generator], pl.DataFrame]) -> dict[str, float]:
    random = np.random.default_rng(7)
    times = pl.datetime_range(pl.datetime(2025, 1, 1), pl.datetime(2026, 12, 31), "62s", eager=True)
    samples = pl.DataFrame(
        {"time": times.dt.strftime("%Y-%m-%d %H:%M:%S")[:_ROWS], "station": np.arange(_ROWS) % 1500}
    ).hstack(table(random))
    with tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        samples.write_csv(source)
        start = time.perf_counter()
        pl.read_csv(source, infer_schema=False).write_csv(target)
        bare = time.perf_counter() - start
        start = time.perf_counter()
        evaluate(element, str(source), str(target), period="hour")
        spent = time.perf_counter() - start
    return {
        "seconds": round(spent, 2),
        "rows_per_s": round(_ROWS / spent),
        "to_bare_csv": round(spent / bare, 1),
    }


def _air(random: np.random.Generator) -> pl.DataFrame:
    scales = (("so2", 6, 0), ("no2", 15, 0), ("co", 0.4, 1), ("o3", 35, 0), ("pm10", 35, 0), ("pm25", 20, 0))
    return pl.DataFrame({slug: random.gamma(2.0, scale, _ROWS).round(decimals) for slug, scale, decimals in scales})


def _water(random: np.random.Generator) -> pl.DataFrame:
    scales = (("codmn", 2.0, 2), ("nh3n", 0.3, 3), ("tp", 0.05, 3), ("tn", 1.0, 2))
    columns = {slug: random.gamma(2.0, scale, _ROWS).round(decimals) for slug, scale, decimals in scales}
    columns |= {"ph": random.normal(7.8, 0.5, _ROWS).round(2), "do": random.normal(7.5, 2.0, _ROWS).clip(0).round(2)}
    bodies = np.array(["river", "lake"])[(random.random(_ROWS) < 0.2).astype(int)]
    return pl.DataFrame(columns).with_columns(water_body=pl.Series(bodies))
