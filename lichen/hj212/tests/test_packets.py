"""Each published packet says exactly what its line in packets.jsonl expects."""

import json
from pathlib import Path

import pytest

from lichen.hj212.crc import crc16
from lichen.hj212.decode import as_json
from lichen.hj212.deviations import code_of
from lichen.hj212.frame import FrameReader
from lichen.hj212.message import parse

# Not splitlines: the encrypted packet holds U+0085, which Python takes for a line end.
LINES = (Path(__file__).parent / "packets.jsonl").read_text("utf-8").strip().split("\n")
PACKETS = {packet["id"]: packet for packet in map(json.loads, LINES)}
KEY = b"0" * 16


def value(message, factor, stat="Rtd"):
    return next(r for r in message.values if (r.factor, r.stat) == (factor, stat))


def factors(message):
    return list(dict.fromkeys(reading.factor for reading in message.values))


# id → error, codes of the warnings in order, and what else is remarkable as a function of the message
EXPECTED = {
    "S001": (
        "length",
        ["length", "crc-missing"],
        lambda m: (m.cn, m.edition, m.frame.declared_length) == ("9021", "2005", 400),
    ),
    "S002": (
        "crc",
        ["crc", "qn-missing", "flag-missing"],
        lambda m: (m.edition, factors(m)) == ("2005", ["B01", "011", "060"]),
    ),
    "S003": (
        "crc",
        ["crc-case", "crc", "crc-impossible", "mn-form", "suffix-unknown", "separator-trailing"],
        lambda m: value(m, "a34011", "Ori").value == 178.5465,
    ),
    "S004": (
        None,
        ["length-over-limit", "qn-missing"],
        lambda m: (
            (m.edition, m.flag, m.pnum, m.pno, m.needs_answer) == ("2005", 2, 2, 1, False)
            and value(m, "33", "Max").mark == "T"
            and len(m.values) == 57
        ),
    ),
    "S005": (None, ["crc-case", "qn-missing", "flag-missing"], lambda m: m.frame.crc_text == "1dc0"),
    "S006": (
        None,
        ["tail-lf", "qn-missing", "flag-missing", "datatime-digits"],
        lambda m: m.fields == {"DataTime": "20160824003817000"},
    ),
    "S007": (
        "crc",
        ["crc", "header-order", "flag-missing", "suffix-unknown", "suffix-unknown"],
        lambda m: (m.pnum, m.pno, m.flag) == (2, 2, None) and value(m, "a01006", "ValidNum").value == 10,
    ),
    "S008": ("crc", ["crc", "mn-form"], lambda m: m.st == "27" and value(m, "o31104").value == 29),
    "S009": (
        "length",
        ["length", "crc-case", "crc", "mn-form"],
        lambda m: len(m.frame.segment) == 137 and m.frame.declared_length == 131,
    ),
    "S010": ("crc", ["crc", "mn-form"], lambda m: m.st == "32" and value(m, "O3").value == 63.4),
    "S011": (
        "crc",
        ["crc", "mn-form", "suffix-doubled", "suffix-doubled"],
        lambda m: (value(m, "LA").value, value(m, "LA").mark) == (71.0, "N"),
    ),
    "S012": (
        "length",
        ["length", "crc", "qn-digits", "mn-form", "flag-bare", "datatime-digits"],
        lambda m: m.time_ms == 1732365750000 and {r.mark for r in m.values} == {"N"} and len(m.frame.segment) == 202,
    ),
    "S013": (
        None,
        ["mn-form"],
        lambda m: (
            (m.pnum, m.pno, m.needs_answer, m.is_split) == (2, 2, False, True)
            and {"a21018", "w01018"} <= set(factors(m))
        ),
    ),
    "S014": (
        None,
        ["tail-lf", "header-order", "mn-form"],
        lambda m: m.qn == "20190424002721168" and m.time_ms == 1555345800000,
    ),
    "S015": (None, ["tail-lf", "header-order", "mn-form"], lambda m: m.cn == "2061"),
    "S016": (
        None,
        [],
        lambda m: value(m, "w01008").extra == (("SampleTime", "20231008123340"),) and value(m, "w01008").mark is None,
    ),
    "S017": (
        None,
        ["mn-form"],
        lambda m: all(value(m, f, "ZsRtd").mark == "N" for f in factors(m)) and m.mn == "411420sibo0606",
    ),
    "S018": (None, [], lambda m: m.frame.crc_text == "2800"),
    "S019": (None, ["tail-lf", "header-order", "mn-form"], lambda m: m.time_ms == 1555345800000 + 600_000),
    "S020": (None, ["mn-form"], lambda m: m.st == "32" and {r.mark for r in m.values} == {"D"}),
    "S021": (None, ["mn-form"], lambda m: m.rf is None and value(m, "a01013").value == -0.052),
    "S022": (None, ["qn-missing", "flag-missing"], lambda m: m.edition == "2005" and value(m, "B01").mark is None),
    "S023": (None, [], lambda m: (m.cn, m.fields, m.frame.crc_text) == ("1062", {"RtdInterval": "30"}, "1C80")),
    "S024": (None, ["mn-form"], lambda m: value(m, "a00000").value == 0),
    "S025": (None, ["qn-digits", "flag-missing", "mn-form"], lambda m: m.qn == "20180507000558" and m.flag is None),
    "S026": (None, ["mn-form"], lambda m: value(m, "a05024", "Avg").value == 63 and m.mn == "JLYP01_AIR01_0001"),
    "S027": (None, ["mn-form"], lambda m: value(m, "w01018").extra == (("SampleTime", "20240123110306"),)),
    "S028": (None, ["crc-case", "mn-form"], lambda m: value(m, "a2106").text == "0.036"),
    "S029": (None, [], lambda m: {r.mark for r in m.values} == {None} and "LA" in factors(m)),
    "S030": (None, [], lambda m: (m.edition, m.cp, m.fields, m.values) == ("2025", "", {}, ())),
    "S031": (None, [], lambda m: len(m.cp) == 208 and value(m, "a01014", "Max").text == "3.212" and not m.encrypted),
    "S032": (
        "crc",
        ["crc", "binary-content", "text-latin1"],
        lambda m: not m.values and not m.fields,
    ),  # without its key; with it below
    "S033": (
        "crc",
        ["crc-case", "crc", "crc-impossible", "crc-modbus", "mn-form", "separator-trailing", "command-unknown"],
        lambda m: m.fields["s10003"] == "23.2" and len(m.fields) == 19,
    ),
    "S034": (
        None,
        ["edition-ambiguous"],
        lambda m: m.edition == "surface-water" and {r.stat for r in m.values} == {"Avg"},
    ),
    "S035": (
        None,
        ["edition-ambiguous"],
        lambda m: (
            (m.edition, m.time_ms) == ("surface-water", 1606654801000) and value(m, "w20119", "Avg").text == "0.00000"
        ),
    ),
    "S036": (None, ["edition-ambiguous"], lambda m: (m.cn, m.flag, m.needs_answer) == ("9014", 8, False)),
    "S037": ("structure", ["structure", "flag-missing"], lambda m: value(m, "01").value == 0.1),
    "S038": (None, [], lambda m: [r.stat for r in m.values if r.factor == "w01001"] == ["Min", "Avg", "Max"]),
    "S039": (None, [], lambda m: (m.pnum, m.pno, m.needs_answer) == (2, 2, True)),
    "S040": (None, [], lambda m: m.field("Ctime") == m.field("CTime") == "2"),
    "S041": (None, [], lambda m: m.fields == {"MinInterval": "10"}),
    "S042": (
        None,
        [],
        lambda m: (
            value(m, "i11001", "Info").text == "//清洗管路//"
            and m.frame.declared_length == 152
            and m.encoding == "utf-8"
        ),
    ),
    "S043": (None, [], lambda m: m.fields == {"PolId": "w01018", "SystemTime": "20160801085857"}),
    "S044": (
        None,
        ["blank"],
        lambda m: m.fields == {"PolId": "w01018"} and m.cp == " PolId=w01018" and m.frame.crc_text == "0000",
    ),
    "S045": (None, [], lambda m: m.fields == {"NewPW": "654321"}),
    "S046": (None, [], lambda m: (m.cn, m.cp) == ("2012", "")),
    "S047": (None, [], lambda m: [(r.factor, r.value) for r in m.values] == [("e01001", 1.1), ("e01001", 2.2)]),
    "S048": (None, [], lambda m: value(m, "w01018", "SN").text == "010000A8900016F000169DC1"),
    "S049": (None, [], lambda m: (m.pnum, m.pno, m.qn) == (2, 1, "20160801085857534") and m.time_ms == 1470009600000),
    "S050": (
        None,
        [],
        lambda m: [(r.factor, r.stat, r.value) for r in m.values] == [("SB1", "RS", 1), ("SB2", "RS", 0)],
    ),
    "S051": (None, ["mn-form", "command-edition"], lambda m: (m.cn, m.fields) == ("9021", {"Data": "0BBE"})),
    "S052": (None, [], lambda m: m.fields == {"SKCreateTime": "20240601085857223", "NewSK": "0" * 16}),
    "S053": (None, [], lambda m: (m.cn, m.flag, m.edition) == ("9013", 8, "2025")),
    "S054": (None, [], lambda m: (m.rf, m.is_backfill, m.needs_answer) == (1, True, True)),
    "S055": (None, [], lambda m: m.fields == {"PolId": "w01018", "CalibrationType": "0"}),
    "S056": (
        None,
        [],
        lambda m: (
            [(r.stat, r.value) for r in m.values] == [("SampleRd", 15.3), ("StandardValue", 12), ("ResultType", 1)]
        ),
    ),
    "S057": (None, [], lambda m: (m.cn, m.edition) == ("9015", "2025")),
}


def read(packet):
    raw = packet["raw"].encode(packet["encoding"])
    reader = FrameReader()
    (frame,) = reader.feed(raw) + reader.close()
    assert frame.raw == raw
    return frame


def test_every_packet_is_expected():
    assert set(EXPECTED) == set(PACKETS)


@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
def test_packet(packet):
    error, codes, remarkable = EXPECTED[packet["id"]]
    frame = read(packet)
    message = parse(frame)
    assert message.error == error
    assert message.ok == (error is None)
    assert [code_of(text) for text in message.warnings] == codes
    assert as_json(message)["error"] == error
    if remarkable is not None:
        assert remarkable(message), packet["expect"]
    # The facts of the line itself
    assert len(frame.segment) == packet["actual_length"]
    assert frame.declared_length == packet["declared_length"]
    assert (len(frame.segment) == frame.declared_length) == packet["length_ok"]
    assert frame.crc_text == (packet["crc_in_packet"] or "")
    assert ("tail-lf" in codes) == (packet["tail"] == "LF")
    if packet.get("crc_ok_over_wire_bytes", True):
        assert f"{crc16(frame.segment):04X}" == packet["crc_calculated"]
        assert frame.ok == (packet["crc_ok"] and packet["length_ok"])


def test_the_encrypted_packet_is_its_plain_twin():  # HJ 212-2025, Appendix A.2
    plain, sealed = parse(read(PACKETS["S031"])), parse(read(PACKETS["S032"]), key=KEY)
    assert sealed.ok
    assert sealed.encrypted
    assert (sealed.cp, sealed.values, sealed.warnings) == (plain.cp, plain.values, ())
    old = parse(read(PACKETS["S032"]), key=b"1" * 16, previous_key=KEY)
    assert old.ok
    assert [code_of(text) for text in old.warnings] == ["key-previous"]
    assert parse(read(PACKETS["S032"]), key=b"1" * 16).error == "crc"


def test_the_registered_edition_decides_about_flag_9():
    assert parse(read(PACKETS["S034"]), registered="2025").edition == "2025"
    assert parse(read(PACKETS["S030"]), registered="surface-water").edition == "surface-water"


def test_all_packets_in_one_stream():
    stream = b"".join(packet["raw"].encode(packet["encoding"]) for packet in PACKETS.values())
    reader = FrameReader()
    frames = [frame for at in range(0, len(stream), 7) for frame in reader.feed(stream[at : at + 7])] + reader.close()
    assert [parse(frame).error for frame in frames] == [EXPECTED[name][0] for name in PACKETS]
