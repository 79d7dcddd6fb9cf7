"""``lichen serve`` as a process of its own, on real engines: starts, answers, ends, starts again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lichen.stream.embedded import NatsServer
from lichen.vocab.settings import Home

PATIENCE_S = 120
PROGRAM = "import sys; from lichen.web.serve import serve; raise SystemExit(serve('127.0.0.1', int(sys.argv[1])))"


@pytest.fixture
def place() -> Iterator[Home]:
    """A data folder with a stream running in it."""
    # Not pytest's tmp_path: its parents are closed to the account PostgreSQL runs as when we are root.
    folder = Path(tempfile.mkdtemp(prefix="lichen-", dir="/tmp"))
    try:
        with NatsServer(Home(folder).stream):
            yield Home(folder)
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def serving(place: Home) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The process and its address, once it is healthy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LICHEN_")}
    log = place.root / "serve.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(port)], stdout=output, stderr=output,
            env={**ours, "LICHEN_HOME": str(place.root)},
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + PATIENCE_S
        while not healthy(address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield process, address
    finally:
        process.kill()
        process.wait()


def healthy(address: str) -> bool:
    try:
        return bool(get(f"{address}/healthz")["ok"])
    except urllib.error.HTTPError as refused:
        if refused.code != 503:
            raise
        return False
    except OSError:  # not listening yet
        return False


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.loads(answer.read())


def ends(process: subprocess.Popen[bytes], number: int) -> int:
    process.send_signal(number)
    return process.wait(PATIENCE_S)


def test_starts_answers_ends_and_starts_again(place: Home) -> None:
    with serving(place) as (process, address):
        state = get(f"{address}/healthz")
        assert state["stream"] is True
        assert state["store"] is True
        head = get(f"{address}/api/v1/ledger/raw")
        assert head["size"] == 0
        for page in ("/ledger/", "/metrics"):
            with urllib.request.urlopen(address + page, timeout=30) as answer:
                assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(f"{address}/api/v1/nothing")
        assert json.loads(refused.value.read())["error"]["code"] == "no-such-address"
        assert ends(process, signal.SIGTERM) == 0
    with serving(place) as (process, address):
        assert get(f"{address}/api/v1/ledger/raw")["keys"] == head["keys"], "the log keeps its keys"
        assert ends(process, signal.SIGINT) == 0
    assert "Traceback" not in (place.root / "serve.log").read_text()
