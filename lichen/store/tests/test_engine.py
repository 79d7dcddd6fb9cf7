"""The seam to ClickHouse: addresses, owners, schema versions, and what survives a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from lichen.store import SchemaTooNew, Store, StoreError, StoreUnavailable, open_store
from lichen.store.engine import EmbeddedEngine, open_engine

WRITER = """
import sys
import numpy as np
from lichen.store import open_store
from lichen.vocab.batch import Batch, Series
from lichen.vocab.periods import Period, Source

store = open_store(sys.argv[1])
series = (Series("P", "pm25", Period.MINUTE, Source.REPORTED),)
for step in range(1_000_000):
    n = 100
    time = np.arange(step * n, (step + 1) * n)
    store.append(Batch(series, np.zeros(n, np.int32), time, time.astype(float), np.ones(n, np.uint8), ("",),
                       np.zeros(n, np.uint16), np.ones(n, np.uint64)))
    print(step, flush=True)
"""


def test_acknowledged_appends_survive_a_kill(tmp_path: Path) -> None:
    url = f"chdb://{tmp_path / 'killed'}"
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = -1
        while acknowledged < 20:
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    store = open_store(url)
    try:
        times = store.range(0, 1 << 40).time
        assert times[: (acknowledged + 1) * 100].tolist() == list(range((acknowledged + 1) * 100))
    finally:
        store.close()


def test_second_process_is_told_who_has_the_folder(store: Store, store_folder: Path) -> None:
    code = f"from lichen.store import open_store; open_store('chdb://{store_folder}')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "One process opens it at a time" in done.stderr


def test_one_folder_at_a_time(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="One process opens"):
        open_store(f"chdb://{tmp_path}")


@pytest.mark.parametrize("url", ["sqlite:///x", "chdb://", "chdb:///", "chdb://relative/path", "/plain/path"])
def test_unusable_address(url: str) -> None:
    with pytest.raises(StoreError, match="not usable"):
        open_engine(url)


def test_unreachable_server() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        open_engine("clickhouse://user:secret@127.0.0.1:9/lichen")


def test_newer_schema_is_refused(tmp_path: Path) -> None:
    url = f"chdb://{tmp_path}"
    store = open_store(url)
    store._engine.insert("schema_version", pa.table({"version": pa.array([99], pa.uint32())}))
    store.close()
    with pytest.raises(SchemaTooNew, match="schema 99"):
        open_store(url)


def test_table_and_column_names_are_checked(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    try:
        with pytest.raises(StoreError, match="no table or column name"):
            engine.insert("t; DROP TABLE x", pa.table({"a": [1]}))
        with pytest.raises(StoreError, match="statement: SELECT \\* FROM nowhere"):
            engine.run("SELECT * FROM nowhere")
    finally:
        engine.close()


def test_migration_cut_short_is_run_again(tmp_path: Path) -> None:
    url = f"chdb://{tmp_path}"
    store = open_store(url)
    store._engine.run("TRUNCATE TABLE schema_version")  # as if it had died before the last line
    store._engine.run("DROP TABLE cursors SYNC")
    store.close()
    again = open_store(url)
    try:
        assert again.cursor().entries == 0
        assert again._engine.run("SELECT max(version) AS version FROM schema_version")["version"][0].as_py() == 1
    finally:
        again.close()
