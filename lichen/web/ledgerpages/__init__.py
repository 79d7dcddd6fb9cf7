"""The ledger's pages: size, root, checkpoints, proofs, and the static files that anyone may mirror."""
