"""Which bytes of a tile the signed root vouches for, when the file and the entries below it disagree."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from lichen.ledger import merkle
from lichen.ledger.errors import LogDamaged
from lichen.ledger.tiles import WIDTH, TileName, Tiles, levels, name_at

_H = merkle.HASH_SIZE


class Seal:
    """The tiles of a tree as its root seals them.

    Parameters
    ----------
    tiles : Tiles
    size, root : int, bytes
        The tree, from a signed checkpoint.
    recomputed : mapping of (level, number) to bytes
        Hashes of tiles computed from the entries, for those tiles whose file says something else.
    """

    def __init__(self, tiles: Tiles, size: int, root: bytes, recomputed: Mapping[tuple[int, int], bytes]) -> None:
        self._tiles = tiles
        self._size = size
        self._recomputed = recomputed
        self._known: dict[tuple[int, int], bytes | None] = {}
        self._set_edge(root)

    def stored(self, level: int, number: int) -> bytes:
        """The file's bytes, empty where it is missing."""
        try:
            return self._tiles.raw(name_at(level, number, self._size))
        except LogDamaged:
            return b""

    def sealed(self, level: int, number: int) -> bytes | None:
        """The hashes that lead to the root: the file's, else the recomputed ones, or None if neither do."""
        key = level, number
        if key not in self._known:
            above = self.sealed(level + 1, number // WIDTH)
            at = number % WIDTH * _H
            self._known[key] = None
            for candidate in self._candidates(level, number):
                if above is not None and merkle.run_root(candidate) == above[at : at + _H]:
                    self._known[key] = candidate
                    break
        return self._known[key]

    def topmost_unproven(self, level: int, number: int) -> TileName:
        """Of the tiles above (and with) one that nothing proves, the highest that nothing proves: what to blame."""
        while name_at(level, number, self._size).width == WIDTH and self.sealed(level + 1, number // WIDTH) is None:
            level, number = level + 1, number // WIDTH
        return name_at(level, number, self._size)

    def _candidates(self, level: int, number: int) -> list[bytes]:
        """What the tile may be: its file and what was recomputed, as far as their length is right."""
        width = name_at(level, number, self._size).width
        found = [self.stored(level, number)]
        if (level, number) in self._recomputed:
            found.append(self._recomputed[level, number])
        return [hashes for hashes in found if len(hashes) == width * _H]

    def _set_edge(self, root: bytes) -> None:
        """Decide the partial tiles: the choice among files and recomputed hashes that has the root."""
        edge = [(level, self._size >> (8 * (level + 1))) for level in range(levels(self._size))]
        partial = [(level, number) for level, number in edge if (self._size >> (8 * level)) % WIDTH]
        for choice in itertools.product(*(self._candidates(level, number) for level, number in partial)):
            tiles = dict(zip(partial, choice, strict=True))
            if merkle.edge_root([tiles.get(key, b"") for key in edge]) == root:
                self._known.update(tiles)
                return
        self._known.update(dict.fromkeys(partial))
