"""Durable answers: real gateway and real stream server in processes of their own, a sender in a third.

Two measurements: as fast as answers come back (`capacity`), and at the goal's pace on every connection (`paced`), where
the wait for an answer is measured from the moment a packet was due. Afterwards the stream is read back: every
answered packet must be in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lichen.hj212.frame import build_frame
from lichen.stream.client import connect
from lichen.stream.embedded import NatsServer
from lichen.vocab.clock import format_digits, now_ms
from lichen.vocab.entry import Entry
from lichen.vocab.registry import Device, Point, Snapshot

GOALS = {"packets_per_second": 15_000, "p99_ms": 250, "connections": 10_000}

# A real-time packet of six pollutants, 244 bytes with its frame.
_CONTENT = (
    b"DataTime=%b;a34004-Rtd=35.0,a34004-Flag=N;a34002-Rtd=61.0,a34002-Flag=N;"
    b"a21026-Rtd=7.2,a21026-Flag=N;a21004-Rtd=28.4,a21004-Flag=N"
)


def run(seconds: float = 10.0, connections: int = 10_000, pace: int = 15_000) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    seconds : float
        Length of each of the two measurements.
    connections : int
        Open at once; every one sends.
    pace : int
        Packets a second of the paced measurement.

    Returns
    -------
    dict
        ``capacity`` and ``paced``, each with packets a second, percentiles of the wait [ms], and counts sent and
        answered; ``stored``: entries in the stream afterwards; ``lost``: answered but not stored (must be 0).
    """
    with tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder, NatsServer(Path(folder) / "stream") as server:
        asyncio.run(_register(server.url, connections))
        with _gateway(server.url) as port:
            capacity = _send(port, seconds, connections, 0)
            paced = _send(port, seconds, connections, pace)
        stored = asyncio.run(_count(server.url))
    answered = capacity["answered"] + paced["answered"]
    return {
        "connections": connections,
        "packet_bytes": len(_packet(_mn(0), format_digits(0, 17).encode())),
        "capacity": capacity,
        "paced": paced,
        "stored": stored,
        "lost": max(0, answered - stored),
    }


def _mn(number: int) -> str:
    return f"0100{number:020X}"


def _packet(mn: str, qn: bytes) -> bytes:
    content = _CONTENT % qn[:14]
    return build_frame(b"QN=%b;ST=22;CN=2011;PW=123456;MN=%b;Flag=5;CP=&&%b&&" % (qn, mn.encode(), content))


async def _register(url: str, connections: int) -> None:
    point = Point("bench", "测试点", "bench", "air", "national", "示范市")
    devices = tuple(Device(_mn(number), "bench", password="123456") for number in range(connections))
    async with await connect(url) as stream:
        await stream.put_snapshot(Snapshot(1, (point,), devices))


@contextlib.contextmanager
def _gateway(stream_url: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "LICHEN_STREAM_URL": stream_url,
        "LICHEN_GATEWAY_HOST": "127.0.0.1",
        "LICHEN_GATEWAY_PORT": str(port),
        "LICHEN_GATEWAY_METRICS_PORT": "-1",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from lichen.gateway.server import run; sys.exit(run())"],
        env=environment, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the gateway did not start")
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _send(port: int, seconds: float, connections: int, pace: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.gateway", str(port), str(seconds), str(connections), str(pace)],
        check=True, capture_output=True, text=True, timeout=seconds + 120, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


async def _count(url: str) -> int:
    stored = 0
    async with await connect(url) as stream:
        last = (await stream.raw_state()).last_sequence
        async for delivery in stream.consume_raw("bench"):
            stored += sum(Entry.decode(entry).verdict == "ok" for entry in delivery.entries)
            if delivery.sequence >= last:
                break
    return stored


class _Sender:
    """Ten thousand sockets and one epoll: it must cost less than what it measures."""

    def __init__(self, port: int, connections: int) -> None:
        self.sockets: list[socket.socket] = []
        self.poll = select.epoll()
        self.by_descriptor: dict[int, int] = {}
        for number in range(connections):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.by_descriptor[connection.fileno()] = number
            self.poll.register(connection, select.EPOLLIN)
            self.sockets.append(connection)
        qn = format_digits(now_ms(), 17).encode()
        self.packets = [_packet(_mn(number), qn) for number in range(connections)]
        self.due: list[float] = [0.0] * connections  # when the packet under way was due; 0 = none
        self.waits: list[float] = []
        self.sent = 0
        self.introduced = 0

    def send(self, number: int, due: float) -> None:
        self.due[number] = due
        self.sockets[number].send(self.packets[number])
        self.sent += 1

    def answers(self, timeout: float) -> list[int]:
        """Connections that have been answered within `timeout` [s]."""
        found = []
        for descriptor, _ in self.poll.poll(timeout, 1024):
            number = self.by_descriptor[descriptor]
            data = self.sockets[number].recv(4096)
            if not data:
                raise RuntimeError("the gateway closed a connection")
            if data.endswith(b"\n"):
                self.waits.append(time.perf_counter() - self.due[number])
                self.due[number] = 0.0
                found.append(number)
        return found

    def introduce(self) -> float:
        """Send a first packet on every connection, by which the gateway learns whose it is; how long that takes. [s]"""
        begin = time.perf_counter()
        for number in range(len(self.sockets)):
            self.send(number, time.perf_counter())
            if number % 64 == 0:
                self.answers(0)
        self.finish()
        took = time.perf_counter() - begin
        self.waits.clear()
        self.introduced = len(self.sockets)
        return took

    def finish(self) -> None:
        """Wait for the answers still under way."""
        deadline = time.perf_counter() + 30
        while any(self.due) and time.perf_counter() < deadline:
            self.answers(0.1)

    def figures(self, took: float) -> dict[str, Any]:
        p50, p99, most = np.percentile(np.array(self.waits), [50, 99, 100]) * 1000
        return {
            "packets_per_second": round(len(self.waits) / took),
            "p50_ms": round(float(p50), 1), "p99_ms": round(float(p99), 1), "max_ms": round(float(most), 1),
            "sent": self.sent, "answered": len(self.waits) + self.introduced,
        }  # fmt: skip


def _at_capacity(sender: _Sender, seconds: float, in_flight: int = 2_000) -> dict[str, Any]:
    turn = 0
    begin = time.perf_counter()
    idle = 0
    for _ in range(min(in_flight, len(sender.sockets))):
        sender.send(turn, time.perf_counter())
        turn += 1
    while (now := time.perf_counter()) < begin + seconds:
        idle += len(sender.answers(0.05))
        while idle:
            turn %= len(sender.sockets)
            if not sender.due[turn]:
                sender.send(turn, now)
                idle -= 1
            turn += 1
    took = time.perf_counter() - begin
    figures = sender.figures(took)
    sender.finish()
    return figures | {"sent": sender.sent, "answered": len(sender.waits) + sender.introduced}


def _at_pace(sender: _Sender, seconds: float, pace: int) -> dict[str, Any]:
    turn = 0
    begin = time.perf_counter()
    while (now := time.perf_counter()) < begin + seconds:
        while turn < (now - begin) * pace:
            number = turn % len(sender.sockets)
            if sender.due[number]:
                break  # still waiting for its last answer: the pace slips, and the figure shows it
            sender.send(number, begin + turn / pace)
            turn += 1
        sender.answers(0.002)
    sender.finish()
    return sender.figures(time.perf_counter() - begin)


def _main(arguments: list[str]) -> None:
    port, connections, pace = int(arguments[0]), int(arguments[2]), int(arguments[3])
    seconds = float(arguments[1])
    sender = _Sender(port, connections)
    introduction = sender.introduce()
    figures = _at_pace(sender, seconds, pace) if pace else _at_capacity(sender, seconds)
    figures["first_packets_s"] = round(introduction, 2)
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    _main(sys.argv[1:])
