"""Whatever is altered in a log is found, and named."""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lichen.ledger import merkle
from lichen.ledger.check import check, check_entry, verify_log
from lichen.ledger.errors import LedgerError, LogMissing, NoteError
from lichen.ledger.log import Log
from lichen.ledger.suites import parse_verifier
from lichen.ledger.tiles import ENTRIES, TileName, split_bundle
from lichen.vocab.entry import pack

SIZE = 66_100  # two full tiles more than a full level 1, and a partial one on each of three levels


def entry(index: int) -> bytes:
    return b"%d" % index


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger") / "raw"
    with Log.open(folder, origin="lichen.local/raw") as log:
        for start, stop in itertools.pairwise((0, 66_060, 66_090, SIZE)):
            log.append([entry(index) for index in range(start, stop)])
    return folder


@pytest.fixture(scope="module")
def whole(sealed: Path) -> Iterator[Path]:
    """The log, restored by `altered` after each test."""
    yield sealed
    assert verify_log(sealed).ok


class altered:
    """A file with other bytes, for the length of a block."""

    def __init__(self, path: Path, data: bytes | None) -> None:
        self.path, self.data = path, data

    def __enter__(self) -> None:
        self.before = self.path.read_bytes()
        if self.data is None:
            self.path.unlink()
        else:
            self.path.write_bytes(self.data)

    def __exit__(self, *error: object) -> None:
        self.path.write_bytes(self.before)


def flip(path: Path, at: int) -> altered:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    return altered(path, bytes(data))


def test_an_untouched_log_is_good(whole: Path) -> None:
    seen: list[tuple[int, int]] = []
    log = Log.open(whole, readonly=True)
    report = check(log, lambda done, total: seen.append((done, total)))
    assert report.ok
    assert (report.origin, report.size, report.root) == ("lichen.local/raw", SIZE, log.root())
    assert seen[-1] == (SIZE, SIZE)
    assert seen == sorted(seen)
    assert all(check_entry(log, index).ok for index in (0, 255, 65_535, 65_536, SIZE - 1))


@pytest.mark.parametrize("index", [0, 255, 256, 40_000, 65_535, 65_536, 66_047, 66_048, SIZE - 1])
def test_an_altered_entry_is_named(whole: Path, index: int) -> None:
    log = Log.open(whole, readonly=True)
    bundle = TileName(ENTRIES, index // 256) if index < 66_048 else TileName(ENTRIES, 258, 52)
    path = whole / bundle.path
    entries = split_bundle(path.read_bytes(), bundle.width)
    entries[index % 256] = b"x" * len(entries[index % 256])
    with altered(path, pack(entries)):
        (finding,) = verify_log(whole).findings
        assert (finding.kind, finding.index, finding.path) == ("entry", index, bundle.path)
        assert f"第 {index} 条记录" in finding.zh
        report = check_entry(log, index)
        assert not report.ok
        assert report.finding == finding
        assert check_entry(log, index - 1 if index % 256 else index + 1).ok


@pytest.mark.parametrize(
    "name",
    ["tile/0/000", "tile/0/100", "tile/0/257", "tile/0/258.p/52", "tile/1/000", "tile/1/001.p/2", "tile/2/000.p/1"],
)
@pytest.mark.parametrize("change", ["flip", "cut", "grow", "missing"])
def test_an_altered_tile_is_named(whole: Path, name: str, change: str) -> None:
    path = whole / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    content = {"flip": bytes(data), "cut": path.read_bytes()[:-1], "grow": path.read_bytes() + b"\0", "missing": None}
    with altered(path, content[change]):
        (finding,) = verify_log(whole).findings
        assert (finding.kind, finding.path) == ("tile", name)


@pytest.mark.parametrize("name", ["tile/0/258.p/12", "tile/entries/258.p/42"])
def test_a_partial_kept_for_an_older_checkpoint_is_checked_too(whole: Path, name: str) -> None:
    with flip(whole / name, 5):
        (finding,) = verify_log(whole).findings
        assert (finding.kind, finding.path) == ("tile", name)


@pytest.mark.parametrize("name", ["tile/entries/007", "tile/entries/258.p/52"])
def test_a_bundle_of_another_form_is_named(whole: Path, name: str) -> None:
    path = whole / name
    first = 7 * 256 if name.endswith("007") else 258 * 256
    content = path.read_bytes()
    for data, index in (
        (None, first),
        (content[:-1], None),
        (content + b"\0\0", first),
        (b"\xff" + content[1:], first),
    ):
        with altered(path, data):
            (finding,) = verify_log(whole).findings
            assert (finding.kind, finding.path) == ("bundle", name)
            assert index is None or finding.index == index


def test_entry_and_tile_altered_together(whole: Path) -> None:
    """The attacker recomputed the tile over the altered entry: the level above gives both away."""
    bundle, tile = whole / "tile/entries/003", whole / "tile/0/003"
    entries = split_bundle(bundle.read_bytes(), 256)
    entries[5] = b"other"
    hashes = b"".join(merkle.leaf_hashes(entries))
    with altered(bundle, pack(entries)), altered(tile, hashes):
        (finding,) = verify_log(whole).findings
        assert (finding.kind, finding.path, finding.index) == ("subtree", "tile/0/003", 768)
        report = check_entry(Log.open(whole, readonly=True), 773)
        assert report.finding is not None
        assert report.finding.path == "tile/0/003"
        level_1 = bytearray((whole / "tile/1/000").read_bytes())
        level_1[3 * 32 : 4 * 32] = merkle.run_root(hashes)
        with altered(whole / "tile/1/000", bytes(level_1)):
            (finding,) = verify_log(whole).findings
            assert (finding.kind, finding.path, finding.index) == ("subtree", "tile/1/000", 0)
            top = merkle.run_root(bytes(level_1))
            with altered(whole / "tile/2/000.p/1", top):
                findings = verify_log(whole).findings
                assert findings[0].kind == "subtree"
                assert findings[0].path == "checkpoint"


def test_entry_and_tile_altered_apart(whole: Path) -> None:
    with flip(whole / "tile/entries/003", 40), flip(whole / "tile/0/003", 7000):
        (finding,) = verify_log(whole).findings
        assert (finding.kind, finding.path) == ("unproven", "tile/0/003")


def test_many_things_altered_are_all_named(whole: Path) -> None:
    with flip(whole / "tile/entries/003", 3), flip(whole / "tile/0/200", 9), flip(whole / "tile/1/001.p/2", 0):
        named = {(finding.kind, finding.path) for finding in verify_log(whole).findings}
    assert named == {("entry", "tile/entries/003"), ("tile", "tile/0/200"), ("tile", "tile/1/001.p/2")}


def test_a_log_rewritten_and_signed_by_others(whole: Path, tmp_path: Path) -> None:
    with Log.open(tmp_path / "raw", origin="lichen.local/raw") as forged:
        forged.append([b"forged"] * 10)
    assert verify_log(tmp_path / "raw").ok
    published = [parse_verifier(line) for line in (whole / "verifiers").read_text().splitlines()]
    (finding,) = verify_log(tmp_path / "raw", verifiers=published).findings
    assert finding.kind == "checkpoint"


def test_a_mirror_is_checked_like_the_original(whole: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    shutil.copytree(whole, mirror)
    os.unlink(mirror / "state")
    os.unlink(mirror / "lock")
    assert verify_log(mirror).ok
    os.unlink(mirror / "checkpoint")
    with pytest.raises(LogMissing):
        verify_log(mirror)


def test_a_missing_checkpoint_is_named_and_the_rest_still_checked(whole: Path) -> None:
    with altered(whole / "checkpoint", None), flip(whole / "tile/0/001", 1):
        kinds = [finding.kind for finding in verify_log(whole).findings]
    assert kinds == ["checkpoint", "tile"]


def test_no_such_entry(whole: Path) -> None:
    log = Log.open(whole, readonly=True)
    with pytest.raises(LedgerError, match="no entry 66100"):
        check_entry(log, SIZE)
    with flip(whole / "checkpoint", 20), pytest.raises(NoteError):
        check_entry(log, 0)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "raw"
    with Log.open(folder, origin="lichen.local/raw") as log:
        log.append([b"entry %d" % index for index in range(300)])
        log.append([b"entry %d" % index for index in range(300, 310)])
    return folder


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_byte_is_found_and_its_file_named(small: Path, data: st.DataObject) -> None:
    files = sorted(path for path in small.rglob("*") if path.is_file() and path.name != "lock")
    path = data.draw(st.sampled_from(files), label="file")
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1), label="byte")
    content[at] ^= data.draw(st.integers(1, 255), label="mask")
    with altered(path, bytes(content)):
        report = verify_log(small)
    assert not report.ok
    name = str(path.relative_to(small))
    assert name in {finding.path for finding in report.findings} or (name == "verifiers" and report.findings)
    if name.startswith("tile/entries") and not name.endswith(".p/44"):
        start = 256 if ".p/" in name else 0
        (finding,) = report.findings
        assert finding.index == start + entry_at(bytes(path.read_bytes()), at)


def entry_at(bundle: bytes, at: int) -> int:
    """Which entry of a bundle a byte belongs to."""
    end = 0
    for number, item in enumerate(split_bundle(bundle, 256 if len(bundle) > 2000 else 54)):
        end += 2 + len(item)
        if at < end:
            return number
    raise AssertionError
