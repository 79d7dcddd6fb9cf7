"""The ledger's pages: lists, entries, what is altered is named, proofs that hold without us."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from lichen.ledger import verify_offline
from lichen.ledger.log import CHECKPOINT
from lichen.vocab.entry import Entry
from lichen.web.ledgerpages import entries, pages
from lichen.web.ledgerpages.tests.conftest import FRAME, frame

ENGLISH = {"lichen_language": "en"}


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies.load(ENGLISH)
    return client


def test_everybody_reads_the_head_and_who_signed_it(sealed: Any, client: Client) -> None:
    page = text_of(client, "/ledger/")
    assert sealed.raw_log.root().hex() in page
    for key in sealed.raw_log.verifiers:
        assert key.vkey.replace("+", "&#x2B;") in page or key.vkey in page
    assert "Ed25519" in page
    assert "SM2/SM3" in page
    assert sealed.raw_log.checkpoint().decode().splitlines()[0] in page


def test_the_newest_entry_comes_first(sealed: Any, client: Client) -> None:
    page = text_of(client, "/ledger/")
    assert page.index("/ledger/raw/5/") < page.index("/ledger/raw/0/")


def test_filters_by_station_and_verdict(sealed: Any, client: Client) -> None:
    page = text_of(client, "/ledger/?station=STATION-B")
    assert "/ledger/raw/3/" in page
    assert "/ledger/raw/2/" not in page
    page = text_of(client, "/ledger/?verdict=crc")
    assert "/ledger/raw/3/" in page
    assert "/ledger/raw/0/" not in page
    assert "/ledger/raw/" not in text_of(client, "/ledger/?station=nobody")


def test_pages_through_all_of_them(sealed: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    page = text_of(client, "/ledger/?station=STATION-A")
    assert "station=STATION-A&amp;before=2" in page
    page = text_of(client, "/ledger/?station=STATION-A&before=2")
    assert "/ledger/raw/1/" in page
    assert 'rel="next"' not in page


def test_a_filtered_page_looks_at_so_many_entries_and_offers_more(
    sealed: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed.raw_log.append([frame(9, station="STATION-A") for _ in range(600)])
    monkeypatch.setattr(entries, "LOOKED_AT", 256)
    page = text_of(client, "/ledger/?station=STATION-B")
    assert "station=STATION-B&amp;before=350" in page
    assert "/ledger/raw/3/" in text_of(client, "/ledger/?station=STATION-B&before=94")


@pytest.mark.parametrize("before", ["-1", "x", "²", "9" * 30])
def test_a_page_address_that_means_nothing_is_not_found(sealed: Any, client: Client, before: str) -> None:
    text_of(client, f"/ledger/?before={before}", 404)


def test_an_empty_ledger_says_so(web_engines: Any, db: None, english: Client) -> None:
    assert "Nothing has been sealed yet." in text_of(english, "/ledger/")
    assert "Nothing has been sealed yet." in text_of(english, "/ledger/acts/")


def test_an_entry_shows_receipt_bytes_and_proof(sealed: Any, english: Client) -> None:
    page = text_of(english, "/ledger/raw/1/")
    assert "203.0.113.7:41022" in page
    assert FRAME.replace("&", "&amp;") in page
    assert "2026-03-01 08:00:00.001" in page, "Beijing time"
    assert "Unaltered." in page
    for digest in sealed.raw_log.inclusion_proof(1):
        assert digest.hex() in page
    assert sealed.raw_log.root().hex() in page


def test_an_entry_is_explained_in_chinese_first(sealed: Any, client: Client) -> None:
    assert 'lang="zh-Hans"' in text_of(client, "/ledger/raw/1/")


def test_bytes_that_are_no_text_are_shown_in_hexadecimal(sealed: Any, client: Client) -> None:
    assert "00000000  ff 00 01" in text_of(client, "/ledger/raw/4/")
    assert b"not an entry".hex(" ") in text_of(client, "/ledger/raw/5/")


def test_there_is_no_entry_beyond_the_last(sealed: Any, client: Client) -> None:
    for path in ("/ledger/raw/6/", "/ledger/raw/6/bundle.json", "/ledger/acts/1/", f"/ledger/raw/{10**40}/"):
        text_of(client, path, 404)


def alter(file: Path, old: bytes, new: bytes) -> None:
    content = file.read_bytes()
    assert content.count(old) >= 1
    file.write_bytes(content.replace(old, new, 1))


def test_an_altered_entry_is_named(sealed: Any, client: Client, english: Client) -> None:
    alter(sealed.raw_log.path / "tile/entries/000.p/6", b"STATION-B", b"STATION-C")
    page = text_of(english, "/ledger/raw/3/")
    assert "This is not what was sealed." in page
    assert "entry 3 in tile/entries/000.p/6 is not what was sealed" in page
    assert "Unaltered." in text_of(english, "/ledger/raw/2/")
    client.cookies.clear()
    assert "第 3 条记录（文件 tile/entries/000.p/6）与封存时不同。" in text_of(client, "/ledger/raw/3/")


def test_an_altered_checkpoint_is_named(sealed: Any, english: Client) -> None:
    head = sealed.raw_log.checkpoint()
    sealed.raw_log._published = head.replace(b"\n6\n", b"\n5\n")
    assert "do not trust this log" in text_of(english, "/ledger/")
    assert "is wrong" in text_of(english, "/ledger/raw/0/")
    assert (sealed.raw_log.path / CHECKPOINT).read_bytes() == head


def test_the_downloaded_proof_holds(sealed: Any, client: Client) -> None:
    answer = client.get("/ledger/raw/2/bundle.json")
    assert answer["Content-Type"] == "application/json"
    assert "lichen-raw-2.json" in answer["Content-Disposition"]
    keys = [key.vkey for key in sealed.raw_log.verifiers]
    proven = verify_offline.verify(json.loads(answer.content), keys)
    assert proven.trusted
    assert Entry.decode(proven.entry).body.decode() == FRAME


def test_the_downloaded_program_checks_the_downloaded_proof(sealed: Any, client: Client, tmp_path: Path) -> None:
    program = tmp_path / "verify_offline.py"
    program.write_bytes(client.get("/ledger/verify_offline.py").content)
    bundle = json.loads(client.get("/ledger/raw/2/bundle.json").content)
    file = tmp_path / "proof.json"
    for expected in (0, 1):
        file.write_text(json.dumps(bundle))
        done = subprocess.run([sys.executable, program, file], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == expected, done.stdout + done.stderr
        bundle["entry"] = base64.b64encode(frame(7)).decode()


def test_an_act_says_who_why_and_when(sealed: Any, cast: dict[str, Any], english: Client) -> None:
    for path in ("/ledger/acts/", "/ledger/acts/0/"):
        page = text_of(english, path)
        assert "市局李" in page
        assert "newly installed" in page
        assert "1970-01-01 08:00" in page
        assert "registered a device" in page
    page = text_of(english, "/ledger/acts/0/")
    assert "&quot;point&quot;: &quot;p1&quot;" in page
    assert "Unaltered." in page


def test_words_of_a_sender_are_never_markup(sealed: Any, client: Client) -> None:
    sealed.raw_log.append([frame(6, station="<script>", body=b"<script>alert(1)</script>")])
    for path in ("/ledger/", "/ledger/raw/6/"):
        page = text_of(client, path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/ledger/", "/ledger/raw/0/", "/ledger/acts/", "/ledger/verify_offline.py"])
def test_is_read_only(sealed: Any, client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
