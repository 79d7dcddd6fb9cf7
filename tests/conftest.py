"""The demo as a newcomer starts it, and a real browser: shared by all journeys of one run.

Needs Chromium: `LICHEN_BROWSER` names it, else one on PATH is taken.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lichen.demo.packet import send
from lichen.installation import command
from lichen.vocab.settings import Home

#: An element for `test_new_element`, which puts it into a tree of its own.
collect_ignore = ["made_up"]

CHROMIUM = shutil.which(os.environ.get("LICHEN_BROWSER") or "chromium")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys in a browser are left out where there is none."""
    if CHROMIUM is not None:
        return
    reason = "no Chromium: install it (Debian: chromium) or set LICHEN_BROWSER"
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=reason))


@dataclass
class Demo:
    url: str
    home: Path
    said: Path
    gateway: int

    def password(self, username: str) -> str:
        found = re.search(rf"sign in as {username} .*password (\S+)", self.said.read_text(encoding="utf-8"))
        assert found is not None
        return found.group(1)

    def send(self, station: str, start: int, values: dict[str, float]) -> int:
        """A packet of a station's logger over TCP; when it was answered. [ms since 1970 UTC]"""
        return send(Home(self.home), self.gateway, station, start, values)


def _free_ports(count: int) -> list[str]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, with its history replayed; stopped by Ctrl-C at the end, and nothing of it may remain."""
    folder = tmp_path_factory.mktemp("demo")
    web, gateway, metrics, witness = _free_ports(4)
    ports = ("--port", web, "--gateway-port", gateway, "--metrics-port", metrics, "--witness-port", witness)
    running = Demo(f"http://127.0.0.1:{web}", folder / "home", folder / "demo.log", int(gateway))
    environment = {**os.environ, "LICHEN_HOME": str(running.home)}
    with running.said.open("wb") as output:
        process = subprocess.Popen(command("demo", *ports, "--hours", "30"), stderr=output, env=environment)
    try:
        _wait_for_history(running, process)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, running.said.read_text(encoding="utf-8")
    assert _left_over(running.home) == []


def _wait_for_history(running: Demo, process: subprocess.Popen[bytes]) -> None:
    log = running.home / "logs" / "devices.log"
    for _ in range(1200):
        assert process.poll() is None, running.said.read_text(encoding="utf-8")
        sent = re.findall(r"replay: (\d+)/(\d+)", log.read_text(encoding="utf-8")) if log.exists() else []
        if sent and sent[-1][0] == sent[-1][1]:
            break
        time.sleep(0.1)
    else:
        pytest.fail(f"history was not replayed in time; see {log}")
    for _ in range(1200):
        if _is_computed(running):
            return
        time.sleep(0.25)
    pytest.fail(f"history was not computed in time; see {running.home / 'logs' / 'serve.log'}")


def _is_computed(running: Demo) -> bool:
    """Whether the worker has taken in what is sealed, but for what arrives live."""
    with urllib.request.urlopen(f"{running.url}/metrics", timeout=30) as answer:
        figures = dict(re.findall(r"^(lichen_\w+) (\S+)$", answer.read().decode(), re.MULTILINE))
    return bool(figures) and float(figures["lichen_ledger_entries"]) - float(figures["lichen_worker_entries"]) < 50


def _left_over(home: Path) -> list[str]:
    """Command lines of processes that still have something to do with the demo's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(home) in said:
            found.append(said)
    return found


@pytest.fixture(scope="module")  # not longer: while it is open, this thread can run no other event loop
def browser() -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--enable-unsafe-swiftshader"]  # the map draws with WebGL, here without a graphics card
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport=WIDE)
    problems: list[str] = []
    # A form that the server hands back for correction is no fault of the page.
    opened.on(
        "console", lambda said: problems.append(said.text) if said.type == "error" and "422" not in said.text else None
    )
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    opened.close()
    assert problems == []
