"""The front door in a real browser: the map, its time line, and the list that says the same."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lichen.demo.registry import EDITION_2025

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 740}
LARGEST_FIRST_PAGE = 450_000
CITY = "自贡"


def open_map(demo: Any, page: Page, path: str = "/") -> None:
    """The front door, looking at one city, with its dots in place."""
    page.goto(demo.url + path)
    page.locator(f"button[data-city='{CITY}']").click()
    expect(page.locator(".dot").first).to_be_visible(timeout=20_000)
    expect(page.locator(".dot[data-point^='zg-']").first).to_be_visible(timeout=20_000)


def listed(page: Page) -> dict[str, str]:
    """Station → number, as the list says it."""
    return page.locator("#list tr[data-point]").evaluate_all(
        "rows => Object.fromEntries(rows.map(row =>"
        " [row.dataset.point, row.querySelector('[data-cell=index]').innerText.trim()]))"
    )


def mapped(page: Page) -> dict[str, str]:
    """Station → number, as the map says it."""
    return page.locator(".dot").evaluate_all(
        "dots => Object.fromEntries(dots.map(dot => [dot.dataset.point, dot.textContent]))"
    )


def slide(page: Page, hours_back: int) -> None:
    """Move the time line with the keyboard."""
    slider = page.locator("#hour")
    before = page.locator("#hour-said").inner_text()
    slider.focus()
    for _ in range(hours_back):
        slider.press("ArrowLeft")
    if hours_back:
        expect(page.locator("#hour-said")).not_to_have_text(before)


def test_map_and_list_say_the_same_in_the_official_colours(demo: Any, page: Page) -> None:
    open_map(demo, page)
    on_map, in_list = mapped(page), listed(page)
    assert len(on_map) >= 2
    assert {point: in_list[point] for point in on_map} == on_map
    for dot in page.locator(".dot").all():
        point, colour = dot.get_attribute("data-point"), dot.evaluate("dot => getComputedStyle(dot).backgroundColor")
        row = page.locator(f"#list tr[data-point='{point}']")
        if row.locator(".swatch").count():
            assert row.locator(".swatch").evaluate("one => getComputedStyle(one).backgroundColor") == colour
        assert dot.get_attribute("aria-label").startswith(row.locator("th a").inner_text())
    expect(page.locator("#said li").first).to_contain_text("有评价结果")


def test_a_click_or_a_key_on_a_number_leads_to_its_station(demo: Any, page: Page) -> None:
    open_map(demo, page)
    dot = page.locator(".dot[data-point^='zg-']").first
    point = dot.get_attribute("data-point")
    dot.click()
    expect(page).to_have_url(re.compile(rf"/stations/{point}/"))
    page.go_back()
    page.locator(f"button[data-city='{CITY}']").click()
    dot = page.locator(f".dot[data-point='{point}']")
    expect(dot).to_be_visible(timeout=20_000)
    dot.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/stations/{point}/"))


def test_three_clicks_from_a_number_on_the_map_to_its_packet_and_a_green_proof(demo: Any, page: Page) -> None:
    page.add_init_script(
        "addEventListener('click', () => { sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1; }, true)"
    )
    page.goto(demo.url)
    dot = page.locator(".dot.judged").first
    expect(dot).to_be_visible(timeout=20_000)
    number = dot.inner_text()
    page.evaluate("sessionStorage.clicks = 0")
    dot.click()  # 1: the station
    page.locator("main table td a[href*='/air/hour/']").first.click()  # 2: why
    expect(page.locator(".figure")).to_have_text(number)
    page.locator("main table td a[href*='/reported/avg/']").first.click()  # 3: the packet and its proof
    expect(page.locator("pre.packet mark")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "good", timeout=30_000)
    assert page.evaluate("Number(sessionStorage.clicks)") == 3


def test_the_time_line_shows_the_verdicts_of_that_hour_on_map_and_list(demo: Any, page: Page) -> None:
    open_map(demo, page)
    now = listed(page)
    slide(page, 6)
    expect(page.locator("#now")).to_be_enabled()
    said = page.locator("#hour-said").inner_text()
    then = listed(page)
    assert then != now
    on_map = mapped(page)
    assert {point: number for point, number in then.items() if point in on_map} == on_map
    judged = page.locator("#list tr:has([data-cell=index] a)").first
    expect(judged.locator("[data-cell=interval]")).to_have_text(said)
    link = judged.locator("[data-cell=index] a").get_attribute("href")
    page.locator("#now").click()
    expect(page.locator("#now")).to_be_disabled()
    assert listed(page) == now
    page.goto(demo.url + link)
    expect(page.locator(".figure").first).to_have_text(then[urllib.parse.unquote(link).split("/")[2]])


def test_play_goes_through_the_hours_and_stops_when_asked(demo: Any, page: Page) -> None:
    open_map(demo, page)
    slide(page, 5)
    play = page.locator("#play")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#hour")).to_have_js_property("value", "69", timeout=15_000)
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")
    expect(play).to_have_text("播放")


def test_a_packet_changes_the_number_on_the_open_page(
    demo: Any, page: Page, record_property: Callable[[str, object], None]
) -> None:
    page.goto(demo.url)
    page.locator("button[data-city='天津']").click()
    judged = page.locator(".dot.judged[data-point^='tj-']")
    expect(judged.first).to_be_visible(timeout=20_000)
    station = next(one for one in judged.evaluate_all("dots => dots.map(dot => dot.dataset.point)")
                   if one not in EDITION_2025)  # fmt: skip
    dot = page.locator(f".dot[data-point='{station}']")
    before = dot.inner_text()
    # From now on nothing but what the page hears can change it.
    page.evaluate(
        """selector => {
            const dot = document.querySelector(selector), before = dot.textContent;
            window.still = true;
            const seen = new MutationObserver(() => {
                if (dot.textContent !== before) window.changedAt ??= Date.now();
            });
            seen.observe(dot, { childList: true, characterData: true, subtree: true });
        }""",
        f".dot[data-point='{station}']",
    )
    hour = page.evaluate("fetch('/map.json?element=air').then(answer => answer.json()).then(found => found.newest)")
    answered = demo.send(station, hour, {"pm25": 600.0, "pm10": 2500.0})
    expect(dot).not_to_have_text(before, timeout=30_000)
    expect(page.locator(f"#list tr[data-point='{station}'] [data-cell=index]")).to_have_text(dot.inner_text())
    assert page.evaluate("window.still") is True  # the page was not loaded anew
    took = page.evaluate("window.changedAt") - answered
    record_property("packet_to_page_ms", round(took))
    print(f"from the packet's answer to the changed number: {took:.0f} ms")


def test_the_first_page_loads_little_script_and_no_charts(demo: Any, page: Page) -> None:
    open_map(demo, page)
    page.wait_for_load_state("load")
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('.js'))"
        ".map(one => [one.name, one.encodedBodySize, one.decodedBodySize])"
    )
    names = [name for name, _, _ in loaded]
    assert any("front-" in name for name in names)
    assert all(0 < encoded < decoded or decoded < 512 for _, encoded, decoded in loaded)
    assert sum(encoded for _, encoded, _ in loaded) <= LARGEST_FIRST_PAGE
    assert "echarts" not in " ".join(names)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_without_sideways_scroll(demo: Any, page: Page, scheme: Any) -> None:
    page.set_viewport_size(NARROW)
    page.emulate_media(color_scheme=scheme)
    for path in ("/", "/design/"):
        page.goto(demo.url + path)
        page.wait_for_load_state("networkidle") if path != "/" else page.wait_for_timeout(500)
        expect(page.locator("html")).to_have_js_property("scrollWidth", NARROW["width"])
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(251, 250, 246)") == (scheme == "light")


def test_without_script_the_list_says_it_all(demo: Any, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.url)
    expect(page.get_by_role("row").filter(has_text="春华路")).to_be_visible()
    expect(page.locator("#map-box")).to_be_hidden()
    context.close()


def test_a_browser_without_webgl_is_told(demo: Any, page: Page) -> None:
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(demo.url)
    expect(page.locator("#map-message")).to_contain_text("WebGL", timeout=20_000)
    expect(page.get_by_role("row").filter(has_text="春华路")).to_be_visible()


def test_the_style_page_has_a_working_table_and_chart(demo: Any, page: Page) -> None:
    page.goto(f"{demo.url}/design/")
    rows = page.locator("#list tbody tr")
    expect(rows).to_have_count(6)
    page.locator("#list thead").get_by_role("link", name="AQI").click()
    expect(rows.first).to_contain_text("D")
    page.locator("form.filter input[name=q]").fill("f")
    page.locator("form.filter button").click()
    expect(rows).to_have_count(1)
    page.locator("#sample-chart").scroll_into_view_if_needed()
    expect(page.locator("#sample-chart canvas")).to_be_visible(timeout=20_000)
