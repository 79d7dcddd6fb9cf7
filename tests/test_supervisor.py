"""The supervisor with real child processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lichen.supervisor import CannotStart, Child, Supervisor

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


def test_a_killed_child_is_started_again_and_all_stop(tmp_path):
    said: list[str] = []
    supervisor = Supervisor(said.append)
    child = Child("sleeper", SLEEP, tmp_path / "sleeper.log")
    supervisor.start(child)
    watching = threading.Thread(target=supervisor.watch, args=(0.02,))
    watching.start()
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    for _ in range(200):
        if child.process.pid != first and child.process.poll() is None:
            break
        time.sleep(0.02)
    supervisor.stop()
    watching.join(10)
    assert child.process.pid != first
    assert child.process.poll() is not None
    assert said == ["sleeper: ended with code -9, starting it again"]


def test_a_child_that_never_gets_ready_is_an_error_that_names_its_log(tmp_path):
    supervisor = Supervisor(lambda line: None)
    ends = (sys.executable, "-c", "raise SystemExit(3)")
    broken = Child("broken", ends, tmp_path / "b.log", ready=lambda: False)
    with pytest.raises(CannotStart, match=r"broken ended with code 3; its log: .*b\.log"):
        supervisor.start(broken)
    slow = Child("slow", SLEEP, tmp_path / "s.log", ready=lambda: False)
    with pytest.raises(CannotStart, match="not ready"):
        supervisor.start(slow, timeout_s=0.2)
    supervisor.stop()
    assert slow.process.poll() is not None


def test_children_do_not_outlive_a_killed_supervisor(tmp_path):
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from lichen.supervisor import Child, Supervisor\n"
        f"child = Child('sleeper', {SLEEP!r}, Path({str(tmp_path / 'c.log')!r}))\n"
        "Supervisor(print).start(child)\n"
        "print(child.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    status = Path(f"/proc/{pid}/stat")
    for _ in range(200):
        if not status.exists() or status.read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the child outlived its supervisor")
