"""The log's private keys on disk.

One file for each name, ``<folder>/<name, percent-encoded>.key``, readable by its owner only, one line for each suite:
``PRIVATE+KEY+<name>+<key id>+<base64 of type and private key>``. Made at the first start, never printed and never
logged. Whoever holds the file can sign in the log's name: back it up apart from the data, and keep it from mirrors.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from lichen.ledger.durable import replace_file
from lichen.ledger.errors import NoteError
from lichen.ledger.note import is_key_name
from lichen.ledger.suites import SUITES, StoredSigner, load_signer

_PREFIX = "PRIVATE+KEY+"


def key_file(folder: Path, name: str) -> Path:
    """Where the private keys of a name are.

    >>> key_file(Path("keys"), "lichen.local/raw").as_posix()
    'keys/lichen.local%2Fraw.key'
    """
    return folder / (quote(name, safe="") + ".key")


def load_or_create(folder: Path, name: str, suites: Sequence[str]) -> tuple[StoredSigner, ...]:
    """The signers of a name, one a suite, in the order of the file; missing ones are made and added.

    Raises
    ------
    NoteError
        The name or a suite is unusable, the file is malformed, or others than its owner can read it.
    """
    if not is_key_name(name):
        raise NoteError(f"key name {name!r}: must not be empty nor hold a space or a plus")
    for suite in suites:
        if suite not in SUITES:
            raise NoteError(f"unknown signature suite {suite!r}; known: {', '.join(SUITES)}")
    path = key_file(folder, name)
    signers = _load(path, name) if path.exists() else []
    made = [
        SUITES[suite].generate(name)
        for suite in suites
        if not any(signer.encode().startswith(SUITES[suite].type) for signer in signers)
    ]
    if made:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        signers += made
        replace_file(path, "".join(_line(signer) for signer in signers).encode(), mode=0o600)
    wanted = tuple(SUITES[suite].type for suite in suites)
    return tuple(signer for signer in signers if signer.encode().startswith(wanted))


def _line(signer: StoredSigner) -> str:
    identity = signer.verifier.key_id.hex()
    return f"{_PREFIX}{signer.verifier.name}+{identity}+{base64.b64encode(signer.encode()).decode()}\n"


def _load(path: Path, name: str) -> list[StoredSigner]:
    if stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        raise NoteError(f"{path}: others than the owner may read this private key; run chmod 600 on it")
    signers = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        # No part of the line goes into a message: it is secret.
        parts = line.removeprefix(_PREFIX).split("+", 2)
        if not line.startswith(_PREFIX) or len(parts) != 3 or parts[0] != name:
            raise NoteError(f"{path}, line {number}: not a private key of {name}; restore the file from a backup")
        try:
            signer = load_signer(name, base64.b64decode(parts[2], validate=True))
        except (binascii.Error, NoteError):
            raise NoteError(f"{path}, line {number}: unreadable private key; restore the file") from None
        if signer.verifier.key_id.hex() != parts[1]:
            raise NoteError(f"{path}, line {number}: the key does not fit its id; restore the file from a backup")
        signers.append(signer)
    return signers
