"""Checks a whole log, or one entry, against the signed checkpoint, and names what is altered.

Every hash is computed again from the entry bundles and compared with the tiles. Where the two disagree, the signed root
decides which of them is what was sealed (`lichen.ledger.seal`). It needs no more than the public files of the log: a
mirror can be checked as well as the original.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lichen.ledger import findings as words
from lichen.ledger import merkle
from lichen.ledger.checkpoint import Checkpoint
from lichen.ledger.errors import LedgerError, LogDamaged, LogMissing, NoteError
from lichen.ledger.findings import Finding
from lichen.ledger.log import CHECKPOINT, COSIGNED, STATE, VERIFIERS, WITNESSES, Log, State
from lichen.ledger.note import Note, Verifier
from lichen.ledger.rebuilt import Rebuilt, leaves, places, read_bundle
from lichen.ledger.seal import Seal
from lichen.ledger.strays import partials_folder, sealed_edge
from lichen.ledger.suites import parse_verifier
from lichen.ledger.tiles import ENTRIES, WIDTH, TileName, Tiles, levels, name_at
from lichen.vocab.entry import pack

_H = merkle.HASH_SIZE


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a whole check: `size` entries recomputed to `root`; good if there are no findings.

    `unnamed` counts damaged tiles beyond `lichen.ledger.rebuilt.MAX_NAMED`.
    """

    origin: str
    size: int
    root: bytes
    findings: tuple[Finding, ...]
    unnamed: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is altered."""
        return not self.findings and not self.unnamed


@dataclass(frozen=True, slots=True)
class EntryReport:
    """The result of checking one entry; good if `finding` is None.

    `leaf` is the hash of the entry as it is on the disk now, `head` the checkpoint it was checked against.
    """

    index: int
    entry: bytes
    leaf: bytes
    head: Checkpoint
    finding: Finding | None

    @property
    def ok(self) -> bool:
        """Whether the entry is what was sealed."""
        return self.finding is None


def check(log: Log, progress: Callable[[int, int], None] | None = None) -> Report:
    """Recompute an open log, also while it is being written, up to its newest checkpoint; see `verify_log`."""
    return verify_log(log.path, verifiers=log.verifiers, progress=progress)


def verify_log(
    folder: Path,
    *,
    verifiers: Sequence[Verifier] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Recompute a log, or a mirror of it, from its entry bundles up to its checkpoint.

    Parameters
    ----------
    folder : path
        The log's folder.
    verifiers : sequence of Verifier, optional
        The public keys to trust, all of which must have signed. By default those in the folder, which whoever can
        rewrite the folder can replace.
    progress : callable, optional
        Called now and then with (entries done, entries in all).

    Raises
    ------
    LogMissing
        The folder holds no log.
    """
    found: list[Finding] = []
    trusted = _keys(folder, VERIFIERS, found) if verifiers is None else tuple(verifiers)
    head = _head(folder, trusted, found)
    if head is None:
        return Report("", 0, merkle.EMPTY_ROOT, tuple(found))
    rebuilt = Rebuilt(Tiles(folder), head.size)
    for done in rebuilt.run():
        if progress is not None:
            progress(done, head.size)
    seal = Seal(rebuilt.tiles, head.size, head.root, rebuilt.different)
    damage = list(_named(rebuilt, seal))
    if not rebuilt.different and rebuilt.root != head.root:
        damage.append(words.rewritten_log(head.size, CHECKPOINT))
    if not damage:
        damage += _old_partials(rebuilt, seal)
        damage += _cosigned(folder, head, rebuilt.tiles, trusted)
    return Report(head.origin, head.size, rebuilt.root, (*found, *damage), rebuilt.unnamed)


def check_entry(log: Log, index: int) -> EntryReport:
    """Check one entry, as it is on the disk now, against the newest checkpoint: a few files are read.

    Raises
    ------
    LedgerError
        There is no such entry under the checkpoint.
    NoteError
        The checkpoint's signatures are wrong: nothing can be said about any entry.
    """
    _, head = log.head()
    if not 0 <= index < head.size:
        raise LedgerError(f"{log.path}: no entry {index} under the checkpoint of {head.size} entries")
    tiles = Tiles(log.path)
    number, at = divmod(index, WIDTH)
    bundle = name_at(ENTRIES, number, head.size)
    entries, broken = read_bundle(tiles, bundle)
    computed = leaves(entries, bundle.width)
    leaf = computed[at * _H : (at + 1) * _H]
    seal = Seal(tiles, head.size, head.root, {(0, number): computed})
    sealed = seal.sealed(0, number)
    finding = None
    if sealed is None:
        finding = words.unproven(seal.topmost_unproven(0, number), index)
    elif sealed[at * _H : (at + 1) * _H] != leaf:
        (finding,) = words.altered_entries(bundle, [index], broken)
    return EntryReport(index, entries[at] if at < len(entries) else b"", leaf, head, finding)


def _head(folder: Path, trusted: Sequence[Verifier], found: list[Finding]) -> Checkpoint | None:
    """What the log must come to: by its checkpoint, else by its state. Adds to `found` what is wrong."""
    head: Checkpoint | None = None
    try:
        note = Note.parse((folder / CHECKPOINT).read_bytes())
        claimed = Checkpoint.parse(note.text)
        _require_all(note, trusted)
        head = claimed
    except FileNotFoundError as missing:
        if not (folder / STATE).exists():
            raise LogMissing(f"{folder}: no log here: neither checkpoint nor state") from missing
        found.append(words.broken_checkpoint(CHECKPOINT, "missing"))
    except NoteError as broken:
        found.append(words.broken_checkpoint(CHECKPOINT, broken))
    try:
        state = State.decode((folder / STATE).read_bytes())
    except FileNotFoundError:  # a mirror has none
        return head
    except LogDamaged as broken:
        found.append(words.broken_state(STATE, broken))
        return head
    if head is None:
        return Checkpoint(state.origin, state.size, state.root)
    # The state is replaced before the checkpoint and was read after it: it cannot be the older of the two.
    same_root = state.size != head.size or state.root == head.root
    if state.origin != head.origin or state.size < head.size or not same_root:
        found.append(words.broken_state(STATE, f"{state.size} entries, contradicts the checkpoint of {head.size}"))
    return head


def _keys(folder: Path, name: str, found: list[Finding]) -> tuple[Verifier, ...]:
    """The readable keys of a file. Adds what is wrong to `found`."""
    keys = []
    try:
        for line in (folder / name).read_text(encoding="utf-8", errors="replace").splitlines():
            keys.append(parse_verifier(line))
    except (FileNotFoundError, NoteError) as broken:
        found.append(words.broken_keys(name, broken))
    return tuple(keys)


def _require_all(note: Note, keys: Sequence[Verifier]) -> None:
    """Each key has signed, and nobody else."""
    signed = note.verified_by(keys)
    absent = [key.vkey for key in keys if key not in signed]
    if absent:
        raise NoteError(f"not signed by {', '.join(absent)}")
    if len(note.signatures) != len(signed):
        raise NoteError(f"{len(note.signatures)} signature lines, {len(signed)} of them of known keys")


def _named(rebuilt: Rebuilt, seal: Seal) -> Iterator[Finding]:
    """What is altered among tiles and bundles, by what the root seals."""
    for (level, number), computed in sorted(rebuilt.different.items()):
        tile = name_at(level, number, rebuilt.size)
        stored, sealed = seal.stored(level, number), seal.sealed(level, number)
        if sealed is None:
            if level == 0:
                first = number * WIDTH + next(iter(places(computed, stored)), 0)
                yield words.unproven(tile, first)
            elif seal.topmost_unproven(level, number) == tile:
                yield words.unproven(tile, None)
            continue
        if stored != sealed:
            yield words.altered_tile(tile, places(sealed, stored), len(stored))
        changed = [number * WIDTH + at for at in places(sealed, computed)]
        if level == 0 and changed:
            bundle = name_at(ENTRIES, number, rebuilt.size)
            yield from words.altered_entries(bundle, changed, rebuilt.broken.get(number))
        elif level > 0 and not rebuilt.unnamed:
            for child in changed:
                if (level - 1, child) not in rebuilt.different:
                    yield words.rewritten(name_at(level - 1, child, rebuilt.size))
    for number, broken in rebuilt.broken.items():
        if (0, number) not in rebuilt.different:
            yield words.altered_form(name_at(ENTRIES, number, rebuilt.size), broken)


def _old_partials(rebuilt: Rebuilt, seal: Seal) -> Iterator[Finding]:
    """The partial files kept for older checkpoints, once the newest are known to be good."""
    size = rebuilt.size
    for level in (ENTRIES, *range(levels(size))):
        edge = sealed_edge(level, size)
        for width in _widths(partials_folder(rebuilt.tiles.folder, edge)):
            if width >= edge.width:
                continue  # the newest, or left behind by an append that was cut off: under no checkpoint
            tile = TileName(level, edge.number, width)
            if level == ENTRIES:
                sealed = pack(rebuilt.tiles.entries(edge.number, size)[: tile.width])
            else:
                sealed = (seal.sealed(level, edge.number) or b"")[: tile.width * _H]
            if rebuilt.tiles.raw(tile) != sealed:
                yield words.altered_old_partial(tile)


def _widths(folder: Path) -> list[int]:
    try:
        return sorted(int(name) for name in os.listdir(folder) if name.isdigit())
    except FileNotFoundError:  # none, or just cleared away by the writer
        return []


def _cosigned(folder: Path, head: Checkpoint, tiles: Tiles, keys: Sequence[Verifier]) -> Iterator[Finding]:
    """The co-signed checkpoint, once the tiles are known to be good."""
    path = folder / COSIGNED
    if not path.exists():
        return
    broken_keys: list[Finding] = []
    witnesses = _keys(folder, WITNESSES, broken_keys)
    yield from broken_keys
    try:
        note = Note.parse(path.read_bytes())
        cosigned = Checkpoint.parse(note.text)
        signed = (*note.verified_by(keys), *note.verified_by(witnesses))
        if len(signed) != len(note.signatures):
            raise NoteError("a signature line of an unknown key")
        if cosigned.origin != head.origin or cosigned.size > head.size:
            raise NoteError(f"of {cosigned.origin} at {cosigned.size}, the log is {head.origin} at {head.size}")
        if merkle.root(cosigned.size, tiles.node_of(head.size)) != cosigned.root:
            raise NoteError(f"the log has another root at {cosigned.size} entries")
    except NoteError as broken:
        yield words.broken_cosigned(COSIGNED, broken)
