"""The whole road without a pointer: Tab, Enter, Space and arrows only, and one always sees where one is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

#: Tabs to anything on a page at most; whoever needs more would give up.
FAR = 250
_HERE = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const drawn = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    const there = box.width > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
    return [drawn && there, one.outerHTML.slice(0, 120)];
}"""


@pytest.fixture(autouse=True)
def _patience() -> Any:
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> Locator:
    """Go on with Tab until the element has the focus; at every stop the focus must be in sight."""
    expect(wanted).to_be_visible()
    for _ in range(FAR):
        page.keyboard.press(key)
        is_seen, what = page.evaluate(_HERE)
        if what.startswith("<body"):
            continue  # round the end of the page
        assert is_seen, f"the focus is on {what}, but nobody sees it"
        if wanted.evaluate("one => one === document.activeElement"):
            return wanted
    raise AssertionError(f"{FAR} times {key}, and never on {wanted}")


def enter(page: Page, wanted: Locator, key: str = "Enter") -> None:
    tab_to(page, wanted)
    page.keyboard.press(key)


def sign_in(page: Page, demo: Any, username: str) -> None:
    """From the page that is open, through the form, with the keys."""
    enter(page, page.get_by_role("link", name="登录", exact=True))
    tab_to(page, page.get_by_label("用户名"))
    page.keyboard.type(username)
    tab_to(page, page.get_by_label("密码"))
    page.keyboard.type(demo.password(username))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def test_from_the_map_to_the_proof(demo: Any, page: Page) -> None:
    page.goto(demo.url)
    expect(page.locator(".dot").first).to_be_visible()
    enter(page, page.locator("a.skip"))
    assert page.evaluate("document.activeElement.id") == "content"
    slider = tab_to(page, page.locator("#hour"))
    said = page.locator("#hour-said")
    newest = said.inner_text()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(said).not_to_have_text(newest)
    page.keyboard.press("End")
    expect(said).to_have_text(newest)
    assert slider.input_value() == "72"
    enter(page, page.locator("button[data-city='自贡']"), "Space")
    expect(page.locator("button[data-city='自贡']")).to_have_attribute("aria-pressed", "true")
    dot = page.locator(".dot[data-point^='zg-']").first
    expect(dot).to_be_visible()
    point = dot.get_attribute("data-point")
    enter(page, page.locator(f".dot[data-point='{point}']"))
    expect(page).to_have_url(re.compile(f"/stations/{point}/"))
    enter(page, page.locator("main table a[href*='/hour/']").first)
    expect(page.locator("#s1, h2").first).to_be_visible()
    for _ in range(3):  # an index, the hour, the minute
        if page.locator("pre.packet mark").count():
            break
        here = page.url
        enter(page, page.locator("#s3 ~ .table-scroll a").first)
        expect(page).not_to_have_url(here)
    expect(page.locator("pre.packet mark")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "good")


def test_from_the_list_to_a_station(demo: Any, page: Page) -> None:
    page.goto(demo.url)
    folded = page.locator("details.filter-box > summary").first
    enter(page, folded)
    tab_to(page, page.locator("main form[role=search] input:not([type=hidden])").first)
    page.keyboard.type("春华路")
    page.keyboard.press("Enter")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    enter(page, page.locator("#list tbody th a"))
    expect(page).to_have_url(re.compile("/stations/zg-chunhua-road/"))
    enter(page, page.get_by_role("button", name="臭氧"), "Space")
    expect(page.get_by_role("button", name="臭氧")).to_have_attribute("aria-pressed", "true")
    enter(page, page.get_by_role("button", name="English"))
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_an_administrator_calls_a_device_and_leaves(demo: Any, page: Page) -> None:
    page.goto(f"{demo.url}/ledger/")
    sign_in(page, demo, "admin")
    enter(page, page.locator("header a[href='/desk/']"))
    enter(page, page.locator(".desk-nav a[href='/desk/devices/']"))
    enter(page, page.locator("#list tbody th a").first)
    form = page.locator("main form[action$='/command/']")
    chosen = tab_to(page, form.locator("select[name=cn]"))
    first = chosen.input_value()
    page.keyboard.press("ArrowDown")
    assert chosen.input_value() != first
    page.keyboard.press("ArrowUp")
    assert chosen.input_value() == first
    tab_to(page, form.locator("[name=reason]"))
    page.keyboard.type("without a pointer")
    enter(page, form.locator("button"))
    expect(page).to_have_url(re.compile("/calls/"))
    enter(page, page.get_by_role("button", name="退出"))
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()
