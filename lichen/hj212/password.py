"""Packets for reading: the password blotted out.

PW travels in clear inside every packet, and a sealed packet is published whole or nobody could check it. A page need
not hand it out as well.
"""

from __future__ import annotations

import re

_TEXT = re.compile(r"((?:^|;|##[0-9]{4})PW=)([^;&]+)")
_BYTES = re.compile(rb"((?:^|;|##[0-9]{4})PW=)([^;&]+)")


def starred(packet: str) -> str:
    """The text of a packet with a star for each character of its password; every other character keeps its place.

    >>> starred("##0101QN=20160801085857223;PW=100000;MN=X")
    '##0101QN=20160801085857223;PW=******;MN=X'
    """
    return _TEXT.sub(lambda found: found[1] + "*" * len(found[2]), packet)


def starred_bytes(packet: bytes) -> bytes:
    """The same for bytes.

    >>> starred_bytes(b"##0101PW=100000;MN=X")
    b'##0101PW=******;MN=X'
    """
    return _BYTES.sub(lambda found: found[1] + b"*" * len(found[2]), packet)
