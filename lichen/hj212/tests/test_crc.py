"""HJ 212-2017 Appendix A, HJ 212-2025 Appendix A.1 and A.2, and the fast forms of the same thing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.hj212.crc import LANES, TABLE, crc16, crc16_many, crc16_modbus, is_possible

HEAD = b";ST=32;CN=%b;PW=%b;MN=010000A8900016F000169DC0;Flag=%b;CP=&&%b&&"
A2 = (
    b"QN=20240520210700000;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&DataTime=20240520210600;"
    b"a01011-Min=1.35,a01011-Avg=1.35,a01011-Max=1.35,a01011-Flag=N;a01012-Min=9.3,a01012-Avg=9.3,a01012-Max=9.3,"
    b"a01012-Flag=N;a01014-Min=3.20,a01014-Avg=3.211,a01014-Max=3.212,a01014-Flag=N&&"
)


def as_printed(data):
    """The procedure as the standard prints it."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            lsb = register & 1
            register >>= 1
            if lsb:
                register ^= 0xA001
    return register


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0xFFFF),
        (b"1", 0x9481),
        (b"123456789", 0x2F80),
        (b"QN=20160801085857223" + HEAD % (b"1062", b"100000", b"5", b"RtdInterval=30"), 0x1C80),
        (b"QN=20240601085857223" + HEAD % (b"1011", b"123456", b"9", b""), 0x2200),
        (A2, 0x2200),
    ],
    ids=["empty", "1", "123456789", "2017 A (the text below misprints 1C08)", "2025 A.1", "2025 A.2"],
)
def test_check_values(data, expected):
    assert crc16(data) == as_printed(data) == expected


# The register after each of the 87 bytes of the example of HJ 212-2025 A.1.
TRACE = """
BC81 8581 7200 F001 5000 E981 59C0 2EC0 0A00 1380 1980 DEC1 8A81 B041 6600 3D40
0780 17C0 DBC1 4E00 E7C1 7700 D941 4B00 2200 CC01 8641 53C0 09C0 D701 8A81 B381
6180 3C00 C241 AD81 4380 2080 0CC0 D081 8941 71C0 3300 03C0 D201 6840 DA81 4A40
E381 5D80 EDC1 59C0 2EC0 0880 F6C1 9481 BDC1 65C0 3FC0 0440 17C0 18C0 F881 9601
7A80 F781 5280 EB01 5D80 CAC1 A6C1 6E80 3FC0 E2C1 6480 03C0 EB01 9E81 BA41 60C0
D941 A6C1 AB41 65C0 F141 5E40 2200
"""


def test_register_after_each_byte_of_the_example():
    segment = b"QN=20240601085857223" + HEAD % (b"1011", b"123456", b"9", b"")
    assert [f"{crc16(segment[:n]):04X}" for n in range(1, 88)] == TRACE.split()


def test_table():
    assert [f"{TABLE[i]:04X}" for i in range(8)] == ["0000", "C0C1", "C181", "0140", "C301", "03C0", "0280", "C241"]
    assert len(set(TABLE)) == 256
    assert {crc & 0xFF for crc in TABLE} == {0x00, 0x01, 0x40, 0x41, 0x80, 0x81, 0xC0, 0xC1}


def test_bytes_eight_places_apart_may_be_xored_first():
    assert tuple(TABLE[value] >> 8 for value in LANES[7]) == LANES[0]


@given(st.binary(max_size=600))
def test_folded_is_as_printed(data):
    assert crc16(data) == as_printed(data)
    assert is_possible(crc16(data))


@given(st.lists(st.binary(max_size=40), max_size=30), st.binary(max_size=9))
def test_many_are_each(segments, before):
    buffer = np.frombuffer(before + b"".join(segments), np.uint8)
    stop = len(before) + np.cumsum([len(segment) for segment in segments], dtype=np.int64)
    start = stop - np.array([len(segment) for segment in segments], dtype=np.int64)
    assert crc16_many(buffer, start, stop).tolist() == [crc16(segment) for segment in segments]


@given(st.binary(max_size=60))
def test_modbus(data):
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    assert crc16_modbus(data) == register
