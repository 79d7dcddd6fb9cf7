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
from lichen.hj212.sm4 import encrypt
from lichen.stream.client import connect
from lichen.stream.embedded import NatsServer
from lichen.vocab.clock import format_digits, now_ms
from lichen.vocab.entry import Entry
from lichen.vocab.registry import Device, Point, Snapshot

_KEY = b"0123456789abcdef"

GOAL = (
    "durable answers (9014 after the fsync'ed publish): at least 15,000 packets/s with 10,000 connections open, "
    "p99 below 250 ms, nothing answered is lost; abuse harms no honest device"
)

# A real-time packet of six pollutants, 244 bytes with its frame.
_CONTENT = (
    b"DataTime=%b;a34004-Rtd=35.0,a34004-Flag=N;a34002-Rtd=61.0,a34002-Flag=N;"
    b"a21026-Rtd=7.2,a21026-Flag=N;a21004-Rtd=28.4,a21004-Flag=N"
)


def run(seconds: float = 8.0, connections: int = 10_000) -> dict[str, Any]:
    """Everything: ordinary packets, encrypted ones, and what abuse does to honest devices."""
    return {
        "plain": answers(seconds, connections),
        "encrypted": answers(seconds / 2, connections // 5, 8_000, encrypted=True),
        "abuse": abuse(connections),
    }


def answers(
    seconds: float = 8.0, connections: int = 10_000, pace: int = 15_000, encrypted: bool = False
) -> dict[str, Any]:
    """How many packets are answered, and how long they wait.

    Parameters
    ----------
    seconds : float
        Length of each of the two measurements.
    connections : int
        Open at once; every one sends.
    pace : int
        Packets a second of the paced measurement.
    encrypted : bool
        Contents encrypted as edition 2025 wants it over open networks.

    Returns
    -------
    dict
        ``capacity`` and ``paced``, each with packets a second, percentiles of the wait [ms], and counts sent and
        answered; ``stored``: entries in the stream afterwards; ``lost``: answered but not stored (must be 0).
    """
    with tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder, NatsServer(Path(folder) / "stream") as server:
        asyncio.run(_register(server.url, connections, encrypted))
        with _gateway(server.url) as (port, _):
            capacity = _send(port, seconds, connections, 0, encrypted)
            paced = _send(port, seconds, connections, pace, encrypted)
        stored = asyncio.run(_count(server.url))
    answered = capacity["answered"] + paced["answered"]
    return {
        "connections": connections,
        "packet_bytes": len(_packet(_mn(0), format_digits(0, 17).encode(), encrypted)),
        "capacity": capacity,
        "paced": paced,
        "stored": stored,
        "lost": max(0, answered - stored),
    }


def abuse(idle: int = 10_000, junk_bytes: int = 100_000_000, crawlers: int = 1_000) -> dict[str, Any]:
    """What honest devices notice of dishonest ones: idle connections, junk, and frames that come a byte at a time.

    Parameters
    ----------
    idle : int
        Connections that send nothing.
    junk_bytes : int
        Random bytes thrown at the gateway over as many connections as it closes.
    crawlers : int
        Connections that send a frame one byte a second.

    Returns
    -------
    dict
        Waits of an honest device [ms] before and during it all, the gateway's memory before and at its largest [MiB],
        junk sent and sealed [bytes].
    """
    with tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder, NatsServer(Path(folder) / "stream") as server:
        asyncio.run(_register(server.url, 1, False))
        with _gateway(server.url) as (port, process):
            honest = _Sender(port, 1, False)
            _wait_for_answers(honest, 200)
            before, memory_before = honest.figures(1.0), _memory_mib(process)
            honest.waits.clear()
            opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(idle)]
            crawling = [socket.create_connection(("127.0.0.1", port)) for _ in range(crawlers)]
            thrown, connections, most = 0, 0, 0.0
            piece = os.urandom(1_000_000)
            while thrown < junk_bytes:
                with socket.create_connection(("127.0.0.1", port)) as enemy, contextlib.suppress(OSError):
                    connections += 1
                    enemy.settimeout(5)
                    while thrown < junk_bytes:
                        thrown += enemy.send(piece)
                if connections % 10 == 0:
                    for number, connection in enumerate(crawling):
                        with contextlib.suppress(OSError):
                            connection.send(honest.packets[0][number % 200 : number % 200 + 1])
                    _wait_for_answers(honest, 5)
                    most = max(most, _memory_mib(process))
            _wait_for_answers(honest, 50)
            during = honest.figures(1.0)
            for connection in opened + crawling:
                connection.close()
        sealed = asyncio.run(_count(server.url, ok=False))
    return {
        "idle": idle, "crawlers": crawlers, "junk_bytes": thrown, "junk_connections": connections,
        "junk_entries_sealed": sealed,
        "wait_before_ms": {name: before[name] for name in ("p50_ms", "p99_ms")},
        "wait_during_ms": {name: during[name] for name in ("p50_ms", "p99_ms", "max_ms")},
        "memory_before_mib": memory_before, "memory_most_mib": most,
    }  # fmt: skip


def _wait_for_answers(sender: _Sender, count: int) -> None:
    for _ in range(count):
        sender.send(0, time.perf_counter())
        while not sender.answers(10.0):
            pass


def _memory_mib(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _mn(number: int) -> str:
    return f"0100{number:020X}"


def _packet(mn: str, qn: bytes, encrypted: bool) -> bytes:
    content = _CONTENT % qn[:14]
    frame = build_frame(b"QN=%b;ST=22;CN=2011;PW=123456;MN=%b;Flag=5;CP=&&%b&&" % (qn, mn.encode(), content))
    return frame.replace(content, encrypt(content, _KEY)) if encrypted else frame


async def _register(url: str, connections: int, encrypted: bool) -> None:
    point = Point("bench", "测试点", "bench", "air", "national", "示范市")
    key = _KEY.decode() if encrypted else ""
    devices = tuple(Device(_mn(number), "bench", password="123456", key=key) for number in range(connections))
    async with await connect(url) as stream:
        await stream.put_snapshot(Snapshot(1, (point,), devices))


@contextlib.contextmanager
def _gateway(stream_url: str) -> Iterator[tuple[int, int]]:
    """Port and process id of a gateway in a process of its own."""
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
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _send(port: int, seconds: float, connections: int, pace: int, encrypted: bool) -> dict[str, Any]:
    arguments = [str(port), str(seconds), str(connections), str(pace), str(int(encrypted))]
    done = subprocess.run(
        [sys.executable, "-m", "bench.gateway", *arguments],
        check=True, capture_output=True, text=True, timeout=seconds + 120, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


async def _count(url: str, *, ok: bool = True) -> int:
    stored = 0
    async with await connect(url) as stream:
        last = (await stream.raw_state()).last_sequence
        async for delivery in stream.consume_raw("bench"):
            stored += sum((Entry.decode(entry).verdict == "ok") is ok for entry in delivery.entries)
            if delivery.sequence >= last:
                break
    return stored


class _Sender:
    """Ten thousand sockets and one epoll: it must cost less than what it measures."""

    def __init__(self, port: int, connections: int, encrypted: bool) -> None:
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
        self.packets = [_packet(_mn(number), qn, encrypted) for number in range(connections)]
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
    sender = _Sender(port, connections, arguments[4] == "1")
    introduction = sender.introduce()
    figures = _at_pace(sender, seconds, pace) if pace else _at_capacity(sender, seconds)
    figures["first_packets_s"] = round(introduction, 2)
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    _main(sys.argv[1:])
