"""What simulated devices measure: a value source answers for any upload and any time, so history needs no memory."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS, HOUR_MS, MINUTE_MS, format_digits


class ValueSource(Protocol):
    """Where a device's numbers come from. The same question must always get the same answer."""

    def items(self, cn: str, start: int, width: int) -> Sequence[str]:
        """The data items of one upload, as they stand between the semicolons after DataTime.

        Parameters
        ----------
        cn : str
            The upload command: ``2011``, ``2051``, ``2061``, ``2031``, ``2021``, ``2041``, ….
        start : int
            DataTime: the moment of a reading, the start of an interval. [ms since 1970 UTC]
        width : int
            Width of the interval; 0 for a moment. [ms]

        Returns
        -------
        sequence of str
            One text an item, ``a34004-Avg=37.0,a34004-Flag=N``; empty = nothing was measured, nothing is sent.
        """
        ...


@dataclass(frozen=True, slots=True)
class Channel:
    """One factor of a synthetic device: a daily curve around `base` with its peak at `peak` o'clock."""

    factor: str
    base: float
    swing: float  # part of the base the daily curve adds and takes
    noise: float  # part of the base
    decimals: int
    peak: float = 14.0  # [h, Beijing time]
    total: float = 0.0  # Cou of one second, as a multiple of the value; 0 = the factor has no Cou
    converted: float = 0.0  # Zs value as a multiple of the value; 0 = the factor has no Zs values


AMBIENT_AIR = (
    Channel("a21026", 9, 0.3, 0.10, 1, 10),
    Channel("a21004", 34, 0.5, 0.10, 1, 20),
    Channel("a21005", 0.8, 0.3, 0.08, 3, 8),
    Channel("a05024", 75, 0.8, 0.06, 1, 15),
    Channel("a34002", 68, 0.3, 0.12, 1, 21),
    Channel("a34004", 38, 0.3, 0.12, 1, 22),
    Channel("a01001", 18, 0.4, 0.02, 1, 15),
)
SURFACE_WATER = (
    Channel("w01010", 19, 0.1, 0.01, 1, 16),
    Channel("w01001", 7.6, 0.02, 0.005, 2, 15),
    Channel("w01009", 7.4, 0.12, 0.02, 1, 15),
    Channel("w01014", 412, 0.02, 0.01, 1),
    Channel("w01003", 16, 0.1, 0.10, 1),
    Channel("w01019", 3.2, 0.05, 0.05, 1),
    Channel("w21003", 0.41, 0.10, 0.08, 2),
    Channel("w21011", 0.09, 0.05, 0.08, 2),
    Channel("w21001", 2.4, 0.04, 0.05, 2),
)
WASTE_WATER = (
    Channel("w00000", 16, 0.4, 0.05, 2, 11, total=0.001),  # L/s → m3
    Channel("w01001", 7.3, 0.03, 0.01, 2),
    Channel("w01018", 34, 0.2, 0.06, 1, 12, total=0.000016),  # mg/L at 16 L/s → kg
    Channel("w21003", 1.8, 0.2, 0.08, 2, 12, total=0.000016),
    Channel("w21011", 0.24, 0.1, 0.08, 2, total=0.000016),
    Channel("w21001", 9.1, 0.1, 0.05, 2, total=0.000016),
)
FLUE_GAS = (
    Channel("a00000", 48, 0.1, 0.03, 1, total=1.0),  # m3/s → m3
    Channel("a34013", 6.2, 0.2, 0.10, 1, total=0.000048, converted=1.24),  # mg/m3 at 48 m3/s → kg
    Channel("a21026", 18, 0.2, 0.10, 2, total=0.000048, converted=1.24),
    Channel("a21002", 31, 0.2, 0.08, 1, total=0.000048, converted=1.24),
    Channel("a19001", 8.9, 0.05, 0.02, 1),
    Channel("a01011", 12.4, 0.05, 0.03, 2),
    Channel("a01012", 98, 0.05, 0.01, 1),
    Channel("a01013", -0.12, 0.1, 0.05, 3),
    Channel("a01014", 7.5, 0.1, 0.03, 1),
)
NOISE = (
    Channel("L5", 62, 0.10, 0.02, 1, 13),
    Channel("L10", 60, 0.10, 0.02, 1, 13),
    Channel("L50", 54, 0.12, 0.02, 1, 13),
    Channel("L90", 47, 0.12, 0.02, 1, 13),
    Channel("L95", 45, 0.12, 0.02, 1, 13),
    Channel("Leq", 57, 0.10, 0.02, 1, 13),
    Channel("LMx", 74, 0.08, 0.03, 1, 13),
    Channel("LMn", 41, 0.08, 0.02, 1, 13),
)
#: The synthetic channels of a system code ST; codes not listed measure as ambient air.
CHANNELS: Mapping[str, tuple[Channel, ...]] = {
    "21": SURFACE_WATER, "22": AMBIENT_AIR, "23": NOISE, "31": FLUE_GAS, "32": WASTE_WATER, "36": NOISE,
}  # fmt: skip

_INTERVALS = ("2051", "2061", "2031", "2052")


class Synthetic:
    """A seeded source: daily curves with noise, for load and for tests.

    Parameters
    ----------
    st : str
        System code; picks the channels.
    seed : str
        The same seed gives the same values at the same times.

    Examples
    --------
    >>> Synthetic("22", "a").items("2011", 0, 0) == Synthetic("22", "a").items("2011", 0, 0)
    True
    >>> Synthetic("23", "a").items("2011", 0, 0)
    ['LA-Rtd=57.6,LA-Flag=N']
    """

    def __init__(self, st: str, seed: str) -> None:
        self._channels = CHANNELS.get(st, AMBIENT_AIR)
        self._noisy = self._channels is NOISE
        # 256 draws in [-1, 1): hashing once a device instead of once a value keeps large loads cheap.
        self._draws = [byte / 128 - 1 for byte in hashlib.shake_256(f"values {seed}".encode()).digest(256)]

    def items(self, cn: str, start: int, width: int) -> list[str]:
        """See `ValueSource.items`."""
        if cn == "2011":
            return self._moment(start)
        if cn in _INTERVALS:
            return self._noise_interval(cn, start, width) if self._noisy else self._interval(start, width)
        if cn == "2021":
            return [f"SB{n}-RS={int(self._draw(start, n) > -0.9)}" for n in (1, 2)]
        if cn == "2041":
            return [f"SB{n}-RT={20 + 4 * abs(self._draw(start, n)):.2f}" for n in (1, 2)]
        if cn == "2062":
            return self._standard_check(start)
        if cn == "2111":
            return [f"a01901-Avg={868 + 12 * self._draw(start, 3):.1f}"]
        if cn == "2013":
            return self._raw(start, width)
        return []

    def _draw(self, at: int, channel: int) -> float:
        return self._draws[(at // 1000 * 97 + channel * 31) & 255]

    def _value(self, channel: Channel, number: int, at: int) -> float:
        hour = (at + BEIJING_OFFSET_MS) % DAY_MS / HOUR_MS
        curve = channel.swing * math.cos((hour - channel.peak) * (math.pi / 12))
        return channel.base * (1 + curve + channel.noise * self._draw(at, number))

    def _moment(self, at: int) -> list[str]:
        if self._noisy:
            number = next(i for i, channel in enumerate(NOISE) if channel.factor == "Leq")
            return [f"LA-Rtd={self._value(NOISE[number], number, at):.1f},LA-Flag=N"]
        items = []
        for number, channel in enumerate(self._channels):
            value = self._value(channel, number, at)
            item = f"{channel.factor}-Rtd={value:.{channel.decimals}f}"
            if channel.converted:
                item += f",{channel.factor}-ZsRtd={value * channel.converted:.{channel.decimals}f}"
            items.append(f"{item},{channel.factor}-Flag=N")
        return items

    def _interval(self, start: int, width: int) -> list[str]:
        items = []
        for number, channel in enumerate(self._channels):
            value = self._value(channel, number, start + width // 2)
            spread = abs(channel.base) * channel.noise
            parts = []
            if channel.total:
                parts.append(f"{channel.factor}-Cou={value * channel.total * width / 1000:.2f}")
            for name, scale in (("", 1.0), ("Zs", channel.converted)):
                if scale:
                    parts += [
                        f"{channel.factor}-{name}{stat}={(value + shift) * scale:.{channel.decimals}f}"
                        for stat, shift in (("Min", -spread), ("Avg", 0.0), ("Max", spread))
                    ]
            parts.append(f"{channel.factor}-Flag=N")
            items.append(",".join(parts))
        return items

    def _noise_interval(self, cn: str, start: int, width: int) -> list[str]:
        middle = start + width // 2
        items = [
            f"{channel.factor}-Data={self._value(channel, number, middle):.1f},{channel.factor}-Flag=N"
            for number, channel in enumerate(self._channels)
        ]
        if cn == "2031":
            items += ["Ldn-Data=58.6,Ldn-Flag=N", "Ld-DayData=57.9,Ld-Flag=N", "Ln-NightData=48.2,Ln-Flag=N"]
        return items

    def _standard_check(self, start: int) -> list[str]:
        items = []
        for number, channel in enumerate(self._channels[:3]):
            read = channel.base * (1 + 0.04 * self._draw(start, number))
            items += [
                f"{channel.factor}-SampleRd={read:.{channel.decimals}f}",
                f"{channel.factor}-StandardValue={channel.base:.{channel.decimals}f}",
                f"{channel.factor}-ResultType=1",
            ]
        return items

    def _raw(self, start: int, width: int) -> list[str]:
        done = format_digits(start + (width or 30 * MINUTE_MS))
        return [
            f"{c.factor}-SampleTime={format_digits(start)},{c.factor}-CompleteTime={done},{c.factor}-SampleType=1,"
            f"{c.factor}-Avg={self._value(c, n, start):.{c.decimals}f},{c.factor}-Flag=N"
            for n, c in enumerate(self._channels)
        ]
