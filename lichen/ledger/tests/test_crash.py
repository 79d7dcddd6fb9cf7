"""A writer killed at any moment, and readers beside a writer."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lichen.ledger import merkle
from lichen.ledger.check import verify_log
from lichen.ledger.log import Log

# Appends batches of known entries for ever, one position a batch, and says what was acknowledged.
WRITER = """
import random, sys
from lichen.ledger.log import Log

log = Log.open(sys.argv[1], origin="lichen.local/raw")
seed = int(sys.argv[2])
sizes = random.Random(seed)
position = log.position
while True:
    position += 1
    count = sizes.choice((1, 3, 100, 300, 2000))
    start = log.size
    log.append([b"entry %d" % index for index in range(start, start + count)], position)
    sys.stdout.write(f"{log.size} {position}\\n")
    sys.stdout.flush()
"""


@contextmanager
def start_writer(folder: Path, seed: int) -> Iterator[subprocess.Popen[str]]:
    """A writer that runs until it is killed, at the latest at the end of the block."""
    command = [sys.executable, "-c", WRITER, str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        try:
            yield writer
        finally:
            writer.kill()


def test_killed_at_any_moment_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    moments = random.Random(7)
    size = position = 0
    for seed in range(6):
        with start_writer(folder, seed) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()  # it runs
            time.sleep(moments.uniform(0.0, 0.15))
            writer.kill()  # SIGKILL
            lines = writer.stdout.read().split("\n")[:-1]
        if lines:
            size, position = map(int, lines[-1].split())
        assert Log.open(folder, readonly=True).size >= size
        with Log.open(folder) as log:
            assert log.size >= size
            assert log.position >= position
            assert log.head()[1].size == log.size
            assert log.read(0, log.size) == [b"entry %d" % index for index in range(log.size)]
            log.append([b"entry %d" % log.size], log.position + 1)
            size, position = log.size, log.position
        report = verify_log(folder)
        assert report.ok, report.findings
        assert report.size == size


@pytest.mark.parametrize("kept", ["tiles", "tiles and state"])
def test_a_crash_between_the_steps_of_an_append(tmp_path: Path, kept: str) -> None:
    """The tiles of an unsealed append are as good as absent; a sealed state without its checkpoint is signed."""
    folder = tmp_path / "raw"
    with Log.open(folder, origin="lichen.local/raw") as log:
        log.append([b"a"] * 250, 1)
        before = {name: (folder / name).read_bytes() for name in ("state", "checkpoint")}
        log.append([b"b"] * 600, 2)
    names = ("state", "checkpoint") if kept == "tiles" else ("checkpoint",)
    for name in names:
        (folder / name).write_bytes(before[name])
    for level in ("0", "entries"):  # partial tiles are cleared away last: put those of the old size back
        (folder / f"tile/{level}/000.p").mkdir()
        data = (folder / f"tile/{level}/000").read_bytes()
        (folder / f"tile/{level}/000.p/250").write_bytes(data[: 250 * 32] if level == "0" else b"\0\1a" * 250)
    with Log.open(folder) as log:
        assert (log.size, log.position) == ((250, 1) if kept == "tiles" else (850, 2))
        assert log.head()[1].size == log.size
        assert verify_log(folder).ok
        log.append([b"c"] * 700, 3)
        assert log.read(250, 251) == [b"c" if kept == "tiles" else b"b"]
    assert verify_log(folder).ok


def test_readers_beside_a_writer_see_only_sealed_entries(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    with start_writer(folder, 1) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        reader = Log.open(folder, readonly=True)
        read = 0
        sizes: list[int] = []
        old_size, old_root = 0, merkle.EMPTY_ROOT
        while len(sizes) < 40:
            size = reader.size
            assert reader.read(read, size) == [b"entry %d" % index for index in range(read, size)]
            _, head = reader.head()
            merkle.verify_consistency(
                old_size, head.size, reader.consistency_proof(old_size, head.size), old_root, head.root
            )
            index = head.size // 2
            leaf = merkle.leaf_hash(b"entry %d" % index)
            merkle.verify_inclusion(leaf, index, head.size, reader.inclusion_proof(index, head.size), head.root)
            read, old_size, old_root = size, head.size, head.root
            sizes.append(size)
        report = verify_log(folder)
    assert report.ok, report.findings
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]
