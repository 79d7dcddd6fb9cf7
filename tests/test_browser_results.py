"""A laboratory's sheet in a real browser: its faults by cell, the fix, the verdict, and the way down to a cell."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000
HEADS = "断面编码,采样时间,水温,pH值,溶解氧,氨氮,总磷\n"
#: A point that nobody registered, a day that there is not, and a cell with its unit in it.
WRONG = (
    "zg-lab-9,2026-03-02 09:10,14.2,7.4,8.1,0.31,0.12\n"
    "zg-lab-1,2026-02-30 09:20,14.4,7.5,8.0,0.28,0.11\n"
    "zg-lab-1,2026-03-16 09:05,15.0,7.5,7.9,0.3mg/L,0.13\n"
)
RIGHT = (
    "zg-lab-1,2026-03-02 09:10,14.2,7.4,8.1,0.31,0.12\n"
    "zg-lab-1,2026-03-09 09:20,14.4,7.5,8.0,<0.025,0.11\n"
    "zg-lab-1,2026-03-16 09:05,15.0,7.5,7.9,1.3,0.13\n"
)


def sign_in(page: Page, demo: Any) -> None:
    page.goto(f"{demo.url}/accounts/login/")
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill(demo.password("admin"))
    page.locator("main form").get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{demo.url}/desk/", timeout=PATIENCE_MS)


def register(page: Page, demo: Any) -> None:
    """A section of a river, as its element asks."""
    page.goto(f"{demo.url}/desk/registry/points/new/?element=surface_water")
    page.locator("#id_code").fill("zg-lab-1")
    page.locator("#id_name_zh").fill("双河口断面")
    page.locator("#id_kind").select_option(label="手工监测断面")
    page.locator("#id_city").fill("自贡")
    target = page.get_by_role("group", name="目标类别").locator("select").first
    target.select_option(label="Ⅲ类")
    page.locator("#id_reason").fill("实验室采样断面")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("region", name="评价所依据的登记项")).to_contain_text("Ⅲ类")


def bring(page: Page, demo: Any, rows: str) -> None:
    page.goto(f"{demo.url}/desk/results/new/?element=surface_water")
    file = {"name": "三月采样.csv", "mimeType": "text/csv", "buffer": (HEADS + rows).encode("gb18030")}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="检查文件").click()


def row_of(page: Page, text: str) -> Locator:
    return page.locator("#list tbody tr").filter(has_text=text)


def test_from_a_sheet_with_faults_to_a_cell_that_is_proven(demo: Any, page: Page) -> None:
    sign_in(page, demo)
    register(page, demo)

    bring(page, demo, WRONG)
    for cell, value, rule, remedy in (
        ("A2", "zg-lab-9", "没有登记这个点位", "先登记点位"),
        ("B3", "2026-02-30 09:20", "不是时间", "北京时间"),
        ("F4", "0.3mg/L", "格内带有单位", "单位写在表头括号里"),
    ):
        for text in (value, rule, remedy):
            expect(row_of(page, cell)).to_contain_text(text)
    expect(page.get_by_role("button", name="导入")).to_have_count(0)  # there is no good row to take

    bring(page, demo, RIGHT)
    expect(page.get_by_text("全部 3 行均正确")).to_be_visible()
    page.get_by_role("button", name="导入全部 3 行").click()
    expect(page.get_by_text("已封存、入库并评价。")).to_be_visible(timeout=PATIENCE_MS)
    expect(row_of(page, "2026-03-16 09:05")).to_contain_text("氨氮")

    row_of(page, "2026-03-16 09:05").get_by_role("link", name="双河口断面").click()
    sampled = page.locator("main table tbody tr").filter(has_text="2026-03-16 09:05").first
    expect(sampled).to_contain_text("Ⅳ")
    expect(sampled).to_contain_text("氨氮")
    sampled.locator("a[href*='/why/zg-lab-1/surface_water/sample/']").first.click()  # why this class
    expect(page.locator("main")).to_contain_text("GB 3838")
    page.locator("main a[href*='/why/zg-lab-1/nh3n/sample/']").first.click()  # the value that decides
    expect(page.locator("main")).to_contain_text("三月采样.csv")
    expect(page.locator("pre.packet mark, .packet mark").first).to_have_text("1.3")
    expect(page.locator("#live")).to_have_attribute("data-state", "good", timeout=PATIENCE_MS)
