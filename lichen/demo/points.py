"""The points of the demo beside air and the recorded sections: ``data/points.toml``, most of them made up.

What is made up says so wherever the point is shown.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lichen.demo.record import Station, stations
from lichen.vocab.clock import DAY_MS, beijing, day_start_ms, parse_digits
from lichen.vocab.registry import Point

#: What a page must say about a point that does not exist.
MADE_UP = {
    "replay_zh": "示范数据，非实测：点位、位置和数值都是为演示编造的",
    "replay_en": "Made up for the demonstration, not measured: point, position and numbers",
}
_WEATHER = {
    "replay_zh": "回放：2016年3月至2017年2月气象小时值（UCI 数据集 501），时间已平移",
    "replay_en": "Replay: hourly weather of March 2016 to February 2017 (UCI data set 501), times shifted",
}
_CITY_EN = {"自贡": "Zigong", "湛江": "Zhanjiang", "北京": "Beijing"}


@dataclass(frozen=True, slots=True)
class Logger:
    """A simulated logger: its HJ 212 system code, what it measures (`lichen.demo.loggers`), its minute interval."""

    st: str
    makes: str
    minutes: int = 0  # 0: it sends hours only [min]


@dataclass(frozen=True, slots=True)
class Sample:
    """Results of one time at a point: texts as a laboratory writes them, by parameter. [ms since 1970 UTC]"""

    time: int
    values: Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Place:
    """One row of ``points.toml``.

    Attributes
    ----------
    owner, operator : str
        Codes of parties; "" = none.
    device : Logger or None
    hours : str
        What is brought as a table of hours; "" = nothing.
    """

    row: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def element(self) -> str:
        return str(self.row["element"])

    @property
    def owner(self) -> str:
        return str(self.row.get("owner", ""))

    @property
    def operator(self) -> str:
        return str(self.row.get("operator", ""))

    @property
    def hours(self) -> str:
        return str(self.row.get("hours", ""))

    @property
    def device(self) -> Logger | None:
        said = self.row.get("device")
        return Logger(**said) if said else None

    @property
    def beside(self) -> Station | None:
        """The recorded station at whose place, and from whose record, the point measures."""
        wanted = self.row.get("beside")
        return next((station for station in stations() if station.id == wanted), None)

    def point(self, started: int) -> Point:
        """As the registry has it, for a demo first started at that instant. [ms since 1970 UTC]"""
        row, beside = self.row, self.beside
        attributes = {name: _dated(value, started) for name, value in row.get("attributes", {}).items()}
        return Point(
            id=self.id,
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            element=self.element,
            kind=row["kind"],
            city=row["city"],
            lon=beside.lon if beside else row.get("lon"),
            lat=beside.lat if beside else row.get("lat"),
            attributes={**attributes, "city_en": _CITY_EN[row["city"]], **(_WEATHER if beside else MADE_UP)},
        )

    def samples(self, started: int) -> list[Sample]:
        """The results of the laboratory, oldest first."""
        said = self.row.get("samples")
        if not said:
            return []
        times = _times(said, started)
        found = []
        for number, time in enumerate(times):
            values = {slug: _value(value, number, len(times)) for slug, value in said["values"].items()}
            found.append(Sample(time, {slug: value for slug, value in values.items() if value != ""}))
        return found


@dataclass(frozen=True, slots=True)
class Party:
    """A company or laboratory of the demo, with the account of one of its people; codes of points are theirs."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    account: str
    person: str
    owns: tuple[str, ...] = ()
    operates: tuple[str, ...] = ()


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(files("lichen.demo").joinpath("data", "points.toml").read_text("utf-8"))


@cache
def places() -> tuple[Place, ...]:
    """The points of ``points.toml``.

    >>> sorted({place.element for place in places()})[:4]
    ['drinking_water', 'ecology', 'groundwater', 'noise']
    """
    return tuple(Place(row) for row in _file()["point"])


@cache
def parties() -> tuple[Party, ...]:
    """The organisations beside the bureau.

    >>> [party.kind for party in parties()]
    ['company', 'laboratory']
    """
    return tuple(
        Party(
            **row,
            owns=tuple(place.id for place in places() if place.owner == row["code"]),
            operates=tuple(place.id for place in places() if place.operator == row["code"]),
        )
        for row in _file()["party"]
    )


def _dated(value: Any, started: int) -> Any:
    """An attribute with days before the start written as dates."""
    if not isinstance(value, list) or not all(isinstance(one, dict) and "value" in one for one in value):
        return value
    return [
        {"from": beijing(started - one["ago"] * DAY_MS).date().isoformat(), "value": one["value"]}
        if "ago" in one
        else {"value": one["value"]}
        for one in value
    ]


def _times(said: Mapping[str, Any], started: int) -> list[int]:
    if "dates" in said:
        return [instant for text in said["dates"] if (instant := parse_digits(text.replace("-", ""))) is not None]
    today, hour = day_start_ms(beijing(started).date()), said.get("hour", 9)
    return [today - days * DAY_MS + hour * DAY_MS // 24 for days in said["days_ago"]]


def _value(value: str | float | Sequence[str | float], number: int, count: int) -> str | float:
    if not isinstance(value, list):
        return value  # type: ignore[return-value]
    if len(value) != count:
        raise ValueError(f"points.toml: {len(value)} values for {count} times; give one a time")
    return str(value[number])  # as it stands: only what stands for all times varies
