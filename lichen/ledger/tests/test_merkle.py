"""Roots and proofs: the public vectors, and all pairs of small sizes."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.ledger import merkle
from lichen.ledger.edge import RightEdge
from lichen.ledger.errors import ProofError

# The eight entries that the Certificate Transparency implementations test with, and the root of each size.
CT_ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def mth(entries: list[bytes]) -> bytes:
    """The definition of RFC 9162, 2.1.1, word for word: what everything else is held against."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def node_of(entries: list[bytes]) -> merkle.Node:
    return lambda level, index: mth(entries[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_of_certificate_transparency(size: int) -> None:
    entries = CT_ENTRIES[:size]
    assert mth(entries).hex() == CT_ROOTS[size - 1]
    assert merkle.run_root(b"".join(merkle.leaf_hashes(entries))).hex() == CT_ROOTS[size - 1]
    assert merkle.root(size, node_of(entries)).hex() == CT_ROOTS[size - 1]


def test_root_of_nothing() -> None:
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root(0, node_of([])) == RightEdge().root() == merkle.EMPTY_ROOT


def test_inclusion_proof_of_certificate_transparency() -> None:
    """Entry 0 of the tree of eight, as in the Certificate Transparency vectors."""
    proof = merkle.inclusion_proof(0, 8, node_of(CT_ENTRIES))
    assert [digest.hex() for digest in proof] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_consistency_proof_of_certificate_transparency() -> None:
    """From 6 to 8, as in the Certificate Transparency vectors."""
    proof = merkle.consistency_proof(6, 8, node_of(CT_ENTRIES))
    assert [digest.hex() for digest in proof] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_the_shape_of_rfc_9162_2_1_5() -> None:
    """The tree of seven drawn in the RFC: the proof of d0 is [b, h, l], of d3 [c, g, l], d4 [f, j, k], d6 [i, k]."""
    entries = [b"d%d" % number for number in range(7)]
    a, b, c, d, e, f, j = merkle.leaf_hashes(entries)
    g, h, i = merkle.node_hash(a, b), merkle.node_hash(c, d), merkle.node_hash(e, f)
    k, last = merkle.node_hash(g, h), merkle.node_hash(i, j)
    node = node_of(entries)
    assert merkle.inclusion_proof(0, 7, node) == [b, h, last]
    assert merkle.inclusion_proof(3, 7, node) == [c, g, last]
    assert merkle.inclusion_proof(4, 7, node) == [f, j, k]
    assert merkle.inclusion_proof(6, 7, node) == [i, k]
    assert merkle.consistency_proof(3, 7, node) == [c, d, g, last]
    assert merkle.consistency_proof(4, 7, node) == [last]
    assert merkle.consistency_proof(6, 7, node) == [i, j, k]


SMALL = [b"%d" % number for number in range(40)]
ROOTS = [mth(SMALL[:size]) for size in range(41)]


@pytest.mark.parametrize("size", range(1, 41))
def test_every_inclusion_proof_of_small_trees(size: int) -> None:
    node = node_of(SMALL[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, node)
        leaf = merkle.leaf_hash(SMALL[index])
        merkle.verify_inclusion(leaf, index, size, proof, ROOTS[size])
        for wrong in (index - 1, index + 1):
            with pytest.raises(ProofError):
                merkle.verify_inclusion(leaf, wrong, size, proof, ROOTS[size])
        for cut in (proof[:-1], [*proof, proof[-1] if proof else leaf]):
            if cut != proof:
                with pytest.raises(ProofError):
                    merkle.verify_inclusion(leaf, index, size, cut, ROOTS[size])


@pytest.mark.parametrize("new", range(41))
def test_every_consistency_proof_of_small_trees(new: int) -> None:
    node = node_of(SMALL[:new])
    for old in range(new + 1):
        proof = merkle.consistency_proof(old, new, node)
        merkle.verify_consistency(old, new, proof, ROOTS[old], ROOTS[new])
        other = hashlib.sha256(b"other").digest()
        with pytest.raises(ProofError):
            merkle.verify_consistency(old, new, proof, other, ROOTS[new])
        if old:
            with pytest.raises(ProofError):
                merkle.verify_consistency(old, new, proof, ROOTS[old], other)
        for cut in (proof[:-1], [*proof, other]):
            if cut != proof:
                with pytest.raises(ProofError):
                    merkle.verify_consistency(old, new, cut, ROOTS[old], ROOTS[new])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="no entry"):
        merkle.inclusion_proof(index, size, node_of(SMALL))
    with pytest.raises(ProofError, match="no entry"):
        merkle.verify_inclusion(bytes(32), index, size, [], bytes(32))


@pytest.mark.parametrize(("old", "new"), [(3, 2), (-1, 2)])
def test_no_consistency_backwards(old: int, new: int) -> None:
    with pytest.raises(ProofError, match="only grows"):
        merkle.consistency_proof(old, new, node_of(SMALL))
    with pytest.raises(ProofError, match="only grows"):
        merkle.verify_consistency(old, new, [], bytes(32), bytes(32))


@given(st.lists(st.integers(0, 700), max_size=6))
def test_growing_in_batches_is_growing_at_once(batches: list[int]) -> None:
    entries = [number.to_bytes(2, "big") for number in range(sum(batches))]
    edge = RightEdge()
    tiles = {}
    start = 0
    for count in batches:
        edge, files = edge.grow(entries[start : start + count])
        tiles.update(dict(files))
        start += count
        assert edge.root() == mth(entries[:start])
    at_once, files = RightEdge().grow(entries)
    assert edge == at_once or not entries
    for name, data in files:
        assert tiles[name] == data
    assert len({name for name, _ in files}) == len(files)


def test_a_large_tree_grows_like_its_definition() -> None:
    entries = [b""] * 66_000
    edge = RightEdge()
    for start, stop in itertools.pairwise((0, 65_535, 65_536, 65_537, 66_000)):
        edge, _ = edge.grow(entries[start:stop])
    assert edge.root() == merkle.run_root(b"".join(merkle.leaf_hashes(entries)))
