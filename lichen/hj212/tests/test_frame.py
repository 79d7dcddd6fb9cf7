"""Frames out of a dirty stream: nothing lost, nothing dependent on how TCP cut the bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.hj212.crc import crc16_modbus
from lichen.hj212.deviations import catalogue, code_of
from lichen.hj212.frame import NOISE_PIECE, FrameReader, build_frame, frame_of
from lichen.hj212.tests.strategies import mutated

SEGMENT = b"QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&"
GOOD = build_frame(SEGMENT)
LOG = build_frame(
    b"QN=20240601085857223;ST=32;CN=3020;PW=123456;MN=X;Flag=9;CP=&&i11001-Info=//##0087QN=1&&\r\n##0001a//&&"
)


def read(*pieces):
    reader = FrameReader()
    frames = [frame for piece in pieces for frame in reader.feed(piece)]
    frames += reader.close()
    assert reader.pending == 0
    assert b"".join(frame.raw for frame in frames) == b"".join(pieces)
    return frames


def seen(frames):
    return [(frame.error, [code_of(text) for text in frame.warnings]) for frame in frames]


FINE = (None, [])
CASES = {
    "good": (GOOD, [FINE]),
    "two": (GOOD * 2, [FINE, FINE]),
    "## and CRLF and && inside": (LOG + GOOD, [FINE, FINE]),
    "LF": (GOOD[:-2] + b"\n" + GOOD, [(None, ["tail-lf"]), FINE]),
    "CR": (GOOD[:-1] + GOOD, [(None, ["tail-cr"]), FINE]),
    "no tail, stuck together": (GOOD[:-2] + GOOD, [(None, ["tail-missing"]), FINE]),
    "no tail, end": (GOOD[:-2], [(None, ["tail-missing"])]),
    "no tail, noise after": (GOOD[:-2] + b"zz" + GOOD, [(None, ["tail-missing"]), ("structure", ["noise"]), FINE]),
    "blank lines between": (GOOD + b"\r\n\r\n" + GOOD, [FINE, (None, ["blank-before"])]),
    "wrong CRC": (GOOD[:-6] + b"2201\r\n" + GOOD, [("crc", ["crc", "crc-impossible"]), FINE]),
    "MODBUS CRC": (GOOD[:-6] + b"%04X\r\n" % crc16_modbus(SEGMENT), [("crc", ["crc", "crc-impossible", "crc-modbus"])]),
    "no CRC": (GOOD[:-6] + b"\r\n" + GOOD, [("crc", ["crc-missing"]), FINE]),
    "no CRC, no tail": (GOOD[:-6] + GOOD, [("crc", ["crc-missing", "tail-missing"]), FINE]),
    "two CRC digits": (GOOD[:-4] + b"\r\n" + GOOD, [("crc", ["crc-short", "crc", "crc-impossible"]), FINE]),
    "CRC is no number": (GOOD[:-6] + b"WXYZ\r\n" + GOOD, [("crc", ["crc-missing"]), FINE]),
    "too long a length": (b"##0099" + GOOD[6:] + GOOD, [("length", ["length"]), FINE]),
    "far too long a length": (b"##9999" + GOOD[6:] + GOOD, [("length", ["length"]), FINE]),
    "too short a length": (b"##0080" + GOOD[6:] + GOOD, [("length", ["length"]), FINE]),
    "length 0": (b"##0000" + GOOD[6:] + GOOD, [("length", ["length"]), FINE]),
    "six-digit length": (b"##000087" + GOOD[6:] + GOOD, [("length", ["length-digits", "length"]), FINE]),
    "no ##": (GOOD[2:] + GOOD, [("structure", ["structure"]), FINE]),
    "no ## and no length": (GOOD[6:] + GOOD, [("structure", ["structure"]), FINE]),
    "###": (b"#" + GOOD, [("structure", ["noise"]), FINE]),
    "cut short": (GOOD[:50] + GOOD, [("length", ["length", "crc-missing"]), FINE]),
    "cut short at the end": (GOOD + GOOD[:50], [FINE, ("length", ["length", "crc-missing"])]),
    "longer than 1024": (build_frame(b"x" * 2000), [(None, ["length-over-limit"])]),
    "as long as four digits allow": (build_frame(b"x" * 9999), [(None, ["length-over-limit"])]),
    "noise": (b"AT+OK\r\n" + GOOD + b"\x00\xff", [("structure", ["noise"]), FINE, ("structure", ["noise"])]),
}


@pytest.mark.parametrize(("stream", "expected"), CASES.values(), ids=CASES)
def test_case(stream, expected):
    frames = read(stream)
    assert seen(frames) == expected
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == frames
    assert read(stream[:60], stream[60:]) == frames
    if len(frames) == 1:
        assert frame_of(stream) == frames[0]


def test_lower_case_crc():
    frame = build_frame(b"a34004-Rtd=1")
    lower = frame[:-6] + frame[-6:-2].lower() + b"\r\n"
    assert lower != frame
    assert seen(read(lower)) == [(None, ["crc-case"])]


def test_crc_0000_is_a_crc():  # HJ 212-2017 C.4 has it
    segment = b"QN=20160801085857223;ST=32;CN=1013;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&& PolId=w01018&&"
    assert build_frame(segment).endswith(b"&&0000\r\n")
    assert seen(read(build_frame(segment))) == [FINE]


def test_leading_zeros_dropped():  # a known bug of senders: 0000 printed as 0
    segment = b"QN=20160801085857223;ST=32;CN=1013;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&& PolId=w01018&&"
    assert seen(read(b"##0100" + segment + b"0\r\n")) == [(None, ["crc-short"])]


@settings(max_examples=200)
@given(st.lists(mutated() | st.binary(max_size=20), min_size=1, max_size=5), st.data())
def test_any_cut_gives_the_same_frames(pieces, data):
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    whole = read(stream)
    assert read(*(stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True))) == whole
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == whole


@given(st.binary(max_size=300))
def test_random_bytes_never_raise(data):
    read(data)
    read(b"##" + data)


@given(st.binary(max_size=9999))
def test_round_trip(segment):
    (frame,) = read(build_frame(segment))
    assert frame.ok
    assert frame.segment == segment


def test_noise_is_bounded_and_comes_out_whole():
    reader = FrameReader()
    pieces = (b"\x00#ab" * 4096, b"&&12\n" * 1000, b"##12" * 5000)
    total = 0
    for _ in range(20):
        for piece in pieces:
            total += sum(len(frame.raw) for frame in reader.feed(piece))
            assert reader.pending <= NOISE_PIECE + 9999 + 28
    assert total + sum(len(frame.raw) for frame in reader.close()) == 20 * sum(map(len, pieces))


def test_idle_gives_out_a_frame_that_lacks_only_its_line_end():
    reader = FrameReader()
    assert reader.feed(GOOD[:-2]) == []
    (frame,) = reader.idle()
    assert (frame.ok, [code_of(text) for text in frame.warnings]) == (True, ["tail-missing"])
    assert seen(reader.feed(b"\r\n" + GOOD)) == [(None, ["blank-before"])]


@pytest.mark.parametrize("held", [b"", b"noise", GOOD[:40], GOOD[:-3], b"##9999" + GOOD[6:-2]])
def test_idle_leaves_unfinished_frames_alone(held):
    reader = FrameReader()
    assert reader.feed(held) == []
    assert reader.idle() == []
    assert reader.pending == len(held)


def test_limit():
    reader = FrameReader(limit=100)
    assert seen(reader.feed(build_frame(b"x" * 101) + GOOD)) == [("length", ["length", "crc-missing"]), FINE]
    with pytest.raises(ValueError, match="1 to 9999"):
        FrameReader(limit=10_000)


def test_noise_is_told_from_broken_packets():
    assert [frame.is_noise for frame in read(b"AT+OK\r\n" + GOOD + GOOD[2:] + b"\r\n")] == [True, False, False, True]


def test_too_long_to_frame():
    with pytest.raises(ValueError, match="at most 9999"):
        build_frame(b"x" * 10_000)


def test_every_deviation_has_its_words():
    assert all(zh and en and not en.endswith(".") for zh, en in catalogue().values())
    assert list(catalogue()) == sorted(catalogue())
