"""What needs somebody's attention, within the own reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db.models import Prefetch

from lichen.elements import ELEMENTS
from lichen.vocab.clock import DAY_MS, from_ms, now, now_ms
from lichen.vocab.flags import is_usable
from lichen.vocab.periods import Period, Source
from lichen.web.accounts.access import devices_in_reach, points_in_reach
from lichen.web.accounts.models import User
from lichen.web.belt import StreamDown
from lichen.web.desk.wall import SILENT_MS, newest_observations
from lichen.web.engines import engines
from lichen.web.readings import words
from lichen.web.readings.addresses import Place
from lichen.web.registry.models import Binding, Device, Point
from lichen.web.registry.tables import name_of, point_at

#: Rows of each list on the overview.
ROWS = 20
#: How far back verdicts are looked at that do not come by the hour. [ms]
_SELDOM = {
    Period.DAY: 2 * DAY_MS, Period.SAMPLE: 31 * DAY_MS, Period.MONTH: 62 * DAY_MS, Period.QUARTER: 183 * DAY_MS,
    Period.YEAR: 731 * DAY_MS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """The first rows of a list and how many there are in all."""

    rows: tuple[object, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Silent:
    """A device whose point has had nothing new; `since` None: never."""

    mn: str
    point: str
    since: object


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A point whose verdicts of the last day exceeded; the newest of them is linked."""

    point: str
    period: str
    count: int
    newest: str
    parameters: str
    url: str


@dataclass(frozen=True, slots=True)
class Faulty:
    """A parameter of a point without a usable value in some hours of the last day."""

    point: str
    parameter: str
    hours: int
    flag: str
    newest: str
    url: str


def unclaimed_count() -> int | None:
    """Devices that wait to be claimed; None: the stream does not answer."""
    belt = engines().belt
    try:
        if belt is None:
            raise StreamDown("this process has no stream")
        names = [record["mn"] for record in belt.unclaimed()]
    except StreamDown:
        return None
    return len(names) - Device.objects.filter(mn__in=names).count()


def silent(user: User) -> Listed:
    """Enabled devices whose point has had nothing for `SILENT_MS`; the longest silent first."""
    devices = (
        Device.objects.filter(devices_in_reach(user), enabled=True)
        .prefetch_related(Prefetch("bindings", Binding.objects.select_related("point")))
        .distinct()
    )
    moment = now()
    bound = [(device, point) for device in devices if (point := point_at(device, moment)) is not None]
    newest = newest_observations(sorted({point.code for _, point in bound}))
    before = now_ms() - SILENT_MS
    found = sorted(
        (newest.get(point.code, 0), device.mn, name_of(point))
        for device, point in bound
        if newest.get(point.code, 0) < before
    )
    return Listed(
        tuple(Silent(mn, point, from_ms(since) if since else None) for since, mn, point in found[:ROWS]), len(found)
    )


def exceedances(user: User) -> Listed:
    """Verdicts of the last 24 h (days: the last two; what comes seldom: `_SELDOM`) that exceed, by point and
    period, the most first."""
    names = _names(user)
    found = []
    stop = now_ms()
    for element in ELEMENTS:
        for period in element.evaluators:
            back = _SELDOM.get(period, DAY_MS)
            results = engines().store.results(element.slug, period, stop - back, stop, points=sorted(names))
            rows = np.array([row for row, names in enumerate(results.exceeding) if names], np.int64)
            for at in np.unique(results.point[rows]).tolist():
                of = rows[results.point[rows] == at]
                last = of[np.argmax(results.time[of])]
                code, time = results.points[at], int(results.time[last])
                found.append(Exceeded(
                    names[code], words.period(period), len(of), words.instant(time),
                    words.joined(tuple(dict.fromkeys(slug for row in of for slug in results.exceeding[row]))),
                    Place(code, element.slug, period, time).url,
                ))  # fmt: skip
    found.sort(key=lambda one: (-one.count, one.point))
    return Listed(tuple(found[:ROWS]), len(found))


def faults(user: User) -> Listed:
    """Hours of the last 24 h without a usable value, by point and parameter, the most first."""
    names = _names(user)
    stop = now_ms()
    values = engines().store.range(
        stop - DAY_MS, stop, points=sorted(names), periods=[Period.HOUR], sources=[Source.COMPUTED]
    )
    found = []
    bad = np.array([not is_usable(flag) for flag in values.flag.tolist()], dtype=bool)
    for code in np.unique(values.code[bad]).tolist():
        rows = np.flatnonzero(bad & (values.code == code))
        series, last = values.series[code], rows[np.argmax(values.time[rows])]
        time = int(values.time[last])
        found.append(Faulty(
            names[series.point], words.parameter_name(series.parameter), len(rows), words.flag(int(values.flag[last])),
            words.instant(time), Place(series.point, series.parameter, Period.HOUR, time).url,
        ))  # fmt: skip
    found.sort(key=lambda one: (-one.hours, one.point, one.parameter))
    return Listed(tuple(found[:ROWS]), len(found))


def _names(user: User) -> dict[str, str]:
    """Code → name of the points in reach."""
    return {point.code: name_of(point) for point in Point.objects.filter(points_in_reach(user))}
