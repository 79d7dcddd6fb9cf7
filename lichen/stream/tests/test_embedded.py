import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lichen.stream.address import Address, find_url, read_address, without_secret
from lichen.stream.embedded import NatsServer
from lichen.stream.errors import AlreadyRunning, PortTaken, StreamUnavailable


def wait_for(what, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_address_file_leads_others_to_the_server_and_hides_the_token(tmp_path, monkeypatch):
    with NatsServer(tmp_path / "stream") as server:
        address = read_address(tmp_path / "stream")
        assert address
        assert (address.url, address.pid) == (server.url, server.pid)
        for name in ("address.json", "token", "nats.conf"):
            assert stat.S_IMODE(os.stat(tmp_path / "stream" / name).st_mode) == 0o600, name
        monkeypatch.delenv("LICHEN_STREAM_URL", raising=False)
        monkeypatch.setenv("LICHEN_HOME", str(tmp_path))
        assert find_url() == server.url
        assert "@" not in without_secret(server.url)


def test_no_server_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.delenv("LICHEN_STREAM_URL", raising=False)
    monkeypatch.setenv("LICHEN_HOME", str(tmp_path))
    with pytest.raises(StreamUnavailable, match=r"address\.json does not exist"):
        find_url()


def test_second_supervisor_is_refused_and_first_goes_on(nats_server):
    with pytest.raises(AlreadyRunning, match="another process"):
        NatsServer(nats_server.data_dir).start()
    assert nats_server.pid


def test_taken_port_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} "):
            NatsServer(tmp_path, port=port).start()


def test_port_is_kept_over_restarts(tmp_path):
    with NatsServer(tmp_path) as server:
        first = server.url
    with NatsServer(tmp_path) as server:
        assert server.url == first


def test_killed_server_comes_back(nats_server):
    first = nats_server.pid
    os.kill(first, signal.SIGKILL)
    second = wait_for(lambda: nats_server.pid not in (0, first) and nats_server.pid)
    wait_for(lambda: read_address(nats_server.data_dir) == Address(nats_server.url, second))


SUPERVISOR = """
import sys, time
from pathlib import Path
from lichen.stream.embedded import NatsServer
server = NatsServer(Path(sys.argv[1])).start()
sys.stdout.write(f"{server.pid}\\n")
sys.stdout.flush()
time.sleep(60)
"""


def test_killed_supervisor_leaves_nothing_that_stops_the_next_start(tmp_path):
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with supervisor:
        assert supervisor.stdout
        child = int(supervisor.stdout.readline())
        supervisor.kill()
        supervisor.wait()
        with NatsServer(tmp_path) as server:
            assert server.pid != child
            wait_for(lambda: is_gone(child))


def test_server_left_behind_is_replaced(tmp_path):
    # Without parent-death signals a killed supervisor leaves its server running: the lock is free, the server is not.
    server = NatsServer(tmp_path).start()
    left_behind = server.pid
    server._stopping.set()  # its thread will not start another one
    server._release_lock()
    try:
        with NatsServer(tmp_path) as successor:
            assert successor.pid != left_behind
            wait_for(lambda: is_gone(left_behind))
    finally:
        server.stop()
