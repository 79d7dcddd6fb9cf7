"""The wall in a real browser: four simulated hours of updates leave neither elements nor memory behind.

Needs Chromium: `LICHEN_BROWSER` names it, else one on PATH is taken.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, Route, expect, sync_playwright

CHROMIUM = shutil.which(os.environ.get("LICHEN_BROWSER") or "chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install it (Debian: chromium) or set LICHEN_BROWSER"),
]

UPDATES = 500
EVERY_MS = 30_000
STATIONS = 50
WORDS = ("优", "良", "轻度污染", "中度污染", "重度污染", "严重污染")


def state(turn: int, version: str, now: int) -> dict[str, Any]:
    """Another state each time: every number, class, chart and piece of news differs."""
    classes = [(turn + station) % 6 for station in range(STATIONS)]
    return {
        "now": now,
        "version": version,
        "figures": [
            {"label": "最高 AQI", "number": str(turn % 500), "below": f"{turn}", "style": f"air-{turn % 6}"}
            for _ in range(4)
        ],
        "classes": [{"word": word, "style": f"air-{n}", "count": classes.count(n)} for n, word in enumerate(WORDS)],
        "stations": [
            {"id": f"p{n}", "name": f"{n}号点", "city": "", "number": str(turn + n), "word": WORDS[klass],
             "style": f"air-{klass}", "below": "可吸入颗粒物PM10", "klass": klass}
            for n, klass in enumerate(classes)
        ],
        "charts": [
            {"title": f"{n}号点", "below": "", "style": "", "word": "",
             "rows": [[now - hour * 3_600_000, (turn + hour) % 300, hour % 6] for hour in range(24)]}
            for n in range(6)
        ],
        "news": [f"第{turn}次，{n}号点超标" for n in range(10)],
    }  # fmt: skip


def _measure(devtools: CDPSession) -> tuple[float, float]:
    """Elements and bytes of the page's scripts, garbage taken out first."""
    devtools.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return found["Nodes"], found["JSHeapUsedSize"]


def _updates(page: Page, count: int) -> None:
    for _ in range(count):
        with page.expect_response("**/room/state.json*"):
            page.clock.run_for(EVERY_MS)


def test_hours_of_updates_leave_nothing_behind(measured: Any, live_server: Any) -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright's loop runs in this thread; the database is the server's
    )
    try:
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
            _watch(browser.new_page(viewport={"width": 1920, "height": 1080}), live_server.url)
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def _watch(page: Page, url: str) -> None:
    turn = 0
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))

    def answer(route: Route) -> None:
        nonlocal turn
        turn += 1
        settings = json.loads(page.locator("#room-settings").text_content() or "{}")
        now = page.evaluate("Date.now()")
        route.fulfill(json=state(turn, settings["version"], now))

    page.route("**/room/state.json*", answer)
    page.route("**/api/v1/live*", lambda route: route.abort())
    page.clock.install()
    page.goto(f"{url}/room/")
    expect(page.locator(".tile-number").first).not_to_be_empty()
    expect(page.locator("#chart canvas")).to_be_visible()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    _updates(page, 30)
    elements, heap = _measure(devtools)
    _updates(page, UPDATES)
    elements_after, heap_after = _measure(devtools)
    assert turn > UPDATES
    assert elements_after - elements < 200
    assert heap_after - heap < 2_000_000
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "a wall does not scroll"
    assert faults == []
