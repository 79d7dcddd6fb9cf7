"""Is a packet still what was sealed? Checked on the disk, now, with nothing that this process remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lichen.ledger import findings as found_words
from lichen.ledger import merkle
from lichen.ledger.check import EntryReport, check_entry
from lichen.ledger.errors import LedgerError, NoteError
from lichen.ledger.findings import Finding
from lichen.ledger.log import Log
from lichen.ledger.rebuilt import leaves, places, read_bundle
from lichen.ledger.seal import Seal
from lichen.ledger.tiles import ENTRIES, WIDTH, Tiles, name_at
from lichen.web.ledgerpages.heads import Head, head_of
from lichen.web.readings.words import either


class OnDisk:
    """The entries of a log as their files say now; the log itself keeps what it read before."""

    def __init__(self, log: Log) -> None:
        self._tiles = Tiles(log.path)
        self.size = log.size

    def read(self, start: int, stop: int) -> list[bytes]:
        """Entries ``[start, stop)``; raises `LogDamaged`."""
        return self._tiles.read(start, stop, self.size)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an inclusion proof: the sibling, on which side it stands, and the hash of the two."""

    sibling: str
    is_left: bool
    result: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking an entry.

    Attributes
    ----------
    index : int
    leaf, root : str
        Hexadecimal; of the entry as it is now, and of the signed checkpoint.
    bundle : str
        The file that holds the entry, below the log's folder.
    steps : tuple of Step
    head : Head or None
        None where the checkpoint's signatures are wrong.
    faults : tuple of str
        What is altered, as sentences in the reader's language; empty: the entry is what was sealed.
    """

    index: int
    leaf: str
    root: str
    bundle: str
    steps: tuple[Step, ...]
    head: Head | None
    faults: tuple[str, ...]


def check(log: Log, index: int) -> Checked:
    """Check one entry against the signed checkpoint, and the tile that proves it."""
    try:
        head = head_of(log)
        report = check_entry(log, index)
    except NoteError as broken:
        said = _("The checkpoint's signatures are wrong, so nothing is proven: %(reason)s") % {"reason": broken}
        return Checked(index, "", "", "", (), None, (said,))
    except LedgerError as broken:
        said = _("The ledger cannot read entry %(index)s: %(reason)s") % {"index": index, "reason": broken}
        return Checked(index, "", "", "", (), None, (said,))
    faults = [_sentence(report.finding)] if report.finding is not None else []
    faults += [_sentence(finding) for finding in _altered_tile(log, report)]
    steps = _steps(log, report)
    if not faults and (steps[-1].result if steps else report.leaf.hex()) != report.head.root.hex():
        faults.append(_("The proof does not lead to the signed root: a hash tile was altered."))
    bundle = name_at(ENTRIES, index // WIDTH, report.head.size).path
    return Checked(index, report.leaf.hex(), report.head.root.hex(), bundle, steps, head, tuple(faults))


def faults_of(log: Log, indices: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """What is altered about each of some entries; those that are as sealed are left out."""
    checked = {index: check(log, index).faults for index in sorted(set(indices))}
    return {index: faults for index, faults in checked.items() if faults}


def _sentence(finding: Finding) -> str:
    return either(finding.zh, finding.en)


def _altered_tile(log: Log, report: EntryReport) -> list[Finding]:
    """The tile over the entry, where its file is not what was sealed though the entries are."""
    tiles, size = Tiles(log.path), report.head.size
    number = report.index // WIDTH
    bundle = name_at(ENTRIES, number, size)
    entries, _broken = read_bundle(tiles, bundle)
    seal = Seal(tiles, size, report.head.root, {(0, number): leaves(entries, bundle.width)})
    sealed, stored = seal.sealed(0, number), seal.stored(0, number)
    if sealed is None or stored == sealed:
        return []
    return [found_words.altered_tile(name_at(0, number, size), places(sealed, stored), len(stored))]


def _steps(log: Log, report: EntryReport) -> tuple[Step, ...]:
    """The audit path with every hash on the way (RFC 9162, 2.1.3.2)."""
    size = report.head.size
    try:
        path = merkle.inclusion_proof(report.index, size, Tiles(log.path).node_of(log.size))
    except LedgerError:
        return ()
    at, last, running = report.index, size - 1, report.leaf
    steps = []
    for sibling in path:
        is_left = bool(at & 1) or at == last
        if is_left:
            running = merkle.node_hash(sibling, running)
            while at & 1 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            running = merkle.node_hash(running, sibling)
        at, last = at >> 1, last >> 1
        steps.append(Step(sibling.hex(), is_left, running.hex()))
    return tuple(steps)
