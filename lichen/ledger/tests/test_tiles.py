"""Paths and shapes of tlog-tiles."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.ledger.errors import LedgerError
from lichen.ledger.log import public_file
from lichen.ledger.tiles import ENTRIES, TileName, levels, name_at


# The examples of C2SP tlog-tiles: index 1234067, and the tree of 70,000 entries.
@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 1_234_067), "tile/0/x001/x234/067"),
        (TileName(0, 0), "tile/0/000"),
        (TileName(0, 999), "tile/0/999"),
        (TileName(0, 1000), "tile/0/x001/000"),
        (TileName(63, 5), "tile/63/005"),
        (TileName(0, 273, 112), "tile/0/273.p/112"),
        (TileName(ENTRIES, 1_234_067, 1), "tile/entries/x001/x234/067.p/1"),
    ],
)
def test_paths(name: TileName, path: str) -> None:
    assert name.path == path
    assert TileName.parse(path) == name


@given(st.integers(ENTRIES, 63), st.integers(0, 2**40), st.integers(1, 256))
def test_a_path_is_read_back(level: int, number: int, width: int) -> None:
    name = TileName(level, number, width)
    assert TileName.parse(name.path) == name


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/000", "tile/00/000", "tile/-1/000", "tile/0/0", "tile/0/0000", "tile/0/x000/001", "tile/0/001/x002",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/07", "tile/0/000.p", "tile/0/000/", "/tile/0/000",
        "tile/0/../0/000", "tile/entries/x1/000", "tile/0/٠٠٠",
    ],
)  # fmt: skip
def test_what_is_no_path(path: str) -> None:
    assert TileName.parse(path) is None


def test_only_public_files_are_public(tmp_path: Path) -> None:
    for path in ("state", "lock", "state.new", "../keys/a.key", "tile", "", "tile/0/../../state", "/etc/passwd"):
        assert public_file(tmp_path, path) is None
    for path in ("checkpoint", "checkpoint.cosigned", "verifiers", "witnesses", "tile/entries/000.p/1"):
        assert public_file(tmp_path, path) == tmp_path / path


def test_the_widths_of_a_tree_of_70_000() -> None:
    assert levels(70_000) == 3
    assert [name_at(level, number, 70_000).width for level, number in ((0, 273), (1, 0), (1, 1), (2, 0))] == [
        112,
        256,
        17,
        1,
    ]
    assert name_at(ENTRIES, 273, 70_000).width == 112
    with pytest.raises(LedgerError, match="no tile 274"):
        name_at(0, 274, 70_000)
