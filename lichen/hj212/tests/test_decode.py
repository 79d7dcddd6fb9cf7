"""``lichen hj212 decode``: the object's shape, the errors' words, the exit codes."""

import io
import json
import subprocess
import sys

import pytest

from lichen.hj212.compose import compose
from lichen.hj212.content import Reading
from lichen.hj212.decode import decode_stream, read_key, run
from lichen.hj212.errors import HJ212Error

VALUES = [Reading("w01018", "Rtd", 100.0, "100.0", "N", (("SampleTime", "20240123110306"),))]
USUAL = {"cn": "2011", "mn": "010000A8900016F000169DC0", "st": "32", "needs_answer": True, "time_ms": 1470013137000}
GOOD = compose(**USUAL, qn="20160801085857223", values=VALUES, fields={"PolId": "w01018"})[0]
KEYS = [
    "ok",
    "error",
    "warnings",
    "edition",
    "qn",
    "st",
    "cn",
    "mn",
    "flag",
    "pnum",
    "pno",
    "rf",
    "time",
    "values",
    "fields",
]


def test_the_object():
    (found,) = decode_stream(io.BytesIO(GOOD))
    assert list(found) == KEYS
    assert found == {
        "ok": True, "error": None, "warnings": [], "edition": "2017", "qn": "20160801085857223", "st": "32",
        "cn": "2011", "mn": "010000A8900016F000169DC0", "flag": 5, "pnum": None, "pno": None, "rf": None,
        "time": "2016-08-01T08:58:57+08:00",
        "values": [{"factor": "w01018", "stat": "Rtd", "value": 100.0, "text": "100.0", "mark": "N"}],
        "fields": {"PolId": "w01018", "w01018-SampleTime": "20240123110306"},
    }  # fmt: skip


def test_errors_in_order():
    stream = GOOD + GOOD[:-6] + b"0000\r\n" + b"##9999" + GOOD[6:] + GOOD[2:] + GOOD
    assert [(found["ok"], found["error"]) for found in decode_stream(io.BytesIO(stream))] == [
        (True, None), (False, "crc"), (False, "length"), (False, "structure"), (True, None),
    ]  # fmt: skip
    assert {found["cn"] for found in decode_stream(io.BytesIO(stream))} == {"2011"}


def test_noise_is_no_packet_but_is_told():
    found = list(decode_stream(io.BytesIO(b"AT+OK\r\n" + GOOD + b"\r\n\r\nzz")))
    assert [one["warnings"] for one in found] == [["noise: bytes outside any packet: 5 before this packet"]]


def test_nothing_in_nothing_out():
    assert list(decode_stream(io.BytesIO(b""))) == []


def test_nothing_readable_has_no_edition():
    (found,) = decode_stream(io.BytesIO(b"##0004abcd"))
    assert (found["ok"], found["edition"], found["values"], found["fields"]) == (False, None, [], {"abcd": ""})


def test_run_reads_files_and_opens_encrypted_packets(tmp_path):
    path = tmp_path / "packets"
    path.write_bytes(compose(**{**USUAL, "edition": "2025"}, qn=0, values=VALUES, key=b"0123456789abcdef")[0])
    for key in ("0123456789abcdef", b"0123456789abcdef".hex()):
        out, err = io.StringIO(), io.StringIO()
        assert run(str(path), key, out, err) == 0
        (line,) = out.getvalue().splitlines()
        assert json.loads(line)["values"][0]["value"] == 100.0
        assert err.getvalue() == ""
    out = io.StringIO()
    assert run(str(path), None, out, io.StringIO()) == 0
    assert json.loads(out.getvalue())["error"] == "crc"


def test_chinese_stays_chinese(tmp_path):
    path = tmp_path / "packets"
    path.write_bytes(compose(**USUAL, qn=0, items=["i11001-Info=//清洗管路//"])[0])
    out = io.StringIO()
    run(str(path), None, out, io.StringIO())
    assert "//清洗管路//" in out.getvalue()


@pytest.mark.parametrize(("path", "key"), [("nowhere", None), (".", None), ("-", "short")])
def test_unusable_arguments(tmp_path, path, key):
    out, err = io.StringIO(), io.StringIO()
    assert run(str(tmp_path / path) if path != "-" else path, key, out, err) == 2
    assert out.getvalue() == ""
    assert err.getvalue().count("\n") == 1


def test_standard_input_is_answered_packet_by_packet():
    code = "import sys; from lichen.hj212.decode import run; sys.exit(run('-', None, sys.stdout, sys.stderr))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(GOOD)
        assert json.loads(process.stdout.readline())["ok"]  # before standard input ends
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_keys():
    assert read_key("30" * 16) == read_key("0" * 16) == b"0" * 16
    with pytest.raises(HJ212Error, match="16 ASCII characters or 32 hexadecimal digits"):
        read_key("密" * 16)
