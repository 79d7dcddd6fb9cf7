"""The store: appending a network's minutes, their size on the disk, and the three questions pages ask most.

The data: ten thousand series with a day of minutes each, and one station with a month, arriving minute by minute as a
network sends them, loggers in a slightly different order each time. Beside it, in the same run, SQLite with the same
rows under the same promise (durable when acknowledged).
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lichen.store import Store, open_store
from lichen.vocab.batch import Batch, Series
from lichen.vocab.clock import DAY_MS, MINUTE_MS
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source

GOAL = (
    "at least 1,000,000 values/s appended, at most 2 bytes a value; one series' month of minutes < 50 ms; latest of "
    "10,000 series < 100 ms; 1,000,000,000 values scanned < 10 s"
)

_START = 1_772_294_400_000  # 2026-03-01T00:00+08:00
_SLUGS = ("so2", "no2", "co", "o3", "pm10", "pm25", "no", "nox", "air_temperature", "relative_humidity")
_DECIMALS = (1, 1, 3, 1, 1, 1, 1, 1, 1, 1)
_RIVAL_ROWS = 200_000


def run(stations: int = 1_000, minutes: int = 1_440) -> dict[str, Any]:
    """Rates, sizes and waiting times."""
    with tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder:
        store = open_store(f"chdb://{folder}/store")
        try:
            return _measure(store, Path(folder), stations, minutes)
        finally:
            store.close()


def _measure(store: Store, folder: Path, stations: int, minutes: int) -> dict[str, Any]:
    chance = np.random.default_rng(7)
    rows, spent, first = 0, 0.0, None
    for batch in _network(chance, stations, minutes):
        first = first or batch
        began = time.perf_counter()
        store.append(batch)
        spent += time.perf_counter() - began
        rows += len(batch)
    for batch in _network(chance, 1, 30 * 1_440, name="M"):
        store.append(batch)
        rows += len(batch)
    assert first is not None
    appended = store.size()["observations"][1] / rows
    store._engine.run("OPTIMIZE TABLE observations FINAL")
    merged = store.size()["observations"][1] / rows
    month = _best(
        lambda: store.range(
            _START, _START + 30 * DAY_MS, points=["M0000"], parameters=["pm25"], periods=[Period.MINUTE]
        )
    )
    latest = _best(lambda: store.latest(periods=[Period.MINUTE], sources=[Source.REPORTED]))
    scan = _best(
        lambda: store._engine.run(
            "SELECT parameter, count(), avg(value), max(value) FROM observations WHERE flag <= 2 GROUP BY parameter"
        )
    )
    day = _best(lambda: store.range(_START, _START + DAY_MS, points=["S0000"]))
    rival, rival_size = _sqlite(folder / "rival.sqlite", first)
    values_per_s = rows and (stations * len(_SLUGS) * minutes) / spent
    return {
        "values": rows,
        "appended_values_per_s": round(values_per_s),
        "bytes_per_value_as_appended": round(appended, 2),
        "bytes_per_value_merged": round(merged, 2),
        "month_of_one_series_ms": round(month * 1e3, 1),
        "day_of_one_station_ms": round(day * 1e3, 1),
        "latest_of_10000_series_ms": round(latest * 1e3, 1),
        "scanned_values_per_s": round(rows / scan),
        "scan_of_1e9_s_extrapolated": round(scan / rows * 1e9, 1),
        "sqlite_values_per_s": round(rival),
        "sqlite_bytes_per_value": round(rival_size, 1),
        "appended_to_sqlite": round(values_per_s / rival, 1),
    }


def _network(chance: np.random.Generator, stations: int, minutes: int, name: str = "S") -> Iterator[Batch]:
    """The rows of a network, an hour (of one station: ten days) at a time, in the order in which packets arrive."""
    series = tuple(
        Series(f"{name}{n:04d}", slug, Period.MINUTE, Source.REPORTED) for n in range(stations) for slug in _SLUGS
    )
    k = len(_SLUGS)
    step = max(60, 14_400 // stations)
    level = chance.gamma(3.0, 15.0, len(series))
    phase = chance.random(stations) * 60
    done = 0
    for start in range(0, minutes, step):
        size = min(step, minutes - start)
        walk = level + np.cumsum(chance.normal(0, 0.6, (size, len(series))), axis=0)
        level = walk[-1]
        value = np.empty_like(walk)
        for place, decimals in enumerate(_DECIMALS):
            value[:, place::k] = np.round(np.abs(walk[:, place::k]) / (50 if decimals == 3 else 1), decimals)
        arrival = np.argsort(phase + chance.normal(0, 1.0, (size, stations)), axis=1)
        code = (arrival[:, :, None] * k + np.arange(k)).reshape(size, -1)
        n = size * len(series)
        bad = chance.random(n) < 0.01
        flat = np.take_along_axis(value, code, axis=1).ravel()
        flat[chance.random(n) < 0.002] = np.nan
        flag = np.where(bad, Flag.BAD, Flag.GOOD).astype(np.uint8)
        flag[np.isnan(flat)] = Flag.MISSING
        version = np.repeat(np.arange(done, done + size * stations), k) + 1
        done += size * stations
        yield Batch(
            series, code.ravel().astype(np.int32),
            np.repeat(_START + (start + np.arange(size)) * MINUTE_MS, len(series)), flat, flag, ("N", "D"),
            bad.astype(np.uint16), version.astype(np.uint64),
        )  # fmt: skip


def _sqlite(path: Path, batch: Batch) -> tuple[float, float]:
    """Values a second and bytes a value of SQLite with the same rows."""
    one = batch.where(np.arange(len(batch)) < _RIVAL_ROWS)
    rows = list(
        zip(one.code.tolist(), one.time.tolist(), one.version.tolist(), one.value.tolist(), one.flag.tolist(),
            one.mark.tolist(), strict=True)
    )  # fmt: skip
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(
            "CREATE TABLE observations (series INTEGER, time INTEGER, version INTEGER, value REAL, flag INTEGER, "
            "mark INTEGER, PRIMARY KEY (series, time, version)) WITHOUT ROWID"
        )
        began = time.perf_counter()
        with database:
            database.executemany("INSERT INTO observations VALUES (?, ?, ?, ?, ?, ?)", rows)
        spent = time.perf_counter() - began
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()
    return len(rows) / spent, path.stat().st_size / len(rows)


def _best(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of a few tries. [s]"""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)
