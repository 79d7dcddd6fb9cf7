"""A made-up element: one folder and one line, and Lichen evaluates, imports, shows and documents it."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MADE_UP = Path(__file__).parent / "made_up"
LAST = '    "weather",\n'


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree with one folder and one line more."""
    top = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("lichen", "scripts"):
        shutil.copytree(ROOT / name, top / name, ignore=ignored)
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, top / name)
    shutil.copytree(MADE_UP / "lichens", top / "lichen" / "elements" / "lichens")
    listed = top / "lichen" / "elements" / "__init__.py"
    text = listed.read_text(encoding="utf-8")
    assert text.count(LAST) == 1
    listed.write_text(text.replace(LAST, LAST + '    "lichens",\n'), encoding="utf-8")
    return top


def run(checkout: Path, *words: str, expect: int = 0, seconds: int = 240) -> subprocess.CompletedProcess[str]:
    """Python in the changed tree."""
    done = subprocess.run(
        [sys.executable, *words], cwd=checkout, capture_output=True, text=True, timeout=seconds, check=False,
        env={**os.environ, "PYTHONPATH": str(checkout), "LICHEN_HOME": str(checkout / "var")},
    )  # fmt: skip
    assert done.returncode == expect, done.stdout + done.stderr
    return done


LICHEN = ("-c", "from lichen.cli import app; app()")


def test_it_is_evaluated_on_the_command_line(checkout: Path) -> None:
    (checkout / "in.csv").write_text("time,eqi,tree\n2026-04-01,25,oak\n2026-04-01,8,lime\n2026-04-01,,\n")
    done = run(checkout, *LICHEN, "evaluate", "lichens", "in.csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["class"] for row in rows] == ["丰富", "贫乏", ""]
    assert rows[1]["exceeding"] == "eqi"
    assert rows[2]["note"] == "没有可评价的项目"
    assert rows[0]["edition"] == "lichen index-2024"


def test_there_is_a_template_for_its_results(checkout: Path) -> None:
    run(checkout, *LICHEN, "template", "lichens", "-o", "empty.csv")
    assert "点位编码,监测时间," in (checkout / "empty.csv").read_text(encoding="utf-8-sig")


def test_it_is_in_the_reference(checkout: Path) -> None:
    told = "from make_reference import make; print(make()['elements/lichens.md'])"
    done = run(checkout, "-c", f"import sys; sys.path.insert(0, 'scripts'); {told}")
    assert "树附生地衣" in done.stdout
    assert "lichen index-2024" in done.stdout


def test_it_has_everything_an_element_must_have(checkout: Path) -> None:
    run(checkout, "-m", "pytest", "-q", "lichen/elements/tests", "-k", "lichens")


def test_pages_and_api_show_it(checkout: Path) -> None:
    shutil.copy(MADE_UP / "pages.py", checkout / "lichen" / "web" / "readings" / "tests" / "test_made_up.py")
    run(checkout, "-m", "pytest", "-q", "lichen/web/readings/tests/test_made_up.py")
