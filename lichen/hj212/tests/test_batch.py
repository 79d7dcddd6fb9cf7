"""The columns and the single path say the same."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.hj212.batch import ERRORS, decode_batch
from lichen.hj212.columns import NO_TIME, Buffer, decimals, moments
from lichen.hj212.compose import compose
from lichen.hj212.content import Reading, number
from lichen.hj212.frame import build_frame, frame_of
from lichen.hj212.message import parse
from lichen.hj212.tests.strategies import NUMBERS, mutated, packets
from lichen.vocab.clock import parse_digits


def word(words, code):
    return None if code < 0 else words[code]


def sent(code):
    return None if code < 0 else int(code)


def same(a, b):
    return (a is None and math.isnan(b)) or a == b


def assert_agrees(bodies, keys=None, registered=None):
    found = decode_batch(bodies, keys, registered)
    assert (np.diff(found.frame) >= 0).all()
    for at, body in enumerate(bodies):
        message = parse(frame_of(body))
        key, previous = (keys or {}).get(message.mn, (None, None))
        message = parse(frame_of(body), key=key, previous_key=previous, registered=(registered or {}).get(message.mn))
        assert ERRORS[found.error[at]] == message.error
        assert found.ok[at] == message.ok
        assert found.time[at] == (NO_TIME if message.time_ms is None else message.time_ms)
        assert [sent(a[at]) for a in (found.flag, found.pnum, found.pno, found.rf)] == [
            message.flag, message.pnum, message.pno, message.rf,
        ]  # fmt: skip
        assert word(found.mns, found.mn[at]) == message.mn
        assert word(found.sts, found.st[at]) == message.st
        assert word(found.cns, found.cn[at]) == message.cn
        assert word(found.editions, found.edition[at]) == message.edition
        assert found.warnings.get(at, ()) == message.warnings
        rows = np.flatnonzero(found.frame == at)
        assert len(rows) == len(message.values)
        for row, reading in zip(rows, message.values, strict=True):
            assert found.factors[found.factor[row]] == reading.factor
            assert found.stats[found.stat[row]] == reading.stat
            assert word(found.marks, found.mark[row]) == reading.mark
            assert same(reading.value, found.value[row]), reading
        if at not in found.slow:
            assert message.ok
            assert not message.fields
            assert not any(reading.extra for reading in message.values)
    return found


@given(st.lists(packets(), max_size=4))
def test_agrees_on_packets(made):
    assert_agrees([frame for _, frames in made for frame in frames])


@settings(max_examples=300)
@given(st.lists(mutated(), min_size=1, max_size=6))
def test_agrees_on_mutated_packets(bodies):
    assert_agrees(bodies)


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_never_raises(bodies):
    assert_agrees(bodies)


BASE = b"QN=20240601085857223;ST=22;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&%b&&"


@pytest.mark.parametrize(
    "content",
    [
        b"DataTime=20240601085857;a34004-Rtd=1.0,a34004-Flag=N",
        b"DataTime=20240601085857;a34004-Rtd=1.0;a34004-Flag=N",
        b"DataTime=20240601085857;a34004-Rtd=1.0,a34004-Rtd=2.0",
        b"DataTime=20240601085857;a34004-Rtd=1.0,a34002-Rtd=2.0",
        b"DataTime=20240601085857,a34004-Rtd=1.0",
        b"a34004-Rtd=1.0;DataTime=20240601085857",
        b"DataTime=20240601085857;DataTime=20240601085857",
        b"DataTime=20240631085857;a34004-Rtd=1.0",
        b"DataTime=20240601085857000;a34004-Rtd=1.0",
        b"DataTime=20240601085857;a34004-Flag=N",
        b"DataTime=20240601085857;a34004-Flag=N,a34004-Rtd=1.0",
        b"DataTime=20240601085857;a34004-Rtd=1.0,a34004-Flag=",
        b"DataTime=20240601085857;a34004-Rtd=,a34004-Flag=N",
        b"DataTime=20240601085857;a34004-Rtd=1.0,a34004-Flag=N;",
        b"DataTime=20240601085857;;a34004-Rtd=1.0",
        b"DataTime=20240601085857;a34004-Rtd=1.0=2",
        b"DataTime=20240601085857;a34004-Rtd",
        b"DataTime=20240601085857;-Rtd=1",
        b"DataTime=20240601085857;a34004-=1",
        b"DataTime=20240601085857;a34004-Rtd=1.0,a34004-Flag=N,a34004-Flag=D",
        b"DataTime=20240601085857;a34004-Rtd=1.2.3;a34002-Rtd=.;a34002-Rtd=-;a21026-Rtd=-.",
        b"DataTime=20240601085857;a34004-Rtd=1;a34002-Rtd=2;a34004-Rtd=3",
        b"DataTime=20240601085857;w01018-SampleTime=20240601085800,w01018-Rtd=1",
        b"DataTime=20240601085857;a34004-Rtd=12345678901234567890",
        b"DataTime=20240601085857;a34004-Rtd=123456789012345.5",
        b"DataTime=20240601085857;a34004-Rtd=./1",
        b"DataTime=20240601085857;a34004-Flag=TdTdTdTdTd,a34004-Rtd=1",
        b"PolId=w01018",
        b"",
    ],
    ids=repr,
)
def test_agrees_on_the_edges_of_the_grammar(content):
    assert_agrees([build_frame(BASE % content)] * 2)


@pytest.mark.parametrize(
    "change",
    [
        (b"QN=20240601085857223", b"QN=20241301085857223"),
        (b"QN=20240601085857223;", b""),
        (b"QN=20240601085857223", b"QN=2024060108585722x"),
        (b"Flag=5;", b"Flag=5"),
        (b"Flag=5", b"Flag=256"),
        (b"Flag=5", b"Flag=9"),
        (b"Flag=5", b"Flag=7"),
        (b"Flag=5;", b"Flag=7;PNUM=2;PNO=2;"),
        (b"Flag=5;", b"Flag=9;RF=1;"),
        (b"Flag=5;", b"Flag=9;RF=2;"),
        (b"CN=2011;", b""),
        (b"ST=22;", b"ST=22;X=1;"),
        (b"MN=010000A8900016F000169DC0", b"MN="),
        (b"MN=010000A8900016F000169DC0", b"MN=" + b"A" * 200),
        (b"CP=&&", b"CP=&"),
    ],
    ids=repr,
)
def test_agrees_on_headers(change):
    assert_agrees([build_frame((BASE % b"DataTime=20240601085857;a34004-Rtd=1.0").replace(*change))])


def test_reads_standard_packets_together():
    values = [Reading(factor, "Rtd", 1.5, "1.5", "N") for factor in ("a34004", "a05024")]
    bodies = [
        compose(cn="2011", mn="010000A8900016F000169DC0", st="22", qn=at, time_ms=at - at % 1000, values=values)[0]
        for at in range(0, 100_000, 1000)
    ]
    found = assert_agrees(bodies)
    assert not found.slow
    assert found.value.tolist() == [1.5] * 200


def test_opens_encrypted_packets_and_knows_registered_stations():
    key = b"0123456789abcdef"
    plain = {"cn": "2011", "mn": "NM100000_0005", "st": "21", "qn": 0, "time_ms": 0, "edition": "surface-water"}
    values = [Reading("w01018", "Rtd", 1.5, "1.5", "N")]
    bodies = [compose(**plain, values=values)[0], compose(**plain, values=values, key=key)[0]]
    found = assert_agrees(bodies, {"NM100000_0005": (None, key)}, {"NM100000_0005": "2025"})
    assert found.ok.all()
    assert found.value.tolist() == [1.5, 1.5]
    assert [found.editions[code] for code in found.edition] == ["2025", "2025"]


def test_an_empty_batch():
    found = decode_batch([])
    assert len(found) == 0
    assert found.value.shape == (0,)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_decimals_are_the_nearest_float(texts):
    buffer = Buffer([text.encode() for text in texts])
    values, readable = decimals(buffer, buffer.start, buffer.stop)
    for text, value, fine in zip(texts, values, readable, strict=True):
        if fine:
            assert value == number(text)
            assert math.copysign(1, value) == math.copysign(1, float(text))


@given(st.lists(st.from_regex(r"[0-9]{14}", fullmatch=True), min_size=1, max_size=20))
def test_moments_are_those_of_the_clock(texts):
    buffer = Buffer([text.encode() for text in texts])
    expected = [parse_digits(text) for text in texts]
    assert moments(buffer, buffer.start).tolist() == [NO_TIME if e is None else e for e in expected]
