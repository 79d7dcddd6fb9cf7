"""A log on disk: sealing, reading, reopening."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from lichen.ledger import merkle
from lichen.ledger.checkpoint import open_checkpoint
from lichen.ledger.errors import LedgerError, LogBusy, LogDamaged, LogMissing, NoteError
from lichen.ledger.log import Log

ORIGIN = "lichen.local/raw"


def entries(count: int, start: int = 0) -> list[bytes]:
    return [f"entry {number}".encode() * (1 + number % 3) for number in range(start, start + count)]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.open(tmp_path / "raw", origin=ORIGIN) as opened:
        yield opened


def test_what_was_appended_is_read_proven_and_signed(log: Log) -> None:
    assert log.append(entries(700), 1) == range(700)
    assert log.read(0, 700) == entries(700)
    assert log.read(250, 520) == entries(270, 250)
    note, head = open_checkpoint(log.checkpoint(), log.verifiers, ORIGIN)
    assert (head.size, head.root) == (700, log.root())
    assert len(note.signatures) == 2
    for index in (0, 255, 256, 511, 699):
        proof = log.inclusion_proof(index)
        merkle.verify_inclusion(merkle.leaf_hash(entries(1, index)[0]), index, 700, proof, head.root)
    merkle.verify_consistency(300, 700, log.consistency_proof(300), log.root(300), head.root)


def test_a_position_taken_in_is_not_taken_in_again(log: Log) -> None:
    assert log.append(entries(3), 7) == range(3)
    assert log.append(entries(3), 7) == range(3, 3)
    assert log.append(entries(3), 6) == range(3, 3)
    assert log.append([], 9) == range(3, 3)
    assert (log.size, log.position) == (3, 9)
    assert log.append(entries(1)) == range(3, 4)
    assert log.position == 9


def test_reopened_it_goes_on_where_it_was(tmp_path: Path) -> None:
    whole = entries(1000)
    for start in range(0, 1000, 125):
        with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
            assert log.append(whole[start : start + 125], start + 1) == range(start, start + 125)
    with Log.open(tmp_path / "raw") as log:
        assert (log.size, log.position, log.origin) == (1000, 876, ORIGIN)
        assert log.read(0, 1000) == whole
        assert log.head()[1].size == 1000


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("batches", [[70_000], [1, 254, 1, 255, 2, 69_487], [65_535, 1, 4464]])
def test_batches_leave_no_trace_in_full_tiles(tmp_path: Path, batches: list[int]) -> None:
    whole = [bytes((number & 255, number >> 8 & 255)) for number in range(70_000)]
    with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
        start = 0
        for count in batches:
            log.append(whole[start : start + count])
            start += count
    names = {name for name in files_of(tmp_path / "raw") if name.startswith("tile")}
    # The example of tlog-tiles, "Partial Tiles": 273 full and one partial, one full and one partial, one partial.
    for level in ("0", "entries"):
        assert len([name for name in names if name.startswith(f"tile/{level}/") and ".p/" not in name]) == 273
        assert f"tile/{level}/273.p/112" in names
    assert {"tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"} <= names
    assert not any(name.startswith(f"tile/{level}/000.p") for name in names for level in ("0", "1", "entries"))


def test_one_writer_many_readers(log: Log, tmp_path: Path) -> None:
    log.append(entries(5))
    with pytest.raises(LogBusy, match="another process"):
        Log.open(tmp_path / "raw", origin=ORIGIN)
    reader = Log.open(tmp_path / "raw", readonly=True)
    assert reader.read(0, 5) == entries(5)
    log.append(entries(600, 5))
    assert reader.size == 605
    assert reader.read(3, 605) == entries(602, 3)
    assert reader.head()[1].size == 605
    with pytest.raises(LedgerError, match="reading only"):
        reader.append([b"x"])


def test_a_reader_of_an_older_size_cuts_full_tiles(log: Log, tmp_path: Path) -> None:
    log.append(entries(100))
    old = log.root()
    log.append(entries(500, 100))
    assert not (tmp_path / "raw/tile/0/000.p").exists()
    assert log.root(100) == old
    assert log.tiles.read(0, 100, 100) == entries(100)


def test_keys_are_the_owners_alone(log: Log, tmp_path: Path) -> None:
    (key,) = (tmp_path / "keys").iterdir()
    assert key.name == "lichen.local%2Fraw.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    log.close()
    key.chmod(0o644)
    with pytest.raises(LedgerError, match="chmod 600") as refusal:
        Log.open(tmp_path / "raw", origin=ORIGIN)
    secrets = key.read_text().split()
    assert not any(secret in str(refusal.value) for secret in secrets)


def test_keys_and_verifiers_stay_the_same(tmp_path: Path) -> None:
    with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
        first = [verifier.vkey for verifier in log.verifiers]
    with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
        assert [verifier.vkey for verifier in log.verifiers] == first
    assert (tmp_path / "raw/verifiers").read_text().split("\n")[:-1] == first


@pytest.mark.parametrize("size", [0, 65_535])
def test_entries_of_any_allowed_length(log: Log, size: int) -> None:
    log.append([bytes(size), b"x"])
    assert log.read(0, 2) == [bytes(size), b"x"]


def test_an_entry_too_long_seals_nothing(log: Log) -> None:
    with pytest.raises(LedgerError, match="entry 1 of the batch has 65536 bytes; at most 65535"):
        log.append([b"a", bytes(65_536)], 1)
    assert (log.size, log.position) == (0, 0)


@pytest.mark.parametrize(("start", "stop"), [(0, 4), (-1, 2), (2, 1)])
def test_reading_outside_says_what_there_is(log: Log, start: int, stop: int) -> None:
    log.append(entries(3))
    with pytest.raises(LedgerError, match="the log has 3"):
        log.read(start, stop)


def test_opening_what_is_not_there_or_another_log(log: Log, tmp_path: Path) -> None:
    with pytest.raises(LogMissing):
        Log.open(tmp_path / "none", create=False)
    with pytest.raises(LogMissing):
        Log.open(tmp_path / "none", readonly=True)
    with pytest.raises(LedgerError, match="give the origin"):
        Log.open(tmp_path / "none")
    with pytest.raises(LedgerError, match="holds the log"):
        Log.open(tmp_path / "raw", origin="lichen.local/acts", readonly=True)


def test_a_state_set_back_is_refused(tmp_path: Path) -> None:
    """Restoring an old state over newer tiles would sign a fork of what was signed before."""
    with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
        log.append(entries(10))
        old = (tmp_path / "raw/state").read_bytes()
        log.append(entries(10, 10))
    (tmp_path / "raw/state").write_bytes(old)
    with pytest.raises(LogDamaged, match="set back"):
        Log.open(tmp_path / "raw", origin=ORIGIN)
    (tmp_path / "raw/state").unlink()
    with pytest.raises(LogDamaged, match="not started anew"):
        Log.open(tmp_path / "raw", origin=ORIGIN)


@pytest.mark.parametrize("name", ["tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1", "state"])
def test_a_damaged_edge_is_not_built_upon(tmp_path: Path, name: str) -> None:
    with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
        log.append(entries(300))
    path = tmp_path / "raw" / name
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)
    with pytest.raises(LogDamaged):
        Log.open(tmp_path / "raw", origin=ORIGIN)


def test_a_full_disk_seals_nothing_and_can_be_retried(log: Log, tmp_path: Path) -> None:
    """A file where a folder must be stands in for the refusal of a disk."""
    log.append(entries(250))
    obstacle = tmp_path / "raw/tile/entries/001.p"
    obstacle.write_bytes(b"")
    with pytest.raises(LedgerError, match="nothing was sealed"):
        log.append(entries(10, 250), 1)
    assert (log.size, log.position) == (250, 0)
    assert log.read(0, 250) == entries(250)
    os.unlink(obstacle)
    assert log.append(entries(10, 250), 1) == range(250, 260)
    assert log.read(0, 260) == entries(260)


def test_failing_to_seal_asks_for_a_new_start(tmp_path: Path) -> None:
    obstacle = tmp_path / "raw/state.new"
    with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
        obstacle.mkdir()
        with pytest.raises(LogDamaged, match="cannot seal"):
            log.append(entries(3), 1)
        obstacle.rmdir()
        with pytest.raises(LogDamaged, match="open the log anew"):
            log.append(entries(3), 1)
    with Log.open(tmp_path / "raw") as log:
        assert (log.size, log.position) == (0, 0)
        assert log.append(entries(3), 1) == range(3)


def test_failing_to_sign_what_is_sealed_is_made_good_by_the_next_append(log: Log, tmp_path: Path) -> None:
    obstacle = tmp_path / "raw/checkpoint.new"
    obstacle.mkdir()
    assert log.append(entries(3), 1) == range(3)
    assert log.head()[1].size == 0
    obstacle.rmdir()
    assert log.append(entries(3), 1) == range(3, 3)
    assert log.head()[1].size == 3


def test_proofs_from_tiles_agree_with_the_definition(log: Log) -> None:
    whole = entries(66_000)
    log.append(whole)
    leaves = merkle.leaf_hashes(whole)
    sizes = (1, 2, 255, 256, 257, 511, 512, 513, 40_000, 65_535, 65_536, 65_537, 65_800, 66_000)
    roots = {size: merkle.run_root(b"".join(leaves[:size])) for size in sizes}
    for size in sizes:
        assert log.root(size) == roots[size]
        for index in {0, 1, 255, 256, size // 2, size - 1}:
            if index < size:
                merkle.verify_inclusion(leaves[index], index, size, log.inclusion_proof(index, size), roots[size])
        for old in sizes:
            if old <= size:
                merkle.verify_consistency(old, size, log.consistency_proof(old, size), roots[old], roots[size])
    with pytest.raises(LedgerError, match="no tree of 66001"):
        log.root(66_001)


def test_opening_and_proving_read_few_files(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size: a tile a level and one bundle to open, at most twice a tile a level to prove."""
    log.append(entries(66_000))
    log.close()
    read: list[str] = []
    read_bytes = Path.read_bytes

    def counted(path: Path) -> bytes:
        read.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    reopened = Log.open(tmp_path / "raw")
    assert len(read) < 16
    read.clear()
    reopened.inclusion_proof(33_333)
    assert len(read) <= 6
    reopened.close()


def test_lost_keys_are_not_replaced_in_silence(tmp_path: Path) -> None:
    with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
        log.append(entries(3))
    with pytest.raises(NoteError, match="the private keys of this log are not here"):
        Log.open(tmp_path / "raw", keys_folder=tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "raw/verifiers").unlink()
    with Log.open(tmp_path / "raw", keys_folder=tmp_path / "elsewhere") as log:
        assert log.head()[1].size == 3


def test_a_spoilt_checkpoint_is_told_and_signed_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Log.open(tmp_path / "raw", origin=ORIGIN) as log:
        log.append(entries(3))
    (tmp_path / "raw/checkpoint").write_bytes(b"")
    with Log.open(tmp_path / "raw") as log:
        assert log.head()[1].size == 3
    assert "checkpoint is not as this log signed it" in caplog.text
