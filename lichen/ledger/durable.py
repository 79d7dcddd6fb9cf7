"""Files that survive a crash: written, flushed to the disk, and only then made visible."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, data: bytes, *, flush: bool = True, mode: int = 0o644) -> None:
    """Put `data` in place of a file: whoever reads it sees the old or the new bytes, never a mixture.

    With `flush` the new bytes are on the disk when this returns.
    """
    new = path.with_name(path.name + ".new")
    _write(new, data, flush=flush, mode=mode)
    os.replace(new, path)
    if flush:
        flush_folder(path.parent)


def _write(path: Path, data: bytes, *, flush: bool = True, mode: int = 0o644) -> None:
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        if flush:
            os.fsync(handle)
    finally:
        os.close(handle)


def lock_folder(folder: Path, name: str = "lock") -> int:
    """Take the one lock of a folder, held until the returned file handle is closed or the process ends.

    Raises
    ------
    BlockingIOError
        Somebody holds it.
    """
    handle = os.open(folder / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return handle


class Writer:
    """Writes many files and returns when all are on the disk.

    Flushing in parallel lets the file system put many files into one commit of its journal.
    """

    def __init__(self, root: Path, *, threads: int = 8) -> None:
        self._root = root
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ledger-flush")
        self._folders: set[Path] = set()

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write (path below the root, bytes) pairs, with their folders.

        Files are written in place: the caller must not let anybody rely on them before this returns.
        """
        grown: set[Path] = set()
        jobs = []
        for path, data in files:
            target = self._root / path
            self._make(target.parent, grown)
            grown.add(target.parent)
            jobs.append((target, data))
        for _ in self._threads.map(lambda job: _write(*job), jobs):
            pass
        for _ in self._threads.map(flush_folder, grown):
            pass

    def forget(self, folder: Path) -> None:
        """Note that a folder was removed."""
        self._folders.discard(folder)

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown()

    def _make(self, folder: Path, grown: set[Path]) -> None:
        if folder in self._folders:
            return
        if not folder.is_dir():
            self._make(folder.parent, grown)
            folder.mkdir(exist_ok=True)
            grown.add(folder.parent)
        self._folders.add(folder)
