"""The embedded PostgreSQL: one server however many users, gone with the last, and back after a crash."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lichen.web.postgres import ACCOUNTS, Postgres, PostgresError, socket_folder

_UNSAFE = {"fsync": "off"}

_JOIN = """
import sys
from pathlib import Path
from lichen.web.postgres import Postgres
server = Postgres(Path(sys.argv[1])).start()
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    # Not pytest's tmp_path: its parents are closed to the account the server runs as when we are root.
    folder = Path(tempfile.mkdtemp(prefix="lichen-", dir="/tmp"))
    yield folder / "database"
    shutil.rmtree(folder)


def test_keeps_what_was_written(data: Path) -> None:
    with Postgres(data, _UNSAFE) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE t (x text)")
        connection.execute("INSERT INTO t VALUES ('地衣')")
    assert server.pid is None
    with Postgres(data, _UNSAFE) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT x FROM t").fetchone() == ("地衣",)


def test_the_last_user_shuts_it_down(data: Path) -> None:
    first = Postgres(data, _UNSAFE).start()
    other = subprocess.Popen(
        [sys.executable, "-c", _JOIN, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdin is not None
        assert other.stdout is not None
        assert int(other.stdout.readline()) == first.pid
        first.stop()
        assert first.pid is not None, "the other process still uses it"
        psycopg.connect(first.url).close()
        other.communicate(timeout=60)
        assert first.pid is None
    finally:
        other.kill()
        other.wait()


def test_a_killed_user_does_not_keep_it_running(data: Path) -> None:
    first = Postgres(data, _UNSAFE).start()
    other = subprocess.Popen(
        [sys.executable, "-c", _JOIN, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    other.stdout.readline()
    other.kill()
    other.communicate()
    first.stop()
    assert first.pid is None


def test_comes_back_after_kill_9(data: Path) -> None:
    server = Postgres(data).start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE t (x int)")
        connection.execute("INSERT INTO t VALUES (7)")
    killed = server.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    while server.pid is not None:
        time.sleep(0.01)
    again = Postgres(data).start()
    try:
        assert again.pid != killed
        with psycopg.connect(again.url) as connection:
            assert connection.execute("SELECT x FROM t").fetchone() == (7,)
    finally:
        again.stop()
        server.stop()


def test_a_stale_pid_file_naming_a_stranger_is_no_server(data: Path) -> None:
    with Postgres(data, _UNSAFE):
        kept = (data / "postmaster.pid").read_text()
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n" + kept.split("\n", 1)[1])
    with Postgres(data, _UNSAFE) as server:
        assert server.pid not in (None, os.getpid())


def test_a_long_path_gets_a_short_socket(data: Path) -> None:
    deep = data.parent / ("a" * 90) / "database"
    with Postgres(deep, _UNSAFE) as server:
        assert socket_folder(deep) != deep
        psycopg.connect(server.url).close()
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(socket_folder(deep))


def test_refuses_a_folder_with_something_else_in_it(data: Path) -> None:
    data.mkdir()
    (data / "letter.txt").write_text("not a database")
    with pytest.raises(PostgresError, match="not empty and holds no database"):
        Postgres(data).start()


def test_says_what_the_server_said(data: Path) -> None:
    with pytest.raises(PostgresError, match="unrecognized configuration parameter"):
        Postgres(data, {"no_such_setting": "1"}).start()


def test_the_server_never_runs_as_root_and_reaches_closed_folders(data: Path) -> None:
    data.parent.chmod(0o700)
    with Postgres(data, _UNSAFE) as server:
        account = os.stat(f"/proc/{server.pid}").st_uid
    if os.geteuid() == 0:
        assert account in {pwd.getpwnam(name).pw_uid for name in ACCOUNTS if name in _known_accounts()}
        assert data.parent.stat().st_mode & 0o777 == 0o701
    else:
        assert account == os.geteuid()


def _known_accounts() -> set[str]:
    return {entry.pw_name for entry in pwd.getpwall()}
