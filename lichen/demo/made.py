"""Numbers that nobody measured: what the demo's made-up loggers send, always the same for the same times.

Shapes are plausible, values are not real; the points say so (`lichen.demo.points.MADE_UP`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, beijing, day_start_ms

#: The incidents of the outlets: on the day before the first start, and every so many days.
_EVERY_DAYS = 5


def draw(*key: object) -> float:
    """A number in [-1, 1) that belongs to a key.

    >>> draw("noise", 1) == draw("noise", 1) != draw("noise", 2)
    True
    """
    digest = hashlib.blake2b(" ".join(map(str, key)).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**31 - 1


def _hour_of_day(instant: int) -> float:
    moment = beijing(instant)
    return moment.hour + moment.minute / 60


def _has_incident(instant: int, started: int) -> bool:
    """Whether the Beijing day of the instant is one of the days with incidents."""
    days = (day_start_ms(beijing(instant).date()) - day_start_ms(beijing(started).date())) // DAY_MS
    return days % _EVERY_DAYS == _EVERY_DAYS - 1


@dataclass(frozen=True)
class Noise:
    """A functional-zone station: Leq and percentile levels of five minutes, the level of a moment. [dB(A)]

    Days are quiet enough for zone 2; of some nights a work site nearby makes too much.
    """

    point: str
    started: int

    def items(self, cn: str, start: int, width: int) -> Sequence[str]:
        if cn == "2011":
            return [f"LA-Rtd={self.level(start) + 1.5 * draw(self.point, 'la', start):.1f},LA-Flag=N"]
        if cn != "2051":
            return ()
        leq = self.level(start)
        above = {"Leq": 0.0, "L10": 2.7, "L50": -1.6, "L90": -5.4, "LMx": 13.0, "LMn": -9.0}
        return [
            f"{code}-Data={leq + more + 0.4 * draw(self.point, code, start):.1f},{code}-Flag=N"
            for code, more in above.items()
        ]

    def level(self, instant: int) -> float:
        """The equivalent level around an instant. [dB(A)]"""
        hour = _hour_of_day(instant)
        day = 0.5 - 0.5 * math.cos((hour - 3.5) * math.pi / 12)  # 0 in the small hours, 1 in the afternoon
        loud = 6.0 if _has_incident(instant, self.started) and (hour < 6 or hour >= 22) else 0.0
        return 44.0 + 12.5 * day + loud + 1.2 * draw(self.point, "leq", instant // (5 * MINUTE_MS))


class _Factor(NamedTuple):
    """A factor of an outlet: code, usual value, part of it that noise adds, decimals; whether it is sent converted too,
    and whether it rises and falls with the load."""

    code: str
    base: float
    noise: float
    decimals: int
    is_converted: bool = False
    follows_load: bool = True


@dataclass(frozen=True)
class Outlet:
    """An outlet's logger. On a day with incidents the analysers are in maintenance for two hours, and later one
    pollutant is above its limit."""

    point: str
    started: int
    factors: tuple[_Factor, ...]
    exceeding: tuple[str, float, int, int]  # code, how many times the usual, first hour, hour after the last
    maintained: tuple[int, int]  # first hour, hour after the last
    flow: str  # code of the flow, whose sum is sent too
    oxygen: str = ""  # code of the oxygen content; "" = nothing is converted

    def items(self, cn: str, start: int, width: int) -> Sequence[str]:
        if cn not in ("2011", "2051"):
            return ()
        hour, incident = _hour_of_day(start), _has_incident(start, self.started)
        first, last = self.maintained
        is_maintained = incident and first <= hour < last
        measured = {one.code: self._value(one, start, hour, incident) for one in self.factors}
        converted = (21.0 - 6.0) / (21.0 - measured[self.oxygen]) if self.oxygen else 1.0
        kind = "Rtd" if cn == "2011" else "Avg"
        items = []
        for one in self.factors:
            text = f"{one.code}-{kind}={measured[one.code]:.{one.decimals}f}"
            if one.is_converted:
                text += f",{one.code}-Zs{kind}={measured[one.code] * converted:.{one.decimals}f}"
            if one.code == self.flow and cn == "2051":
                seconds = width / 1000
                volume = measured[one.code] * seconds / (1.0 if self.oxygen else 1000.0)
                text = f"{one.code}-Cou={volume:.2f},{text}"
            mark = "M" if is_maintained and one.code != self.flow else "N"
            items.append(f"{text},{one.code}-Flag={mark}")
        return items

    def _value(self, one: _Factor, start: int, hour: float, incident: bool) -> float:
        code, times, first, last = self.exceeding
        more = times if incident and code == one.code and first <= hour < last else 1.0
        load = 1.0 + 0.08 * math.cos((hour - 19) * math.pi / 12) if one.follows_load else 1.0
        return one.base * more * load * (1.0 + one.noise * draw(self.point, one.code, start // (10 * MINUTE_MS)))


def flue_gas(point: str, started: int) -> Outlet:
    """A coal-fired boiler: particles, SO2 and NOx with oxygen content and state; NOx exceeds for two hours."""
    factors = (
        _Factor("a34013", 3.4, 0.15, 2, True),
        _Factor("a21026", 17.0, 0.12, 2, True),
        _Factor("a21002", 33.0, 0.08, 1, True),
        _Factor("a19001", 6.1, 0.03, 2, follows_load=False),
        _Factor("a01012", 52.0, 0.02, 1, follows_load=False),
        _Factor("a01011", 11.5, 0.05, 2),
        _Factor("a01014", 11.8, 0.04, 1, follows_load=False),
        _Factor("a01013", -0.11, 0.05, 3, follows_load=False),
        _Factor("a00000", 62.0, 0.05, 1),
    )
    return Outlet(point, started, factors, ("a21002", 2.1, 14, 16), (9, 11), "a00000", "a19001")


def waste_water(point: str, started: int) -> Outlet:
    """A sewage works of a company; COD exceeds on a day with incidents."""
    factors = (
        _Factor("w00000", 4.6, 0.08, 2),
        _Factor("w01001", 7.4, 0.01, 2, follows_load=False),
        _Factor("w01010", 21.0, 0.02, 1, follows_load=False),
        _Factor("w01018", 43.0, 0.08, 1),
        _Factor("w21003", 2.3, 0.10, 2),
        _Factor("w21011", 0.31, 0.08, 2),
        _Factor("w21001", 9.8, 0.06, 2),
    )
    return Outlet(point, started, factors, ("w01018", 2.4, 0, 24), (9, 10), "w00000")


def gamma_hours(point: str, started: int, hours: int) -> list[tuple[int, dict[str, str]]]:
    """Dose rate [nGy/h] and precipitation [mm] of the hours before `started`, with one shower that raises the dose.

    Returns
    -------
    list of (start of the hour, values by parameter)
        [ms since 1970 UTC]
    """
    last = started // HOUR_MS * HOUR_MS
    shower = (1.2, 6.4, 3.1, 0.6)
    first_rain = hours - 30
    found = []
    for number in range(hours):
        at = last - (hours - number) * HOUR_MS
        rain = shower[number - first_rain] if 0 <= number - first_rain < len(shower) else 0.0
        washed = sum(
            2.6 * amount * 0.5 ** (1.6 * (number - first_rain - wet))
            for wet, amount in enumerate(shower)
            if 0 <= number - first_rain - wet < 6
        )
        dose = 92.0 + washed + 1.6 * draw(point, "gamma", at) + 0.8 * math.sin(_hour_of_day(at) * math.pi / 12)
        found.append((at, {"gamma_dose_rate": f"{dose:.1f}", "precipitation": f"{rain:.1f}"}))
    return found
