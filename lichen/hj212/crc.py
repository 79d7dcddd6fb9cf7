"""The CRC of HJ 212 (HJ 212-2017 Appendix A; HJ 212-2025 Appendix A.1: identical).

The published procedure shifts the high byte of the register into the next step and forgets the low one:
``register = T[(register >> 8) ^ byte]`` where T is the table of CRC-16 with polynomial A001. Three consequences:

- Only 256 values can occur. A random error passes one time in 256: the CRC is no proof of integrity.
- A received CRC outside these 256 values cannot be right (`is_possible`); most often the sender computes CRC-16/MODBUS.
- Writing H for "high byte of T", the state after n bytes is the XOR of H applied k times to the byte k places before
  the end. H is linear over GF(2), invertible, and **its eighth power is the identity**. So bytes eight places apart may
  be XORed together first: the CRC of a packet is the XOR of its 64-bit words followed by eight table look-ups. That
  is how it is computed here, for one segment (`crc16`) and for many at once (`crc16_many`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def _steps(register: int) -> int:
    for _ in range(8):
        register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return register


#: T[i]: the register after the eight shifts of the standard, started from i.
TABLE = tuple(_steps(i) for i in range(256))


def _lanes() -> tuple[tuple[int, ...], ...]:
    lanes = [tuple(range(256))]
    for _ in range(7):
        lanes.append(tuple(TABLE[value] >> 8 for value in lanes[-1]))
    return tuple(lanes)


#: LANES[k][b]: what a byte b, k (mod 8) places before the last one, contributes to the last table index.
LANES = _lanes()
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7 = LANES
_TABLE_ARRAY: NDArray[np.uint16] = np.array(TABLE, dtype=np.uint16)
_LANES_ARRAY: NDArray[np.uint8] = np.array(LANES, dtype=np.uint8)
_ONE = np.uint64(1)
_POSSIBLE = frozenset(TABLE) | {0xFFFF}


def crc16(data: bytes) -> int:
    """The CRC of a data segment.

    Examples
    --------
    >>> [f"{crc16(data):04X}" for data in (b"", b"1", b"123456789")]
    ['FFFF', '9481', '2F80']
    >>> f"{crc16(b'QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&'):04X}"
    '2200'
    """
    size = len(data)
    if not size:
        return 0xFFFF
    # The register starts as FFFF, which is the same as inverting the first byte.
    folded = int.from_bytes(data, "big") ^ (0xFF << (8 * size - 8))
    width = (size + 7) // 8  # 64-bit words
    while width > 1:
        width = (width + 1) // 2
        folded = (folded >> (64 * width)) ^ (folded & ((1 << (64 * width)) - 1))
    b0, b1, b2, b3, b4, b5, b6, b7 = folded.to_bytes(8, "little")
    return TABLE[_L0[b0] ^ _L1[b1] ^ _L2[b2] ^ _L3[b3] ^ _L4[b4] ^ _L5[b5] ^ _L6[b6] ^ _L7[b7]]


def crc16_many(buffer: NDArray[np.uint8], start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.uint16]:
    """The CRCs of many segments that lie in one buffer.

    Parameters
    ----------
    buffer : ndarray (m,) uint8
    start, stop : ndarray (n,) int64
        Segment i is ``buffer[start[i]:stop[i]]``; any order, overlaps allowed.

    Returns
    -------
    ndarray (n,) uint16

    Examples
    --------
    >>> data = np.frombuffer(b"1123456789", dtype=np.uint8)
    >>> [f"{int(crc):04X}" for crc in crc16_many(data, np.array([0, 1, 5]), np.array([1, 10, 5]))]
    ['9481', '2F80', 'FFFF']
    """
    if not len(start):
        return np.empty(0, np.uint16)
    # Running XOR of the buffer's words: G(p), all bytes before p folded into eight lanes by their place modulo 8.
    words = np.zeros(len(buffer) // 8 + 1, "<u8")
    words.view(np.uint8)[: len(buffer)] = buffer
    running = np.zeros(len(words) + 1, np.uint64)
    np.bitwise_xor.accumulate(words, out=running[1:])

    def before(place: NDArray[np.int64]) -> NDArray[np.uint64]:
        word = place >> 3
        bits = ((place & 7) << 3).astype(np.uint64)
        found: NDArray[np.uint64] = running[word] ^ (words[word] & ((_ONE << bits) - _ONE))
        return found

    # The register starts as FFFF, which is the same as inverting the first byte.
    folded = before(stop) ^ before(start) ^ (np.uint64(0xFF) << ((start & 7) << 3).astype(np.uint64))
    index = np.zeros(len(start), np.uint8)
    for distance in range(8):
        lane = ((stop - 1 - distance) & 7) << 3
        index ^= _LANES_ARRAY[distance][(folded >> lane.astype(np.uint64)).astype(np.uint8)]
    crcs: NDArray[np.uint16] = _TABLE_ARRAY[index]
    crcs[start == stop] = 0xFFFF
    return crcs


def is_possible(crc: int) -> bool:
    """Whether any segment at all has this CRC.

    >>> is_possible(0x2200), is_possible(0x0000), is_possible(0x32AA)
    (True, True, False)
    """
    return crc in _POSSIBLE


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS, which some senders print by mistake; only to name their mistake.

    >>> f"{crc16_modbus(b'123456789'):04X}"
    '4B37'
    """
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ TABLE[(register ^ byte) & 0xFF]
    return register
