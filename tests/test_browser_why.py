"""The proof that the reader's own browser checks: good ones hold, and whatever is altered is named."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lichen.ledger.bundle import prove
from lichen.ledger.log import Log
from lichen.vocab.entry import Entry
from lichen.web.assets import FOLDER, find

pytestmark = pytest.mark.journey

STATION = "/stations/zg-chunhua-road/"
FRAME = "##0136QN=20260301080000000;ST=22;CN=2051;PW=123456;MN=A;Flag=4;CP=&&a34004-Avg=61.5,a34004-Flag=N&&"
SPAN = (FRAME.index("61.5"), FRAME.index("61.5") + 4)
INDEX, SIZE = 137, 300
_CHECK = """async ([address, bundle, claim, alone, tile]) => {
    const { verify, summary, unbase64 } = await import(address);
    const hashes = tile && tile.hashes.map(unbase64);
    const witnesses = {
        entry: alone === null ? undefined : unbase64(alone),
        tile: tile ? async () => ({ first: tile.first, hashes }) : undefined,
    };
    const heard = [];
    const steps = await verify(bundle, claim, witnesses, (step) => { heard.push(step.says); });
    return { steps, heard, outcome: summary(steps) };
}"""

Check = Callable[..., dict[str, Any]]


class _Files(http.server.SimpleHTTPRequestHandler):
    """The built scripts where a site has them, and an empty page to load them from."""

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href='data:,'>")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    """The built scripts over HTTP, as a browser wants them."""
    handler = functools.partial(_Files, directory=str(FOLDER.parents[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """A log of packets, of which one says 61.5."""
    folder = tmp_path_factory.mktemp("why")
    with Log.open(folder / "raw", origin="lichen.test/raw", keys_folder=folder / "keys") as opened:
        opened.append(
            [Entry(at, "hj212", "203.0.113.7:1", "A", "ok", FRAME.encode()).encode() for at in range(SIZE)]
        )  # fmt: skip
        yield opened


@pytest.fixture
def bundle(log: Log) -> dict[str, Any]:
    return deepcopy(prove(log, INDEX))


@pytest.fixture
def claim() -> dict[str, Any]:
    return {"index": INDEX, "digits": {"text": "61.5", "span": SPAN, "value": 61.5, "comparable": True}}


@pytest.fixture
def check(page: Page, files: str, log: Log) -> Check:
    """Check a bundle in the browser; the log's tile stands by."""
    page.goto(f"{files}/")
    tile = (log.path / "tile" / "0" / "000").read_bytes()
    hashes = [base64.b64encode(tile[at : at + 32]).decode() for at in range(0, len(tile), 32)]
    known = {"first": 0, "hashes": hashes}

    def run(bundle: Any, claim: dict[str, Any], alone: str | None = None, tile: Any = known) -> dict[str, Any]:
        return page.evaluate(_CHECK, [f"{files}/static/built/{find('verify.js').file}", bundle, claim, alone, tile])

    return run


def flipped(text: str, at: int) -> str:
    """Base64 text whose byte `at` has one bit changed."""
    raw = bytearray(base64.b64decode(text))
    raw[at] ^= 1
    return base64.b64encode(raw).decode()


def faults(found: dict[str, Any]) -> list[str]:
    return [step["says"] for step in found["steps"] if step["outcome"] == "bad"]


def test_a_good_bundle_holds_step_by_step(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    found = check(bundle, claim, bundle["entry"])
    assert found["outcome"] == "good"
    assert found["heard"][:3] == ["entry", "digits", "leaf"]
    assert found["heard"].count("node") == len(bundle["proof"])
    assert found["heard"][3 + len(bundle["proof"]) :][:3] == ["root", "checkpoint", "signature"]
    (sm2,) = [step for step in found["steps"] if step["says"] == "not-checked"]
    assert sm2["told"]["algorithm"] == "SM2"  # no browser has it; said, not passed over


@pytest.mark.parametrize("index", [0, 1, 255, 256, 298, 299])
def test_every_place_in_the_tree_leads_to_the_root(check: Check, log: Log, index: int) -> None:
    assert check(prove(log, index), {"index": index})["outcome"] == "good"


def test_a_byte_changed_in_the_entry(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    bundle["entry"] = flipped(bundle["entry"], -3)
    assert faults(check(bundle, claim)) == ["root-entry"]
    assert faults(check(bundle, claim, tile=None)) == ["root-differs"]


def test_a_changed_digit_is_seen_as_such(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    raw = base64.b64decode(bundle["entry"])
    bundle["entry"] = base64.b64encode(raw.replace(b"61.5", b"16.5")).decode()
    found = check(bundle, claim)
    assert faults(found) == ["digits-differ", "root-entry"]
    assert found["steps"][1]["told"] == {"digits": "61.5", "found": "16.5", "shown": 61.5}


@pytest.mark.parametrize("number", [0, 3, 7])
def test_a_byte_changed_in_a_hash_of_the_proof(
    check: Check, bundle: dict[str, Any], claim: dict[str, Any], number: int
) -> None:
    bundle["proof"][number] = flipped(bundle["proof"][number], 5)
    found = check(bundle, claim)
    assert faults(found) == ["node-altered", "root-proof"]
    assert [step["told"]["number"] for step in found["steps"] if step["outcome"] == "bad"] == [number + 1, number + 1]


def test_a_hash_of_the_proof_that_no_tile_at_hand_covers(
    check: Check, bundle: dict[str, Any], claim: dict[str, Any]
) -> None:
    bundle["proof"][-1] = flipped(bundle["proof"][-1], 5)
    assert faults(check(bundle, claim)) == ["root-differs"]


def test_a_hash_left_out(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    bundle["proof"].pop()
    assert faults(check(bundle, claim)) == ["proof-length"]


def test_a_byte_changed_in_the_signature(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    head, _, rest = bundle["checkpoint"].partition("\n\n")
    first, *others = rest.split("\n")
    dash, name, encoded = first.split(" ")
    bundle["checkpoint"] = "\n".join([f"{head}\n", f"{dash} {name} {flipped(encoded, 20)}", *others])
    found = check(bundle, claim)
    assert faults(found) == ["signature-wrong"]
    (wrong,) = [step for step in found["steps"] if step["outcome"] == "bad"]
    assert wrong["told"]["name"] == "lichen.test/raw"


def test_another_root_in_the_checkpoint(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    origin, size, root, *rest = bundle["checkpoint"].split("\n")
    bundle["checkpoint"] = "\n".join([origin, size, flipped(root, 0), *rest])
    assert faults(check(bundle, claim)) == ["root-differs", "signature-wrong"]


def test_another_size_in_the_checkpoint(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    origin, _size, *rest = bundle["checkpoint"].split("\n")
    bundle["checkpoint"] = "\n".join([origin, "301", *rest])
    assert faults(check(bundle, claim)) == ["other-checkpoint", "signature-wrong"]


def test_no_signature_at_all(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    bundle["verifiers"] = []
    assert faults(check(bundle, claim)) == ["no-signature"]


def test_a_key_that_is_not_its_own(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    name, identity, key = bundle["verifiers"][0].split("+", 2)
    bundle["verifiers"][0] = f"{name}+{identity}+{flipped(key, 9)}"
    assert "key-id" in faults(check(bundle, claim))


def test_a_value_in_the_store_that_the_packet_does_not_say(
    check: Check, bundle: dict[str, Any], claim: dict[str, Any]
) -> None:
    claim["digits"]["value"] = 7.5
    assert faults(check(bundle, claim)) == ["value-differs"]
    claim["digits"]["comparable"] = False  # another unit: only the digits are compared
    assert check(bundle, claim)["steps"][1]["says"] == "digits-converted"


def test_an_entry_that_is_not_the_one_in_the_proof(check: Check, bundle: dict[str, Any], claim: dict[str, Any]) -> None:
    assert faults(check(bundle, claim, flipped(bundle["entry"], 12))) == ["entry-differs"]
    assert faults(check(bundle, {**claim, "index": 4})) == ["other-entry"]


def test_an_encrypted_packet_is_proven_but_not_read(check: Check, bundle: dict[str, Any]) -> None:
    found = check(bundle, {"index": INDEX, "encrypted": True})
    assert (found["outcome"], found["steps"][1]["says"]) == ("good", "encrypted")


@pytest.mark.parametrize(("value", "says"), [(3.0, "act"), (None, "act-differs")])
def test_an_act(check: Check, tmp_path: Path, value: float | None, says: str) -> None:
    body = json.dumps({"action": "observation.supersede", "details": {"value": 3.0}}).encode()
    with Log.open(tmp_path / "acts", origin="lichen.test/acts", keys_folder=tmp_path / "keys") as acts:
        acts.append([Entry(0, "act", "", "", "ok", body).encode()])
        found = check(prove(acts, 0), {"index": 0, "act": {"value": value}}, tile=None)
    assert found["steps"][1]["says"] == says


@pytest.mark.parametrize("broken", [None, {}, {"format": "something-else/1"}])
def test_what_is_no_bundle_is_refused(page: Page, files: str, broken: Any) -> None:
    page.goto(f"{files}/")
    said = page.evaluate(
        "async ([address, bundle]) => { const { verify, Unusable } = await import(address);"
        " try { await verify(bundle, { index: 0 }); } catch (refused) { return refused instanceof Unusable; } }",
        [f"{files}/static/built/{find('verify.js').file}", broken],
    )
    assert said is True


# on the demo


def test_from_a_verdict_to_a_green_proof_in_two_clicks(demo: Any, page: Page) -> None:
    page.goto(demo.url + STATION)
    page.locator("main table td a[href*='/air/hour/']").first.click()  # 1: why this number
    expect(page.locator("#live")).to_have_attribute("data-state", "good", timeout=20_000)
    expect(page.locator(".live-state")).to_contain_text("您自己的浏览器核验的结果：成立。")
    page.locator(".proof-tree a").first.click()  # 2: the packet
    expect(page.locator("pre.packet mark")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "good", timeout=20_000)
    expect(page.locator(".proof-tree").first).to_contain_text("已对检查点签名（Ed25519），签名正确")
    page.get_by_role("button", name="改动您手中副本的一个字节试试").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "bad", timeout=20_000)
    expect(page.locator(".proof-tree > li.bad")).to_contain_text(["与封存时不同"])
    page.get_by_role("button", name="重新核验").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "good", timeout=20_000)


def test_a_proof_altered_on_its_way_turns_red_and_is_named(demo: Any, page: Page) -> None:
    def alter(route: Any) -> None:
        answer = route.fetch()
        said = answer.json()
        said["proof"][0] = flipped(said["proof"][0], 3)
        route.fulfill(response=answer, json=said)

    page.goto(demo.url + STATION)
    page.locator("main table td a[href*='/air/hour/']").first.click()
    page.locator("table a[href*='/reported/avg/']").first.click()
    page.route("**/api/v1/ledger/raw/entries/*/proof", alter)
    page.reload()
    expect(page.locator("#live")).to_have_attribute("data-state", "bad", timeout=20_000)
    expect(page.locator(".proof-tree > li.bad").last).to_contain_text("证明中的第 1 个哈希被改动过")


def test_charts_of_a_station_are_drawn_and_fit_a_phone(demo: Any, page: Page) -> None:
    page.goto(demo.url + STATION)
    expect(page.locator("#course-chart canvas")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="臭氧").click()
    expect(page.get_by_role("button", name="臭氧")).to_have_attribute("aria-pressed", "true")
    page.locator("#day-chart").scroll_into_view_if_needed()
    expect(page.locator("#day-chart canvas")).to_be_visible(timeout=20_000)
    expect(page.locator("#wind")).to_be_hidden()
    page.set_viewport_size({"width": 360, "height": 740})
    # Charts follow a new width a frame later.
    expect(page.locator("html")).to_have_js_property("scrollWidth", 360)


def test_a_city_says_how_it_is_and_ranks_its_stations(demo: Any, page: Page) -> None:
    page.goto(demo.url + STATION)
    page.locator(".crumbs a").nth(1).click()
    expect(page.locator(".said")).to_contain_text("自贡")
    stations = page.locator("#ranking ~ .table-scroll tbody tr").filter(has=page.locator("a[href^='/stations/zg-']"))
    expect(stations).to_have_count(4)
    page.locator("#compare-chart").scroll_into_view_if_needed()
    expect(page.locator("#compare-chart canvas")).to_be_visible(timeout=20_000)
    page.set_viewport_size({"width": 360, "height": 740})
    # Charts follow a new width a frame later.
    expect(page.locator("html")).to_have_js_property("scrollWidth", 360)
