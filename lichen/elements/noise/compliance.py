"""Whether noise keeps to its limits: a day by its day and night levels, an hour or a spot reading by the time of day.

Levels are rounded to 0.1 dB first (GB/T 8170); a level equal to its limit attains it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lichen.elements import folder
from lichen.elements.descriptor import Evaluation, Flags, Floats, ResultClass, Samples, word_sets
from lichen.elements.noise.levels import NIGHT_HOURS
from lichen.elements.noise.limits import NUMBERS, PEAK, SUBJECT, ZONE, needs_zone, zone_limits
from lichen.elements.noise.shelf import SHELF
from lichen.standards import Edition, UnknownEdition
from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS, HOUR_MS, day_start_ms
from lichen.vocab.rounding import round_half_even

CHECKS = folder.checks("noise")
_RANGE = {check.parameter: (check.low, check.high) for check in CHECKS}

#: The colours are ours: no standard gives any.
CLASSES = (
    ResultClass("达标", "compliant", "达标", (60, 150, 90)),
    ResultClass("超标", "exceeding", "超标", (205, 60, 50)),
)

_EDITIONS = tuple(edition for number in NUMBERS.values() for edition in SHELF.of(number))
_CLAUSE = " | ".join(f"{edition.id} {edition.table('zones').rows[0]['clause']}" for edition in _EDITIONS)
_WEATHER = {row["parameter"]: row["invalid_from"] for row in SHELF.edition("monitoring-rules").table("weather")}
_WIND = float(_WEATHER["wind_speed"])
_SUDDEN = zone_limits("GB 3096-2008").peak["sudden"]

DAY_INPUTS = ("ld", "ln", "lmax_night")
SPOT_INPUTS = ("leq", "lmax", "wind_speed", "precipitation")


def evaluate_day(samples: Samples) -> Evaluation:
    """Verdicts on days: 超标 if the day level or the night level is above its limit.

    Parameters
    ----------
    samples : Samples
        Columns ``ld``, ``ln``, ``lmax_night`` [dB(A)]; options `SUBJECT`, `ZONE`, `PEAK`. If one of Ld and Ln is
        missing, the other is judged alone and the note says so. Edition: ``GB 12523-2011`` …

    Returns
    -------
    Evaluation
        No index. In `exceeding` a night-time maximum also appears where GB 3096 (5.4) does not count it.

    Raises
    ------
    UnknownEdition
        The edition is not known, or sets no limits for single places.

    Examples
    --------
    >>> from datetime import date
    >>> two = np.full(2, ZONE.code("2"), np.int16)
    >>> days = np.full(2, day_start_ms(date(2026, 5, 1)))
    >>> verdict = evaluate_day(Samples({"ld": np.array([60.04, 60.1]), "ln": np.array([50.0, 48])}, days,
    ...                                options={"zone": two}))
    >>> [CLASSES[k].word for k in verdict.klass], verdict.exceeding["ld"].tolist()
    (['达标', '超标'], [False, True])
    """
    found = _Verdicts(samples)
    found.level("ld", found.day)
    found.level("ln", found.night)
    found.peak("lmax_night", np.ones(len(samples), bool))
    lacks_day, lacks_night = found.lacks("ld"), found.lacks("ln")
    found.say("昼间等效声级缺测，仅评价夜间", lacks_day & ~lacks_night)
    found.say("夜间等效声级缺测，仅评价昼间", lacks_night & ~lacks_day)
    found.say("昼间、夜间等效声级均缺测，未评价", lacks_day & lacks_night)
    return found.evaluation()


def evaluate_spot(samples: Samples) -> Evaluation:
    """Verdicts on single hours and spot readings, against the limit of the part of the day they lie in.

    For functional zones this is a hint (GB 3096 judges whole days and nights); for boundaries it is the measurement
    the emission standards ask for. In wind of 5 m/s and more, or precipitation, there is no verdict.

    Parameters
    ----------
    samples : Samples
        Columns ``leq``, ``lmax`` [dB(A)], ``wind_speed`` [m/s], ``precipitation`` [mm]; no weather
        column, or NaN: taken as suitable. Options and edition as for `evaluate_day`.

    Examples
    --------
    >>> from datetime import date
    >>> night = day_start_ms(date(2026, 5, 1)) + 23 * HOUR_MS
    >>> loud = Samples({"leq": np.array([52.0])}, np.array([night]), options={"zone": np.array([ZONE.code("2")])})
    >>> CLASSES[evaluate_spot(loud).klass[0]].word
    '超标'
    """
    found = _Verdicts(samples)
    at_night = is_night(samples.time)
    unfit = ~suitable_weather(_column(samples, "wind_speed"), _column(samples, "precipitation"))
    found.leave_out(unfit)
    found.level("leq", np.where(at_night, found.night, found.day))
    found.peak("lmax", at_night)
    found.say(f"风速达到{_WIND:g} m/s或有降水，不符合测量气象条件，未评价", unfit)
    found.say("等效声级缺测，未评价", found.lacks("leq"))
    return found.evaluation()


def is_night(instants: NDArray[np.int64]) -> Flags:
    """Whether instants lie in the night, 22:00 to 06:00 Beijing time, (n,).

    >>> from datetime import date
    >>> is_night(day_start_ms(date(2026, 1, 1)) + HOUR_MS * np.array([5, 6, 21, 22])).tolist()
    [True, False, False, True]
    """
    hour = (np.asarray(instants) + BEIJING_OFFSET_MS) % DAY_MS // HOUR_MS
    return np.isin(hour, NIGHT_HOURS)


def suitable_weather(wind_speed: Floats, precipitation: Floats) -> Flags:
    """Whether noise may be measured: wind below 5 m/s and no precipitation, (n,). NaN: taken as suitable.

    >>> suitable_weather(np.array([4.9, 5.0, np.nan]), np.array([0.0, 0.0, 0.2])).tolist()
    [True, False, False]
    """
    return np.asarray(~(wind_speed >= _WIND) & ~(precipitation > 0))


def _column(samples: Samples, slug: str) -> Floats:
    return samples.columns.get(slug, np.full(len(samples), np.nan))


@dataclass
class _Verdicts:
    """The columns of an `Evaluation`, filled level by level."""

    samples: Samples
    sub: dict[str, Floats] = field(default_factory=dict)
    exceeding: dict[str, Flags] = field(default_factory=dict)
    said: dict[str, Flags] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.samples)
        self.day, self.night = np.full((2, n), np.nan)
        #: By how much a night-time maximum may lie above the night limit, at least and at most.
        self.over_least, self.over_most = np.full((2, n), np.inf)
        self.edition = np.full(n, len(_EDITIONS), np.uint16)
        self.is_ambient = self.samples.choice(SUBJECT) == SUBJECT.code("ambient")
        self.counted = np.full(n, -1, np.int8)  # the class so far
        self._find_limits()

    def _find_limits(self) -> None:
        samples = self.samples
        subject, zone = samples.choice(SUBJECT), samples.choice(ZONE)
        asked = None if samples.edition is None else _asked(samples.edition)
        zoneless = np.zeros(len(samples), bool)
        for position, edition in enumerate(_EDITIONS):
            mine = subject == list(NUMBERS.values()).index(edition.number)
            if asked is None:
                mine &= samples.time >= day_start_ms(edition.start)
                if edition.end is not None:
                    mine &= samples.time < day_start_ms(edition.end) + DAY_MS
            elif edition != asked:
                continue
            if mine.any():
                self._take(edition, position, mine, zone)
                if needs_zone(edition):
                    zoneless |= mine & (zone < 0)
        judged = self.edition < len(_EDITIONS)
        self.say("未登记评价对象，未评价", subject < 0)
        if asked is None:
            self.say("当日没有现行有效的标准，未评价", ~judged & (subject >= 0))
        else:
            self.say(f"{asked.id}不适用于该评价对象，未评价", ~judged & (subject >= 0))
        self.say("未登记声环境功能区类别，未评价", zoneless)
        self.say("标准没有该类声环境功能区的限值，未评价", judged & ~zoneless & np.isnan(self.day))

    def _take(self, edition: Edition, position: int, mine: Flags, zone: NDArray[np.int16]) -> None:
        found = zone_limits(edition.id)
        self.edition[mine] = position
        self.day[mine], self.night[mine] = found.day[zone[mine]], found.night[zone[mine]]
        if not found.peak:
            return
        self.over_least[mine], self.over_most[mine] = min(found.peak.values()), max(found.peak.values())
        kind = self.samples.choice(PEAK)
        for code, name in enumerate(PEAK.choices):
            if name in found.peak:
                rows = mine & (kind == code)
                self.over_least[rows] = self.over_most[rows] = found.peak[name]

    def leave_out(self, rows: Flags) -> None:
        """Give no verdict on some of the samples."""
        self.day[rows] = self.night[rows] = np.nan

    def say(self, text: str, rows: Flags) -> None:
        """The same note for some of the samples."""
        self.said[text] = self.said.get(text, np.zeros(len(self.samples), bool)) | rows

    def lacks(self, slug: str) -> Flags:
        """Where a level that was to be judged, because there is a limit, is missing."""
        return np.asarray(np.isnan(self.sub[slug]) & ~np.isnan(self.day))

    def _values(self, slug: str) -> Floats:
        given = _column(self.samples, slug)
        low, high = _RANGE["lmax" if slug == "lmax_night" else slug]
        wrong = (given < low) | (given > high)
        self.say("有声级超出仪器的测量范围，按缺测计", wrong)
        return np.where(wrong, np.nan, round_half_even(given, 1))

    def level(self, slug: str, limit: Floats) -> None:
        """Judge an equivalent level."""
        values = self._values(slug)
        beyond = values > limit
        there = ~np.isnan(values) & ~np.isnan(limit)
        self.sub[slug] = np.where(there, beyond, np.nan)
        self.exceeding[slug] = beyond
        self.counted = np.maximum(self.counted, np.where(there, beyond, -1)).astype(np.int8)

    def peak(self, slug: str, at_night: Flags) -> None:
        """Judge a night-time maximum, which counts for emission standards and is only told of functional zones."""
        over = np.where(at_night, self._values(slug) - self.night, np.nan)
        over = round_half_even(over, 1)
        beyond = over > self.over_most
        there = ~np.isnan(over) & np.isfinite(self.over_most)
        counts = there & ~self.is_ambient
        self.sub[slug] = np.where(counts, beyond, np.nan)
        self.exceeding[slug] = beyond
        self.counted = np.maximum(self.counted, np.where(counts & beyond, 1, -1)).astype(np.int8)
        self.say(f"夜间最大声级超过限值的幅度高于{_SUDDEN:g} dB(A)，不计入达标评价（5.4）", beyond & self.is_ambient)
        self.say("未登记夜间噪声为频发或偶发，最大声级未评价", there & (over > self.over_least) & ~beyond)

    def evaluation(self) -> Evaluation:
        n = len(self.samples)
        sets, note = word_sets(self.said, n)
        is_beyond = self.counted == 1
        deciding = {slug: flags & is_beyond & (self.sub[slug] == 1) for slug, flags in self.exceeding.items()}
        return Evaluation(
            self.counted, np.full(n, np.nan), deciding, self.exceeding, self.sub, note,
            tuple("；".join(one) for one in sets), (*(edition.id for edition in _EDITIONS), ""), self.edition, _CLAUSE,
        )  # fmt: skip


def _asked(name: str) -> Edition:
    edition = SHELF.edition(name)
    if edition not in _EDITIONS:
        known = ", ".join(one.id for one in _EDITIONS)
        raise UnknownEdition(f"{edition.id} has no limits for single places; editions that have: {known}")
    return edition
