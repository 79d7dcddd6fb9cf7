"""``lichen hj212 decode``: a byte stream of frames in, JSON Lines out."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from lichen.hj212.deviations import warning
from lichen.hj212.errors import HJ212Error
from lichen.hj212.frame import Frame, FrameReader
from lichen.hj212.message import Message, parse
from lichen.vocab.clock import iso_beijing

_CHUNK = 1 << 16


def as_json(message: Message) -> dict[str, Any]:
    """A message as the JSON object of the command.

    The password is left out. SampleTime and its like stand among `fields` under their full name.

    >>> from lichen.hj212.frame import build_frame
    >>> segment = b"ST=22;CN=2011;PW=123456;MN=X;CP=&&DataTime=20160801085857;a34004-Rtd=7.0&&"
    >>> (frame,) = FrameReader().feed(build_frame(segment))
    >>> found = as_json(parse(frame))
    >>> found["time"], found["flag"]
    ('2016-08-01T08:58:57+08:00', None)
    >>> found["values"]
    [{'factor': 'a34004', 'stat': 'Rtd', 'value': 7.0, 'text': '7.0', 'mark': None}]
    """
    fields = dict(message.fields)
    values = []
    for reading in message.values:
        values.append(
            {
                "factor": reading.factor,
                "stat": reading.stat,
                "value": reading.value,
                "text": reading.text,
                "mark": reading.mark,
            }
        )
        for suffix, text in reading.extra:
            fields[f"{reading.factor}-{suffix}"] = text
    nothing_read = message.cn is None and message.mn is None and message.flag is None
    return {
        "ok": message.ok,
        "error": message.error,
        "warnings": list(message.warnings),
        "edition": None if nothing_read else message.edition,
        "qn": message.qn,
        "st": message.st,
        "cn": message.cn,
        "mn": message.mn,
        "flag": message.flag,
        "pnum": message.pnum,
        "pno": message.pno,
        "rf": message.rf,
        "time": None if message.time_ms is None else iso_beijing(message.time_ms),
        "values": values,
        "fields": fields,
    }


def decode_stream(stream: BinaryIO, key: bytes | None = None) -> Iterator[dict[str, Any]]:
    """One JSON object per packet found in a byte stream, in order, as soon as it is complete.

    Bytes that are no packet at all (`Frame.is_noise`) are counted in a warning of the next object; a broken packet is
    an object of its own with ``ok`` false.

    Parameters
    ----------
    stream : binary file
    key : bytes, optional
        SM4 key of 16 bytes for packets of 2025.

    Examples
    --------
    >>> [o["error"] for o in decode_stream(io.BytesIO(b"zz##000119481\\r\\n##0087QN=20240601085857223;ST=32"))]
    ['structure', 'length']
    """
    noise = 0
    for frame in _frames(stream):
        if frame.is_noise:
            noise += len(frame.raw.strip())
            continue
        found = as_json(parse(frame, key=key))
        if noise:
            found["warnings"].insert(0, warning("noise", f"{noise} before this packet"))
            noise = 0
        yield found


def _frames(stream: BinaryIO) -> Iterable[Frame]:
    # read1 hands over what a pipe holds now; read would wait for a full chunk.
    read = stream.read1 if isinstance(stream, io.BufferedReader) else stream.read
    reader = FrameReader()
    while data := read(_CHUNK):
        yield from reader.feed(data)
    yield from reader.close()


def read_key(text: str) -> bytes:
    """The SM4 key written as 16 ASCII characters or as 32 hexadecimal digits.

    >>> read_key("0000000000000000") == read_key("30" * 16)
    True
    """
    if re.fullmatch(r"[0-9A-Fa-f]{32}", text):
        return bytes.fromhex(text)
    if len(text) == 16 and text.isascii():
        return text.encode("ascii")
    raise HJ212Error(f"key of {len(text)} characters; give 16 ASCII characters or 32 hexadecimal digits")


def run(path: str, key: str | None, out: TextIO, err: TextIO) -> int:
    """Writes the packets of a file, or of standard input for ``-``, to `out` as JSON Lines.

    Returns
    -------
    int
        0 whatever the packets say; 2 if an argument is unusable, which `err` then explains.
    """
    with ExitStack() as opened:
        try:
            secret = read_key(key) if key is not None else None
            stream: BinaryIO = sys.stdin.buffer if path == "-" else opened.enter_context(Path(path).open("rb"))
        except HJ212Error as wrong:
            err.write(f"--key: {wrong}\n")
            return 2
        except OSError as wrong:
            err.write(f"{path}: {wrong.strerror}; give a readable file, or - for standard input\n")
            return 2
        for found in decode_stream(stream, secret):
            out.write(json.dumps(found, ensure_ascii=False) + "\n")
            if path == "-":
                out.flush()
    return 0
