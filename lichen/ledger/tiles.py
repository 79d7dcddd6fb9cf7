"""The files of a log, as C2SP tlog-tiles lays them out: anybody may copy, mirror and check them.

    tile/<L>/<N>             256 hashes: level 0 of entries, level L of full tiles of level L - 1
    tile/<L>/<N>.p/<W>       the first W hashes of a tile that was not full when a checkpoint was made
    tile/entries/<N>[.p/<W>] the entries under a level-0 tile, each after its 16-bit big-endian length

<N> is written in groups of three digits, all but the last marked with an x: ``x001/x234/067``.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from lichen.ledger import merkle
from lichen.ledger.errors import LedgerError, LogDamaged
from lichen.vocab.entry import EntryError, pack, unpack

WIDTH = 256
#: In place of a level: the bundles of entries.
ENTRIES = -1

V = TypeVar("V")

_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class TileName(NamedTuple):
    """Which tile: `level` (or `ENTRIES`), number in its level, and how many of its 256 places are filled."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Path below the log's folder.

        >>> TileName(0, 1234067).path, TileName(2, 0, 17).path, TileName(ENTRIES, 5).path
        ('tile/0/x001/x234/067', 'tile/2/000.p/17', 'tile/entries/005')
        """
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_number_path(self.number)}{partial}"

    @classmethod
    def parse(cls, path: str) -> TileName | None:
        """The tile that a path names, or None if it names none.

        >>> TileName.parse("tile/entries/x001/000.p/3")
        TileName(level=-1, number=1000, width=3)
        >>> TileName.parse("tile/0/x000/000") is None
        True
        """
        found = _PATH.fullmatch(path)
        if not found:
            return None
        level, groups, width = found.groups()
        name = cls(
            ENTRIES if level == "entries" else int(level),
            int(groups.replace("x", "").replace("/", "")),
            int(width) if width else WIDTH,
        )
        return name if name.path == path and (not width or name.width < WIDTH) else None


def _number_path(number: int) -> str:
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))


def levels(size: int) -> int:
    """How many tile levels a tree of `size` entries has.

    >>> [levels(size) for size in (0, 1, 255, 256, 70_000)]
    [0, 1, 1, 2, 3]
    """
    count = 0
    while size:
        count, size = count + 1, size >> 8
    return count


def name_at(level: int, number: int, size: int) -> TileName:
    """The tile as a tree of `size` entries has it: full, or as wide as the tree fills it.

    >>> name_at(0, 273, 70_000)
    TileName(level=0, number=273, width=112)
    """
    filled = size >> (8 * max(level, 0))
    width = min(filled - number * WIDTH, WIDTH)
    if width <= 0:
        raise LedgerError(f"a tree of {size} entries has no tile {number} on level {level}")
    return TileName(level, number, width)


def split_bundle(bundle: bytes, count: int) -> list[bytes]:
    """The first `count` entries of a bundle.

    Raises
    ------
    EntryError
        The bundle is cut short or holds fewer entries.
    """
    entries = []
    for entry in unpack(bundle):
        entries.append(entry)
        if len(entries) == count:
            return entries
    raise EntryError(f"{len(entries)} entries, expected {count}")


class Tiles:
    """Reads the tiles and bundles under a folder; keeps the few last used in memory. Safe between threads."""

    def __init__(self, folder: Path, *, bundles: int = 16, pyramids: int = 256) -> None:
        self.folder = folder
        self._bundles = _Recent[list[bytes]](bundles)
        self._pyramids = _Recent[list[bytes]](pyramids)

    def raw(self, name: TileName) -> bytes:
        """The bytes of a tile file.

        A partial tile that has been cleared away is cut from its full tile: the same bytes by definition.

        Raises
        ------
        LogDamaged
            Neither is there.
        """
        try:
            return (self.folder / name.path).read_bytes()
        except FileNotFoundError:
            pass
        full = TileName(name.level, name.number)
        try:
            data = (self.folder / full.path).read_bytes()
        except FileNotFoundError as missing:
            raise LogDamaged(f"{self.folder}: {name.path} is missing; restore it from a mirror") from missing
        if name.level != ENTRIES:
            return data[: name.width * merkle.HASH_SIZE]
        try:
            return pack(split_bundle(data, name.width))
        except EntryError as broken:
            raise LogDamaged(f"{self.folder}: {full.path}: {broken}") from broken

    def hashes(self, name: TileName) -> bytes:
        """The concatenated hashes of a tile, exactly ``32 * name.width`` bytes.

        Raises
        ------
        LogDamaged
            The file is missing or has another length.
        """
        data = self.raw(name)
        if len(data) != name.width * merkle.HASH_SIZE:
            raise LogDamaged(
                f"{self.folder}: {name.path} has {len(data)} bytes, expected {name.width * merkle.HASH_SIZE}"
            )
        return data

    def entries(self, number: int, size: int) -> list[bytes]:
        """The entries of bundle `number` as a tree of `size` entries has them.

        Raises
        ------
        LogDamaged
            The bundle is missing or not made of that many entries.
        """
        name = name_at(ENTRIES, number, size)
        found = self._bundles.get(name)
        if found is None:
            try:
                found = split_bundle(self.raw(name), name.width)
            except EntryError as broken:
                raise LogDamaged(f"{self.folder}: {name.path}: {broken}") from broken
            self._bundles.put(name, found)
        return found

    def read(self, start: int, stop: int, size: int) -> list[bytes]:
        """Entries ``[start, stop)`` of a tree of `size` entries."""
        found: list[bytes] = []
        for number in range(start // WIDTH, -(-stop // WIDTH) if stop > start else 0):
            first = number * WIDTH
            found += self.entries(number, size)[max(start - first, 0) : stop - first]
        return found

    def node_of(self, size: int) -> merkle.Node:
        """The `merkle.Node` function of a log of `size` entries, for trees up to that size.

        It reads a tile for each eight levels of the tree. The hash of a complete subtree is the same in every
        larger tree: give the sealed size, whose partial tiles are there, also for the proofs of smaller ones.
        """

        def node(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, 8)
            name = name_at(tile_level, (index << height) >> 8, size)
            pyramid = self._pyramids.get(name)
            if pyramid is None:
                pyramid = _pyramid(self.hashes(name))
                self._pyramids.put(name, pyramid)
            at = (index & ((1 << (8 - height)) - 1)) * merkle.HASH_SIZE
            return pyramid[height][at : at + merkle.HASH_SIZE]

        return node

    def edges(self, size: int) -> list[bytes]:
        """The right edge of a tree (see `merkle.edge_root`): one tile read a level."""
        found = []
        for level in range(levels(size)):
            filled = size >> (8 * level)
            found.append(self.hashes(name_at(level, filled >> 8, size)) if filled % WIDTH else b"")
        return found


def _pyramid(hashes: bytes) -> list[bytes]:
    """The hashes of a tile and of every complete subtree above them, by height 0 to 7."""
    floors = [hashes]
    while len(floors) < 8:
        floors.append(merkle.parents(floors[-1]))
    return floors


class _Recent(Generic[V]):
    """The values used last, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._values: OrderedDict[TileName, V] = OrderedDict()

    def get(self, name: TileName) -> V | None:
        with self._lock:
            if name in self._values:
                self._values.move_to_end(name)
            return self._values.get(name)

    def put(self, name: TileName, value: V) -> None:
        with self._lock:
            self._values[name] = value
            while len(self._values) > self._limit:
                self._values.popitem(last=False)
