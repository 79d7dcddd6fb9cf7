"""The demo as a newcomer meets it: real processes, a real browser, from the list of stations to the sealed bytes."""

from __future__ import annotations

import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lichen.ledger.log import Log

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 740}


def test_from_the_list_to_the_digits_in_the_packet_in_three_clicks(demo: Any, page: Page) -> None:
    page.goto(demo.url)
    expect(page.get_by_text("回放：2020年4月官方小时值，时间已平移")).to_be_visible()
    # Any station will do: which of them has a verdict depends on the hour the record had.
    index = page.locator("main table a").filter(has_text=re.compile(r"^\d+$")).first
    number = index.inner_text()
    index.click()  # 1: the verdict
    expect(page.locator(".figure")).to_have_text(number)
    expect(page.get_by_text("核验全部通过")).to_be_visible()
    page.locator("#s3 ~ .table-scroll a").first.click()  # 2: the hour
    expect(page.get_by_text("核验全部通过")).to_be_visible()
    page.locator("#s3 ~ .table-scroll a").first.click()  # 3: five minutes, and the packet
    mark = page.locator("pre.packet mark")
    expect(mark).to_be_visible()
    assert float(page.locator(".figure").inner_text().split()[0]) == pytest.approx(float(mark.inner_text()), abs=0.5)
    expect(page.locator("pre.packet")).to_contain_text("CN=2051")
    expect(page.locator("pre.packet")).not_to_contain_text(re.compile(r"PW=\d"))
    expect(page.get_by_text("签名者")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/stations/zg-chunhua-road/", "/ledger/", "/ledger/raw/5/", "/accounts/login/"])
def test_pages_fit_a_phone_and_speak_english(demo: Any, page: Page, path: str) -> None:
    page.set_viewport_size(NARROW)
    page.goto(demo.url + path)
    expect(page.locator("html")).to_have_js_property("scrollWidth", NARROW["width"])
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    left = re.findall(r"[\u4e00-\u9fff]+", page.locator("main h1, main h2, main th, main label").first.inner_text())
    assert left == [] or "stations" in path  # names of stations may have no translation
    expect(page.locator("html")).to_have_js_property("scrollWidth", NARROW["width"])


def test_an_officer_supersedes_a_value_and_the_old_one_stays_for_all_to_see(demo: Any, page: Page) -> None:
    page.goto(f"{demo.url}/stations/zg-chunhua-road/")
    page.locator("main table a[href*='/no2/hour/']").first.click()
    page.locator("#s3 ~ .table-scroll a").first.click()
    here = page.url
    assert page.locator("#supersede").count() == 0
    page.get_by_role("link", name="登录").click()
    page.get_by_label("用户名").fill("officer")
    page.get_by_label("密码").fill(demo.password("officer"))
    page.locator("main form").get_by_role("button", name="登录").click()
    assert page.url == here
    old = page.locator(".figure").inner_text().split()[0]
    form = page.locator("#supersede ~ form")
    form.locator("input[name=value]").fill("3")
    form.locator("textarea, input[name=reason]").last.fill("短")
    form.get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("5")  # a reason of at least five characters
    form = page.locator("#supersede ~ form")
    form.locator("input[name=value]").fill("3")
    form.locator("textarea, input[name=reason]").last.fill("现场核查：采样管脱落后重测")
    form.get_by_role("button").click()
    expect(page.locator(".figure")).to_contain_text("3")
    versions = page.locator("#versions ~ .table-scroll")
    expect(versions).to_contain_text(old)
    expect(versions).to_contain_text("现场核查：采样管脱落后重测")
    expect(page.get_by_text("核验全部通过")).to_be_visible()
    versions.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("observation.supersede")


def test_a_logger_nobody_registered_is_claimed_and_its_data_count(demo: Any, page: Page) -> None:
    page.goto(f"{demo.url}/desk/devices/")
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill(demo.password("admin"))
    page.locator("main form").get_by_role("button", name="登录").click()
    expect(page.get_by_text("认领").first).to_be_visible()


def test_one_altered_byte_turns_the_page_red_and_is_named(demo: Any, page: Page) -> None:
    page.goto(f"{demo.url}/stations/zg-tanmulin-gymnasium/")
    page.locator("main table a[href*='/no2/hour/']").first.click()
    page.locator("#s3 ~ .table-scroll a").first.click()
    index = int(
        re.search(r"/ledger/raw/(\d+)/", page.locator("a[href*='/ledger/raw/']").first.get_attribute("href"))[1]
    )
    log = Log.open(demo.home / "ledger" / "raw", readonly=True)
    (entry,) = log.read(index, index + 1)
    bundles = [
        path for path in (log.path / "tile" / "entries").rglob("*") if path.is_file() and entry in path.read_bytes()
    ]
    untouched = {path: path.read_bytes() for path in bundles}
    try:
        for path, raw in untouched.items():
            path.write_bytes(raw.replace(entry, entry[:-8] + bytes([entry[-8] ^ 1]) + entry[-7:]))
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text("tile/entries/")
        expect(page.get_by_role("alert")).to_contain_text(str(index))
    finally:
        for path, raw in untouched.items():
            path.write_bytes(raw)
    page.reload()
    expect(page.get_by_text("核验全部通过")).to_be_visible()


def test_a_newcomer_can_mirror_the_log(demo: Any) -> None:
    with urllib.request.urlopen(f"{demo.url}/tlog/raw/checkpoint", timeout=10) as answer:
        assert answer.read().startswith(b"lichen.local/raw\n")
    with urllib.request.urlopen(f"{demo.url}/tlog/raw/tile/entries/000", timeout=10) as answer:
        assert len(answer.read()) > 1000
