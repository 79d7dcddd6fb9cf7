"""What we write can be read again, keeps to the standard, and is split and encrypted as it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.hj212.compose import CONTENT_LIMIT, SEGMENT_LIMIT, compose, is_encrypted_command, items_of
from lichen.hj212.content import Reading
from lichen.hj212.deviations import code_of
from lichen.hj212.errors import ComposeError, HJ212Error
from lichen.hj212.frame import FrameReader, build_frame, frame_of
from lichen.hj212.message import parse
from lichen.hj212.sm4 import decrypt, encrypt, read_byte_dump
from lichen.hj212.tests.strategies import LOGS, TEXTS, packets
from lichen.vocab.clock import format_digits

MN = "010000A8900016F000169DC0"
USUAL = {"cn": "2011", "mn": MN, "st": "32", "qn": "20160801085857223"}
OURS = {"mn-form", "edition-ambiguous", "command-edition", "factor-letter", "suffix-unknown", "value-text"}


def one(**arguments):
    (frame,) = compose(**{**USUAL, **arguments})
    return frame


@given(packets(), st.data())
def test_round_trip_under_any_cut(made, data):
    arguments, frames = made
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = FrameReader()
    read = [f for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for f in reader.feed(stream[a:b])]
    messages = [parse(frame, registered=arguments["edition"]) for frame in read]
    assert len(messages) == len(frames)
    assert [reading for message in messages for reading in message.values] == arguments["values"]
    for number, message in enumerate(messages):
        assert message.ok
        assert {code_of(text) for text in message.warnings} <= OURS
        assert len(message.frame.segment) <= SEGMENT_LIMIT
        assert len(message.cp.encode()) <= CONTENT_LIMIT
        later = number if len(messages) > 1 else 0
        assert message.qn == format_digits(arguments["qn"] + later, 17)
        assert message.time_ms == arguments["time_ms"]
        for name in ("cn", "mn", "st", "pw", "edition", "needs_answer"):
            assert getattr(message, name) == arguments[name]
        assert message.is_backfill == arguments["backfill"]
        assert message.is_split == (len(messages) > 1)
        if message.is_split:
            assert (message.pnum, message.pno) == (len(messages), number + 1)


@given(st.dictionaries(st.sampled_from(["PolId", "InfoId", "RtdInterval", "Text"]), TEXTS | LOGS), LOGS)
def test_fields_and_logs_round_trip(fields, log):
    fields = {
        name: text.replace("//;", "").replace("//,", "") for name, text in fields.items() if "//" not in text[2:-2]
    }
    if "//" in log[2:-2]:
        return
    values = [Reading("i11001", "Info", None, log)]
    try:
        (frame,) = compose(**USUAL, fields=fields, values=values)
    except ComposeError:
        return
    message = parse(frame_of(frame))
    assert message.ok
    assert message.fields == fields
    assert message.values == tuple(values)


PRINTED = [
    (
        "2017 C.6",
        "1062",
        {"pw": "100000", "needs_answer": True, "fields": {"RtdInterval": "30"}},
        b"PW=100000;MN=%b;Flag=5;CP=&&RtdInterval=30&&",
    ),
    (
        "2017 C.36",
        "3017",
        {"fields": {"PolId": "w01018", "CstartTime": "000000", "CTime": "2"}},
        b"Flag=4;CP=&&PolId=w01018;CstartTime=000000;CTime=2&&",
    ),
    (
        "2017 C.15",
        "2021",
        {"needs_answer": True, "time_ms": 1470013137000, "items": ["SB1-RS=1", "SB2-RS=0"]},
        b"Flag=5;CP=&&DataTime=20160801085857;SB1-RS=1;SB2-RS=0&&",
    ),
    (
        "2025 C.8",
        "1014",
        {
            "edition": "2025",
            "needs_answer": True,
            "field_separator": ",",
            "fields": {"SKCreateTime": "1", "NewSK": "2"},
        },
        b"Flag=9;CP=&&SKCreateTime=1,NewSK=2&&",
    ),
    (
        "2025 RF",
        "2061",
        {
            "edition": "2025",
            "needs_answer": True,
            "backfill": True,
            "time_ms": 1717196400000,
            "values": [Reading("a34013", "Avg", 7.5, "7.5", "N")],
        },
        b"Flag=9;RF=1;CP=&&DataTime=20240601070000;a34013-Avg=7.5,a34013-Flag=N&&",
    ),
]


@pytest.mark.parametrize(("clause", "cn", "arguments", "ending"), PRINTED, ids=[row[0] for row in PRINTED])
def test_as_the_standard_prints_it(clause, cn, arguments, ending):
    segment = frame_of(one(cn=cn, **arguments)).segment
    assert segment.startswith(b"QN=20160801085857223;ST=32;CN=" + cn.encode())
    assert segment.endswith(ending % MN.encode() if b"%b" in ending else ending)


def test_split_as_in_the_standard():  # HJ 212-2017 C.50
    values = [
        Reading(factor, stat, 1.0, "1.0", "N")
        for factor in (f"w{number:05d}" for number in range(30))
        for stat in ("Cou", "Min", "Avg", "Max")
    ]
    frames = compose(**USUAL, needs_answer=True, time_ms=0, values=values, fields={"PolId": "x"})
    messages = [parse(frame_of(frame)) for frame in frames]
    assert len(messages) > 1
    assert [m.qn for m in messages] == [f"20160801085857{223 + number}" for number in range(len(messages))]
    assert {m.flag for m in messages} == {7}
    assert {m.time_ms for m in messages} == {0}
    assert {m.fields["PolId"] for m in messages} == {"x"}
    assert [r for m in messages for r in m.values] == values
    assert all(len({r.factor for r in m.values}) * 4 == len(m.values) for m in messages)  # never inside an item


@given(st.integers(100, 1100))
def test_every_size_near_the_limit_stays_within_it(size):
    text = "9" * 100
    items = [f"a{number:05d}-Rtd={text}"[: 13 + size // 9] for number in range(9)]
    for frame in compose(**USUAL, time_ms=0, items=items):
        message = parse(frame_of(frame))
        assert message.ok
        assert len(message.frame.segment) <= 1024
        assert len(message.cp) <= 950


WRONG = {
    "unknown edition": ({"edition": "2018"}, "known: 2005"),
    "RF before 2025": ({"backfill": True}, "2025 only"),
    "separator in a header field": ({"mn": "a;b"}, "letters and digits"),
    "Chinese in a header field": ({"pw": "密码"}, "letters and digits"),
    "separator in a value": ({"fields": {"A": "1;2"}}, "only inside"),
    "blank around a value": ({"fields": {"A": " 1"}}, "no blanks"),
    "separator in a name": ({"fields": {"A=B": "1"}}, "name"),
    "no name": ({"fields": {"": "1"}}, "name"),
    "log without end": ({"fields": {"A": "//x"}}, "between // and //"),
    "log that ends early": ({"fields": {"A": "//x//;y//"}}, "no // before"),
    "item longer than a packet": ({"items": ["a-Rtd=" + "1" * 950]}, "has room for"),
    "fields longer than a packet": ({"fields": {"A": "1" * 951}}, "cannot be split"),
    "QN that cannot be counted on": ({"qn": "1", "items": ["a-Rtd=1"] * 200}, "17 digits"),
}


@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_written(arguments, words):
    with pytest.raises(ComposeError, match=words):
        one(**arguments)


def test_long_packets_on_request():
    frame = one(items=["a-Rtd=" + "1" * 3000], limit=9999)
    assert frame_of(frame).ok


@given(st.binary(max_size=100), st.binary(min_size=16, max_size=16))
def test_sm4_there_and_back(content, key):
    sealed = encrypt(content, key)
    assert len(sealed) == len(content)
    assert decrypt(sealed, key) == content
    assert sealed[len(content) // 16 * 16 :] == content[len(content) // 16 * 16 :]


def test_sm4_vector():  # GB/T 32907-2016, Appendix A.1
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    assert encrypt(key, key).hex() == "681edf34d206965e86b3e94f536e4246"
    with pytest.raises(HJ212Error, match="exactly 16"):
        encrypt(b"", b"short")


def test_sm4_first_blocks_of_the_standard():  # HJ 212-2025, Appendix A.2
    sealed = encrypt(b"DataTime=20240520210600;a01011-Min=1.35,a01011-Avg=1.35", b"0" * 16)
    assert sealed[:32].hex().upper() == "E43E159ACFAB242CB53155FB8B9281A1A242577ABFAED881BE88B72D69FC55ED"
    printed = b"{" + b", ".join(b"0x%02X" % byte for byte in sealed[:32]) + b"}" + sealed[32:]
    assert read_byte_dump(printed) == sealed
    assert read_byte_dump(b"{0xZZ}") is None


@given(packets())
def test_encrypted_round_trip(made):
    arguments, frames = made
    key = b"0123456789abcdef"
    sealed = compose(**arguments, key=key)
    assert [len(frame) for frame in sealed] == [len(frame) for frame in frames]
    for frame, plain in zip(sealed, frames, strict=True):
        assert frame[-6:] == plain[-6:]  # the CRC is that of the plain segment
        assert parse(frame_of(frame), key=key).values == parse(frame_of(plain)).values


def test_which_commands_are_encrypted():  # HJ 212-2025, 6.4.4
    wanted = {"1011": False, "1014": True, "2000": True, "2999": True, "3019": False, "3020": True, "9014": False}
    assert {cn: is_encrypted_command(cn) for cn in wanted} == wanted


def test_items_keep_what_belongs_together():
    extra = (("SampleTime", "20240123110306"),)
    values = [
        Reading("a", "Rtd", 1.0, "1", "N", extra),
        Reading("a", "ZsRtd", 1.0, "1", "N", extra),
        Reading("a", "Rtd", 2.0, "2", "N", extra),
        Reading("b", "Rtd", 3.0, "3"),
    ]
    assert items_of(values) == [
        "a-SampleTime=20240123110306,a-Rtd=1,a-ZsRtd=1,a-Flag=N",
        "a-SampleTime=20240123110306,a-Rtd=2,a-Flag=N",
        "b-Rtd=3",
    ]


def test_frames_of_a_2005_packet_without_qn():
    frame = one(qn=None, edition="2005", mn="14513567846884")
    assert frame == build_frame(b"ST=32;CN=2011;PW=123456;MN=14513567846884;Flag=0;CP=&&&&")
