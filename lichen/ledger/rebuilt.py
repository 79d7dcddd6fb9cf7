"""The tree of a log computed again from its entries, in memory that does not grow with the log."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from lichen.ledger import merkle
from lichen.ledger.errors import LogDamaged
from lichen.ledger.tiles import ENTRIES, WIDTH, TileName, Tiles, levels, name_at
from lichen.vocab.entry import EntryError, unpack

#: Damaged tiles kept for naming; of more only the number is told.
MAX_NAMED = 1000

_H = merkle.HASH_SIZE
#: Stands for an entry that cannot be read: no entry has this hash.
_NO_HASH = bytes(_H)


class Rebuilt:
    """A pass over all bundles.

    Attributes
    ----------
    root : bytes
        Root over the entries, once `run` is through.
    different : dict of (level, number) to bytes
        Hashes computed from the entries, for the tiles whose file says something else.
    broken : dict of int to str
        Bundles not made of the entries they should hold, and what is wrong with them.
    unnamed : int
        How many more tiles differ than are kept in `different`.
    """

    def __init__(self, tiles: Tiles, size: int) -> None:
        self.tiles = tiles
        self.size = size
        self.root = merkle.EMPTY_ROOT
        self.different: dict[tuple[int, int], bytes] = {}
        self.broken: dict[int, str] = {}
        self.unnamed = 0

    def run(self) -> Iterator[int]:
        """Go through all bundles; yields how many entries are done, now and then."""
        edges = [bytearray() for _ in range(levels(self.size))]
        for number in range(-(-self.size // WIDTH)):
            bundle = name_at(ENTRIES, number, self.size)
            entries, broken = read_bundle(self.tiles, bundle)
            if broken is not None and len(self.broken) < MAX_NAMED:
                self.broken[number] = broken
            edges[0] += leaves(entries, bundle.width)
            if bundle.width == WIDTH:
                self._fold(edges, number)
            if number % 16 == 15:
                yield min((number + 1) * WIDTH, self.size)
        for level, edge in enumerate(edges):
            if edge:
                self._compare(level, self.size >> (8 * (level + 1)), bytes(edge))
        self.root = merkle.edge_root([bytes(edge) for edge in edges])
        yield self.size

    def _fold(self, edges: list[bytearray], number: int) -> None:
        level = 0
        while len(edges[level]) == WIDTH * _H:
            tile = bytes(edges[level])
            self._compare(level, number, tile)
            edges[level].clear()
            edges[level + 1] += merkle.run_root(tile)
            level, number = level + 1, number // WIDTH

    def _compare(self, level: int, number: int, computed: bytes) -> None:
        try:
            if self.tiles.raw(name_at(level, number, self.size)) == computed:
                return
        except LogDamaged:
            pass  # missing: as different as can be
        if len(self.different) < MAX_NAMED:
            self.different[level, number] = computed
        else:
            self.unnamed += 1


def read_bundle(tiles: Tiles, bundle: TileName) -> tuple[list[bytes], str | None]:
    """The entries of a bundle file as far as they can be read, and what is wrong with its form."""
    try:
        raw = tiles.raw(bundle)
    except LogDamaged as broken:
        return [], str(broken)
    entries: list[bytes] = []
    try:
        entries.extend(itertools.islice(unpack(raw), bundle.width))
    except EntryError as broken:
        return entries, str(broken)
    if len(entries) < bundle.width:
        return entries, f"{len(entries)} entries, expected {bundle.width}"
    surplus = len(raw) - sum(map(len, entries)) - 2 * len(entries)
    return entries, f"{surplus} surplus bytes" if surplus else None


def leaves(entries: list[bytes], width: int) -> bytes:
    """The hashes of the tile over a bundle, with a hash that fits nothing for each entry that could not be read."""
    return b"".join(merkle.leaf_hashes(entries)) + _NO_HASH * (width - len(entries))


def places(left: bytes, right: bytes) -> list[int]:
    """At which places the hashes of two tiles differ, as far as `left` goes."""
    return [at // _H for at in range(0, len(left), _H) if left[at : at + _H] != right[at : at + _H]]
