"""What an append that was cut off leaves behind: tiles beyond the sealed size, under no checkpoint.

Nobody reads them and full ones are overwritten in time, but a partial one could later pass for one that an older
checkpoint needs. They are cleared where the log is about to grow, so no folder is ever searched.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from lichen.ledger.tiles import ENTRIES, WIDTH, TileName, levels


def sealed_edge(level: int, size: int) -> TileName:
    """The unfinished tile of a level; of width 0 where the level ends in a full one."""
    filled = size >> (8 * max(level, 0))
    return TileName(level, filled // WIDTH, filled % WIDTH)


def partials_folder(folder: Path, tile: TileName) -> Path:
    """Where the partial files of a tile are."""
    return folder / f"{TileName(tile.level, tile.number).path}.p"


def clear_at_edge(folder: Path, size: int) -> None:
    """Remove what is wider than the unfinished tiles of a tree of `size` entries."""
    for level in (ENTRIES, *range(levels(size))):
        edge = sealed_edge(level, size)
        (folder / TileName(level, edge.number).path).unlink(missing_ok=True)
        partials = partials_folder(folder, edge)
        if partials.is_dir():
            for path in partials.iterdir():
                if not path.name.isdigit() or int(path.name) > edge.width:
                    path.unlink()


def clear_ahead(folder: Path, size: int, written: Iterable[TileName]) -> list[Path]:
    """Remove the partial files of tiles that are about to be begun; returns the removed folders."""
    removed = []
    for tile in written:
        edge = sealed_edge(tile.level, size)
        begun = edge.width > 0 and edge.number == tile.number
        partials = partials_folder(folder, tile)
        if tile.width < WIDTH and not begun and partials.is_dir():
            shutil.rmtree(partials)
            removed.append(partials)
    return removed
