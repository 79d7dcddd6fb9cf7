"""Somebody alters a running system's files or store: the why page turns red and says what."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lichen.ledger.log import Log
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, format_digits, from_ms, now_ms

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000


@dataclass
class System:
    """A small system of its own; `time` is the start of a five-minute value of its station P1."""

    url: str
    log: Path
    process: subprocess.Popen[str]
    time: int

    @property
    def why(self) -> str:
        return f"{self.url}/why/P1/pm25/minute/{format_digits(self.time)}/reported/avg/"

    def tell(self, sql: str) -> None:
        """Change something in the store."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{sql}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def set(self, value: float) -> None:
        """What the store says of the value."""
        moment = from_ms(self.time).strftime("%Y-%m-%d %H:%M:%S")
        self.tell(
            f"ALTER TABLE observations UPDATE value = {value} WHERE point = 'P1' AND parameter = 'pm25' "
            f"AND period = 'minute' AND time = toDateTime64('{moment}', 3, 'UTC') SETTINGS mutations_sync = 1"
        )


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    home = tmp_path_factory.mktemp("small")
    time = now_ms() // HOUR_MS * HOUR_MS - 5 * MINUTE_MS
    program = Path(__file__).with_name("small_system.py")
    with (home / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, str(program), str(time + 5 * MINUTE_MS)], env={**os.environ, "LICHEN_HOME": str(home)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, (home / "said").read_text()
        yield System(f"http://127.0.0.1:{port}", home / "ledger" / "raw", process, time)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@contextmanager
def flipped(path: Path, at: int) -> Iterator[None]:
    """One byte of a file changed, for a while."""
    untouched = path.read_bytes()
    try:
        path.write_bytes(untouched[:at] + bytes([untouched[at] ^ 1]) + untouched[at + 1 :])
        yield
    finally:
        path.write_bytes(untouched)


def opened(page: Page, system: System) -> int:
    """The page with all of it green; returns the index of the packet."""
    page.goto(system.why)
    holds(page)
    text = page.locator("a[href*='/ledger/raw/']").first.get_attribute("href") or ""
    return int(re.findall(r"/ledger/raw/(\d+)/", text)[0])


def holds(page: Page) -> None:
    expect(page.get_by_text("核验全部通过")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "good", timeout=PATIENCE_MS)


def broken(page: Page, *named: str) -> None:
    """The page is red, by the server's check and by the browser's own, and names what was altered."""
    page.reload()
    for text in named:
        expect(page.get_by_role("alert")).to_contain_text(text)
    expect(page.locator("#live")).to_have_attribute("data-state", "bad", timeout=PATIENCE_MS)


def test_one_byte_changed_in_an_entry_bundle(system: System, page: Page) -> None:
    index = opened(page, system)
    with Log.open(system.log, readonly=True) as log:
        (entry,) = log.read(index, index + 1)
    bundle = max((system.log / "tile" / "entries" / "002.p").iterdir(), key=lambda path: int(path.name))
    digits = bundle.read_bytes().index(entry) + entry.index(b"a34004-Avg=") + len(b"a34004-Avg=")
    with flipped(bundle, digits):
        broken(page, f"第 {index} 条记录", f"tile/entries/002.p/{bundle.name}")
        expect(page.locator(".proof-tree > li.bad")).to_contain_text("记录包被改动过")
    page.reload()
    holds(page)


def test_one_byte_changed_in_a_tile(system: System, page: Page) -> None:
    index = opened(page, system)
    tile = max((system.log / "tile" / "0" / "002.p").iterdir(), key=lambda path: int(path.name))
    with flipped(tile, index % 256 * 32 + 7):
        broken(page, f"tile/0/002.p/{tile.name}")
        expect(page.locator(".proof-tree > li.bad")).to_contain_text("哈希瓦片被改动过")
    page.reload()
    holds(page)


def test_one_stored_value_changed(system: System, page: Page) -> None:
    opened(page, system)
    sealed = float(page.locator("pre.packet mark").inner_text())
    system.set(sealed + 0.1)
    try:
        broken(page, "存储与已封存的报文不符", f"{sealed + 0.1:g}", f"{sealed:g}")
        expect(page.locator(".proof-tree > li.bad")).to_contain_text("存储中的数值被改动过")
    finally:
        system.set(sealed)
    page.reload()
    holds(page)


def test_where_there_is_wind_roses_are_drawn_and_printed(system: System, page: Page) -> None:
    page.goto(f"{system.url}/stations/P1/")
    expect(page.locator("#wind")).to_be_visible(timeout=PATIENCE_MS)
    for chart in ("wind", "pollution"):
        page.locator(f"#{chart}-chart").scroll_into_view_if_needed()
        expect(page.locator(f"#{chart}-chart canvas")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#wind-note")).to_contain_text("30")
    page.emulate_media(media="print")
    for chart in ("wind", "pollution"):
        expect(page.locator(f"#{chart}-chart canvas")).to_be_visible()
    expect(page.locator("header.site nav")).to_be_hidden()
