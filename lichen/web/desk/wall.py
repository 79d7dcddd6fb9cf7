"""How each device is doing: connected, its last packet, how late, how complete, how far its clock is off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lichen.ledger.errors import LedgerError
from lichen.vocab.batch import PERSON
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, from_ms, now, now_ms, parse_digits, to_ms
from lichen.vocab.entry import Entry, EntryError
from lichen.vocab.periods import Period, Source
from lichen.web.engines import engines
from lichen.web.registry.models import Device, Point
from lichen.web.registry.tables import point_at

#: A device that has sent nothing for so long is silent. [ms]
SILENT_MS = HOUR_MS
#: A clock further off than this is marked. [s] HJ 212 devices set theirs by the host's.
SKEW_S = 60
#: Less of a day than this is marked. (GB 3095 asks for 20 of 24 hours.)
COMPLETE = 20 / 24

STATES = {
    "sending": gettext_lazy("sending"),
    "silent": gettext_lazy("silent"),
    "never": gettext_lazy("has sent nothing"),
    "unbound": gettext_lazy("bound to no point"),
    "disabled": gettext_lazy("disabled"),
}

_QN = re.compile(rb"QN=([0-9]{17})")


@dataclass(frozen=True, slots=True)
class Seen:
    """A device and what is known of it now.

    Attributes
    ----------
    point : Point or None
        It sends for it now.
    online : bool or None
        None: the gateway was not to be asked.
    packet : datetime or None
        Receipt of the newest packet with values of its point.
    index : int or None
        That packet's entry in the raw log.
    delay : float or None
        From the end of the interval to the receipt. [s]
    skew : float or None
        The device's clock (QN) less ours at receipt; positive: ahead. [s]
    complete : float or None
        The share of the last 24 h's intervals that came in.
    """

    device: Device
    point: Point | None
    online: bool | None
    since: datetime | None
    packet: datetime | None
    index: int | None
    delay: float | None
    skew: float | None
    complete: float | None

    @property
    def state(self) -> str:
        """``disabled``, ``unbound``, ``never``, ``silent`` or ``sending``."""
        if not self.device.enabled:
            return "disabled"
        if self.point is None:
            return "unbound"
        if self.packet is None:
            return "never"
        return "silent" if now_ms() - to_ms(self.packet) > SILENT_MS else "sending"

    @property
    def state_words(self) -> str:
        return str(STATES[self.state])

    @property
    def online_words(self) -> str:
        return _("unknown") if self.online is None else _("online") if self.online else _("offline")

    @property
    def is_skewed(self) -> bool:
        return self.skew is not None and abs(self.skew) > SKEW_S

    @property
    def is_incomplete(self) -> bool:
        return self.complete is not None and self.complete < COMPLETE

    @property
    def percent(self) -> int | None:
        """Completeness, rounded down so that 100 means all."""
        return None if self.complete is None else int(self.complete * 100)


def look(devices: Sequence[Device], online: dict[str, int] | None) -> list[Seen]:
    """Each device (its bindings fetched); two questions to the store and one entry read for each.

    Parameters
    ----------
    online : dict of int, optional
        MN → connected since [ms since 1970 UTC]; None: nobody could be asked.
    """
    moment = now()
    points = [point_at(device, moment) for device in devices]
    codes = sorted({point.code for point in points if point is not None})
    newest = _newest(codes)
    counts = _intervals(codes)
    found = []
    for device, point in zip(devices, points, strict=True):
        since = online.get(device.mn) if online is not None else None
        packet = index = delay = skew = complete = None
        if point is not None:
            if (last := newest.get(point.code)) is not None:
                index = last[1]
                packet, delay, skew = _receipt(device, *last)
            complete = _share(device, counts.get(point.code, {}))
        found.append(Seen(
            device, point, None if online is None else device.mn in online, None if since is None else from_ms(since),
            packet, index if packet else None, delay, skew, complete,
        ))  # fmt: skip
    return found


def newest_observations(codes: Sequence[str]) -> dict[str, int]:
    """Start of the newest reported interval of each point. [ms since 1970 UTC]"""
    return {code: last[0] for code, last in _newest(codes).items()}


def _newest(codes: Sequence[str]) -> dict[str, tuple[int, int, str]]:
    """Point → (start of the newest interval, index of the entry it came in, period)."""
    if not codes:
        return {}
    rows = engines().store.latest(points=codes, sources=[Source.REPORTED], stats=None)
    found: dict[str, tuple[int, int, str]] = {}
    for code, time, version in zip(rows.code.tolist(), rows.time.tolist(), rows.version.tolist(), strict=True):
        series = rows.series[code]
        if version < PERSON and (series.point not in found or version - 1 > found[series.point][1]):
            found[series.point] = (time, version - 1, series.period)
    return found


def _intervals(codes: Sequence[str]) -> dict[str, dict[str, int]]:
    """Point → period → how many intervals of the last 24 h came in."""
    if not codes:
        return {}
    stop = now_ms() // MINUTE_MS * MINUTE_MS
    rows = engines().store.range(
        stop - DAY_MS, stop, points=codes, periods=[Period.MINUTE, Period.HOUR], sources=[Source.REPORTED]
    )
    times: dict[tuple[str, str], list[np.ndarray]] = {}
    for code, series in enumerate(rows.series):
        times.setdefault((series.point, series.period), []).append(rows.time[rows.code == code])
    found: dict[str, dict[str, int]] = {}
    for (point, period), parts in times.items():
        found.setdefault(point, {})[period] = len(np.unique(np.concatenate(parts)))
    return found


def _share(device: Device, counts: dict[str, int]) -> float:
    """Of the minute intervals where any came in, else of the hours."""
    if counts.get(Period.MINUTE):
        return min(1.0, counts[Period.MINUTE] * device.minute_interval * MINUTE_MS / DAY_MS)
    return min(1.0, counts.get(Period.HOUR, 0) / 24)


def _receipt(device: Device, time: int, index: int, period: str) -> tuple[datetime | None, float | None, float | None]:
    """Receipt, delay and skew as the sealed packet tells them; nothing if it came from another device."""
    try:
        (encoded,) = engines().raw_log.read(index, index + 1)
        entry = Entry.decode(encoded)
    except (LedgerError, EntryError, ValueError):
        return None, None, None
    if entry.station != device.mn:
        return None, None, None
    lasts = {Period.MINUTE: device.minute_interval * MINUTE_MS, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}.get(
        Period(period), 0
    )
    sent = _QN.search(entry.body)
    clock = parse_digits(sent[1].decode()) if sent else None
    skew = None if clock is None else (clock - entry.received) / 1000
    return from_ms(entry.received), max(0.0, (entry.received - time - lasts) / 1000), skew
