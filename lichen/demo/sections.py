"""National automatic sections of surface water: recorded every four hours, with the class published with them.

Some are replayed by loggers, the others come as a table of another department (`lichen.demo.tables`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from lichen.demo.record import Hour, Record, load, rows
from lichen.demo.timeline import Timeline, YearTimeline
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.registry import Point

RECORD = "official_water_202104"


@dataclass(frozen=True, slots=True)
class Section:
    """A section (断面) as the record names it; "" = not known.

    `water_body` is the type whose limits of total phosphorus the published classes follow, where they tell
    (`inferred_type` is not ``undetermined``), else the type its name tells. `road` is ``device`` or ``table``.
    """

    id: str
    city: str
    city_en: str
    name_zh: str
    name_en: str
    river: str
    lake: str
    basin: str
    water_body: str
    inferred_type: str
    road: str


@cache
def sections() -> tuple[Section, ...]:
    """The sections of the record.

    >>> [section.name_zh for section in sections() if section.city == "自贡"]
    ['碳研所', '廖家堰']
    """
    return tuple(Section(**row) for row in rows("sections.csv"))


def section_point(section: Section) -> Point:
    """The registry's point of a recorded section. Where it lies is not known."""
    known = {"river": section.river, "lake": section.lake, "basin": section.basin}
    return Point(
        id=section.id,
        name_zh=section.name_zh,
        name_en=section.name_en,
        element="surface_water",
        kind="automatic_station",
        city=section.city,
        attributes={
            **{name: text for name, text in known.items() if text},
            "city": section.city,
            "city_en": section.city_en,
            "water_body": section.water_body,
            "replay_zh": "回放：2021年4月国家地表水自动站数据（中国环境监测总站发布，未经审核），时间已平移",
            "replay_en": "Replay: national automatic stations, April 2021 (published by the China National "
            "Environmental Monitoring Centre, not audited), times shifted",
        },
    )


def timeline(started: int) -> Timeline:
    """The recorded hours laid over the present of a demo first started at that instant. [ms since 1970 UTC]"""
    return Timeline.of(load(RECORD), started)


@dataclass(frozen=True)
class HourValues:
    """What a logger sends that measures whole hours: a `lichen.hj212.simulator.values.ValueSource` over a record.

    Nothing is sent for an hour that the record lacks. Values of an hour whose station was in maintenance and got no
    class carry the mark M.
    """

    station: str
    record: Record
    timeline: Timeline | YearTimeline
    left_out: frozenset[str] = field(default_factory=frozenset)

    def items(self, cn: str, start: int, width: int) -> Sequence[str]:
        """Hour values (2061), by the factor codes of HJ 212."""
        if cn != "2061":
            return ()
        mark = "M" if self.is_maintained(start) else "N"
        return [
            f"{PARAMETERS[slug].code}-Avg={text},{PARAMETERS[slug].code}-Flag={mark}"
            for slug, text in self.hour(start).items()
            if slug not in self.left_out
        ]

    def hour(self, instant: int) -> Hour:
        """The values replayed at the instant, as recorded."""
        return self.record.hours.get(self.station, {}).get(self.timeline.recorded_hour(instant), {})

    def is_maintained(self, instant: int) -> bool:
        """Whether the feed gave that hour no class because the station was in maintenance."""
        verdict = self.record.verdicts.get(self.station, {}).get(self.timeline.recorded_hour(instant))
        return verdict is not None and verdict.status == "维护" and not verdict.level


def section_values(station: str, started: int) -> HourValues:
    """The replay of one section."""
    return HourValues(station, load(RECORD), timeline(started))
