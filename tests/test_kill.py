"""kill -9 of the gateway, of web and worker, and of NATS, in turn, under load: nothing that was answered is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from lichen.hj212.compose import compose
from lichen.hj212.content import Reading
from lichen.hj212.frame import FrameReader
from lichen.hj212.message import parse
from lichen.installation import command
from lichen.ledger.check import verify_log
from lichen.ledger.log import Log
from lichen.store import open_store
from lichen.stream.embedded import NatsServer
from lichen.supervisor import Child, Supervisor, is_listening
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, format_digits, now_ms
from lichen.vocab.entry import Entry
from lichen.vocab.periods import Period, Source

pytestmark = pytest.mark.journey

DEVICES = 20
LOAD_S = float(os.environ.get("LICHEN_KILL_SECONDS", "20"))
PW = "123456"


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _mn(number: int) -> str:
    return f"AA{number:022X}"


@dataclass
class Sender:
    """One logger that sends one minute packet after the other, keeps what is not answered and sends it again."""

    number: int
    port: int
    base: int
    sent: int = 0
    answered: dict[bytes, float] = field(default_factory=dict)  # frame → the value it carries

    def frame(self) -> tuple[str, bytes, float]:
        step = self.sent
        value = (self.number * 1000 + step) / 10
        qn = format_digits(now_ms() + step % 7, 17)
        (frame,) = compose(
            cn="2051", mn=_mn(self.number), st="22", pw=PW, qn=qn, needs_answer=True,
            time_ms=self.base + step * MINUTE_MS,
            values=[Reading("a34004", "Avg", value, f"{value:.1f}", "N")],
        )  # fmt: skip
        return qn, frame, value

    async def run(self, until: float) -> None:
        waiting: tuple[str, bytes, float] | None = None
        while time.monotonic() < until or waiting is not None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.2)
                continue
            frames = FrameReader()
            try:
                while time.monotonic() < until or waiting is not None:
                    if waiting is None:
                        waiting = self.frame()
                        self.sent += 1
                    writer.write(waiting[1])
                    while waiting is not None:
                        data = await asyncio.wait_for(reader.read(4096), 5)
                        if not data:
                            raise ConnectionResetError
                        for found in frames.feed(data):
                            said = parse(found)
                            if said.cn == "9014" and said.qn == waiting[0]:
                                self.answered[waiting[1]] = waiting[2]
                                waiting = None
                                break
            except (OSError, TimeoutError):
                await asyncio.sleep(0.1)
            finally:
                writer.close()
            if time.monotonic() > until + 60:
                raise AssertionError("a packet was not answered within a minute after the load")


def _register(base: int) -> None:
    """Points and devices of the load, in the database of LICHEN_HOME."""
    script = f"""
from lichen.web.prepare import prepare, prepare_database
prepare()
database = prepare_database()
from lichen.vocab.registry import Device, Point, Snapshot
from lichen.web import manage
from lichen.web.registry import actions
manage.migrate()
mns = {[_mn(n) for n in range(DEVICES)]!r}
points = tuple(Point(f"k{{n}}", f"点位{{n}}", f"Point {{n}}", "air", "urban", "自贡") for n in range(len(mns)))
devices = tuple(Device(mn, f"k{{n}}", password={PW!r}, minute_interval=1) for n, mn in enumerate(mns))
actions.load(Snapshot(1, points, devices), by=None, reason="load test")
database.stop()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(json.load(answer)["ok"])
    except OSError:
        return False


def test_every_answered_frame_is_sealed_and_stored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, web, port = tmp_path / "home", _free_port(), _free_port()
    base = now_ms() // HOUR_MS * HOUR_MS - 30 * 24 * HOUR_MS
    monkeypatch.setenv("LICHEN_HOME", str(home))
    monkeypatch.setenv("LICHEN_GATEWAY_HOST", "127.0.0.1")
    monkeypatch.setenv("LICHEN_GATEWAY_PORT", str(port))
    monkeypatch.setenv("LICHEN_GATEWAY_METRICS_PORT", "0")
    _register(base)
    said: list[str] = []
    supervisor = Supervisor(said.append)
    senders = [Sender(number, port, base) for number in range(DEVICES)]
    with NatsServer(home / "stream") as nats:
        serve = Child("serve", command("serve", "--port", str(web)), home / "serve.log", lambda: _healthy(web))
        gateway = Child("gateway", command("gateway"), home / "gateway.log", lambda: is_listening("127.0.0.1", port))
        try:
            supervisor.start(serve)
            supervisor.start(gateway)

            async def load() -> None:
                until = time.monotonic() + LOAD_S
                watching = asyncio.create_task(asyncio.to_thread(supervisor.watch, 0.05))
                killing = asyncio.create_task(_kill_in_turn(gateway, serve, nats))
                await asyncio.gather(*(sender.run(until) for sender in senders))
                await killing
                await _caught_up(web)
                supervisor.stopping = True
                await watching

            asyncio.run(load())
        finally:
            supervisor.stop()
    _compare(home, senders, said)


async def _kill_in_turn(gateway: Child, serve: Child, nats: NatsServer) -> None:
    for victim in (lambda: gateway.process.pid, lambda: serve.process.pid, lambda: nats.pid):
        await asyncio.sleep(LOAD_S / 5)
        os.kill(victim(), signal.SIGKILL)


async def _caught_up(web: int) -> None:
    """Wait until the worker has taken in all there is, twice in a row."""
    quiet, last = 0, -1
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/healthz", timeout=2) as answer:
                state = json.load(answer)
        except OSError:
            state = {"ok": False}
        still = state["ok"] and state["worker_lag"] == 0 and state["ledger_entries"] == last
        quiet, last = quiet + 1 if still else 0, state.get("ledger_entries", -1)
        if quiet >= 10:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the worker did not catch up: {state}")


def _compare(home: Path, senders: list[Sender], said: list[str]) -> None:
    answered = {frame: value for sender in senders for frame, value in sender.answered.items()}
    log = Log.open(home / "ledger" / "raw", readonly=True)
    sealed = [Entry.decode(entry).body for entry in log.read(0, log.size)]
    store = open_store(f"chdb://{home / 'store'}")
    try:
        rows = store.range(
            senders[0].base, now_ms() + HOUR_MS, periods=[Period.MINUTE], sources=[Source.REPORTED], parameters=["pm25"]
        )
    finally:
        store.close()
    stored: dict[tuple[str, int], float] = {}
    for code, at, value in zip(rows.code.tolist(), rows.time.tolist(), rows.value.tolist(), strict=True):
        key = (rows.series[code].point, at)
        assert key not in stored, f"{key} is in force twice"
        stored[key] = value
    sent = sum(sender.sent for sender in senders)
    print(
        f"\nsent {sent}, answered {len(answered)}, sealed {len(sealed)} ({len(set(sealed))} different), "
        f"stored {len(stored)}; {'; '.join(said)}"
    )
    assert sent > DEVICES * 10
    assert any("gateway: ended with code -9" in line for line in said)
    assert any("serve: ended with code -9" in line for line in said)
    assert set(answered) <= set(sealed)
    assert verify_log(home / "ledger" / "raw").ok
    expected = {
        (f"k{sender.number}", sender.base + step * MINUTE_MS): (sender.number * 1000 + step) / 10
        for sender in senders
        for step in range(sender.sent)
    }
    assert len(answered) == sent
    assert stored.keys() == expected.keys()
    np.testing.assert_allclose([stored[key] for key in expected], list(expected.values()))
