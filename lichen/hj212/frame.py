"""Frames: ``##``, four length digits, the data segment, four CRC digits, CR LF (HJ 212-2017, 6.3.1, table 2).

The length counts the bytes of the data segment alone. A TCP stream is cut by length, never by line ends: log texts and
encrypted content may hold CR, LF, ``&&`` or ``##``. What cannot be a frame comes out too, as a `Frame` with an error,
so that the concatenation of all `Frame.raw` is the stream, byte for byte.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from lichen.hj212.crc import crc16, crc16_modbus, is_possible
from lichen.hj212.deviations import warning

__all__ = ["Frame", "FrameError", "FrameReader", "build_frame", "crc16", "frame_of"]

FrameError = Literal["crc", "length", "structure"]

#: The standard's largest data segment; longer ones are accepted with a warning, never sent. [bytes]
LIMIT = 1024
#: The largest length four digits can declare. [bytes]
MAX_DECLARED = 9999
#: Bytes outside frames come out in pieces of at most this size.
NOISE_PIECE = 4096

_HEAD = re.compile(rb"##[0-9]{4}")
_HEAD_BEGUN = re.compile(rb"#(?:#[0-9]{0,3})?\Z")
_CRC_AND_TAIL = re.compile(rb"([0-9A-Fa-f]{0,4})(\r\n|\n|\r(?=[^\n])|(?=##[0-9]))")
_CRC_AND_TAIL_CLOSED = re.compile(rb"([0-9A-Fa-f]{0,4})(\r\n|\n|\r|(?=##[0-9])|\Z)")
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")
# Where a packet with a wrong length ends: after its closing && and CRC, or where the next one begins.
_END = re.compile(rb"&&([0-9A-Fa-f]{0,4})(\r\n|\n|(?=##[0-9]{4}))|(?=##[0-9]{4})")
_END_CLOSED = re.compile(rb"&&([0-9A-Fa-f]{0,4})(\r\n|\n|(?=##[0-9]{4})|\r?\Z)|(?=##[0-9]{4})")
_NOISE_END = re.compile(rb"&&[0-9A-Fa-f]{0,4}\r?\n")
_HEADLESS = re.compile(rb"[\s#]{0,8}[0-9]{0,6}(?=[A-Za-z]{2,4}=)")
_SIX_DIGITS = re.compile(rb"##([0-9]{5,8})(?=[A-Za-z])")
_BLANKS = re.compile(rb"[\r\n \t\0]{1,64}\Z")
_LIKE_A_PACKET = re.compile(rb"##[0-9]|(?:QN|ST|CN|MN|CP)=", re.IGNORECASE)


class Frame(NamedTuple):
    """One packet as it came in, or bytes that are none.

    Attributes
    ----------
    raw : bytes
        Everything from the first ``#`` (with blank bytes that stood before it) to the tail, untouched.
    segment : bytes
        The data segment: what length and CRC speak of. For broken frames, the likely one; may be empty.
    declared_length : int or None
        None where no length could be read.
    crc_text : str
        The CRC digits as sent; "" if there are none.
    ok : bool
        Length and CRC are right. (The content is judged by `lichen.hj212.message.parse`.)
    error : {"crc", "length", "structure"} or None
        An encrypted frame arrives as ``crc``: its CRC is that of the plain segment (HJ 212-2025, 6.4).
    warnings : tuple of str
        Every deviation, also of good frames, see `lichen.hj212.deviations`.
    """

    raw: bytes
    segment: bytes
    declared_length: int | None
    crc_text: str
    ok: bool
    error: FrameError | None
    warnings: tuple[str, ...]

    @property
    def is_noise(self) -> bool:
        """Whether the bytes have nothing of a packet: line noise, blank lines, another protocol."""
        return self.error == "structure" and not _LIKE_A_PACKET.search(self.raw)


def build_frame(segment: bytes) -> bytes:
    """The frame around a data segment.

    Raises
    ------
    ValueError
        The segment is longer than the four digits can say.

    Examples
    --------
    >>> build_frame(b"1")
    b'##000119481\\r\\n'
    """
    if len(segment) > MAX_DECLARED:
        raise ValueError(
            f"data segment of {len(segment)} bytes; the length field holds at most {MAX_DECLARED}: split it"
        )
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(segment))


def frame_of(body: bytes) -> Frame:
    """The frame in bytes that hold one, as a `FrameReader` once gave them out in `Frame.raw`.

    Bytes that hold anything else, several packets for instance, are one frame with the error ``structure``.

    >>> frame_of(build_frame(b"1")).segment, frame_of(build_frame(b"1") * 2).error
    (b'1', 'structure')
    """
    reader = FrameReader()
    frames = reader.feed(body) + reader.close()
    if len(frames) == 1:
        return frames[0]
    found = f"{len(frames)} pieces where one packet was expected"
    return Frame(body, b"", None, "", False, "structure", (warning("structure", found),))


class FrameReader:
    """Cuts a dirty byte stream into frames.

    The result does not depend on how the stream was cut into `feed` calls. Two calls may end the waiting, and only
    they may change what comes out: `idle` (a short silence) and `close` (a long one, or the end).

    Parameters
    ----------
    limit : int
        The longest data segment accepted; a longer declared length is treated as wrong. [bytes]

    Examples
    --------
    >>> reader = FrameReader()
    >>> [f.ok for f in reader.feed(b"noise##000119481\\r\\n##0001194")]
    [False, True]
    >>> reader.pending, [f.error for f in reader.close()]
    (9, ['length'])
    """

    def __init__(self, limit: int = MAX_DECLARED) -> None:
        if not 0 < limit <= MAX_DECLARED:
            raise ValueError(f"limit {limit}; a frame can declare 1 to {MAX_DECLARED} bytes")
        self._limit = limit
        # Within this many bytes of its ## a packet with a wrong length must end.
        self._window = limit + 12 + 16
        self._buffer = b""

    @property
    def pending(self) -> int:
        """Bytes held back until more arrive; bounded by the limit plus one piece of noise."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Frames that are complete now that `data` has arrived."""
        return self._cut(self._buffer + data if self._buffer else bytes(data), closing=False)

    def idle(self) -> list[Frame]:
        """Frames that lack only their line end; call when nothing has arrived for a moment.

        Some senders write no CR LF and wait for the answer. A line end that arrives later is put before the next frame.
        """
        head = _HEAD.search(self._buffer)
        if head is None:
            return []
        at = head.start()
        end = at + 10 + int(self._buffer[at + 2 : at + 6])
        rest = self._buffer[end:]
        if len(self._buffer) < end or rest not in (b"", b"\r") or not _CRC.fullmatch(self._buffer, end - 4, end):
            return []
        return self._cut(self._buffer, closing=True)

    def close(self) -> list[Frame]:
        """Everything still held back. The reader can be fed again afterwards, as if new."""
        return self._cut(self._buffer, closing=True)

    def _cut(self, buffer: bytes, *, closing: bool) -> list[Frame]:
        found: list[Frame] = []
        at = 0
        size = len(buffer)
        head_search = _HEAD.search
        while at < size:
            head = head_search(buffer, at)
            if head is None:
                stop = size
                if not closing and (begun := _HEAD_BEGUN.search(buffer, max(at, size - 5))):
                    stop = begun.start()
                at = self._noise(buffer, at, stop, found, ended=closing)
                break
            start = head.start()
            blanks = 0
            if start > at:
                at = self._noise(buffer, at, start, found, ended=False)
                if at < start and (start - at > 64 or not _BLANKS.match(buffer, at, start)):
                    at = self._noise(buffer, at, start, found, ended=True)
                blanks = start - at
            frame = self._frame(buffer, start, blanks, closing)
            if frame is None:
                break
            found.append(frame)
            at += len(frame.raw)
        self._buffer = buffer[at:] if at else buffer
        return found

    def _noise(self, buffer: bytes, at: int, stop: int, found: list[Frame], *, ended: bool) -> int:
        """Takes whole pieces of ``buffer[at:stop]``, which holds no frame; the last, unfinished one only if `ended`."""
        while at < stop:
            limit = min(stop, at + NOISE_PIECE)
            end = _NOISE_END.search(buffer, at, limit)
            if end is not None:
                limit = end.end()
            elif limit - at < NOISE_PIECE and not ended:
                return at
            found.append(_headless(buffer[at:limit]))
            at = limit
        return at

    def _frame(self, buffer: bytes, start: int, blanks: int, closing: bool) -> Frame | None:
        """The frame whose ## is at `start`, or None: more bytes are needed to tell."""
        declared = int(buffer[start + 2 : start + 6])
        crc_at = start + 6 + declared
        size = len(buffer)
        if declared <= self._limit:
            if size >= crc_at + 6 and buffer[crc_at + 4 : crc_at + 6] == b"\r\n":  # the usual packet
                segment = buffer[start + 6 : crc_at]
                crc_text = buffer[crc_at : crc_at + 4]
                if not blanks and declared <= LIMIT and crc_text == b"%04X" % crc16(segment):
                    return Frame(
                        buffer[start : crc_at + 6], segment, declared, crc_text.decode("ascii"), True, None, ()
                    )
            if not closing and size < crc_at + 7:  # seven bytes tell CRC and tail apart from the next ##n; fewer may
                tail = _CRC_AND_TAIL.match(buffer, crc_at) if size > crc_at else None
                if tail is None or not tail.group(2):
                    return None
            if size >= crc_at:
                frame = _cut_by_length(buffer, start, blanks, declared, closing)
                if frame is not None:
                    return frame
        return self._broken(buffer, start, blanks, declared, closing)

    def _broken(self, buffer: bytes, start: int, blanks: int, declared: int, closing: bool) -> Frame | None:
        """A packet whose declared length leads nowhere: up to its visible end, or to the next packet's beginning."""
        stop = start + self._window
        end = (_END_CLOSED if closing and len(buffer) <= stop else _END).search(buffer, start + 6, stop)
        if end is None:
            if len(buffer) < stop and not closing:
                return None
            stop = min(stop, len(buffer))
            if stop == start + self._window and (begun := _HEAD_BEGUN.search(buffer, stop - 5, stop)):
                stop = begun.start()
            segment_stop, crc_text = stop, b""
        else:
            stop = end.end()
            segment_stop = stop if end.group(1) is None else end.start() + 2
            crc_text = end.group(1) or b""
        # Six digits for the length, or five: a known slip; what they say is still no four-digit length.
        digits = _SIX_DIGITS.match(buffer, start, stop)
        warnings = [warning("blank-before")] if blanks else []
        segment_start = start + 6
        if digits:
            segment_start = digits.end()
            warnings.append(warning("length-digits", digits.group(1).decode("ascii")))
        segment = buffer[segment_start:segment_stop]
        warnings.append(warning("length", f"declared {declared}, found {len(segment)}"))
        _check_crc(segment, crc_text, warnings)
        raw = buffer[start - blanks : stop]
        return Frame(raw, segment, declared, crc_text.decode("ascii"), False, "length", tuple(warnings))


def _cut_by_length(buffer: bytes, start: int, blanks: int, declared: int, closing: bool) -> Frame | None:
    """The frame the declared length describes, with whatever CRC and tail it has; None if there is no such frame."""
    crc_at = start + 6 + declared
    segment = buffer[start + 6 : crc_at]
    warnings = [warning("blank-before")] if blanks else []
    closed_by_ampersands = segment.endswith(b"&&")
    tail = (_CRC_AND_TAIL_CLOSED if closing else _CRC_AND_TAIL).match(buffer, crc_at)
    if tail is not None:
        crc_text, line_end, stop = tail.group(1), tail.group(2), tail.end()
        if len(crc_text) < 4 and not closed_by_ampersands:
            return None  # a line end near the declared place proves nothing: the length is wrong
    else:
        crc_text, line_end, stop = buffer[crc_at : crc_at + 4], b"", crc_at + 4
        if _CRC.fullmatch(crc_text) and int(crc_text, 16) == crc16(segment):
            pass  # the frame is whole; what follows is not its tail
        elif closed_by_ampersands and buffer[crc_at + 4 : crc_at + 6] == b"\r\n":
            warnings.append(warning("crc-missing", f"{crc_text!r} are no hexadecimal digits"))
            return Frame(buffer[start - blanks : crc_at + 6], segment, declared, "", False, "crc", tuple(warnings))
        else:
            return None
    ok = _check_crc(segment, crc_text, warnings)
    if line_end == b"\n":
        warnings.append(warning("tail-lf"))
    elif line_end == b"\r":
        warnings.append(warning("tail-cr"))
    elif not line_end:
        warnings.append(warning("tail-missing"))
    if declared > LIMIT:
        warnings.append(warning("length-over-limit", str(declared)))
    raw = buffer[start - blanks : stop]
    return Frame(raw, segment, declared, crc_text.decode("ascii"), ok, None if ok else "crc", tuple(warnings))


def _check_crc(segment: bytes, crc_text: bytes, warnings: list[str]) -> bool:
    """Whether the CRC digits are right; says in `warnings` what is unusual about them."""
    if not crc_text:
        warnings.append(warning("crc-missing"))
        return False
    if crc_text != crc_text.upper():
        warnings.append(warning("crc-case"))
    if len(crc_text) < 4:
        warnings.append(warning("crc-short", crc_text.decode("ascii")))
    sent, computed = int(crc_text, 16), crc16(segment)
    if sent == computed:
        return True
    warnings.append(warning("crc", f"packet says {sent:04X}, computed {computed:04X} over {len(segment)} bytes"))
    if not is_possible(sent):
        warnings.append(warning("crc-impossible"))
    modbus = crc16_modbus(segment)
    if sent in (modbus, (modbus & 0xFF) << 8 | modbus >> 8):
        warnings.append(warning("crc-modbus"))
    return False


def _headless(raw: bytes) -> Frame:
    """Bytes without ``##`` and length: noise, or a packet that lost its head."""
    segment, crc_text = b"", b""
    begin = _HEADLESS.match(raw)
    if begin is not None:
        end = raw.rfind(b"&&")
        segment = raw[begin.end() : end + 2 if end >= 0 else len(raw)]
        crc_text = raw[end + 2 :].strip() if end >= 0 else b""
        crc_text = crc_text if _CRC.fullmatch(crc_text) else b""
    words = warning("structure", "no ## and length before the data segment") if segment else warning("noise")
    return Frame(raw, segment, None, crc_text.decode("ascii"), False, "structure", (words,))
