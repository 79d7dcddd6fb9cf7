"""Contents as the standard misprints them and the field sends them: read, kept, named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.hj212.content import Reading, read_content
from lichen.hj212.deviations import code_of
from lichen.hj212.errors import HJ212Error, LocalError
from lichen.hj212.frame import build_frame, frame_of
from lichen.hj212.message import answer, parse
from lichen.hj212.sm4 import encrypt
from lichen.hj212.tests.strategies import mutated

HEAD = "QN=20160801085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"


def message(content="", head=HEAD, encoding="utf-8", **keys):
    return parse(frame_of(build_frame(f"{head}CP=&&{content}&&".encode(encoding))), **keys)


def codes(found):
    return [code_of(text) for text in found.warnings]


CONTENTS = {
    # content: codes, fields, values
    "2017 C.14: factor without its letter": ("01018-Rtd=1.1", ["factor-letter"], {}, [("01018", "Rtd", 1.1, None)]),
    "2017 B: capital I": ("I33400-Info=1", ["factor-case"], {}, [("I33400", "Info", 1.0, None)]),
    "2017 C.23: comma between fields": (
        "BeginTime=20160801,EndTime=20160802", ["comma"], {"BeginTime": "20160801", "EndTime": "20160802"}, [],
    ),
    "2017 C.2: blanks": (" PolId = w01018 ", ["blank"], {"PolId": "w01018"}, []),
    "comma for semicolon": (
        "a34004-Rtd=1,a34002-Rtd=2", ["comma"], {}, [("a34004", "Rtd", 1.0, None), ("a34002", "Rtd", 2.0, None)],
    ),
    "semicolon for comma": ("a34004-Rtd=1;a34004-Flag=D", [], {}, [("a34004", "Rtd", 1.0, "D")]),
    "mark first": ("a34004-Flag=D,a34004-Rtd=1", [], {}, [("a34004", "Rtd", 1.0, "D")]),
    "mark alone": ("a34004-Flag=D", [], {"a34004-Flag": "D"}, []),
    "bare mark": (
        "a34004-Rtd=1;a34002-Rtd=2,a34002-Flag=D;Flag=N", ["flag-bare"], {"Flag": "N"},
        [("a34004", "Rtd", 1.0, "N"), ("a34002", "Rtd", 2.0, "D")],
    ),
    "doubled suffix": ("LA-Rtd-Rtd=71.0,LA-Rtd-Flag=N", ["suffix-doubled"] * 2, {}, [("LA", "Rtd", 71.0, "N")]),
    "suffix in another case": ("LA-rtd=71.0,LA-flag=N", ["suffix-case"] * 2, {}, [("LA", "Rtd", 71.0, "N")]),
    "private suffix": ("a34011-Ori=178.5", ["suffix-unknown"], {}, [("a34011", "Ori", 178.5, None)]),
    "trailing separator": ("a34004-Rtd=1;", ["separator-trailing"], {}, [("a34004", "Rtd", 1.0, None)]),
    "empty item": (";;LA-Rtd=2", ["separator-trailing"], {}, [("LA", "Rtd", 2.0, None)]),
    "word without a value": ("Restart", ["item-without-equals"], {"Restart": ""}, []),
    "field twice": ("A=1;A=2;A=3", ["field-repeated"], {"A": "1", "A#2": "2", "A#3": "3"}, []),
    "empty value": ("a34004-Rtd=,a34004-Flag=B", ["value-empty"], {}, [("a34004", "Rtd", None, "B")]),
    "text for a number": ("a34004-Rtd=ERR", ["value-text"], {}, [("a34004", "Rtd", None, None)]),
    "nan for a number": ("a34004-Rtd=nan", ["value-text"], {}, [("a34004", "Rtd", None, None)]),
    "2025 ST=45: process condition as a word": ("p10101-Rtd=St", [], {}, [("p10101", "Rtd", None, None)]),
    "value of an empty range": ("a34004-Rtd=9999.99,a34004-Flag=T", [], {}, [("a34004", "Rtd", 9999.99, "T")]),
    "log with separators": (
        "i11001-Info=//a;b,c=d && ##//;PolId=x", [], {"PolId": "x"}, [("i11001", "Info", None, None)],
    ),
    "log without its end": (
        "i11001-Info=//abc;PolId=x", ["log-unclosed"], {"PolId": "x"}, [("i11001", "Info", None, None)],
    ),
    "17-digit time": ("DataTime=20160801085857000", ["datatime-digits"], {"DataTime": "20160801085857000"}, []),
    "13-digit time": ("DataTime=1470013137000", ["datatime-invalid"], {"DataTime": "1470013137000"}, []),
    "no time at all": ("DataTime=20161301085857", ["datatime-invalid"], {"DataTime": "20161301085857"}, []),
    "PNUM and PNO inside CP": ("PTYPE=1;PNUM=3;PNO=2", ["packet-number-in-cp"] * 2, {"PTYPE": "1"}, []),
    "facility states": ("SB1-RS=1;SB2-RS=0", [], {}, [("SB1", "RS", 1.0, None), ("SB2", "RS", 0.0, None)]),
    "noise day": (
        "Ldn-Data=55.1;L5-NightData=40.0", [], {}, [("Ldn", "Data", 55.1, None), ("L5", "NightData", 40.0, None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected", "fields", "values"), CONTENTS.values(), ids=CONTENTS)
def test_content(content, expected, fields, values):
    found = message(content)
    assert found.ok
    assert codes(found) == expected
    assert found.fields == fields
    assert [(r.factor, r.stat, r.value, r.mark) for r in found.values] == values
    assert found.cp == content


@pytest.mark.parametrize(
    ("cn", "content", "expected"),
    [
        ("1014", "SKCreateTime=1,NewSK=2", []),
        ("3011", "PolId=w01018,CalibrationType=0", []),
        ("3020", "BeginTime=1,EndTime=2", ["comma"]),
    ],
    ids=["2025 C.8", "2025 C.41", "2017 C.41"],
)
def test_commas_the_standard_prints_are_no_deviation(cn, content, expected):
    found = message(content, HEAD.replace("2011", cn).replace("Flag=5", "Flag=9"))
    assert codes(found) == expected


HEADERS = {
    "Flag=5CP=, C.19": ("Flag=5;", "Flag=5", ["header-unseparated"], {"flag": 5}),
    "comma, C.22": (";ST", ",ST", ["comma"], {"st": "32"}),
    "FLAG": ("Flag=", "FLAG=", ["header-case"], {"flag": 5}),
    "no QN": ("QN=20160801085857223;", "", ["qn-missing"], {"qn": None}),
    "no Flag": ("Flag=5;", "", ["flag-missing", "mn-form"], {"flag": None, "edition": "2005"}),
    "18-digit QN": ("223;", "2230;", ["qn-digits"], {"qn": "201608010858572230"}),
    "QN is no moment": ("QN=201608", "QN=201613", ["qn-digits"], {"qn": "20161301085857223"}),
    "empty PW": ("123456", "", ["pw-form"], {"pw": ""}),
    "blanks": ("MN=", "MN= ", ["blank"], {"mn": "010000A8900016F000169DC0"}),
    "order": ("ST=32;CN=2011;", "CN=2011;ST=32;", ["header-order"], {"st": "32"}),
    "PNO before PNUM": ("Flag=5;", "Flag=7;PNO=0002;PNUM=0002;", ["header-order"], {"pnum": 2, "pno": 2}),
    "split bit without numbers": ("Flag=5", "Flag=7", ["packet-number"], {"pnum": None}),
    "number beyond the total": ("Flag=5;", "Flag=7;PNUM=2;PNO=3;", ["packet-number"], {"pno": 3}),
    "RF": ("Flag=5;", "Flag=9;RF=1;", [], {"rf": 1, "is_backfill": True}),
    "RF=0": ("Flag=5;", "Flag=9;RF=0;", ["rf-value"], {"rf": 0, "is_backfill": False}),
    "Flag is no number": ("Flag=5", "Flag=N", ["flag-invalid", "mn-form"], {"flag": None}),
    "Flag too large": ("Flag=5", "Flag=300", ["flag-invalid", "mn-form"], {"flag": None}),
    "future version": ("Flag=5", "Flag=13", ["edition-unknown"], {"edition": "2025"}),
    "private field": ("ST=32;", "ST=32;X=1;", ["header-unknown"], {"fields": {"X": "1"}}),
    "field twice": ("ST=32;", "ST=32;ST=31;", ["field-repeated"], {"st": "32", "fields": {"ST#2": "31"}}),
    "unknown command": ("CN=2011", "CN=2083", ["command-unknown"], {"cn": "2083"}),
    "command of another edition": ("CN=2011", "CN=9015", ["command-edition"], {"cn": "9015"}),
    "an answer that asks to be answered": ("CN=2011", "CN=9014", ["answer-flag"], {"needs_answer": True}),
    "2025 logger without MN": (
        "CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5", "CN=1001;PW=123456;MN=;Flag=9", [], {"mn": ""},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected", "attributes"), HEADERS.values(), ids=HEADERS)
def test_header(old, new, expected, attributes):
    assert old in HEAD
    found = message(head=HEAD.replace(old, new))
    assert found.ok
    assert codes(found) == expected
    assert {name: getattr(found, name) for name in attributes} == attributes


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ("ST=32;CN=2011;MN=1;Flag=5;CP=&DataTime=1&&", "1 of two &"),
        ("ST=32;CN=2011;MN=1;Flag=5;CP=DataTime=1&&", "0 of two &"),
        ("ST=32;CN=2011;MN=1;Flag=5;CP=&&DataTime=1", "no closing &&"),
        ("ST=32;CN=2011;MN=1;Flag=5;CP=&&", "no closing &&"),
        ("ST=32;CN=2011;MN=1;Flag=5", "no CP="),
        ("ST=32;MN=1;Flag=5;CP=&&&&", "no CN"),
        ("ST=32;CN=2011;Flag=5;CP=&&&&", "no MN"),
        ("", "no CP="),
    ],
)
def test_structure(segment, words):
    found = parse(frame_of(build_frame(segment.encode())))
    assert found.error == "structure"
    assert any(words in text for text in found.warnings)


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", []), ("gbk", ["text-gbk"])], ids=["2017 6.3", "field"])
def test_chinese(encoding, expected):
    found = message("i11001-Info=//清洗管路//", encoding=encoding)
    assert found.values[0].text == "//清洗管路//"
    assert (found.encoding, codes(found)) == (encoding, expected)


def test_bytes_of_no_encoding_are_kept():
    found = message("i11001-Info=//\xff\xff//", encoding="latin-1")
    assert found.values[0].text == "//\xff\xff//"
    assert codes(found) == ["text-latin1"]


def test_content_in_lower_case_after_cp():
    found = parse(frame_of(build_frame(b"ST=32;CN=2011;PW=123456;MN=1;Flag=5;cp=&&a34004-Rtd=1&&")))
    assert found.values[0].value == 1


def test_a_headless_packet_is_read_as_far_as_it_goes():
    found = parse(frame_of(build_frame(f"{HEAD}CP=&&a34004-Rtd=1&&".encode())[2:]))
    assert (found.error, found.cn, found.values) == ("structure", "2011", (Reading("a34004", "Rtd", 1.0, "1"),))


KEY = b"0123456789abcdef"
PLAIN = f"{HEAD.replace('Flag=5', 'Flag=9')}CP=&&DataTime=20240520210600;a34004-Rtd=1.1,a34004-Flag=N&&".encode()


def sealed(key=KEY, text=False):
    start = PLAIN.index(b"CP=&&") + 5
    cipher = encrypt(PLAIN[start:-2], key)
    if text:
        whole = len(cipher) // 16 * 16
        cipher = b"{" + b",".join(b"0x%02X" % byte for byte in cipher[:whole]) + b"}" + cipher[whole:]
    segment = PLAIN[:start] + cipher + b"&&"
    return b"##%04d%b%b" % (len(segment), segment, build_frame(PLAIN)[-6:])


def test_encrypted_bytes_and_text_open_alike():
    plain = parse(frame_of(build_frame(PLAIN)))
    for raw, expected in ((sealed(), []), (sealed(text=True), ["encrypted-text"])):
        found = parse(frame_of(raw), key=KEY)
        assert (found.ok, found.encrypted, found.cp, found.values) == (True, True, plain.cp, plain.values)
        assert codes(found) == expected


def test_encrypted_text_with_the_plain_length():  # as the standard's example reads literally
    raw = b"##%04d" % len(PLAIN) + sealed(text=True)[6:]
    found = parse(frame_of(raw), key=KEY)
    assert (found.ok, found.cp.encode(), codes(found)) == (True, PLAIN[PLAIN.index(b"Data") : -2], ["encrypted-text"])


def test_without_the_right_key_it_is_a_crc_error():
    for key in (None, b"x" * 16):
        found = parse(frame_of(sealed()), key=key)
        assert (found.error, found.values, found.mn) == ("crc", (), "010000A8900016F000169DC0")


def test_an_encrypted_packet_whose_wire_bytes_fit_the_crc_by_chance_is_opened():
    base = PLAIN[: PLAIN.index(b"CP=&&") + 5]
    for number in range(20_000):  # one in 256
        content = b"DataTime=%014d;a34004-Rtd=%d" % (number, number)
        raw = b"##%04d%b&&" % (len(base + content) + 2, base + encrypt(content, KEY))
        raw += build_frame(base + content + b"&&")[-6:]
        if (frame := frame_of(raw)).ok:
            break
    assert frame.ok
    assert parse(frame, key=KEY).values[0].value == number
    assert parse(frame).error == "structure"


def test_wrong_key_size_is_our_error():
    with pytest.raises(HJ212Error, match="exactly 16"):
        message(key=b"short")


@pytest.mark.parametrize(
    ("flag", "st", "registered", "edition"),
    [
        (0, "32", None, "2005"), (3, "32", None, "2005"), (4, "32", None, "2017"), (7, "21", None, "2017"),
        (8, "32", None, "2025"), (11, "31", None, "2025"), (9, "21", None, "surface-water"),
        (9, "21", "2025", "2025"), (9, "31", "surface-water", "surface-water"), (5, "31", "2025", "2017"),
    ],
)  # fmt: skip
def test_edition(flag, st, registered, edition):
    head = HEAD.replace("Flag=5", f"Flag={flag}").replace("ST=32", f"ST={st}")
    assert message(head=head, registered=registered).edition == edition


def test_answers():  # HJ 212-2017 C.14, C.47: same QN, ST=91, Flag with the version alone
    asked = message("DataTime=20160801085857")
    assert answer(asked, "9014") == build_frame(
        b"QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&"
    )
    assert b";Flag=8;" in answer(message(head=HEAD.replace("Flag=5", "Flag=11")), "9014")
    assert b"CP=&&QnRtn=9&&" in answer(asked, "9011", QnRtn="9")
    assert answer(message(head="ST=32;CN=2011;PW=;MN=1;"), "9014")[6:-6] == b"ST=91;CN=9014;PW=;MN=1;Flag=0;CP=&&&&"
    with pytest.raises(LocalError, match="no answer"):
        answer(asked, "2011")


def test_an_answer_to_a_broken_header_can_always_be_built():
    found = message(head="QN=a#b;ST=32;CN=2011;PW=1 2;MN=数#;Flag=5;")
    assert frame_of(answer(found, "9014")).ok


@given(mutated())
def test_anything_can_be_parsed(body):
    found = parse(frame_of(body), key=KEY, previous_key=KEY)
    assert found.ok == (found.error is None)
    assert found.ok or found.warnings


@given(st.text(max_size=80))
def test_no_content_raises(text):
    read_content(text)
    read_content(f"a34004-Info=//{text}")
