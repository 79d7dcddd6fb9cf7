"""A whole installation on one machine: engines, gateway, web and worker, and in a demo the devices too.

The embedded engines belong to this process (each restarts its own server); gateway, web and devices are children of
a `Supervisor`. Where a URL names an external engine, none is started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from lichen.ledger.errors import LogMissing
from lichen.ledger.log import Log
from lichen.ledger.witness import Cosigner, serve_witness
from lichen.stream.embedded import NatsServer
from lichen.supervisor import Child, Supervisor, is_listening
from lichen.vocab.settings import home, stream_url
from lichen.web.prepare import prepare, prepare_database

Say = Callable[[str], None]

LOGS = ("raw", "acts")
WITNESS_NAME = "witness.lichen.local"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an installation listens."""

    host: str = "127.0.0.1"
    port: int = 8000
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 2120
    metrics_port: int = 9120

    @property
    def url(self) -> str:
        """The address of the first page."""
        shown = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        return f"http://{shown}:{self.port}/"


class PortTaken(RuntimeError):
    """Somebody else listens on a port we need."""


def _check_ports(addresses: Addresses) -> None:
    for what, host, port, how in (
        ("the web", addresses.host, addresses.port, "make demo PORT=8001, or --port 8001"),
        ("the gateway", addresses.gateway_host, addresses.gateway_port, "--gateway-port 2121"),
        ("the gateway's metrics", "127.0.0.1", addresses.metrics_port, "--metrics-port 9121"),
    ):
        if is_listening("127.0.0.1" if host == "0.0.0.0" else host, port):
            raise PortTaken(f"port {port} for {what} is taken by another program; stop it or choose another: {how}")


def command(*arguments: str) -> tuple[str, ...]:
    """The argument vector that runs this same program with other arguments."""
    return (sys.executable, "-m", "lichen", *arguments)


@contextlib.contextmanager
def engines(say: Say) -> Iterator[None]:
    """The embedded stream and database, running; settings and translations made."""
    prepare()
    with contextlib.ExitStack() as running:
        if stream_url() is None:
            running.enter_context(NatsServer(home().stream))
            say("stream: NATS JetStream is up, every message fsync'ed")
        database = prepare_database()
        if database is not None:
            running.callback(database.stop)
            say("database: PostgreSQL is up")
        yield


def run(addresses: Addresses, say: Say, *, before: Callable[[], None], children: Sequence[Child]) -> int:
    """Start everything, call `before` once the database is there, keep it running until SIGINT or SIGTERM.

    Parameters
    ----------
    before : callable
        Runs after the engines are up and before anything serves: schema, demo registry.
    children : sequence of Child
        Started last, after gateway and web.

    Raises
    ------
    PortTaken, CannotStart
        With what to do.
    """
    _check_ports(addresses)
    logs = home().root / "logs"
    supervisor = Supervisor(say)

    def stop(number: int, frame: FrameType | None) -> None:
        supervisor.stopping = True

    with engines(say):
        before()
        os.environ["LICHEN_GATEWAY_HOST"] = addresses.gateway_host
        os.environ["LICHEN_GATEWAY_PORT"] = str(addresses.gateway_port)
        os.environ["LICHEN_GATEWAY_METRICS_PORT"] = str(addresses.metrics_port)
        previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for child in (_web(addresses, logs), _gateway(addresses, logs), *children):
                if supervisor.stopping:
                    break
                supervisor.start(child)
                say(f"{child.name}: up, log in {child.log}")
            say(f"open {addresses.url}   (Ctrl-C stops everything)")
            supervisor.watch()
        finally:
            say("stopping")
            supervisor.stop()
            for number, handler in previous.items():
                signal.signal(number, handler)
    say("all stopped")
    return 0


def _web(addresses: Addresses, logs: Path) -> Child:
    shown = "127.0.0.1" if addresses.host == "0.0.0.0" else addresses.host
    return Child(
        "web and worker",
        command("serve", "--host", addresses.host, "--port", str(addresses.port)),
        logs / "serve.log",
        ready=lambda: is_listening(shown, addresses.port),
    )


def _gateway(addresses: Addresses, logs: Path) -> Child:
    shown = "127.0.0.1" if addresses.gateway_host == "0.0.0.0" else addresses.gateway_host
    return Child(
        "gateway", command("gateway"), logs / "gateway.log", ready=lambda: is_listening(shown, addresses.gateway_port)
    )


def _log_keys() -> dict[str, list[str]]:
    """The verifier keys of this installation's two logs, which are made if they are not there yet."""
    found = {}
    for name in LOGS:
        folder = home().ledger / name
        try:
            log = Log.open(folder, readonly=True)
        except LogMissing:
            with Log.open(folder, origin=f"lichen.local/{name}", keys_folder=home().keys) as log:
                found[log.origin] = [verifier.vkey for verifier in log.verifiers]
            continue
        found[log.origin] = [verifier.vkey for verifier in log.verifiers]
    return found


def name_witness(port: int) -> None:
    """Let ``lichen serve`` know the demo's witness: its address and key, through `LICHEN_WITNESSES`."""
    cosigner = Cosigner(home().root / "witness", WITNESS_NAME, _log_keys())
    os.environ["LICHEN_WITNESSES"] = f"http://127.0.0.1:{port} {cosigner.vkey}"
    cosigner.close()


def run_witness(host: str, port: int, folder: Path, name: str, log_keys: Path | None, say: Say) -> None:
    """Run a witness until SIGINT or SIGTERM.

    Parameters
    ----------
    log_keys : Path or None
        Lines ``origin verifier-key``; None: the logs of this `LICHEN_HOME`.
    """
    keys = _log_keys() if log_keys is None else {}
    for line in log_keys.read_text().splitlines() if log_keys is not None else ():
        origin, _, vkey = line.strip().partition(" ")
        if origin:
            keys.setdefault(origin, []).append(vkey.strip())
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    say(f"witness: on http://{host}:{port}, for {', '.join(keys)}")
    serve_witness(host, port, folder, keys, name=name, stop=stop)
