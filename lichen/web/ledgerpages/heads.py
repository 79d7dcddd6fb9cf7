"""The head of a log and who signed it, for pages and API."""

from __future__ import annotations

from dataclasses import dataclass

from lichen.ledger import verify_offline
from lichen.ledger.checkpoint import Checkpoint
from lichen.ledger.log import Log
from lichen.ledger.note import Note, Verifier


@dataclass(frozen=True, slots=True)
class Key:
    """A public key: of the log itself or of a witness, and whether it signed the checkpoint shown."""

    name: str
    algorithm: str
    vkey: str
    is_witness: bool
    has_signed: bool


@dataclass(frozen=True, slots=True)
class Head:
    """A verified checkpoint of a log and the keys known for it."""

    checkpoint: Checkpoint
    note: Note
    keys: tuple[Key, ...]

    @property
    def root(self) -> str:
        """In hexadecimal."""
        return self.checkpoint.root.hex()

    @property
    def text(self) -> str:
        """The whole signed note."""
        return self.note.encode().decode()


def head_of(log: Log) -> Head:
    """The newest checkpoint of a log.

    Raises
    ------
    NoteError
        The checkpoint is not as the log signed it.
    """
    note, checkpoint = log.head()
    return Head(checkpoint, note, _keys(note, log.verifiers, log.witness_verifiers))


def cosigned_head_of(log: Log) -> Head | None:
    """The newest checkpoint that witnesses have co-signed, or None; raises `NoteError`."""
    found = log.cosigned_head()
    if found is None:
        return None
    note, checkpoint = found
    return Head(checkpoint, note, _keys(note, log.verifiers, log.witness_verifiers))


def _keys(note: Note, own: tuple[Verifier, ...], witnesses: tuple[Verifier, ...]) -> tuple[Key, ...]:
    signed = {verifier.vkey for verifier in note.verified_by((*own, *witnesses))}
    return tuple(
        Key(verifier.name, algorithm(verifier.vkey), verifier.vkey, is_witness, verifier.vkey in signed)
        for verifiers, is_witness in ((own, False), (witnesses, True))
        for verifier in verifiers
    )


def algorithm(vkey: str) -> str:
    """The algorithm of a verifier string: ``Ed25519``, ``SM2/SM3`` …"""
    return verify_offline.parse_key(vkey, given=True).algorithm
