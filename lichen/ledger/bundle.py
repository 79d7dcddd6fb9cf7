"""Proof bundles: all that is needed to show, without the log at hand, that it sealed an entry.

A bundle is JSON: the entry, its index, the audit path to a checkpoint, that checkpoint with all its signatures, and
the public keys that made them. `lichen.ledger.verify_offline` checks it; so can a page in a browser.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lichen.ledger import verify_offline
from lichen.ledger.errors import LedgerError, ProofError
from lichen.ledger.log import Log


def prove(log: Log, index: int) -> dict[str, Any]:
    """The bundle of an entry.

    It ends in the newest checkpoint that witnesses have co-signed if that covers the entry, else in the newest.

    Returns
    -------
    dict
        ``format``, ``origin``, ``index``, ``size`` (of the checkpoint's tree), ``entry`` (base64), ``proof`` (base64
        hashes, from the entry's sibling up), ``checkpoint`` (signed note), ``verifiers`` (public keys of the log
        and its witnesses).

    Raises
    ------
    LedgerError
        The entry is not under a signed checkpoint (yet).
    NoteError
        The checkpoint's signatures are wrong.
    """
    note, head = log.head()
    cosigned = log.cosigned_head()
    if cosigned is not None and cosigned[1].size > index:
        note, head = cosigned
    if not 0 <= index < head.size:
        raise LedgerError(f"{log.path}: no entry {index} under the checkpoint of {head.size} entries")
    (entry,) = log.read(index, index + 1)
    signers = {(signature.name, signature.key_id) for signature in note.signatures}
    known = (*log.verifiers, *log.witness_verifiers)
    return {
        "format": verify_offline.FORMAT,
        "origin": log.origin,
        "index": index,
        "size": head.size,
        "entry": _base64(entry),
        "proof": [_base64(digest) for digest in log.inclusion_proof(index, head.size)],
        "checkpoint": note.encode().decode(),
        "verifiers": [verifier.vkey for verifier in known if (verifier.name, verifier.key_id) in signers],
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def to_json(bundle: dict[str, Any]) -> str:
    """A bundle as the text of its file."""
    return json.dumps(bundle, ensure_ascii=False, indent=1) + "\n"


def tlog_proof(bundle: dict[str, Any]) -> str:
    """The same proof in the text format of C2SP tlog-proof (file name ``….tlog-proof``), without the entry."""
    lines = ["c2sp.org/tlog-proof@v1", f"index {bundle['index']}", *bundle["proof"], "", bundle["checkpoint"]]
    return "\n".join(lines)


def prove_to(log_dir: Path, index: int, target: Path | None = None) -> None:
    """Write the bundle of an entry to a file, or to standard output."""
    text = to_json(prove(Log.open(log_dir, readonly=True), index))
    if target is None:
        sys.stdout.write(text)
    else:
        target.write_text(text, encoding="utf-8")


def verify(bundle: dict[str, Any], keys: Sequence[str] = ()) -> verify_offline.Proven:
    """Check a bundle; `keys` are verifier strings that must all have signed.

    Raises
    ------
    ProofError
        It proves nothing, or is malformed. Its `__cause__` has the reason also in Chinese (``zh``).
    """
    try:
        return verify_offline.verify(bundle, tuple(keys))
    except verify_offline.Refusal as refusal:
        raise ProofError(refusal.en) from refusal


def verify_bundle(path: Path, keys: Sequence[str] = ()) -> verify_offline.Proven:
    """Check a bundle file; see `verify`."""
    try:
        bundle = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise ProofError(f"{path}: unreadable proof bundle: {broken}") from broken
    return verify(bundle, keys)
