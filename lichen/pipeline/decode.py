"""Step 1: entries of the raw log → the packets in them that may be used, as columns.

Used are the entries the gateway found good (verdict ``ok``) that came through the HJ 212 door, from a device the
registry knows at the moment of receipt. The rest stays in the ledger and is counted here, by reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lichen.hj212.batch import ERRORS, DecodedBatch, decode_batch
from lichen.hj212.columns import NO_TIME
from lichen.hj212.frame import frame_of
from lichen.hj212.message import Message, parse
from lichen.pipeline.sheets.entry import FILE, SHEET
from lichen.vocab.entry import Entry, receipt
from lichen.vocab.registry import Device, Snapshot

__all__ = ["DOOR", "NO_TIME", "Packets", "decode", "device_of", "message_of"]

DOOR = "hj212"
_DOOR = DOOR.encode()
#: Read by `lichen.pipeline.sheets.observe`.
_TABLES = (SHEET.encode(), FILE.encode())


@dataclass(frozen=True, slots=True)
class Packets:
    """m packets with n values.

    Attributes
    ----------
    index : ndarray (m,) int64
        Position of the entry in the raw log.
    received : ndarray (m,) int64
        When it came in. [ms since 1970 UTC]
    devices : tuple of Device; device : ndarray (m,) int32
        The binding in force at the moment of receipt.
    cns, sts : tuple of str; cn, st : ndarray (m,) int32
        Command and system code, "" where none was sent.
    time : ndarray (m,) int64
        DataTime [ms since 1970 UTC]; `NO_TIME` where there is none.
    packet : ndarray (n,) int32
        Which packet each value is from; ascending.
    factors, stats, marks : tuple of str; factor, stat, mark : ndarray (n,) int32
        As sent; the mark is "" where none was.
    value : ndarray (n,) float64
        In the station's unit; NaN where the text is no number.
    refused : mapping reason → int
        Entries that were not used: the gateway's verdict, or ``unbound``, ``door``, ``structure`` …
    """

    index: NDArray[np.int64]
    received: NDArray[np.int64]
    devices: tuple[Device, ...]
    device: NDArray[np.int32]
    cns: tuple[str, ...]
    cn: NDArray[np.int32]
    sts: tuple[str, ...]
    st: NDArray[np.int32]
    time: NDArray[np.int64]
    packet: NDArray[np.int32]
    factors: tuple[str, ...]
    factor: NDArray[np.int32]
    stats: tuple[str, ...]
    stat: NDArray[np.int32]
    marks: tuple[str, ...]
    mark: NDArray[np.int32]
    value: NDArray[np.float64]
    refused: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.index)


def device_of(entry: Entry, snapshot: Snapshot) -> Device | None:
    """The binding of an entry's sender in force when it came in."""
    return snapshot.device_at(entry.station, entry.received)


def message_of(entry: Entry, device: Device) -> Message:
    """What the packet of one entry says, decrypted with the keys of its device."""
    key, previous_key = _keys(device)
    return parse(frame_of(entry.body), key=key, previous_key=previous_key, registered=device.edition)


def decode(entries: Sequence[bytes], first: int, snapshot: Snapshot) -> Packets:
    """The packets of consecutive entries of the raw log.

    Parameters
    ----------
    entries : sequence of bytes
        Encoded entries.
    first : int
        Index of the first of them.
    snapshot : Snapshot
        Who may send, and with which keys.
    """
    refused: Counter[str] = Counter()
    bindings = _Bindings(snapshot)
    index, received, device, bodies = [], [], [], []
    for at, encoded in enumerate(entries, start=first):
        when, door, station, verdict, body = receipt(encoded)
        if door in _TABLES:
            continue
        if verdict != b"ok" or door != _DOOR:
            refused["door" if door != _DOOR else verdict.decode()] += 1
            continue
        code = bindings.code(station, when)
        if code is None:
            refused["unbound"] += 1
            continue
        index.append(at)
        received.append(when)
        device.append(code)
        bodies.append(body)
    of_device = np.array(device, dtype=np.int32)
    # Keys go by MN; entries of an earlier binding of the same MN, with other keys, are read in a turn of their own.
    turn = np.array(bindings.turn, dtype=np.int32)[of_device] if bodies else of_device
    parts = []
    for number in range(int(turn.max(initial=-1)) + 1):
        rows = np.flatnonzero(turn == number)
        chosen = {one.mn: one for one, at in zip(bindings.devices, bindings.turn, strict=True) if at == number}
        found = decode_batch(
            bodies if len(rows) == len(bodies) else [bodies[row] for row in rows],
            {mn: _keys(one) for mn, one in chosen.items() if one.key or one.previous_key},
            {mn: one.edition for mn, one in chosen.items()},
        )
        refused.update(Counter(ERRORS[code] or "" for code in found.error[~found.ok]))
        parts.append((rows, found))
    place, times = np.array(index, np.int64), np.array(received, np.int64)
    if len(parts) == 1:
        return _packets(*parts[0], place, times, of_device, bindings, refused)
    return _joined([_packets(rows, found, place, times, of_device, bindings, {}) for rows, found in parts], refused)


class _Bindings:
    """The devices met in a run of entries, numbered; `turn` counts the bindings of one MN."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._code: dict[int, int] = {}
        self._only: dict[bytes, int] = {}
        self.devices: list[Device] = []
        self.turn: list[int] = []

    def code(self, station: bytes, received: int) -> int | None:
        known = self._only.get(station)
        if known is not None and self.devices[known].valid_at(received):
            return known
        mn = station.decode()
        found = self._snapshot.device_at(mn, received)
        if found is None:
            return None
        code = self._code.get(id(found))
        if code is None:
            code = self._code[id(found)] = len(self.devices)
            self.turn.append(sum(one.mn == mn for one in self.devices))
            self.devices.append(found)
            if len(self._snapshot.devices_by_mn[mn]) == 1:
                self._only[station] = code
        return code


def _packets(
    rows: NDArray[np.int64],
    found: DecodedBatch,
    index: NDArray[np.int64],
    received: NDArray[np.int64],
    device: NDArray[np.int32],
    bindings: _Bindings,
    refused: Mapping[str, int],
) -> Packets:
    """The good packets of a decoded batch, with the receipts of their entries."""
    good = np.flatnonzero(found.ok)
    number = np.full(len(found), -1, dtype=np.int32)
    number[good] = np.arange(len(good), dtype=np.int32)
    keep = slice(None) if len(good) == len(found) else found.ok[found.frame]
    # One word more, in front, for what was not sent: -1 becomes 0.
    return Packets(
        index[rows][good], received[rows][good], tuple(bindings.devices), device[rows][good],
        ("", *found.cns), found.cn[good] + 1, ("", *found.sts), found.st[good] + 1, found.time[good],
        number[found.frame[keep]], found.factors, found.factor[keep], found.stats, found.stat[keep],
        ("", *found.marks), found.mark[keep] + 1, found.value[keep], dict(refused),
    )  # fmt: skip


def _joined(parts: Sequence[Packets], refused: Mapping[str, int]) -> Packets:
    """Several sets of packets as one, in the order of the log."""
    if not parts:
        nothing, none = np.empty(0, np.int32), np.empty(0, np.int64)
        return Packets(
            none, none, (), nothing, ("",), nothing, ("",), nothing, none, nothing, (), nothing, (), nothing, ("",),
            nothing, np.empty(0), dict(refused),
        )  # fmt: skip
    index = np.concatenate([part.index for part in parts])
    order = np.argsort(index, kind="stable")
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    starts = np.cumsum([0, *(len(part) for part in parts)])[:-1]
    packet = place[np.concatenate([part.packet + start for part, start in zip(parts, starts, strict=True)])]
    by_packet = np.argsort(packet, kind="stable")
    words, codes = {}, {}
    for name, plural, arranged in (
        ("cn", "cns", order), ("st", "sts", order), ("factor", "factors", by_packet), ("stat", "stats", by_packet),
        ("mark", "marks", by_packet),
    ):  # fmt: skip
        words[plural] = tuple(dict.fromkeys(word for part in parts for word in getattr(part, plural)))
        at = {word: code for code, word in enumerate(words[plural])}
        moved = [
            np.array([at[word] for word in getattr(part, plural)], dtype=np.int32)[getattr(part, name)]
            for part in parts
        ]
        codes[name] = np.concatenate(moved)[arranged]
    return Packets(
        index[order], np.concatenate([part.received for part in parts])[order], parts[0].devices,
        np.concatenate([part.device for part in parts])[order], words["cns"], codes["cn"], words["sts"], codes["st"],
        np.concatenate([part.time for part in parts])[order], packet[by_packet], words["factors"], codes["factor"],
        words["stats"], codes["stat"], words["marks"], codes["mark"],
        np.concatenate([part.value for part in parts])[by_packet], dict(refused),
    )  # fmt: skip


def _keys(device: Device) -> tuple[bytes | None, bytes | None]:
    return device.key.encode() or None, device.previous_key.encode() or None
