"""Which limits hold where: by what is judged, by the zone, and by the edition in force on the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import LimitLine, Option
from lichen.elements.noise.shelf import SHELF
from lichen.elements.site_reports import option_on
from lichen.standards import Edition
from lichen.vocab.periods import Period

Floats = NDArray[np.float64]

#: The standard of each subject.
NUMBERS: Mapping[str, str] = {
    "ambient": "GB 3096", "industry": "GB 12348", "social": "GB 22337", "construction": "GB 12523"
}  # fmt: skip

SUBJECT = Option(
    "noise_subject", "评价对象", "what is judged",
    {
        "ambient": ("声环境功能区", "functional zone"),
        "industry": ("工业企业厂界", "industrial boundary"),
        "social": ("社会生活噪声排放源边界", "boundary of a social-life source"),
        "construction": ("建筑施工场界", "construction-site boundary"),
    },
    default="ambient",
)  # fmt: skip
ZONE = Option(
    "zone", "声环境功能区类别", "functional zone",
    {zone: (f"{zone}类", f"zone {zone}") for zone in ("0", "1", "2", "3", "4", "4a", "4b")},
    accepts={f"{zone}类区": zone for zone in ("0", "1", "2", "3", "4", "4a", "4b")},
)  # fmt: skip
PEAK = Option(
    "night_peak", "夜间噪声性质", "kind of night-time peaks",
    {"frequent": ("频发", "frequent"), "occasional": ("偶发", "occasional")},
)  # fmt: skip

_ZONES = tuple(ZONE.choices)


@dataclass(frozen=True, slots=True)
class ZoneLimits:
    """What one edition allows, by the code of the zone in `ZONE`. [dB]

    Attributes
    ----------
    day, night : ndarray (zones + 1,)
        Limits of the equivalent level, which themselves attain; NaN where the edition knows no such zone. The last
        entry stands for a zone that is not known, code -1.
    peak : mapping kind → float
        By how much a night-time maximum may lie above `night`: of ``frequent``, ``occasional`` … noise; "any": all.
    """

    day: Floats
    night: Floats
    peak: Mapping[str, float]


@cache
def zone_limits(edition: str) -> ZoneLimits:
    """The limits of one edition.

    >>> two = ZONE.code("2类")
    >>> float(zone_limits("GB 3096-2008").day[two]), float(zone_limits("GB 3096-2008").night[two])
    (60.0, 50.0)
    """
    one = SHELF.edition(edition)
    rows = {row["zone"]: row for row in one.table("zones")}
    day, night = np.full((2, len(_ZONES) + 1), np.nan)
    for code, zone in enumerate((*_ZONES, "")):
        # Emission standards know one class 4; a standard without zones has one row for all, also the unknown.
        row = rows.get(zone) or rows.get(zone[:1]) or rows.get("")
        if row is not None:
            day[code], night[code] = float(row["day"]), float(row["night"])
    peaks = one.tables.get("peaks", ())
    return ZoneLimits(day, night, {row["peak"]: float(row["over"]) for row in peaks})


def needs_zone(edition: Edition) -> bool:
    """Whether the limits of an edition depend on the zone."""
    return not edition.table("zones").select(zone="")


def limits_of_point(attributes: Mapping[str, Any], on: date) -> tuple[LimitLine, ...]:
    """The limits of day and night levels of a point on a day, by what is judged there and its zone; none if not known.

    >>> [line.value for line in limits_of_point({"zone": "4a"}, date(2026, 1, 1))]
    [70.0, 55.0]
    """
    subject, zone = option_on(SUBJECT, attributes, on), option_on(ZONE, attributes, on)
    if subject < 0:
        return ()
    lines = []
    for edition in SHELF.of(list(NUMBERS.values())[subject]):
        found, row = zone_limits(edition.id), edition.table("zones").rows[0]
        if not edition.covers(on) or np.isnan(found.day[zone]):
            continue
        for slug, value, words in (
            ("ld", found.day, ("昼间限值", "limit by day")),
            ("ln", found.night, ("夜间限值", "limit by night")),
        ):
            lines.append(
                LimitLine(slug, Period.DAY, float(value[zone]), *words, f"{edition.id} {row['clause']}", row["status"])
            )
    return tuple(lines)
