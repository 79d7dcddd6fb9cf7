"""Runs the processes of an installation as children: starts them in order, restarts what dies, stops all of them.

Each child gets its own session (so that Ctrl-C reaches only us and we stop them in the right order) and is told by
the kernel to stop should we be killed ourselves.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)

#: A child that ends this soon after its start, this often in a row, is not restarted again.
TOO_SOON_S = 5.0
TOO_OFTEN = 5


class CannotStart(RuntimeError):
    """A child did not become ready; the message names its log."""


def _stop_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def is_listening(host: str, port: int) -> bool:
    """Whether somebody accepts TCP connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


@dataclass
class Child:
    """One process: what to run, where its output goes, and how to tell that it is ready."""

    name: str
    argv: Sequence[str]
    log: Path
    ready: Callable[[], bool] = lambda: True
    restart: bool = True
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    early_ends: int = 0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=_stop_with_parent,
            )  # fmt: skip
        self.started = time.monotonic()

    def stop(self, patience_s: float = 15.0) -> None:
        """Ask the child to stop; insist after `patience_s`."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Supervisor:
    """Children in the order they depend on each other. `say` gets one short line per event."""

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stopping: bool = False

    def start(self, child: Child, *, timeout_s: float = 60.0) -> None:
        """Start a child and wait until it is ready.

        Raises
        ------
        CannotStart
            It ended, or was not ready in time.
        """
        self.children.append(child)
        child.start()
        deadline = time.monotonic() + timeout_s
        while not child.ready():
            assert child.process is not None
            if child.process.poll() is not None:
                raise CannotStart(f"{child.name} ended with code {child.process.returncode}; its log: {child.log}")
            if time.monotonic() > deadline:
                raise CannotStart(f"{child.name} was not ready after {timeout_s:.0f} s; its log: {child.log}")
            time.sleep(0.05)

    def watch(self, every_s: float = 0.3) -> None:
        """Restart what dies until `stopping` is set; a child that keeps dying ends the watch with `CannotStart`."""
        while not self.stopping:
            for child in self.children:
                if child.process is None or child.process.poll() is None:
                    continue
                code, child_log = child.process.returncode, child.log
                if not child.restart:
                    child.process = None
                    self.say(f"{child.name}: finished (code {code})")
                    continue
                early = time.monotonic() - child.started < TOO_SOON_S
                child.early_ends = child.early_ends + 1 if early else 0
                if child.early_ends >= TOO_OFTEN:
                    raise CannotStart(f"{child.name} keeps ending (code {code}); its log: {child_log}")
                self.say(f"{child.name}: ended with code {code}, starting it again")
                child.start()
            time.sleep(every_s)

    def stop(self) -> None:
        """Stop every child, the last started first."""
        self.stopping = True
        for child in reversed(self.children):
            child.stop()
