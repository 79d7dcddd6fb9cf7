"""HJ 212 (污染物在线监控（监测）系统数据传输标准), editions 2005, 2017 and 2025, without sockets.

Bytes → frames (`frame`) → messages (`message`) → bytes, many at once (`batch`), and the dialogue of host and site
(`session`). A frame is judged strictly on length and CRC; its content is read tolerantly, and every deviation is
named in `warnings`. Bytes that came in never raise and are never lost.
"""

from lichen.hj212.decode import decode_stream
from lichen.hj212.errors import ComposeError, HJ212Error, LocalError, PeerError
from lichen.hj212.frame import Frame, FrameReader, build_frame, crc16
from lichen.hj212.message import Message, Reading, answer, compose, parse

__all__ = [
    "ComposeError", "Frame", "FrameReader", "HJ212Error", "LocalError", "Message", "PeerError", "Reading", "answer",
    "build_frame", "compose", "crc16", "decode_stream", "parse",
]  # fmt: skip
