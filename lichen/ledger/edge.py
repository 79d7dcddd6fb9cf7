"""The right edge of a log: all that must be known to append to it. No files are touched here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lichen.ledger import merkle
from lichen.ledger.tiles import ENTRIES, WIDTH, TileName
from lichen.vocab.entry import pack


@dataclass(frozen=True, slots=True)
class RightEdge:
    """The unfinished tiles of a tree of `size` entries.

    Attributes
    ----------
    size : int
    edges : tuple of bytes
        For each tile level from the leaves up, the hashes of its partial tile; empty where it ends in a full one.
    bundle : bytes
        The unfinished bundle: the entries under ``edges[0]``, packed.
    """

    size: int = 0
    edges: tuple[bytes, ...] = ()
    bundle: bytes = b""

    def root(self) -> bytes:
        """Root of the tree."""
        return merkle.edge_root(self.edges)

    def grow(self, entries: Sequence[bytes]) -> tuple[RightEdge, list[tuple[TileName, bytes]]]:
        """The edge after appending `entries`, and the tiles and bundles that the larger tree needs.

        Each tile is named once, as the larger tree has it: how the entries are cut into batches leaves no trace in
        full tiles and bundles.

        >>> edge, files = RightEdge().grow([b"a", b"bc"])
        >>> [(name.path, len(data)) for name, data in files]
        [('tile/entries/000.p/2', 7), ('tile/0/000.p/2', 64)]
        """
        files: list[tuple[TileName, bytes]] = []
        edges = [bytearray(edge) for edge in self.edges]
        hashes = merkle.leaf_hashes(entries)
        bundle, size, at = self.bundle, self.size, 0
        while at < len(entries):
            take = min(WIDTH - size % WIDTH, len(entries) - at)
            bundle += pack(entries[at : at + take])
            if not edges:
                edges.append(bytearray())
            edges[0] += b"".join(hashes[at : at + take])
            size, at = size + take, at + take
            if size % WIDTH == 0:
                files.append((TileName(ENTRIES, size // WIDTH - 1), bundle))
                bundle = b""
                files += _fold(edges, size)
        if bundle and size > self.size:
            files.append((TileName(ENTRIES, size // WIDTH, size % WIDTH), bundle))
        for level, edge in enumerate(edges):
            filled = size >> (8 * level)
            if edge and filled != self.size >> (8 * level):
                files.append((TileName(level, filled // WIDTH, filled % WIDTH), bytes(edge)))
        return RightEdge(size, tuple(bytes(edge) for edge in edges), bundle), files


def _fold(edges: list[bytearray], size: int) -> list[tuple[TileName, bytes]]:
    """Turn full edges into tiles, each leaving one hash on the level above."""
    files = []
    level = 0
    while len(edges[level]) == WIDTH * merkle.HASH_SIZE:
        tile = bytes(edges[level])
        files.append((TileName(level, (size >> (8 * (level + 1))) - 1), tile))
        edges[level].clear()
        if level + 1 == len(edges):
            edges.append(bytearray())
        edges[level + 1] += merkle.run_root(tile)
        level += 1
    return files
