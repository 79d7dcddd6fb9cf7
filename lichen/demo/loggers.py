"""The simulated loggers of the demo that are not air stations: what each sends, how often, and how far back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lichen.demo.made import Noise, flue_gas, waste_water
from lichen.demo.points import places
from lichen.demo.record import load
from lichen.demo.registry import mn
from lichen.demo.sections import HourValues, section_values, sections
from lichen.demo.seed import DemoSeed
from lichen.demo.timeline import YearTimeline
from lichen.hj212.simulator.values import ValueSource
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from lichen.vocab.registry import Device

_WEATHER = "beijing_weather_2016"
#: Whole days are judged of noise and waste water: yesterday must be there. [h]
_MINUTES_BACK, _SECTIONS_BACK, _WEATHER_BACK = 48, 96, 30 * 24


@dataclass(frozen=True, slots=True)
class Uploads:
    """What a logger sends by itself (command → interval, 0 = once) and its history (command → width and how far back).

    [ms]
    """

    regular: Mapping[str, int]
    history: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Both:
    """Two sources on one logger."""

    first: ValueSource
    second: ValueSource

    def items(self, cn: str, start: int, width: int) -> Sequence[str]:
        return [*self.first.items(cn, start, width), *self.second.items(cn, start, width)]


def weather(station: str, *, wind_only: bool = False) -> HourValues:
    """Recorded weather of a Beijing station: wind, temperature, pressure."""
    record = load(_WEATHER)
    left_out = frozenset({"air_temperature", "pressure"}) if wind_only else frozenset[str]()
    return HourValues(station, record, YearTimeline(min(record.hours[station])), left_out)


@cache
def loggers(seed: DemoSeed) -> tuple[Device, ...]:
    """The loggers, with the secrets of this installation."""
    found = []
    for section in sections():
        if section.road == "device":
            found.append(_device(section.id, "21", seed))
    for place in places():
        if place.device is not None:
            found.append(_device(place.id, place.device.st, seed, place.device.minutes or 60))
    return tuple(found)


def _device(point: str, st: str, seed: DemoSeed, minutes: int = 60) -> Device:
    number = mn(point)
    return Device(number, point, "2017", st, seed.password(number), minute_interval=minutes, realtime_interval=60)


def source(point: str, started: int) -> ValueSource:
    """What the logger of a point measures, for a demo first started at that instant. [ms since 1970 UTC]"""
    if any(section.id == point for section in sections()):
        return section_values(point, started)
    place = next(place for place in places() if place.id == point)
    makes = place.device.makes if place.device else ""
    if makes == "weather":
        assert place.beside is not None
        return weather(place.beside.id)
    made_up: Mapping[str, Callable[[str, int], ValueSource]] = {
        "noise": Noise, "flue_gas": flue_gas, "waste_water": waste_water,
    }  # fmt: skip
    return made_up[makes](point, started)


def uploads(point: str) -> Uploads:
    """What the logger of a point sends, and when."""
    place = next((place for place in places() if place.id == point), None)
    if place is not None and place.device is not None and place.device.minutes:
        width = place.device.minutes * MINUTE_MS
        return Uploads({"2081": 0, "2011": 60 * SECOND_MS, "2051": width}, {"2051": (width, _MINUTES_BACK * HOUR_MS)})
    # Sections are sampled every four hours; an hour without a sample sends nothing.
    hours = _SECTIONS_BACK if place is None else _WEATHER_BACK
    return Uploads({"2081": 0, "2061": HOUR_MS}, {"2061": (HOUR_MS, hours * HOUR_MS)})
