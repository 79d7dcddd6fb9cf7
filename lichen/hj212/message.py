"""Messages: what a packet says. Reading (`parse`) never raises; writing (`compose`, `answer`) keeps to the standard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lichen.hj212.commands import is_defined
from lichen.hj212.compose import compose
from lichen.hj212.content import Reading, read_content
from lichen.hj212.crc import crc16
from lichen.hj212.deviations import code_of, warning
from lichen.hj212.editions import Edition, edition_of, mn_fits
from lichen.hj212.errors import HJ212Error, LocalError
from lichen.hj212.frame import Frame, FrameError
from lichen.hj212.sm4 import decrypt, read_byte_dump
from lichen.vocab.clock import parse_digits

__all__ = ["Message", "Reading", "answer", "compose", "parse"]

_HEADER = re.compile(
    r"QN=([0-9]{17});ST=([0-9A-Z]{2});CN=([0-9]{4});PW=([^;,=\s]{6});MN=([0-9A-Za-z_-]+);Flag=([0-9]{1,3});"
    r"(?:PNUM=([0-9]{1,4});PNO=([0-9]{1,4});)?(RF=1;)?"
)
_HEADER_NAMES = {
    name.upper(): name for name in ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")
}  # in the order of table 3
_ORDER = {name: place for place, name in enumerate(_HEADER_NAMES.values())}
_CP = re.compile(rb"CP\s*=\s*(&&|&|)", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
#: Only answers carry these; they never ask for an answer themselves (HJ 212-2017, 6.5). 9022 answers the 2005 login.
ANSWERS = ("9011", "9012", "9013", "9014", "9022")


@dataclass(frozen=True, slots=True)
class Message:
    """What one packet says; header fields that were not sent are None.

    Attributes
    ----------
    frame : Frame
        The packet as it came in.
    error : {"crc", "length", "structure"} or None
        The last word on the packet, after decryption and a look at the content. With an error, the rest is what could
        still be read and must not be trusted.
    qn, st, cn, pw, mn : str or None
    flag, pnum, pno, rf : int or None
    edition : {"2005", "2017", "2025", "surface-water"}
        See `lichen.hj212.editions`.
    fields : mapping of str
        Content fields without a factor, as sent; DataTime only if it is not the plain 14 digits of `time_ms`.
    values : tuple of Reading
        In the order sent; a factor may occur twice.
    time_ms : int or None
        DataTime: the moment of a reading, the **start** of an interval. [ms since 1970 UTC]
    cp : str
        The content as text, decrypted.
    encoding : {"ascii", "utf-8", "gbk", "latin-1"}
        How the segment was read as text.
    encrypted : bool
        The content came encrypted and one of the keys opened it.
    warnings : tuple of str
        Every deviation, see `lichen.hj212.deviations`.
    """

    frame: Frame
    error: FrameError | None
    qn: str | None
    st: str | None
    cn: str | None
    pw: str | None
    mn: str | None
    flag: int | None
    pnum: int | None
    pno: int | None
    rf: int | None
    edition: Edition
    fields: Mapping[str, str]
    values: tuple[Reading, ...]
    time_ms: int | None
    cp: str
    encoding: str
    encrypted: bool
    warnings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Length, CRC and structure are right."""
        return self.error is None

    @property
    def needs_answer(self) -> bool:
        """The answer bit (bit 0 of Flag); no Flag: no answer is asked for."""
        return self.flag is not None and self.flag & 1 == 1

    @property
    def is_split(self) -> bool:
        """One of several sub-packets."""
        return self.pnum is not None and self.pno is not None and self.pnum > 1

    def field(self, name: str) -> str | None:
        """A plain field in whatever case it was sent: 2017 itself prints ``CTime`` (C.36) and ``Ctime`` (table 4)."""
        text = self.fields.get(name)
        if text is not None:
            return text
        return next((text for other, text in self.fields.items() if other.lower() == name.lower()), None)

    @property
    def is_backfill(self) -> bool:
        """Marked as sent late (RF=1, edition 2025)."""
        return self.rf == 1


def parse(
    frame: Frame, *, key: bytes | None = None, previous_key: bytes | None = None, registered: str | None = None
) -> Message:
    """What a frame says. Never raises on what came in; broken frames are read as far as they go.

    Parameters
    ----------
    frame : Frame
    key, previous_key : bytes, optional
        The station's SM4 keys of 16 bytes. Nothing in a packet says that it is encrypted: it is tried plain, then with
        the key, then with the previous one (HJ 212-2025, 6.4; the CRC over the plain segment decides).
    registered : str, optional
        The edition the station is registered for; tells HJ 212-2025 from surface-water stations.

    Raises
    ------
    HJ212Error
        A key does not have 16 bytes.

    Examples
    --------
    >>> from lichen.hj212.frame import FrameReader
    >>> (frame,) = FrameReader().feed(b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0"
    ...                               b";Flag=5;CP=&&RtdInterval=30&&1C80\\r\\n")
    >>> message = parse(frame)
    >>> message.cn, message.edition, dict(message.fields), message.needs_answer, message.warnings
    ('1062', '2017', {'RtdInterval': '30'}, True, ())
    """
    for secret in (key, previous_key):
        if secret is not None and len(secret) != 16:
            raise HJ212Error(f"SM4 key of {len(secret)} bytes; it has exactly 16")
    error, segment = frame.error, frame.segment
    warnings = list(frame.warnings)
    encrypted = False
    head_end, content_start, content_stop, fault = _cut_segment(segment)
    control, foreign = _CONTROL.search(segment, content_start) is not None, not _is_utf8(segment)
    if (error is not None or control or foreign) and (key or previous_key) and not fault:
        opened = _open(frame, segment, content_start, content_stop, key, previous_key)
        if opened is not None:
            plain, notes = opened
            segment = segment[:content_start] + plain + b"&&"
            content_stop = content_start + len(plain)
            # Opening it settles CRC and length; bytes that lack ## are no frame, whatever they say.
            error = "structure" if frame.error == "structure" else None
            encrypted, control, foreign = True, False, False
            warnings = [w for w in warnings if code_of(w) not in ("crc", "length", "crc-modbus", "crc-impossible")]
            warnings += notes
    if fault and frame.error != "structure":
        warnings.append(warning("structure", fault))
    binary = control and foreign
    if binary:
        warnings.append(warning("binary-content"))
    elif control:
        warnings.append(warning("control"))
    if fault or binary:
        error = error or "structure"
    text, encoding = _text(segment, warnings)
    if encoding == "ascii":
        head, cp = text[:head_end], text[content_start:content_stop]
    else:
        head = segment[:head_end].decode("latin-1")
        cp = segment[content_start:content_stop].decode(encoding, "replace")
    return _read(frame, error, head, cp, not binary, encoding, encrypted, registered, warnings)


def answer(message: Message, cn: str, **cp: str) -> bytes:
    """The answer to a message: same QN, PW and MN, ST=91, version bits alone in Flag (HJ 212-2017, 6.5, C.10 to C.14).

    Parameters
    ----------
    message : Message
    cn : {"9011", "9012", "9013", "9014", "9022"}
    **cp : str
        ``QnRtn="1"`` for 9011, ``ExeRtn="1"`` for 9012.

    Returns
    -------
    bytes
        One frame.

    Raises
    ------
    LocalError
        `cn` is no answer.

    Examples
    --------
    >>> from lichen.hj212.frame import FrameReader, build_frame
    >>> (frame,) = FrameReader().feed(build_frame(b"QN=20240601085857223;ST=32;CN=9015;PW=123456;"
    ...                                           b"MN=010000A8900016F000169DC0;Flag=9;CP=&&&&"))
    >>> answer(parse(frame), "9013")
    b'##0087QN=20240601085857223;ST=91;CN=9013;PW=123456;MN=010000A8900016F000169DC0;Flag=8;CP=&&&&3900\\r\\n'
    """
    if cn not in ANSWERS:
        raise LocalError(f"CN={cn} is no answer; answers: {', '.join(ANSWERS)}")
    flag = (message.flag or 0) & ~3
    (frame,) = compose(
        cn=cn, mn=_echo(message.mn), st="91", pw=_echo(message.pw), qn=_echo(message.qn) or None,
        edition=message.edition, flag=flag, fields=cp,
    )  # fmt: skip
    return frame


def _echo(text: str | None) -> str:
    """What of a received header field can be sent back: an answer must be possible to whatever came in."""
    return "".join(sign for sign in (text or "")[:255] if "!" <= sign <= "~" and sign not in ";,=&#")


def _cut_segment(segment: bytes) -> tuple[int, int, int, str | None]:
    """End of the header, start and stop of the content, and what is wrong with the structure or None."""
    head_end = segment.find(b"CP=&&")
    if head_end >= 0 and segment.endswith(b"&&") and len(segment) >= head_end + 7:
        return head_end, head_end + 5, len(segment) - 2, None
    stop = len(segment)
    cp = _CP.search(segment)
    if cp is None:
        return stop, stop, stop, "no CP= in the data segment"
    start = cp.end()
    fault = None
    if cp.group(1) != b"&&":
        fault = f"CP= followed by {len(cp.group(1))} of two &"
    if segment.endswith(b"&&") and stop - 2 >= start:
        stop -= 2
    else:
        fault = fault or "no closing && after the content"
    return cp.start(), start, stop, fault


def _open(
    frame: Frame, segment: bytes, start: int, stop: int, key: bytes | None, previous_key: bytes | None
) -> tuple[bytes, list[str]] | None:
    """The plain content under the first key whose result fits the CRC and is text, with what there is to say."""
    content = segment[start:stop]
    dump = read_byte_dump(content)
    if len(frame.crc_text) != 4 or (frame.error == "length" and dump is None):
        return None
    sent = int(frame.crc_text, 16)
    for secret, notes in ((key, []), (previous_key, [warning("key-previous")])):
        if secret is None:
            continue
        for cipher, more in ((dump, [warning("encrypted-text")]), (content, [])):
            if cipher is None:
                continue
            plain = decrypt(cipher, secret)
            # With 256 possible CRCs, a wrong key passes too often: the content must also be text.
            if crc16(segment[:start] + plain + b"&&") == sent and not _CONTROL.search(plain):
                if frame.error == "length" and frame.declared_length != start + len(plain) + 2:
                    continue
                return plain, notes + more
    return None


def _is_utf8(segment: bytes) -> bool:
    if segment.isascii():
        return True
    try:
        segment.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _text(segment: bytes, warnings: list[str]) -> tuple[str, str]:
    """The segment as text and its encoding: UTF-8 as 2017 6.3 says, else GBK, else byte for byte."""
    if segment.isascii():
        return segment.decode("ascii"), "ascii"
    try:
        return segment.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = segment.decode("gbk")
    except UnicodeDecodeError:
        warnings.append(warning("text-latin1"))
        return segment.decode("latin-1"), "latin-1"
    warnings.append(warning("text-gbk"))
    return text, "gbk"


def _read(
    frame: Frame,
    error: FrameError | None,
    head: str,
    cp: str,
    readable: bool,
    encoding: str,
    encrypted: bool,
    registered: str | None,
    warnings: list[str],
) -> Message:
    usual = _HEADER.fullmatch(head)
    strays: dict[str, str] = {}
    if usual is not None and int(usual.group(6)) <= 255:
        qn, st, cn, pw, mn = usual.group(1, 2, 3, 4, 5)
        flag: int | None = int(usual.group(6))
        pnum, pno = (int(usual.group(7)), int(usual.group(8))) if usual.group(7) else (None, None)
        rf = 1 if usual.group(9) else None
        if parse_digits(usual.group(1)) is None:
            warnings.append(warning("qn-digits", usual.group(1)))
    else:
        found = _unusual_header(head, warnings, strays)
        qn, st, cn, pw, mn = (found.get(name) for name in ("QN", "ST", "CN", "PW", "MN"))
        flag = _count(found.get("Flag"))
        pnum, pno, rf = _count(found.get("PNUM")), _count(found.get("PNO")), _count(found.get("RF"))
        _check_header(found, flag, rf, warnings)
        if flag is not None and flag > 255:
            flag = None
    edition, note = edition_of(flag, st, mn, registered)
    if note:
        warnings.append(warning(note))
    if mn and not mn_fits(mn, edition):
        warnings.append(warning("mn-form", mn))
    fields, values, notes = read_content(cp if readable else "", cn)
    warnings += notes
    for name in ("PNUM", "PNO"):
        if name in fields and (pnum if name == "PNUM" else pno) is None:
            warnings.append(warning("packet-number-in-cp", name))
            count = _count(fields[name])
            if count is not None:
                del fields[name]
                pnum, pno = (count, pno) if name == "PNUM" else (pnum, count)
    split = flag is not None and flag & 2 == 2
    if (split or pnum is not None or pno is not None) and not 1 <= (pno or 0) <= (pnum or 0):
        warnings.append(warning("packet-number", f"PNUM={pnum}, PNO={pno}"))
    time_ms = _data_time(fields, warnings)
    if cn is not None and not is_defined(cn, edition):
        warnings.append(warning("command-edition" if is_defined(cn) else "command-unknown", cn))
    if cn in ANSWERS and flag is not None and flag & 1:
        warnings.append(warning("answer-flag"))
    missing = [name for name, value in (("CN", cn), ("MN", mn)) if value is None]
    if missing and frame.error != "structure":
        warnings.append(warning("structure", f"no {' and no '.join(missing)}"))
    if missing:
        error = error or "structure"
    if strays:
        fields = {**strays, **fields}
    return Message(
        frame, error, qn, st, cn, pw, mn, flag, pnum, pno, rf, edition, fields, values, time_ms, cp, encoding,
        encrypted, tuple(warnings),
    )  # fmt: skip


def _unusual_header(head: str, warnings: list[str], strays: dict[str, str]) -> dict[str, str]:
    """Header fields by their standard name, however they are written; what is no header field goes to `strays`."""
    found: dict[str, str] = {}
    if "," in head:
        warnings.append(warning("comma", "in the header"))
    if head and head[-1] not in ";,":
        warnings.append(warning("header-unseparated", "before CP="))
    pieces = re.split("[;,]", head)
    if pieces and not pieces[-1].strip():
        pieces.pop()
    order = -1
    for piece in pieces:
        written, equals, value = piece.partition("=")
        if not equals:
            warnings.append(warning("item-without-equals" if piece.strip() else "separator-trailing", piece.strip()))
            if piece.strip():
                strays[piece.strip()] = ""
            continue
        name, text = written.strip(), value.strip()
        if (name, text) != (written, value):
            warnings.append(warning("blank", name))
        standard = _HEADER_NAMES.get(name.upper())
        if standard is None:
            warnings.append(warning("header-unknown", name))
            strays[name] = text
            continue
        if standard != name:
            warnings.append(warning("header-case", name))
        if standard in found:
            warnings.append(warning("field-repeated", standard))
            strays[f"{standard}#2"] = text
            continue
        if _ORDER[standard] < order:
            warnings.append(warning("header-order", f"{standard} late"))
        order = max(order, _ORDER[standard])
        found[standard] = text
    return found


def _check_header(found: Mapping[str, str], flag: int | None, rf: int | None, warnings: list[str]) -> None:
    qn = found.get("QN")
    if qn is None:
        warnings.append(warning("qn-missing"))
    elif parse_digits(qn) is None or len(qn) != 17:
        warnings.append(warning("qn-digits", qn))
    if "Flag" not in found:
        warnings.append(warning("flag-missing"))
    elif flag is None or flag > 255:
        warnings.append(warning("flag-invalid", found["Flag"]))
    if "PW" in found and len(found["PW"]) != 6:
        warnings.append(warning("pw-form", f"{len(found['PW'])} characters"))
    if "RF" in found and rf != 1:
        warnings.append(warning("rf-value", found["RF"]))


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and _WHOLE_NUMBER.fullmatch(text) else None


def _data_time(fields: dict[str, str], warnings: list[str]) -> int | None:
    """Takes DataTime out of the fields if it has 14 digits; any other text stays there beside its likely meaning."""
    text = fields.get("DataTime")
    if text is None:
        return None
    if len(text) == 14 and (moment := parse_digits(text)) is not None:
        del fields["DataTime"]
        return moment
    # Longer ones carry fractions of a second after the 14 digits.
    moment = parse_digits(text[:14] if 14 < len(text) <= 18 and text.isdigit() else text)
    if moment is None:
        warnings.append(warning("datatime-invalid", text))
    else:
        warnings.append(warning("datatime-digits", text))
    return moment
