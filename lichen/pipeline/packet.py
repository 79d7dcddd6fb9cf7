"""One observation in the packet or table that brought it: which bytes say it, and what they say."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from lichen.hj212.content import Reading
from lichen.hj212.message import Message
from lichen.pipeline.check import check
from lichen.pipeline.decode import DOOR, decode, device_of, message_of
from lichen.pipeline.normalise import channel_of, normalise
from lichen.pipeline.sheets.entry import SHEET
from lichen.pipeline.sheets.observe import cell_of, observe
from lichen.vocab.batch import Series
from lichen.vocab.entry import Entry, EntryError
from lichen.vocab.registry import Device, Snapshot


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet and one value in it.

    Attributes
    ----------
    index : int
        Of its entry in the raw log.
    received : int
        [ms since 1970 UTC]
    peer, station, verdict : str
        The rest of the entry's receipt.
    text : str
        The frame, one character a byte (Latin-1). Of an encrypted packet: its content, decrypted.
    encrypted : bool
    span : (int, int) or None
        Where in `text` the digits of the value stand; None if they cannot be pointed at.
    factor, suffix, digits : str
        As sent.
    unit : str
        The unit in which the station sends.
    value, flag, mark
        What the pipeline reads in them now: value in the parameter's unit (None = no number), flag and mark.
    door : {"hj212", "sheet"}
        A packet of a device, or rows of a table; `text` is then the sealed text of the rows.
    file, address : str
        Of a table: the file's name and the cell, ``C7``.
    """

    index: int
    received: int
    peer: str
    station: str
    verdict: str
    text: str
    encrypted: bool
    span: tuple[int, int] | None
    factor: str
    suffix: str
    digits: str
    unit: str
    value: float | None
    flag: int
    mark: str
    door: str = DOOR
    file: str = ""
    address: str = ""


def packet_of(encoded: bytes, index: int, series: Series, time: int, snapshot: Snapshot) -> Packet | None:
    """The packet of an entry, with the value that became an observation; None if it holds no such value.

    Parameters
    ----------
    encoded : bytes
        The entry.
    index : int
        Its position in the raw log.
    series, time
        The observation. [ms since 1970 UTC]
    snapshot : Snapshot
    """
    try:
        entry = Entry.decode(encoded)
    except EntryError:
        return None
    if entry.door == SHEET:
        return _from_table(encoded, entry, index, series, time, snapshot)
    device = device_of(entry, snapshot)
    if entry.door != DOOR or device is None:
        return None
    batch = check(normalise(decode([encoded], index, snapshot)).batch, snapshot).batch
    if series not in batch.series:
        return None
    rows = np.flatnonzero((batch.code == batch.series.index(series)) & (batch.time == time))
    if not len(rows):
        return None
    row = rows[-1]
    message = message_of(entry, device)
    found = _reading(message, device, series)
    if found is None:
        return None
    reading, unit = found
    text = message.cp if message.encrypted else entry.body.decode("latin-1")
    value = float(batch.value[row])
    return Packet(
        index, entry.received, entry.peer, entry.station, entry.verdict, text, message.encrypted,
        _span(text, reading), reading.factor, reading.stat, reading.text, unit,
        None if math.isnan(value) else value, int(batch.flag[row]), batch.marks[batch.mark[row]],
    )  # fmt: skip


def _from_table(
    encoded: bytes, entry: Entry, index: int, series: Series, time: int, snapshot: Snapshot
) -> Packet | None:
    try:
        body = entry.body.decode()
    except UnicodeDecodeError:
        return None
    cell = cell_of(body, series, time)
    batch = check(observe([encoded], index).batch, snapshot).batch
    if cell is None or series not in batch.series:
        return None
    row = np.flatnonzero((batch.code == batch.series.index(series)) & (batch.time == time))[-1]
    return Packet(
        index, entry.received, entry.peer, entry.station, entry.verdict, body, False, cell.span, series.parameter, "",
        cell.text, cell.unit, float(batch.value[row]), int(batch.flag[row]), batch.marks[batch.mark[row]],
        SHEET, cell.file, cell.address,
    )  # fmt: skip


def _reading(message: Message, device: Device, series: Series) -> tuple[Reading, str] | None:
    """The last reading of the packet that belongs to the series, and the unit it is in."""
    for reading in reversed(message.values):
        channel = channel_of(device, message.st or "", reading.factor, reading.stat)
        if channel.parameter is not None and (channel.parameter.slug, channel.stat) == (series.parameter, series.stat):
            return reading, channel.unit
    return None


def _span(text: str, reading: Reading) -> tuple[int, int] | None:
    """Where the digits of a reading stand.

    >>> text = "CP=&&a34004-Rtd=7.0,a34004-Flag=N&&"
    >>> begin, end = _span(text, Reading("a34004", "Rtd", 7.0, "7.0"))
    >>> text[begin:end]
    '7.0'
    """
    name = f"{re.escape(reading.factor)}-{re.escape(reading.stat)}"
    places = list(re.finditer(rf"(?:^|(?<=[;,&\s])){name}\s*=\s*({re.escape(reading.text)})(?=[;,&\s]|$)", text))
    return places[-1].span(1) if places else None
