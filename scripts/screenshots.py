"""Take the pictures of docs/screenshots from a fresh demo: ``python scripts/screenshots.py`` (make screenshots).

Starts a demo in a folder of its own, waits until its history is computed, takes the pictures with Chromium
(`LICHEN_BROWSER` names it, else one on PATH) and stops the demo. Takes about three minutes.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
MOST_BYTES = 200_000
HOURS = 72
STATION = "tj-hanbei-road"

DESKTOP, PHONE, WALL = (1280, 800), (360, 760), (1920, 1080)


@dataclass(frozen=True)
class Picture:
    """A page as somebody sees it; `address` may be ``why``: the page behind the newest verdict of the station."""

    name: str
    address: str
    size: tuple[int, int] = DESKTOP
    language: str = "zh-hans"
    dark: bool = False
    officer: bool = False


ALL = (
    Picture("map-zh", "/"),
    Picture("map-phone-dark-zh", "/", PHONE, dark=True),
    Picture("station-en", f"/stations/{STATION}/", language="en"),
    Picture("why-zh", "why"),
    Picture("why-phone-en", "why", PHONE, "en"),
    Picture(
        "explore-dark-en", f"/explore/?s={STATION}:pm25:hour&s=zg-chunhua-road:pm25:hour&s={STATION}:o3:hour",
        language="en", dark=True,
    ),
    Picture("room-zh", "/room/", WALL),
    Picture("desk-zh", "/desk/", officer=True),
    Picture("open-data-en", "/open-data/", language="en"),
)  # fmt: skip


def main() -> int:
    chromium = shutil.which(os.environ.get("LICHEN_BROWSER") or "chromium")
    if chromium is None:
        print("screenshots: no Chromium; install it (Debian: chromium) or set LICHEN_BROWSER", file=sys.stderr)
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lichen-screenshots-") as folder:
        home = Path(folder) / "home"
        ports = free_ports(4)
        names = ("--port", "--gateway-port", "--metrics-port", "--witness-port")
        given = [part for pair in zip(names, ports, strict=True) for part in pair]
        said = Path(folder) / "demo.log"
        with said.open("wb") as output:
            demo = subprocess.Popen(
                [sys.executable, "-m", "lichen", "demo", *given, "--hours", str(HOURS)],
                stderr=output, env={**os.environ, "LICHEN_HOME": str(home)},
            )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{ports[0]}"
            wait(url, home, demo, said)
            found = re.search(r"sign in as officer .*password (\S+)", said.read_text(encoding="utf-8"))
            with sync_playwright() as playwright:
                arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
                browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
                too_big = [one.name for one in ALL if take(browser, url, one, found[1] if found else "") > MOST_BYTES]
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)
    if too_big:
        print(f"screenshots: above {MOST_BYTES} bytes: {', '.join(too_big)}", file=sys.stderr)
    return 1 if too_big else 0


def free_ports(count):
    """Ports nobody listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait(url, home, demo, said):
    """Until the history was sent and the worker has taken it in."""
    log = home / "logs" / "devices.log"
    told = 0.0
    for _ in range(900):
        if demo.poll() is not None:
            raise SystemExit(f"screenshots: the demo ended:\n{said.read_text(encoding='utf-8')}")
        sent = re.findall(r"replay: (\d+)/(\d+)", log.read_text(encoding="utf-8")) if log.exists() else []
        if time.monotonic() - told > 10:
            told = time.monotonic()
            print(f"screenshots: waiting for the history, {'/'.join(sent[-1]) if sent else 'starting'}", flush=True)
        if sent and sent[-1][0] == sent[-1][1]:
            break
        time.sleep(1)
    for _ in range(300):
        with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
            figures = dict(re.findall(r"^(lichen_\w+) (\S+)$", answer.read().decode(), re.MULTILINE))
        if figures and float(figures["lichen_ledger_entries"]) - float(figures["lichen_worker_entries"]) < 50:
            time.sleep(5)
            return
        time.sleep(1)
    raise SystemExit("screenshots: the worker has not taken the history in")


def take(browser: Browser, url: str, picture: Picture, password: str) -> int:
    """Take a picture; its size in bytes."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.dark else "light",
        device_scale_factor=2 / 3 if picture.size == WALL else 1,
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": "lichen_language", "value": picture.language, "url": url}])
    page = context.new_page()
    if picture.officer:
        sign_in(page, url, password)
    page.goto(url + (why(page, url) if picture.address == "why" else picture.address))
    page.wait_for_timeout(4000)  # charts and map are drawn when they come into view
    path = PICTURES / f"{picture.name}.png"
    page.screenshot(path=path, type="png")
    context.close()
    size = path.stat().st_size
    print(f"screenshots: {path.name}, {size / 1000:.0f} kB", flush=True)
    return size


def sign_in(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.locator("input[type=text]").first.fill("officer")
    page.locator("input[type=password]").first.fill(password)
    page.locator("main button").first.click()
    page.wait_for_load_state()


def why(page: Page, url: str) -> str:
    """The address behind the newest verdict of the station."""
    page.goto(f"{url}/stations/{STATION}/")
    return page.locator(f"a[href^='/why/{STATION}/air/']").first.get_attribute("href") or "/"


if __name__ == "__main__":
    raise SystemExit(main())
