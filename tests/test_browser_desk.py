"""Journeys through the workbench of the demo: a logger nobody knows, a sheet with mistakes, a command followed."""

from __future__ import annotations

import asyncio
import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

from lichen.hj212.simulator import SimulatedDevice, Simulator, Synthetic
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, now_ms
from lichen.vocab.registry import Device

pytestmark = pytest.mark.browser

PASSWORD = "9137"
#: A page that waits for a packet, a seal or a worker.
PATIENCE = 30_000


class Logger:
    """A simulated logger on the demo's gateway, in a thread: this one's event loop is the browser's."""

    def __init__(self, demo: Any, mn: str) -> None:
        registered = Device(mn, "", password=PASSWORD)
        self.device = SimulatedDevice(registered, Synthetic("22", mn), uploads={"2011": 2_000}, answered=False)
        self._simulator = Simulator("127.0.0.1", demo.gateway, [self.device], reconnect_s=(0.2, 1.0))
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._simulator.run(300, stop=self._stop),)
        )

    def __enter__(self) -> Logger:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive()
        self._loop.close()

    def send_hours(self, hours: int) -> None:
        """Five-minute values of the last whole hours, as after a broken line."""

        def queue() -> None:
            stop = now_ms() // HOUR_MS * HOUR_MS
            self.device.back_fill("2051", stop - hours * HOUR_MS, stop, 5 * MINUTE_MS)
            self._simulator.refresh()

        self._loop.call_soon_threadsafe(queue)


@pytest.fixture
def desk(demo: Any, page: Page) -> Iterator[Page]:
    """The workbench, an administrator signed in."""
    page.goto(f"{demo.url}/desk/")
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill(demo.password("admin"))
    page.locator("main form").get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="待办事项")).to_be_visible()
    return page


def test_a_point_is_set_on_the_map_an_unknown_logger_claimed_for_it_and_its_data_are_seen(
    demo: Any, desk: Page
) -> None:
    # A new point: the map fills in the position, and says when it lies in another district.
    desk.goto(f"{demo.url}/desk/registry/points/new/?city=自贡&district=大安区&element=air&kind=urban")
    expect(desk.locator("#picker[data-state=open]")).to_be_visible(timeout=PATIENCE)
    desk.locator("#picker canvas").click()
    expect(desk.locator("#id_lon")).to_have_value(re.compile(r"^104\.\d{4}$"))
    expect(desk.locator("#id_lat")).to_have_value(re.compile(r"^29\.\d{4}$"))
    desk.locator("#id_lon").fill("104.7786")  # by keyboard
    desk.locator("#id_lat").fill("29.3392")
    desk.locator("#id_lat").press("Tab")
    expect(desk.locator("#picker-said")).to_have_text("该位置在自贡自流井区，不在自贡大安区。")
    desk.locator("#id_district").fill("自流井区")
    desk.locator("#id_district").press("Tab")
    expect(desk.locator("#picker-said")).to_have_text("该位置在所选区县内。")
    expect(desk.locator(".pin")).to_be_visible()
    desk.locator("#id_code").fill("journey-1")
    desk.locator("#id_name_zh").fill("新设点位")
    desk.locator("#id_reason").fill("新建监测点位")
    desk.get_by_role("button", name="登记").click()
    expect(desk.locator(".messages")).to_contain_text("journey-1")

    mn = "88JOURNEY000000000000001"
    with Logger(demo, mn) as logger:
        wall = desk.get_by_role("row").filter(has_text=mn)

        def waits() -> bool:
            desk.goto(f"{demo.url}/desk/devices/")
            return wall.get_by_role("link", name="认领").is_visible()

        _until(desk, waits)
        wall.get_by_role("link", name="认领").click()
        sends = desk.get_by_role("region", name="发送的因子")
        expect(sends).to_contain_text("a34004")
        expect(sends).to_contain_text("PM2.5")
        desk.get_by_label("监测点位").select_option(label="新设点位 (journey-1)")
        desk.get_by_label("密码（PW）").fill(PASSWORD)
        desk.get_by_label("理由").fill("现场核对序列号后认领")
        desk.get_by_role("button", name="认领").click()
        expect(desk.locator(".messages")).to_contain_text(mn)
        expect(desk.locator("main")).to_contain_text("journey-1")
        logger.send_hours(2)

        def is_measured() -> bool:
            desk.goto(f"{demo.url}/stations/journey-1/")
            return desk.locator("main table a[href*='/why/journey-1/pm25/hour/']").count() > 0

        _until(desk, is_measured)
        desk.goto(f"{demo.url}/desk/devices/{mn}/")
        expect(desk.locator("main")).to_contain_text("CN=2051")


def _until(page: Page, holds: Any) -> None:
    """Look again until it holds, at most `PATIENCE` long."""
    for _ in range(PATIENCE // 500):
        if holds():
            return
        page.wait_for_timeout(500)
    pytest.fail("it did not come about in time")


def _sheet(download: Any) -> Any:
    """The first page of an Excel file that the browser has fetched."""
    return load_workbook(io.BytesIO(download.path().read_bytes())).worksheets[0]


def test_a_sheet_with_three_kinds_of_mistakes_is_corrected_and_imported(demo: Any, desk: Page, tmp_path: Path) -> None:
    desk.goto(f"{demo.url}/desk/registry/points/import/")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Excel").click()
    (heads,) = _sheet(download.value).iter_rows(max_row=1, values_only=True)
    good = {"点位编码": "sheet-1", "中文名称": "表一", "环境要素": "air", "类型": "urban", "城市": "自贡",
            "区县": "自流井区"}  # fmt: skip
    assert good.keys() <= set(heads)
    wrong = [good, {**good, "点位编码": "sheet-2", "经度": "东经104度", "纬度": 29.3392},
             {**good, "点位编码": "sheet-3", "所属单位": "nobody"}, good]  # fmt: skip

    def bring(rows: list[dict[str, Any]]) -> None:
        book, out = Workbook(), io.BytesIO()
        book.worksheets[0].append(heads)
        for row in rows:
            book.worksheets[0].append([row.get(head) for head in heads])
        book.save(out)
        sheet = tmp_path / "points.xlsx"
        sheet.write_bytes(out.getvalue())
        desk.locator("input[type=file]").set_input_files(sheet)
        desk.get_by_role("button", name="检查文件").click()

    bring(wrong)
    faults = desk.get_by_role("region", name="错误").locator("tbody tr")
    expect(faults).to_have_count(3)
    for row, (cell, rule, remedy) in enumerate([
        ("H3", "数字", "104.7786"),
        ("K4", "没有登记过", "先登记"),
        ("A5", "第 2 行", "保留一行"),
    ]):  # fmt: skip
        expect(faults.nth(row)).to_contain_text(cell)
        expect(faults.nth(row)).to_contain_text(rule)
        expect(faults.nth(row)).to_contain_text(remedy)
    bring([good, {**good, "点位编码": "sheet-2"}, {**good, "点位编码": "sheet-3", "中文名称": "表三"}])
    expect(desk.locator(".holds")).to_contain_text("3")
    desk.locator("#id_reason").fill("按年度布点方案导入")
    desk.get_by_role("button", name="导入", exact=True).click()
    expect(desk.locator(".messages")).to_contain_text("3")
    desk.get_by_label("包含").fill("sheet")
    desk.get_by_role("button", name="查看", exact=True).click()
    expect(desk.locator("#list tbody tr")).to_have_count(3)
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Excel").click()
    assert len(list(_sheet(download.value).rows)) == 4
    desk.get_by_role("link", name="sheet-3").click()
    expect(desk.locator(".trail")).to_contain_text("按年度布点方案导入")
    desk.goto(f"{demo.url}/desk/acts/?q=sheet-3")
    expect(desk.locator("#list tbody tr")).to_have_count(1)
    expect(desk.locator("#list")).to_contain_text("登记监测点位")


def test_a_command_is_sent_and_its_answer_followed(demo: Any, desk: Page) -> None:
    desk.goto(f"{demo.url}/desk/devices/?sort=-connection")
    desk.locator("#list tbody tr").filter(has_text="在线").first.get_by_role("link").first.click()
    desk.get_by_label("命令").select_option("1011")
    desk.get_by_label("理由").fill("核对现场机时钟")
    desk.get_by_role("button", name="下发").click()
    expect(desk.locator(".holds")).to_have_text("已完成。", timeout=PATIENCE)
    expect(desk.locator(".trail")).to_contain_text("SystemTime")
    desk.goto(f"{demo.url}/desk/acts/?q=核对现场机时钟")
    expect(desk.locator("#list")).to_contain_text("向设备下发命令")


def test_columns_chosen_are_there_the_next_time_and_a_phone_needs_no_sideways_scroll(demo: Any, desk: Page) -> None:
    desk.goto(f"{demo.url}/desk/devices/")
    desk.locator(".columns summary").click()
    for name in ("延迟 [s]", "时钟偏差 [s]"):
        desk.locator(".columns").get_by_label(name).uncheck()
    desk.get_by_role("button", name="显示所选").click()
    desk.goto(f"{demo.url}/desk/devices/")
    expect(desk.locator("#list thead")).not_to_contain_text("延迟")
    expect(desk.locator("#list thead")).to_contain_text("完整率")
    desk.set_viewport_size({"width": 360, "height": 740})
    for path in ("/desk/", "/desk/devices/", "/desk/registry/points/", "/desk/acts/", "/desk/registry/points/new/"):
        desk.goto(demo.url + path)
        expect(desk.locator("html")).to_have_js_property("scrollWidth", 360)
