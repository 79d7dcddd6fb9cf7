"""Asking witnesses to co-sign a checkpoint (the client of C2SP tlog-witness)."""

from __future__ import annotations

import base64
import http.client
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from lichen.ledger.checkpoint import Checkpoint
from lichen.ledger.errors import LedgerError, NoteError, WitnessError
from lichen.ledger.log import Log
from lichen.ledger.note import Note, Signature, Verifier
from lichen.ledger.suites import parse_verifier

MAX_ANSWER = 64 * 1024
#: Times a witness may correct our idea of what it has seen, before we give up: others may be feeding it.
MAX_ATTEMPTS = 3

#: ``proof(old, new)``: the consistency proof between two sizes of the log.
ConsistencyProof = Callable[[int, int], list[bytes]]


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who co-signs: where, and with which key."""

    url: str
    verifier: Verifier

    @classmethod
    def parse(cls, text: str) -> Witness:
        """The witness of ``<url> <verifier key>``.

        Raises
        ------
        NoteError
            The address is no http(s) URL, or the key is malformed.
        """
        url, _, vkey = text.strip().partition(" ")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NoteError(f"witness {url!r}: expected '<http or https URL> <verifier key>'")
        return cls(url.rstrip("/"), parse_verifier(vkey))


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint with the cosignatures it gained: who gave one, and why the others did not."""

    note: Note
    by: tuple[Witness, ...]
    refused: tuple[tuple[Witness, WitnessError], ...]


def collect_cosignatures(
    checkpoint: bytes,
    proof: ConsistencyProof,
    witnesses: Sequence[Witness],
    *,
    old: int = 0,
    timeout: float = 10.0,
) -> Cosigned:
    """Ask all witnesses at once to co-sign.

    Parameters
    ----------
    checkpoint : bytes
        A signed checkpoint.
    proof : callable
        `Log.consistency_proof` of that log.
    witnesses : sequence of Witness
    old : int
        The size they probably co-signed last; a witness that did not says so and is asked again.
    timeout : float
        Longest wait for each step of the network. [s]
    """
    note = Note.parse(checkpoint)
    head = Checkpoint.parse(note.text)

    def ask(witness: Witness) -> Signature | WitnessError:
        try:
            return _ask(witness, note, head, proof, min(old, head.size), timeout)
        except WitnessError as refused:
            return refused

    if not witnesses:
        return Cosigned(note, (), ())
    with ThreadPoolExecutor(min(len(witnesses), 16), thread_name_prefix="cosign") as pool:
        answers = list(zip(witnesses, pool.map(ask, witnesses), strict=True))
    given = [(witness, answer) for witness, answer in answers if isinstance(answer, Signature)]
    return Cosigned(
        note.joined(signature for _, signature in given),
        tuple(witness for witness, _ in given),
        tuple((witness, answer) for witness, answer in answers if isinstance(answer, WitnessError)),
    )


def cosign(log: Log, witnesses: Sequence[Witness], *, timeout: float = 10.0) -> Cosigned:
    """Have the log's newest checkpoint co-signed, and keep it beside the log if anybody did."""
    before = log.cosigned_head()
    done = collect_cosignatures(
        log.checkpoint(),
        log.consistency_proof,
        witnesses,
        old=before[1].size if before is not None else 0,
        timeout=timeout,
    )
    if done.by:
        log.keep_cosigned(done.note.encode(), [witness.verifier for witness in done.by])
    return done


def _ask(
    witness: Witness, note: Note, head: Checkpoint, proof: ConsistencyProof, old: int, timeout: float
) -> Signature:
    for _ in range(MAX_ATTEMPTS):
        try:
            hashes = proof(old, head.size)
        except LedgerError as broken:
            raise WitnessError(f"{witness.url}: no proof from size {old}: {broken}") from broken
        lines = [f"old {old}", *(base64.b64encode(digest).decode() for digest in hashes)]
        request = ("\n".join(lines) + "\n\n").encode() + note.encode()
        status, answer = _post(f"{witness.url}/add-checkpoint", request, timeout)
        if status == 200:
            return _signature(witness, note, answer)
        text = answer.decode("utf-8", "replace").strip()
        if status != 409 or not re.fullmatch(r"0|[1-9][0-9]{0,18}", text):
            raise WitnessError(f"{witness.url}: answered {status}: {text[:200]}")
        old = int(text)
        if old > head.size:
            raise WitnessError(
                f"{witness.url}: has co-signed {old} entries, this checkpoint has {head.size}: "
                "an older checkpoint, or the log was set back"
            )
    raise WitnessError(f"{witness.url}: its size changed at each of {MAX_ATTEMPTS} attempts")


def _signature(witness: Witness, note: Note, answer: bytes) -> Signature:
    """The witness's own signature among the answer's lines, verified."""
    key = witness.verifier
    try:
        for line in answer.decode().splitlines():
            signature = Signature.parse(line)
            if (signature.name, signature.key_id) == (key.name, key.key_id):
                Note(note.text, (signature,)).verified_by([key])
                return signature
    except (NoteError, UnicodeDecodeError) as broken:
        raise WitnessError(f"{witness.url}: unusable signature: {broken}") from broken
    raise WitnessError(f"{witness.url}: no signature of {key.vkey} in its answer; is the key the right one?")


def _post(url: str, body: bytes, timeout: float) -> tuple[int, bytes]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "text/plain; charset=utf-8"})
        response = connection.getresponse()
        return response.status, response.read(MAX_ANSWER)
    except (OSError, http.client.HTTPException) as broken:
        raise WitnessError(f"{url}: {broken or type(broken).__name__}") from broken
    finally:
        connection.close()
