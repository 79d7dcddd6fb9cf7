"""The recorded hours the demo replays (see ``data/README.md`` for origin, licence and what was changed)."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lichen.vocab.clock import parse_digits

#: The pollutants recorded of air stations, in the order of the files' columns.
POLLUTANTS = ("so2", "no2", "co", "o3", "pm10", "pm25")
#: Columns of a record that are no measured values.
_BESIDE = frozenset({"point", "start", "aqi", "level", "primary", "o3_8h", "status"})

#: One recorded hour: parameter slug → the value as published (text: its digits count). Missing ones are absent.
Hour = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Station:
    """A station as the national feed publishes it; `lon`/`lat` are None where no listing holds them. [degrees]"""

    id: str
    city: str
    name_zh: str
    name_en: str
    station_code: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the feed said about one hour of a station: for comparison only, never sent. None or "" = not given.

    `level` is the class (良, Ⅲ); `status` that of the station (正常, 维护) where the feed tells.
    """

    aqi: int | None
    level: str
    primary: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Recorded hours and verdicts by station id and start of the hour. [ms since 1970 UTC]"""

    hours: Mapping[str, Mapping[int, Hour]]
    verdicts: Mapping[str, Mapping[int, Verdict]]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table among the packaged data."""
    raw = files("lichen.demo").joinpath("data", name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
    return list(csv.DictReader(io.StringIO(text)))


def _instant(start: str) -> int:
    instant = parse_digits("".join(character for character in start if character.isdigit()))
    if instant is None:
        raise ValueError(f"demo record: {start!r} is no time; expected YYYY-MM-DDThh:mm:ss in Beijing time")
    return instant


@cache
def stations() -> tuple[Station, ...]:
    """The stations of both records.

    >>> len(stations()), stations()[0].name_zh
    (20, '大塘山')
    """
    return tuple(
        Station(
            row["id"], row["city"], row["name_zh"], row["name_en"], row["station_code"],
            float(row["lon"]) if row["lon"] else None, float(row["lat"]) if row["lat"] else None,
        )
        for row in rows("stations.csv")
    )  # fmt: skip


@cache
def load(name: str) -> Record:
    """One record.

    ``official_hours_202004`` (air of Zigong and Tianjin), ``official_water_202104`` (sections, every four hours),
    ``beijing_hours_2016`` (air, one year, no verdicts) or ``beijing_weather_2016`` (wind and weather there).

    >>> record = load("official_hours_202004")
    >>> sum(len(hours) for hours in record.hours.values())
    999
    >>> hour = record.hours["zg-chunhua-road"]
    >>> hour[min(hour)]["pm25"]
    '53'
    """
    hours: dict[str, dict[int, Hour]] = {}
    verdicts: dict[str, dict[int, Verdict]] = {}
    for row in rows(f"{name}.csv.gz"):
        start = _instant(row["start"])
        hour = {slug: text for slug, text in row.items() if text and slug not in _BESIDE}
        if hour:
            hours.setdefault(row["point"], {})[start] = hour
        if row.get("level") or row.get("status"):
            verdicts.setdefault(row["point"], {})[start] = Verdict(
                int(row["aqi"]) if row.get("aqi") else None, row["level"], row.get("primary", ""), row.get("status", "")
            )
    return Record(hours, verdicts)
