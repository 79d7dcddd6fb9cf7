"""Checkpoints (C2SP tlog-checkpoint): which log, how many entries, which root, signed as a note."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lichen.ledger.errors import NoteError
from lichen.ledger.merkle import HASH_SIZE
from lichen.ledger.note import Note, Verifier

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: `origin` names the log, `root` is the Merkle root of its first `size` entries."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The text that is signed.

        >>> print(Checkpoint("lichen.local/raw", 1, bytes(32)).text(), end="")
        lichen.local/raw
        1
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
        """
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint of a note's text; raises `NoteError` where it is none."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise NoteError("checkpoint: expected origin, size and root on a line each, each ending in a newline")
        origin, size, encoded, *extensions = lines
        if not _SIZE.fullmatch(size):
            raise NoteError(f"checkpoint of {origin}: size {size[:40]!r} is no decimal number")
        try:
            root = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as broken:
            raise NoteError(f"checkpoint of {origin}: root is not base64: {broken}") from broken
        if len(root) != HASH_SIZE or base64.b64encode(root).decode() != encoded:
            raise NoteError(f"checkpoint of {origin}: root is not the base64 of {HASH_SIZE} bytes")
        return cls(origin, int(size), root, tuple(extensions))


def open_checkpoint(data: bytes, verifiers: Iterable[Verifier], origin: str | None = None) -> tuple[Note, Checkpoint]:
    """The note and checkpoint of some bytes, after verifying the signatures of the known keys.

    Raises
    ------
    NoteError
        Malformed, of another origin, not signed by a known key, or a known key's signature is wrong.
    """
    note = Note.parse(data)
    head = Checkpoint.parse(note.text)
    if origin is not None and head.origin != origin:
        raise NoteError(f"checkpoint is of log {head.origin!r}, expected {origin!r}")
    note.verified_by(verifiers)
    return note, head
