"""The command as a user calls it: a real process, its output, its exit code."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lichen.hj212.frame import build_frame
from lichen.installation import command
from lichen.ledger.log import Log

SEGMENT = (
    b"QN=20160801085857223;ST=32;CN=2011;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    b"CP=&&DataTime=20160801085857;w01018-Rtd=100.0,w01018-Flag=N&&"
)


def lichen(*arguments: str, given: bytes = b"", code: int = 0, home: Path | None = None) -> subprocess.CompletedProcess:
    import os

    environment = {**os.environ, **({"LICHEN_HOME": str(home)} if home else {})}
    done = subprocess.run(
        command(*arguments), input=given, capture_output=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return done


def test_decode_keeps_its_contract():
    good, bad = build_frame(SEGMENT), build_frame(SEGMENT)[:-6] + b"0000\r\n"
    done = lichen("hj212", "decode", "-", given=b"noise" + good + bad)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert list(first) == [
        "ok", "error", "warnings", "edition", "qn", "st", "cn", "mn", "flag", "pnum", "pno", "rf", "time", "values",
        "fields",
    ]  # fmt: skip
    assert (first["ok"], first["error"], first["edition"], first["flag"]) == (True, None, "2017", 5)
    assert first["time"] == "2016-08-01T08:58:57+08:00"
    assert first["values"] == [{"factor": "w01018", "stat": "Rtd", "value": 100.0, "text": "100.0", "mark": "N"}]
    assert (second["ok"], second["error"], second["mn"]) == (False, "crc", "010000A8900016F000169DC0")


@pytest.mark.parametrize("arguments", [("no-such-file",), ("-", "--key", "short")])
def test_decode_refuses_unusable_arguments(arguments):
    assert lichen("hj212", "decode", *arguments, code=2).stderr


def test_evaluate_passes_rows_through_and_judges_by_date(tmp_path):
    rows = "name,time,pm25,pm10\n甲,2026-02-28T12:00:00+08:00,70,\n乙,2026-03-01T12:00:00+08:00,70,\n"
    (tmp_path / "in.csv").write_text(rows, encoding="utf-8")
    lichen("evaluate", "air", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--period", "hour")
    out = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"))))
    assert [row["name"] for row in out] == ["甲", "乙"]
    assert [row["edition"] for row in out] == ["HJ 633-2012", "HJ 633-2026"]
    assert [row["class"] for row in out] == ["良", "轻度污染"]  # HJ 633: 75 µg/m³ is the limit of 良 before, 60 after


def test_evaluate_names_an_unknown_element_and_the_known_ones(tmp_path):
    (tmp_path / "in.csv").write_text("time,pm25\n", encoding="utf-8")
    done = lichen("evaluate", "aether", str(tmp_path / "in.csv"), code=2)
    assert b"aether" in done.stderr
    assert b"air" in done.stderr


def test_verify_names_what_was_altered(tmp_path):
    folder = tmp_path / "ledger" / "raw"
    with Log.open(folder, origin="lichen.test/raw", keys_folder=tmp_path / "keys") as log:
        log.append([b"entry %d" % number for number in range(300)])
    assert b"all holds" in lichen("ledger", "verify", home=tmp_path).stdout
    bundle = folder / "tile/entries/000"
    raw = bytearray(bundle.read_bytes())
    raw[raw.index(b"entry 7") + 6] ^= 1
    bundle.write_bytes(raw)
    said = lichen("ledger", "verify", home=tmp_path, code=1).stdout.decode()
    assert "tile/entries/000" in said
    assert " 7" in said


def test_prove_and_verify_a_bundle(tmp_path):
    with Log.open(tmp_path / "ledger/raw", origin="lichen.test/raw", keys_folder=tmp_path / "keys") as log:
        log.append([b"a", b"b", b"c"])
    lichen("ledger", "prove", "1", "-o", str(tmp_path / "bundle.json"), home=tmp_path)
    lichen("ledger", "verify", str(tmp_path / "bundle.json"))
    said = json.loads((tmp_path / "bundle.json").read_text())
    (tmp_path / "forged.json").write_text(json.dumps({**said, "index": 2}))
    lichen("ledger", "verify", str(tmp_path / "forged.json"), code=1)
    assert b"no entry 7" in lichen("ledger", "prove", "7", home=tmp_path, code=1).stderr


def test_a_missing_ledger_is_a_sentence_not_a_trace(tmp_path):
    assert b"no log here" in lichen("ledger", "verify", home=tmp_path, code=1).stderr


def test_bench_names_what_it_can_measure():
    assert b"codec" in lichen("bench", "nothing", code=2).stderr


def test_a_taken_port_is_said_before_anything_starts(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = lichen("demo", "--port", port, home=tmp_path, code=1)
    assert f"port {port} for the web is taken".encode() in done.stderr


def body_of(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.read().decode()


def test_import_takes_all_rows_or_the_good_ones_when_told(demo, tmp_path):
    point = "tj-zhongshan-north-road"
    good = f"point,time,pm25\n{point},2020-03-02 08:00,61\n{point},2020-03-02 09:00,62\n"
    bad = good + f"{point},2020-03-02 10:00,about 63\n"
    for name, text in (("good.csv", good), ("bad.csv", bad), ("none.csv", "a,b\n1,2\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")

    def bring(name, *options, code, element="air"):
        source = str(tmp_path / name)
        done = lichen("import", element, source, "--period", "hour", *options, code=code, home=demo.home)
        return done.stdout.decode() + done.stderr.decode()

    def entries():
        with Log.open(demo.home / "ledger" / "raw", readonly=True) as log:
            sealed = log.read(max(0, log.size - 2000), log.size)
        return [entry for entry in sealed if b"tj-zhongshan-north-road,2020-03-02" in entry]

    said = bring("bad.csv", "--dry-run", code=1)
    assert "C4 'about 63': 不是数值。" in said
    assert "3 rows, 2 without a fault, 1 faults; nothing was taken" in said
    assert "--partial" in bring("bad.csv", code=1)
    assert "Exactly one column" in bring("none.csv", code=2)
    assert entries() == []
    assert "2 rows taken" in bring("bad.csv", "--partial", code=1)
    assert "2 rows taken" in bring("good.csv", code=0)
    address = f"{demo.url}/why/{point}/pm25/hour/20200302090000/reported/avg/"
    for _ in range(300):
        page = body_of(address)
        if "good.csv" in page:
            break
        time.sleep(0.1)  # until it is sealed and taken in
    assert "good.csv" in page


def test_import_without_a_running_installation_says_so(tmp_path):
    (tmp_path / "a.csv").write_text("point,time,pm25\nP1,2020-03-02 08:00,1\n", encoding="utf-8")
    assert b"no stream" in lichen("import", "air", str(tmp_path / "a.csv"), code=2, home=tmp_path).stderr
