"""The documents say what the code does."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _pages() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "scripts" / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make()


def test_reference_pages_are_made_from_this_code():
    for name, text in _pages().items():
        assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == text, f"run make reference: {name}"


def test_every_setting_that_is_read_is_documented():
    documented = set(re.findall(r"`(LICHEN_[A-Z_]+)`", (ROOT / "docs/reference/settings.md").read_text("utf-8")))
    read = set()
    for path in (ROOT / "lichen").rglob("*.py"):
        if "tests" not in path.parts:
            read |= set(re.findall(r'"(LICHEN_[A-Z_]*[A-Z])"', path.read_text("utf-8")))
    assert {name for name in read if not name.endswith("_FILE")} <= documented


def test_local_links_of_the_documents_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "lichen").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_every_direct_dependency_says_why_it_is_there():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    said = (ROOT / "docs/dependencies.md").read_text("utf-8").lower()
    for requirement in project["dependencies"]:
        name = re.match(r"[A-Za-z0-9-]+", requirement).group(0).lower()
        assert name in said, f"{name} has no line in docs/dependencies.md"


def test_locks_hold_no_address():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text("utf-8"), f"{lock.name} holds an address"


def test_the_offline_verifier_needs_nothing_of_lichen():
    script = "import sys, runpy; sys.modules['lichen'] = None; runpy.run_path(sys.argv[1])"
    path = ROOT / "lichen/ledger/verify_offline.py"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=60)
