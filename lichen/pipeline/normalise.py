"""Step 2: packets → observations: which point, which parameter, in our unit, with our flag, at the interval's start.

What cannot become an observation is counted by reason and stays readable in the ledger: a packet that brings no
observations (``command``) or has no usable DataTime (``time``) or one that lies after its receipt (``clock``); a factor
no table knows (``factor``), one that is no number (``text``), a unit that cannot be converted (``unit``), a suffix
that is no statistic (``stat``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lichen.pipeline.decode import NO_TIME, Packets
from lichen.vocab import marks, units
from lichen.vocab.batch import Batch, Series
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, beijing_day, floor_ms
from lichen.vocab.flags import Flag
from lichen.vocab.parameters import Parameter, by_code
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Device

#: Commands whose values are observations, and the interval they stand for (HJ 212-2017 table 9).
PERIODS: Mapping[str, Period] = {
    "2011": Period.REALTIME,
    "2051": Period.MINUTE,
    "2061": Period.HOUR,
    "2031": Period.DAY,
}
_FLOOR = {Period.REALTIME: 1, Period.MINUTE: MINUTE_MS, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}

#: Our word for a suffix: a reading and a mean are both ``avg``; the rest as HJ 212 says it, in lower case.
_STATS = {
    "Rtd": "avg", "Avg": "avg", "Data": "avg", "Min": "min", "Max": "max", "Cou": "cou", "ZsRtd": "zsavg",
    "ZsAvg": "zsavg", "ZsMin": "zsmin", "ZsMax": "zsmax", "RawAvg": "rawavg", "DayData": "day", "NightData": "night",
}  # fmt: skip
STAT_OF_SUFFIX = {suffix.lower(): stat for suffix, stat in _STATS.items()}

# Decimals kept by a conversion, and the size up to which rounding to them is exact in a float.
_DECIMALS, _EXACT_BELOW = 9, 9e6

#: A DataTime this much after the receipt is taken for a wrong clock, not for data of the future. [ms]
CLOCK_TOLERANCE_MS = 10 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Normalised:
    """Observations, and what did not become one.

    Attributes
    ----------
    batch : Batch
    device : ndarray (n,) int32
        Of each observation, as in `Packets.devices`.
    refused : mapping reason → int
        Values (for ``command``, ``time`` and ``clock``: packets) that are no observations.
    ahead : mapping point → int
        Points whose clock runs ahead, and the largest lead seen. [ms]
    """

    batch: Batch
    refused: Mapping[str, int]
    ahead: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Channel:
    """What the values of one (device, ST, factor, suffix) are: a series and the way to its unit, or why not.

    `sentinel` is the number that means "could not be computed" (HJ 212-2025, 8.1.1 d), NaN = none.
    """

    parameter: Parameter | None
    stat: str
    unit: str
    refused: str
    sentinel: float


def channel_of(device: Device, st: str, factor: str, suffix: str) -> Channel:
    """How to read a factor and suffix of a device.

    >>> device = Device("X", "P1", aliases={"a1": "a34004"}, units={"a1": "mg/m3"})
    >>> channel = channel_of(device, "22", "a1", "Rtd")
    >>> channel.parameter.slug, channel.stat, channel.unit
    ('pm25', 'avg', 'mg/m3')
    >>> channel_of(device, "22", "zz", "Rtd").refused
    'factor'
    """
    standard = device.aliases.get(factor, factor)
    unit = device.units.get(factor) or device.units.get(standard) or ""
    return _channel(device.edition, st, standard, suffix, unit)


@lru_cache(maxsize=65_536)
def _channel(edition: str, st: str, code: str, suffix: str, registered_unit: str) -> Channel:
    nan = float("nan")
    stat = STAT_OF_SUFFIX.get(suffix.lower())
    if stat is None:
        return Channel(None, "", "", "stat", nan)
    parameter = by_code(code, st)
    if parameter is None:
        return Channel(None, stat, "", "factor", nan)
    if not parameter.is_number:
        return Channel(None, stat, "", "text", nan)
    # A sum is a mass or a volume in the unit the table prints; the registered unit is that of the concentration.
    unit = registered_unit if registered_unit and stat != "cou" else parameter.unit
    if unit != parameter.unit:
        try:
            units.convert([0.0], unit, parameter.unit, parameter.slug)
        except units.UnknownUnit:
            return Channel(None, stat, unit, "unit", nan)
    return Channel(parameter, stat, unit, "", _sentinel(edition, parameter, stat))


def convert(values: NDArray[np.float64], channel: Channel) -> NDArray[np.float64]:
    """Values as sent, in the parameter's unit."""
    assert channel.parameter is not None
    if channel.unit == channel.parameter.unit:
        return values
    converted = units.convert(values, channel.unit, channel.parameter.unit, channel.parameter.slug)
    # 0.057 mg/m3 is 57 ug/m3, not 57.00000000000001: nobody sent the last digits of a binary product.
    return np.where(np.abs(converted) < _EXACT_BELOW, np.round(converted, _DECIMALS), converted)


def normalise(packets: Packets) -> Normalised:
    """The observations of packets, version = position in the raw log + 1."""
    refused: Counter[str] = Counter(packets.refused)
    period_of_cn = [PERIODS.get(cn) for cn in packets.cns]
    usable = np.array([period is not None for period in period_of_cn], dtype=bool)[packets.cn]
    refused["command"] += int((~usable).sum())
    no_time = usable & (packets.time == NO_TIME)
    refused["time"] += int(no_time.sum())
    lead = np.where(packets.time == NO_TIME, 0, packets.time - packets.received)
    ahead = usable & (lead > CLOCK_TOLERANCE_MS)
    refused["clock"] += int(ahead.sum())
    usable &= ~no_time & ~ahead
    leads: dict[str, int] = {}
    for row in np.flatnonzero(ahead):
        point = packets.devices[packets.device[row]].point
        leads[point] = max(leads.get(point, 0), int(lead[row]))

    time = packets.time.copy()
    for code, period in enumerate(period_of_cn):
        if period is not None and _FLOOR[period] > 1:
            chosen = usable & (packets.cn == code)
            time[chosen] = floor_ms(time[chosen], _FLOOR[period])

    rows = np.flatnonzero(usable[packets.packet]) if not usable.all() else np.arange(len(packets.packet))
    packet = packets.packet[rows]
    batch = _observations(packets, rows, packet, time[packet], period_of_cn, refused)
    return Normalised(batch, {reason: count for reason, count in refused.items() if count}, leads)


def _observations(
    packets: Packets,
    rows: NDArray[np.int64],
    packet: NDArray[np.int32],
    time: NDArray[np.int64],
    period_of_cn: list[Period | None],
    refused: Counter[str],
) -> Batch:
    """The rows of `packets` as observations; rows whose channel is none are left out and counted."""
    # Every value of one (device, ST, command, factor, suffix) is read the same way: find the few distinct ones, decide
    # each once, and spread the decision over the rows.
    sizes = (len(packets.devices), len(packets.sts), len(packets.cns), len(packets.factors), len(packets.stats))
    codes = (
        packets.device[packet], packets.st[packet], packets.cn[packet], packets.factor[rows], packets.stat[rows],
    )  # fmt: skip
    kind, which = np.unique(_mixed(codes, sizes), return_inverse=True)
    value = packets.value[rows].copy()
    series: dict[Series, int] = {}
    code_of_kind = np.full(len(kind), -1, dtype=np.int32)
    count_of_kind = np.bincount(which, minlength=len(kind))
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(count_of_kind)
    uncomputable = np.zeros(len(rows), dtype=bool)
    for at, parts in enumerate(zip(*np.unravel_index(kind, sizes), strict=True)):
        device, st, cn, factor, stat = (int(part) for part in parts)
        channel = channel_of(packets.devices[device], packets.sts[st], packets.factors[factor], packets.stats[stat])
        if channel.parameter is None:
            refused[channel.refused] += int(count_of_kind[at])
            continue
        period = period_of_cn[cn]
        assert period is not None
        one = Series(packets.devices[device].point, channel.parameter.slug, period, Source.REPORTED, channel.stat)
        code_of_kind[at] = series.setdefault(one, len(series))
        if channel.unit == channel.parameter.unit and np.isnan(channel.sentinel):
            continue
        mine = order[ends[at] - count_of_kind[at] : ends[at]]
        if not np.isnan(channel.sentinel):
            uncomputable[mine[value[mine] == channel.sentinel]] = True
        value[mine] = convert(value[mine], channel)
    code = code_of_kind[which]
    flag = _flags(packets, rows, packet, time)
    flag[uncomputable] = np.maximum(flag[uncomputable], Flag.BAD)
    value[uncomputable] = np.nan
    nothing = np.isnan(value) & ~uncomputable
    flag[nothing] = np.where(flag[nothing] >= Flag.BAD, flag[nothing], Flag.MISSING)
    batch = Batch(
        tuple(series), code, time, value, flag, packets.marks or ("",), packets.mark[rows].astype(np.uint16),
        (packets.index[packet] + 1).astype(np.uint64),
    )  # fmt: skip
    keep = code >= 0
    batch = batch if keep.all() else batch.where(keep)
    return _last_of_repeated(batch, packet[keep])


def _flags(
    packets: Packets, rows: NDArray[np.int64], packet: NDArray[np.int32], time: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """The flag that each row's mark stands for."""
    day = floor_ms(time, DAY_MS)
    days, day_code = (np.unique(day, return_inverse=True)) if len(day) else (day, np.empty(0, np.int64))
    sizes = (len(packets.devices), len(packets.sts), max(len(packets.marks), 1), max(len(days), 1))
    codes = (packets.device[packet], packets.st[packet], packets.mark[rows], day_code)
    kind, which = np.unique(_mixed(codes, sizes), return_inverse=True)
    known: dict[tuple[str, str, str, int], Flag] = {}
    flags = np.zeros(len(kind), dtype=np.uint8)
    for at, (device, st, mark, on) in enumerate(zip(*np.unravel_index(kind, sizes), strict=True)):
        key = (packets.devices[device].edition, packets.sts[st], packets.marks[mark], int(days[on]))
        if key not in known:
            known[key] = marks.flag_of(key[2], key[0], key[1], beijing_day(key[3]))
        flags[at] = known[key]
    return flags[which]


def _last_of_repeated(batch: Batch, packet: NDArray[np.int32]) -> Batch:
    """Of a series that occurs twice in one packet, the last value: one packet is one version."""
    key = packet.astype(np.int64) * max(len(batch.series), 1) + batch.code
    ordered = np.sort(key)
    if not (ordered[1:] == ordered[:-1]).any():
        return batch
    order = np.argsort(key, kind="stable")
    last = np.append(key[order][1:] != key[order][:-1], True)
    return batch.where(np.isin(np.arange(len(batch)), order[last]))


def _mixed(codes: tuple[NDArray[np.integer], ...], sizes: tuple[int, ...]) -> NDArray[np.int64]:
    """Several codes of each row as one number."""
    key = np.zeros(len(codes[0]), dtype=np.int64)
    for code, size in zip(codes, sizes, strict=True):
        key = key * size + code
    return key


def _sentinel(edition: str, parameter: Parameter, stat: str) -> float:
    # HJ 212-2025, 8.1.1 d: where the oxygen content forbids the conversion, the largest number of the factor's data
    # type is sent. Compare it with a limit and every plant exceeds.
    if edition != "2025" or not stat.startswith("zs") or not parameter.data_type.startswith("N"):
        return float("nan")
    digits, _, decimals = parameter.data_type[1:].partition(".")
    return float("9" * int(digits) + "." + "9" * int(decimals or 0))
