"""A log on disk: append, read, checkpoint, prove. One writer, any number of readers in any process."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from lichen.ledger import keys, merkle, note
from lichen.ledger.checkpoint import Checkpoint, open_checkpoint
from lichen.ledger.durable import Writer, lock_folder, replace_file
from lichen.ledger.edge import RightEdge
from lichen.ledger.errors import LedgerError, LogBusy, LogDamaged, LogMissing, NoteError
from lichen.ledger.note import Note, Verifier
from lichen.ledger.strays import clear_ahead, clear_at_edge, partials_folder
from lichen.ledger.suites import StoredSigner, parse_verifier
from lichen.ledger.tiles import ENTRIES, WIDTH, TileName, Tiles, name_at
from lichen.vocab.entry import MAX_ENTRY, pack

STATE = "state"
CHECKPOINT = "checkpoint"
COSIGNED = "checkpoint.cosigned"
VERIFIERS = "verifiers"
WITNESSES = "witnesses"

#: The signatures on every checkpoint: one for the transparency world, one for evidence in China.
DEFAULT_SUITES = ("ed25519", "sm2")

_FORMAT = "lichen-log-state/1"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """What has been sealed for good: replaced in one step, after everything it speaks of is on the disk.

    `position` is the last stream sequence taken in, 0 before the first.
    """

    origin: str
    size: int
    root: bytes
    position: int

    def encode(self) -> bytes:
        """A JSON line and its SHA-256 on a second line."""
        line = json.dumps(
            {
                "format": _FORMAT,
                "origin": self.origin,
                "size": self.size,
                "root": self.root.hex(),
                "position": self.position,
            }
        )
        return f"{line}\n{hashlib.sha256(line.encode()).hexdigest()}\n".encode()

    @classmethod
    def decode(cls, raw: bytes) -> State:
        """The state of `encode`'s bytes; raises `LogDamaged`."""
        line, _, digest = raw.partition(b"\n")
        if hashlib.sha256(line).hexdigest().encode() + b"\n" != digest:
            raise LogDamaged("state file: its own checksum does not fit; restore it from a backup")
        values = json.loads(line)
        if values["format"] != _FORMAT:
            raise LogDamaged(f"state file: format {values['format']!r}, this program reads {_FORMAT!r}")
        return cls(values["origin"], values["size"], bytes.fromhex(values["root"]), values["position"])


class Log:
    """An append-only log of entries under one folder. Open it with `Log.open`; use it from any thread.

    The folder can be served to anybody (see `public_file`); ``state`` and ``lock`` concern this installation only.
    Private keys lie elsewhere.
    """

    def __init__(
        self,
        path: Path,
        state: State,
        edge: RightEdge | None,
        signers: tuple[StoredSigner, ...],
        lock: int | None,
    ) -> None:
        self.path = path
        self.tiles = Tiles(path)
        self._state = state
        self._edge = edge
        self._signers = signers
        self._lock_handle = lock
        self._append_lock = threading.Lock()
        self._writer = Writer(path) if edge is not None else None
        self._published = b""
        self._published_size = -1
        self._doubtful = False

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        origin: str | None = None,
        create: bool = True,
        readonly: bool = False,
        keys_folder: str | os.PathLike[str] | None = None,
        suites: Sequence[str] = DEFAULT_SUITES,
    ) -> Log:
        """Open a log, as its one writer unless `readonly`. Reads a few files, whatever the size of the log.

        Parameters
        ----------
        path : path
            The log's folder.
        origin : str, optional
            The log's name, on its checkpoints and keys (``lichen.local/raw``). Needed to create one; of an
            existing log it must be the same.
        create : bool
            Make the log where there is none.
        readonly : bool
            Take no lock, write nothing, need no keys; `size` follows the writer.
        keys_folder : path, optional
            Where the private keys are kept, made at the first start; default ``keys`` beside the log's folder.
        suites : sequence of str
            Signatures to put on each checkpoint, from `lichen.ledger.suites.SUITES`.

        Raises
        ------
        LogMissing
            There is no log, and `create` is false or `readonly` true.
        LogBusy
            Another writer has it open.
        LogDamaged
            State, tiles and checkpoint contradict each other; `lichen.ledger.check.check` names what is altered.
        NoteError
            The private keys are lost, unreadable, or readable by others.
        """
        folder = Path(path)
        if readonly:
            return cls(folder, _existing_state(folder, origin), None, (), None)
        if not create and not (folder / STATE).exists():
            raise LogMissing(f"{folder}: no log here; give another path, or create it")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = lock_folder(folder)
        except BlockingIOError as taken:
            raise LogBusy(f"{folder}: another process appends to this log; stop it, or open readonly") from taken
        try:
            state = _state_to_write(folder, origin)
            edge = _read_edge(folder, state)
            where = Path(keys_folder) if keys_folder is not None else folder.parent / "keys"
            signers = _signers(folder, where, state.origin, suites)
            log = cls(folder, state, edge, signers, lock)
            log._write_verifiers()
            log._resume()
            clear_at_edge(folder, state.size)
        except BaseException:
            os.close(lock)
            raise
        return log

    def close(self) -> None:
        """Give the writer's lock back. The log cannot be appended to afterwards."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._lock_handle is not None:
            os.close(self._lock_handle)
            self._lock_handle = None

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What is sealed

    @property
    def state(self) -> State:
        """The sealed state; a reader's is read anew each time."""
        if self._edge is None:
            self._state = _existing_state(self.path, self._state.origin)
        return self._state

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._state.origin

    @property
    def size(self) -> int:
        """How many entries are sealed."""
        return self.state.size

    @property
    def position(self) -> int:
        """The last stream sequence taken in, 0 before the first."""
        return self.state.position

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public keys the log says it signs with.

        Whoever must not trust the folder compares them with the published ones.
        """
        if self._signers:
            return tuple(signer.verifier for signer in self._signers)
        return tuple(parse_verifier(line) for line in (self.path / VERIFIERS).read_text().splitlines())

    @property
    def witness_verifiers(self) -> tuple[Verifier, ...]:
        """The public keys of the witnesses that have co-signed."""
        path = self.path / WITNESSES
        return tuple(parse_verifier(line) for line in path.read_text().splitlines()) if path.exists() else ()

    # Appending

    def append(self, entries: Sequence[bytes], position: int | None = None) -> range:
        """Seal entries: all of them or none, on the disk when this returns.

        Parameters
        ----------
        entries : sequence of bytes
            Each at most 65,535 bytes.
        position : int, optional
            Stream sequence of the message that carried them, from 1. Sealed in the same step, so that a message
            delivered twice is taken in once.

        Returns
        -------
        range
            Their indices; empty if `position` was taken in before.

        Raises
        ------
        LedgerError
            An entry is too long, the log is open for reading only, or the disk refused: nothing was sealed.
        LogDamaged
            This or an earlier append failed while sealing: open the log anew to find out what the disk holds.
        """
        entries = list(entries)
        for number, entry in enumerate(entries):
            if len(entry) > MAX_ENTRY:
                raise LedgerError(f"entry {number} of the batch has {len(entry)} bytes; at most {MAX_ENTRY}")
        with self._append_lock:
            if self._writer is None or self._edge is None:
                raise LedgerError(f"{self.path}: open for reading only, or closed; open it as the writer to append")
            if self._doubtful:
                raise LogDamaged(f"{self.path}: an earlier append failed while sealing; open the log anew")
            before = self._state
            if (position is not None and position <= before.position) or (position is None and not entries):
                self._publish()
                return range(before.size, before.size)
            edge, files = self._edge.grow(entries)
            try:
                for removed in clear_ahead(self.path, before.size, (name for name, _ in files)):
                    self._writer.forget(removed)
                self._writer.write((name.path, data) for name, data in files)
            except OSError as refused:
                raise LedgerError(f"{self.path}: cannot write tiles: {refused}; nothing was sealed") from refused
            after = State(before.origin, edge.size, edge.root(), before.position if position is None else position)
            self._doubtful = True
            try:
                replace_file(self.path / STATE, after.encode())
            except OSError as refused:
                raise LogDamaged(f"{self.path}: cannot seal: {refused}; open the log anew") from refused
            self._doubtful = False
            self._state, self._edge = after, edge
            try:
                self._publish()
                self._clear_partials(name for name, _ in files)
            except OSError as refused:
                # The entries are sealed: to report failure would have them appended twice.
                logger.warning("ledger: %s: sealed %d entries, not yet signed: %s", self.path, after.size, refused)
            return range(before.size, after.size)

    def _publish(self) -> None:
        """Sign the sealed state, unless that is done. Only what is durable is ever signed."""
        state = self._state
        if self._published_size == state.size:
            return
        head = Checkpoint(state.origin, state.size, state.root)
        signed = note.sign(head.text(), self._signers).encode()
        # Not flushed: a checkpoint lost with the power is signed again, for the same root, at the next start.
        replace_file(self.path / CHECKPOINT, signed, flush=False)
        self._published, self._published_size = signed, state.size

    def _clear_partials(self, written: Iterable[TileName]) -> None:
        """Remove the partial tiles of tiles that are now full: readers of older checkpoints cut them from those."""
        for name in written:
            partials = partials_folder(self.path, name)
            if name.width == WIDTH and partials.is_dir():
                shutil.rmtree(partials)
                if self._writer is not None:
                    self._writer.forget(partials)

    def _write_verifiers(self) -> None:
        lines = "".join(f"{verifier.vkey}\n" for verifier in self.verifiers).encode()
        path = self.path / VERIFIERS
        if not path.exists() or path.read_bytes() != lines:
            replace_file(path, lines)

    def _resume(self) -> None:
        """Take up where the last writer stopped: sign what it sealed, never against what it signed."""
        state = self._state
        for name in (CHECKPOINT, COSIGNED):
            try:
                signed = (self.path / name).read_bytes()
                _, head = open_checkpoint(signed, self.verifiers, state.origin)
            except FileNotFoundError:
                continue
            except NoteError as broken:
                logger.warning("ledger: %s: %s is not as this log signed it: %s", self.path, name, broken)
                continue
            if head.size > state.size:
                raise LogDamaged(
                    f"{self.path}: {name} speaks of {head.size} entries, state of {state.size}: "
                    "the state was set back; restore the whole folder from a mirror"
                )
            if merkle.root(head.size, self.tiles.node_of(state.size)) != head.root:
                raise LogDamaged(
                    f"{self.path}: the tiles do not have the root of {name}, size {head.size}; run the check"
                )
        self._publish()

    # Reading

    def read(self, start: int, stop: int) -> list[bytes]:
        """Entries ``[start, stop)``.

        Raises
        ------
        LedgerError
            The range is not within ``[0, size]``.
        LogDamaged
            A bundle is missing or malformed.
        """
        state = self._state if stop <= self._state.size else self.state
        if not 0 <= start <= stop <= state.size:
            raise LedgerError(f"{self.path}: no entries [{start}, {stop}); the log has {state.size}")
        return self.tiles.read(start, stop, state.size)

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint, a signed note."""
        if self._edge is not None:
            return self._published
        try:
            return (self.path / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            raise LogMissing(f"{self.path}: no checkpoint yet") from None

    def head(self) -> tuple[Note, Checkpoint]:
        """The newest checkpoint, its signatures verified with `verifiers`; raises `NoteError`."""
        return open_checkpoint(self.checkpoint(), self.verifiers, self.origin)

    def cosigned_head(self) -> tuple[Note, Checkpoint] | None:
        """The newest checkpoint that witnesses have co-signed, verified, or None; raises `NoteError`."""
        path = self.path / COSIGNED
        if not path.exists():
            return None
        note, head = open_checkpoint(path.read_bytes(), self.verifiers, self.origin)
        note.verified_by(self.witness_verifiers)
        return note, head

    def keep_cosigned(self, signed: bytes, witnesses: Sequence[Verifier]) -> None:
        """Store a checkpoint of this log with the cosignatures it has gained, beside the newest one.

        Signatures of others than the log and these witnesses are left out.

        Raises
        ------
        NoteError
            It is not signed by this log, or by none of the witnesses.
        LedgerError
            Its root is not the one this log has at its size.
        """
        note, head = open_checkpoint(signed, self.verifiers, self.origin)
        signed_by = note.verified_by(witnesses)
        kept = {(verifier.name, verifier.key_id) for verifier in (*self.verifiers, *signed_by)}
        note = Note(note.text, tuple(line for line in note.signatures if (line.name, line.key_id) in kept))
        if self.root(head.size) != head.root:
            raise LedgerError(f"{self.path}: the co-signed checkpoint of {head.size} entries has another root")
        with self._append_lock:
            known = {verifier.vkey: None for verifier in (*self.witness_verifiers, *signed_by)}
            replace_file(self.path / WITNESSES, "".join(f"{vkey}\n" for vkey in known).encode())
            replace_file(self.path / COSIGNED, note.encode())

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Audit path of an entry in the tree of `size` entries (default: all sealed), from its sibling up."""
        size, node = self._tree(size)
        return merkle.inclusion_proof(index, size, node)

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """Proof that the log of `old` entries is the beginning of that of `new` (default: all sealed)."""
        new, node = self._tree(new)
        return merkle.consistency_proof(old, new, node)

    def root(self, size: int | None = None) -> bytes:
        """Merkle root of the first `size` entries (default: all sealed)."""
        size, node = self._tree(size)
        return merkle.root(size, node)

    def _tree(self, size: int | None) -> tuple[int, merkle.Node]:
        sealed = self.size
        if size is None:
            size = sealed
        if not 0 <= size <= sealed:
            raise LedgerError(f"{self.path}: no tree of {size} entries; the log has {sealed}")
        return size, self.tiles.node_of(sealed)


def public_file(folder: Path, path: str) -> Path | None:
    """The file that a mirror may fetch under `path`, or None: checkpoints, tiles, bundles and public keys.

    Nothing else in or above the folder can be reached. Tiles and bundles never change once under a checkpoint.

    >>> public_file(Path("raw"), "tile/0/000"), public_file(Path("raw"), "tile/../state")
    (PosixPath('raw/tile/0/000'), None)
    """
    if path in (CHECKPOINT, COSIGNED, VERIFIERS, WITNESSES) or TileName.parse(path) is not None:
        return folder / path
    return None


def _existing_state(folder: Path, origin: str | None) -> State:
    try:
        state = State.decode((folder / STATE).read_bytes())
    except FileNotFoundError:
        raise LogMissing(f"{folder}: no log here") from None
    if origin is not None and state.origin != origin:
        raise LedgerError(f"{folder}: holds the log {state.origin!r}, not {origin!r}; give the right path or origin")
    return state


def _state_to_write(folder: Path, origin: str | None) -> State:
    if (folder / STATE).exists():
        return _existing_state(folder, origin)
    if (folder / CHECKPOINT).exists():
        raise LogDamaged(f"{folder}: a checkpoint but no state: not started anew; restore the state from a backup")
    if origin is None:
        raise LedgerError(f"{folder}: give the origin of the log to create")
    state = State(origin, 0, merkle.EMPTY_ROOT, 0)
    replace_file(folder / STATE, state.encode())
    return state


def _signers(folder: Path, keys_folder: Path, origin: str, suites: Sequence[str]) -> tuple[StoredSigner, ...]:
    """The log's private keys; new ones only for a log that has published none."""
    published = folder / VERIFIERS
    if published.exists() and not keys.key_file(keys_folder, origin).exists():
        raise NoteError(
            f"{keys.key_file(keys_folder, origin)}: the private keys of this log are not here; give their folder or "
            f"restore them. If they are lost, remove {published}: the log then goes on under new keys"
        )
    return keys.load_or_create(keys_folder, origin, suites)


def _read_edge(folder: Path, state: State) -> RightEdge:
    """The right edge on disk, checked against the state."""
    tiles = Tiles(folder)
    size = state.size
    bundle = b""
    edges = tiles.edges(size)
    if size % WIDTH:
        tail = tiles.entries(size // WIDTH, size)
        bundle = pack(tail)
        name = name_at(ENTRIES, size // WIDTH, size)
        if b"".join(merkle.leaf_hashes(tail)) != edges[0]:
            raise LogDamaged(f"{folder}: {name.path} does not have the hashes of its tile; run the check")
    edge = RightEdge(size, tuple(edges), bundle)
    if edge.root() != state.root:
        raise LogDamaged(f"{folder}: the last tiles do not have the root of the sealed state; run the check")
    return edge
