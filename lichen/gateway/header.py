"""The fast look at a frame: its header fields as bytes, if they are written as table 3 of the standards says."""

from __future__ import annotations

import re

from lichen.hj212.frame import Frame, build_frame, crc16
from lichen.hj212.sm4 import decrypt

# QN, CN, "PW=…;MN=…" (the sender's identity, compared as a whole), PW, MN, Flag. The bounds keep the match linear.
_USUAL = re.compile(
    rb"QN=([0-9]{17});ST=[0-9A-Z]{2};CN=([0-9]{4});(PW=([!-:<-~]{0,16});MN=([0-9A-Za-z_-]{1,64}));Flag=([0-9]{1,3});"
)

_TEXT = re.compile(rb"[\t\r\n -~]*")

#: ``read(segment)`` matches the header of an ordinary packet, or gives None: then the full parser has the word.
read = _USUAL.match


def is_sound_with(frame: Frame, key: bytes) -> bool:
    """Whether the CRC is that of the content decrypted with `key`, and this is plain ASCII (HJ 212-2025, 6.4).

    Only a yes is the last word: text in Chinese, a previous key, or cipher written as digits need the full parser.
    """
    segment = frame.segment
    start = segment.find(b"CP=&&") + 5
    if start < 5 or not segment.endswith(b"&&") or len(frame.crc_text) != 4:
        return False
    plain = decrypt(segment[start:-2], key)
    return crc16(segment[:start] + plain + b"&&") == int(frame.crc_text, 16) and _TEXT.fullmatch(plain) is not None


def answer_tail(identity: bytes, flag: bytes) -> bytes:
    """What follows the QN in the 9014 answer to a packet with this Flag; b"" if it wants none.

    The answer repeats QN, PW and MN, has ST=91, and of Flag keeps the version bits alone (HJ 212-2017, 6.5, C.14).

    >>> answer_tail(b"PW=123456;MN=010000A8900016F000169DC0", b"5")
    b';ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&'
    >>> answer_tail(b"PW=123456;MN=010000A8900016F000169DC0", b"4")
    b''
    """
    value = int(flag)
    return b";ST=91;CN=9014;%b;Flag=%d;CP=&&&&" % (identity, value & ~3) if value & 1 else b""


def data_answer(qn: bytes, tail: bytes) -> bytes:
    """The 9014 frame."""
    return build_frame(b"QN=" + qn + tail)
