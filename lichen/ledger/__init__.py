"""The ledger: raw entries sealed in a Merkle tree with signed checkpoints, and the proofs that anybody can check.

Start at `lichen.ledger.log.Log`. The format and the life of an entry are told in this package's README.
"""
