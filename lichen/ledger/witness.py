"""A witness (C2SP tlog-witness): co-signs a log's checkpoint only if it continues what the witness co-signed before.

A log can lie to each of its readers, but not to readers who ask for the same witness's signature. Run one on a machine
of somebody else: the provincial bureau for the city's log, a university, a newspaper.

    POST /add-checkpoint            old size, consistency proof, empty line, checkpoint → cosignature line
    GET /<origin hash>/checkpoint   the newest checkpoint co-signed
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
import os
import re
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from lichen.ledger import keys, merkle
from lichen.ledger.checkpoint import Checkpoint
from lichen.ledger.durable import lock_folder, replace_file
from lichen.ledger.errors import NoteError, ProofError, WitnessError
from lichen.ledger.note import MAX_NOTE, Note, Verifier, signature_of
from lichen.ledger.suites import parse_verifier

MAX_PROOF = 63
MAX_REQUEST = MAX_NOTE + 8 * 1024
#: Connections served at once; more are closed unanswered.
MAX_CONNECTIONS = 64
#: Longest wait for the next bytes, and longest life of a connection. [s]
READ_TIMEOUT = 10
CONNECTION_TIMEOUT = 60

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_MONITOR = re.compile(r"/([0-9a-f]{64})/checkpoint")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the witness says to a request: HTTP status, body, content type."""

    status: int
    body: bytes
    kind: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Seen:
    size: int
    root: bytes


class Cosigner:
    """The witness without its sockets.

    Parameters
    ----------
    folder : path
        Keeps, for each log, the size and root last co-signed, and the co-signed checkpoint.
    name : str
        The witness's name on its key (``witness.example/w1``).
    logs : mapping of str to sequence of str
        For each origin the verifier strings of that log's keys.
    keys_folder : path, optional
        Where the private key is kept; default ``keys`` in `folder`.

    Raises
    ------
    WitnessError
        Another process uses the folder.
    NoteError
        A key is malformed.
    """

    def __init__(
        self, folder: Path, name: str, logs: Mapping[str, Sequence[str]], *, keys_folder: Path | None = None
    ) -> None:
        self.folder = folder
        self._logs: dict[str, tuple[Verifier, ...]] = {
            origin: tuple(parse_verifier(vkey) for vkey in vkeys) for origin, vkeys in logs.items()
        }
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock_handle = lock_folder(folder)
        except BlockingIOError as taken:
            raise WitnessError(f"{folder}: another witness runs on this folder; stop it first") from taken
        where = keys_folder if keys_folder is not None else folder / "keys"
        (self._signer,) = keys.load_or_create(where, name, ["cosignature"])
        self._lock = threading.Lock()

    @property
    def vkey(self) -> str:
        """The witness's public key, for those who ask for its signature."""
        return self._signer.verifier.vkey

    def close(self) -> None:
        """Give the folder back."""
        os.close(self._lock_handle)

    def add_checkpoint(self, request: bytes) -> Answer:
        """Answer one add-checkpoint request: 200 with a signature line, 400, 403, 404, 409 with a size, 422, or 500."""
        try:
            old, proof, note = _parse(request)
            head = Checkpoint.parse(note.text)
        except NoteError as broken:
            return _refusal(400, broken)
        if head.origin not in self._logs:
            return _refusal(404, f"unknown log {head.origin!r}")
        try:
            trusted = note.verified_by(self._logs[head.origin])
        except NoteError as broken:
            return _refusal(403, broken)
        if old > head.size:
            return _refusal(400, f"old size {old} is larger than the checkpoint's {head.size}")
        with self._lock:
            try:
                seen = self._seen(head.origin)
            except WitnessError as broken:
                logger.error("witness: %s", broken)
                return _refusal(500, "the witness cannot read its record of this log")
            if old != seen.size:
                return Answer(409, b"%d\n" % seen.size, "text/x.tlog.size")
            try:
                merkle.verify_consistency(old, head.size, proof, seen.root, head.root)
                if head.size == 0 and head.root != merkle.EMPTY_ROOT:
                    raise ProofError("a log without entries has the root of nothing")
            except ProofError as broken:
                logger.warning("witness: %s, size %d: %s", head.origin, head.size, broken)
                return _refusal(422, broken)
            return self._cosign(note, head, trusted)

    def _cosign(self, note: Note, head: Checkpoint, trusted: Sequence[Verifier]) -> Answer:
        # Remembered before it is signed: a crash between the two costs a signature, never a fork.
        record = {"origin": head.origin, "size": head.size, "root": head.root.hex()}
        replace_file(self._file(head.origin, "json"), json.dumps(record).encode())
        line = signature_of(self._signer, note.text.encode())
        known = {(verifier.name, verifier.key_id) for verifier in trusted}
        of_log = (signature for signature in note.signatures if (signature.name, signature.key_id) in known)
        cosigned = Note(note.text, (*of_log, line)).encode()
        replace_file(self._file(head.origin, "checkpoint"), cosigned)
        return Answer(200, line.line().encode())

    def checkpoint(self, origin_hash: str) -> Answer:
        """The newest co-signed checkpoint of the log whose origin has this SHA-256 (hex), or 404."""
        for origin in self._logs:
            path = self._file(origin, "checkpoint")
            if path.stem == origin_hash and path.exists():
                return Answer(200, path.read_bytes())
        return _refusal(404, "no checkpoint of that log was co-signed")

    def _seen(self, origin: str) -> _Seen:
        try:
            record = json.loads(self._file(origin, "json").read_bytes())
            return _Seen(record["size"], bytes.fromhex(record["root"]))
        except FileNotFoundError:
            return _Seen(0, merkle.EMPTY_ROOT)
        except (ValueError, KeyError) as broken:
            # Starting anew would let a log be set back: rather sign nothing.
            raise WitnessError(f"{self._file(origin, 'json')}: unreadable; restore it from a backup") from broken

    def _file(self, origin: str, kind: str) -> Path:
        return self.folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.{kind}"


def _parse(request: bytes) -> tuple[int, list[bytes], Note]:
    """Old size, proof and checkpoint of a request; raises `NoteError`."""
    head, gap, checkpoint = request.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    old = _OLD.fullmatch(lines[0])
    if not gap or old is None:
        raise NoteError("request: expected a line 'old <size>', proof lines, an empty line and a checkpoint")
    if len(lines) - 1 > MAX_PROOF:
        raise NoteError(f"request: {len(lines) - 1} proof lines; at most {MAX_PROOF}")
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines[1:]]
    except (binascii.Error, ValueError) as broken:
        raise NoteError(f"request: a proof line is not base64: {broken}") from broken
    if any(len(digest) != merkle.HASH_SIZE for digest in proof):
        raise NoteError(f"request: a proof line is not a hash of {merkle.HASH_SIZE} bytes")
    return int(old.group(1)), proof, Note.parse(checkpoint)


def _refusal(status: int, reason: object) -> Answer:
    return Answer(status, f"{reason}\n".encode())


class WitnessServer:
    """A witness on a port, from entering the context until leaving it."""

    def __init__(self, host: str, port: int, cosigner: Cosigner) -> None:
        self.cosigner = cosigner
        self._server = _Server((host, port), cosigner)
        self._thread = threading.Thread(target=self._server.serve_forever, name="witness", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens; with port 0 asked for, the port it was given."""
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{shown}:{port}"

    def __enter__(self) -> WitnessServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.cosigner.close()


def serve_witness(
    host: str, port: int, state_dir: Path, logs: Mapping[str, Sequence[str]], *, name: str, stop: threading.Event
) -> None:
    """Run a witness until `stop` is set; see `Cosigner` for the arguments."""
    with WitnessServer(host, port, Cosigner(state_dir, name, logs)) as server:
        logger.info("witness %s on %s", server.cosigner.vkey, server.url)
        stop.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], cosigner: Cosigner) -> None:
        self.cosigner = cosigner
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        logger.info("witness: connection of %s broke off", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "lichen-witness"
    sys_version = ""
    timeout = READ_TIMEOUT
    server: _Server

    def setup(self) -> None:
        super().setup()
        self._end = threading.Timer(CONNECTION_TIMEOUT, self._hang_up)
        self._end.daemon = True
        self._end.start()

    def finish(self) -> None:
        self._end.cancel()
        super().finish()

    def _hang_up(self) -> None:
        """End a connection that dribbles its bytes just within the read timeout."""
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            logger.debug("witness: connection was gone before its time was up")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._answer(_refusal(404, "POST /add-checkpoint"), close=True)
        elif not length.isascii() or not length.isdigit():
            self._answer(_refusal(411, "Content-Length is needed"), close=True)
        elif len(length) > 9 or int(length) > MAX_REQUEST:
            self._answer(_refusal(413, f"at most {MAX_REQUEST} bytes"), close=True)
        else:
            request = self.rfile.read(int(length))
            if len(request) == int(length):
                self._answer(self.server.cosigner.add_checkpoint(request))

    def do_GET(self) -> None:
        asked = _MONITOR.fullmatch(self.path)
        if asked is None:
            self._answer(_refusal(404, "GET /<SHA-256 of the origin>/checkpoint"))
        else:
            self._answer(self.server.cosigner.checkpoint(asked.group(1)))

    def _answer(self, answer: Answer, *, close: bool = False) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        if close:  # a body we do not read would be taken for the next request
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        logger.info("witness: %s " + format, self.address_string(), *args)
