"""The Merkle tree of RFC 6962 (RFC 9162, 2.1): hashes, roots, proofs and their verification. No files.

A tree over n entries is never built in memory. Functions that need hashes of it take `node`, a function that
returns the hash of the complete subtree ``D[index * 2**level : (index + 1) * 2**level]``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from lichen.ledger.errors import ProofError

HASH_SIZE = 32

#: Root of the tree without entries: the hash of no bytes (RFC 9162, 2.1.1).
EMPTY_ROOT = hashlib.sha256().digest()

#: ``node(level, index)``: hash of the complete subtree over ``D[index * 2**level : (index + 1) * 2**level]``.
Node = Callable[[int, int], bytes]

_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry: SHA-256 over 0x00 and its bytes.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return _sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Hashes of many entries, in order."""
    sha256 = _sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two sibling subtrees: SHA-256 over 0x01 and both hashes."""
    return _sha256(b"\x01" + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """Hashes of the pairs in a run of concatenated hashes; an odd last one is left out."""
    sha256 = _sha256
    end = len(hashes) // 64 * 64
    return b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, end, 64)])


def run_root(hashes: bytes) -> bytes:
    """Root of the tree whose leaves are the concatenated `hashes`.

    The hashes may stand for equal, complete subtrees, the last one also for a smaller one.

    >>> a, b, c = (leaf_hash(entry) for entry in (b"a", b"b", b"c"))
    >>> run_root(a + b + c) == node_hash(node_hash(a, b), c)
    True
    >>> run_root(b"") == EMPTY_ROOT
    True
    """
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > HASH_SIZE:
        odd = hashes[len(hashes) // 64 * 64 :]
        hashes = parents(hashes) + odd
    return hashes


def edge_root(edges: Sequence[bytes]) -> bytes:
    """Root of a tree from its right edge.

    Parameters
    ----------
    edges : sequence of bytes
        For each tile level, from the leaves up, the concatenated hashes of its partial tile; empty where the
        level ends in a full tile. They are the state of an appending log: at most 255 hashes a level.
    """
    carried = b""
    for edge in edges:
        if edge or carried:
            carried = run_root(bytes(edge) + carried)
    return carried or EMPTY_ROOT


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (RFC 9162, 2.1.1: k)."""
    return 1 << ((count - 1).bit_length() - 1)


def range_root(start: int, stop: int, node: Node) -> bytes:
    """Root over ``D[start:stop]``, a range that RFC 9162 splits off.

    `start` is a multiple of a power of two that is at least the range's length.
    """
    count = stop - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    left = _split(count)
    level = left.bit_length() - 1
    return node_hash(node(level, start >> level), range_root(start + left, stop, node))


def root(size: int, node: Node) -> bytes:
    """Root of the tree of the first `size` entries."""
    return range_root(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The audit path of entry `index` in the tree of `size` entries, from its sibling up (RFC 9162, 2.1.3.1).

    Raises
    ------
    ProofError
        There is no such entry in a tree of that size.
    """
    if not 0 <= index < size:
        raise ProofError(f"no entry {index} in a tree of {size}; give an index from 0 to {size - 1}")
    path = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(range_root(middle, stop, node))
            stop = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    path.reverse()
    return path


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of `old` entries is the beginning of that of `new` (RFC 9162, 2.1.4.1).

    Empty where nothing needs proving: `old` is 0 or equals `new`.

    Raises
    ------
    ProofError
        `old` is negative or larger than `new`.
    """
    if not 0 <= old <= new:
        raise ProofError(f"no consistency proof from size {old} to {new}: a log only grows")
    if old in (0, new):
        return []
    path = []
    start, stop = 0, new
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(range_root(middle, stop, node))
            stop = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    if start:  # the old tree is not itself a subtree of the new one: its last part must be named
        path.append(range_root(start, stop, node))
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check an audit path (RFC 9162, 2.1.3.2).

    Parameters
    ----------
    leaf : bytes
        `leaf_hash` of the entry.
    index, size : int
        Where the entry is, and the size of the tree that `root` belongs to.

    Raises
    ------
    ProofError
        The path does not lead from the leaf to the root.
    """
    if not 0 <= index < size:
        raise ProofError(f"no entry {index} in a tree of {size}")
    at, last, running = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError(f"inclusion proof of entry {index} is too long: {len(proof)} hashes")
        if at & 1 or at == last:
            running = node_hash(sibling, running)
            while at & 1 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            running = node_hash(running, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError(f"inclusion proof of entry {index} is too short: {len(proof)} hashes")
    if running != root:
        raise ProofError(f"inclusion proof of entry {index} leads to root {running.hex()}, signed is {root.hex()}")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of `old` entries is the beginning of the tree of `new` (RFC 9162, 2.1.4.2).

    Raises
    ------
    ProofError
        It is not, or the proof does not show it.
    """
    if not 0 <= old <= new:
        raise ProofError(f"size {new} is no continuation of size {old}: a log only grows")
    if old in (0, new):
        if proof:
            raise ProofError(f"a consistency proof from {old} to {new} is empty, got {len(proof)} hashes")
        expected = EMPTY_ROOT if old == 0 else new_root
        if old_root != expected:
            raise ProofError(f"two roots for size {old}: {old_root.hex()} and {expected.hex()}")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError(f"consistency proof from {old} to {new} is empty")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError(f"consistency proof from {old} to {new} is too long: {len(proof)} hashes")
        if at & 1 or at == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while at & 1 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError(f"consistency proof from {old} to {new} is too short: {len(proof)} hashes")
    if first != old_root:
        raise ProofError(f"consistency proof leads to old root {first.hex()}, known is {old_root.hex()}")
    if second != new_root:
        raise ProofError(f"consistency proof leads to new root {second.hex()}, signed is {new_root.hex()}")
