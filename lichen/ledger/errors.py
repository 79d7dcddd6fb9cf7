"""What can go wrong in the ledger.

LedgerError
├── LogMissing      there is no log where one was to be opened
├── LogBusy         another process holds the writer's lock
├── LogDamaged      the files contradict each other: nothing is written until a person has looked
├── NoteError       a signed note, checkpoint or key is malformed, or not signed by a known key
├── ProofError      a proof does not lead to the root it was said to lead to
└── WitnessError    a witness could not be reached or refused
"""

from __future__ import annotations


class LedgerError(Exception):
    """Base of every error of `lichen.ledger`."""


class LogMissing(LedgerError):
    """There is no log where one was to be opened."""


class LogBusy(LedgerError):
    """Another process holds the writer's lock."""


class LogDamaged(LedgerError):
    """The files of a log contradict each other."""


class NoteError(LedgerError):
    """A signed note, a checkpoint or a key is malformed, or no known key signed."""


class ProofError(LedgerError):
    """A proof does not lead to the root."""


class WitnessError(LedgerError):
    """A witness could not be reached, or refused."""
