"""Make the virtual environment on a bare machine: ``python3 scripts/make_venv.py .venv``.

Debian ships Python without ensurepip unless python3-venv is installed, so three roads are tried: the venv module
with pip; the venv module without pip and the pip of the system; Debian's python3-venv, installed when we are root.
"""

import importlib.util
import os
import shutil
import subprocess
import sys


def run(*command):
    """Run a command quietly; True if it succeeded."""
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def main(folder):
    if sys.version_info < (3, 11):
        sys.exit(
            f"setup: Python {sys.version.split()[0]} is too old; Lichen needs 3.11 or newer. "
            "Install it and run: make PYTHON=python3.11 ..."
        )
    python = os.path.join(folder, "bin", "python")
    if os.path.exists(python) and run(python, "-m", "pip", "--version"):
        return
    print(f"setup: making {folder} with {sys.executable} ({sys.version.split()[0]})", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") and run(sys.executable, "-m", "venv", folder):
        return
    shutil.rmtree(folder, ignore_errors=True)
    if run(sys.executable, "-m", "pip", "--version") and run(sys.executable, "-m", "venv", "--without-pip", folder):
        if run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "pip"):
            return
        shutil.rmtree(folder, ignore_errors=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("setup: this Python has no ensurepip; installing Debian's python3-venv", flush=True)
        run("apt-get", "update")
        if run("apt-get", "install", "--yes", "python3-venv") and run(sys.executable, "-m", "venv", folder):
            return
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(
        "setup: this Python can make no virtual environment with pip. "
        "Install the package python3-venv (Debian: apt-get install python3-venv) and run the command again."
    )


if __name__ == "__main__":
    main(sys.argv[1])
