"""Numbers, times and names in the reader's language. Words of elements come from their descriptors."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from lichen.elements import notes
from lichen.elements.descriptor import Element, Option, ResultClass
from lichen.pipeline.intervals import COMPUTED, end_after
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, beijing, iso_beijing
from lichen.vocab.flags import Flag
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Point, Snapshot
from lichen.vocab.rounding import round_decimal
from lichen.vocab.units import text_of

#: Shown where there is nothing.
NOTHING = "—"
_DEFAULT_DECIMALS = 2
#: Below it a multiple is said with one decimal more.
_SMALL = 0.1
_MONTH = 28 * 24 * HOUR_MS


def in_english() -> bool:
    """Whether the page is in English."""
    return (get_language() or "").startswith("en")


def either(chinese: str, english: str) -> str:
    """The word in the reader's language; where one is missing, the other."""
    return (english or chinese) if in_english() else (chinese or english)


# names


def point_name(point: Point) -> str:
    """The name of a point."""
    return either(point.name_zh, point.name_en)


def city_name(point: Point) -> str:
    """The city of a point; English pages show ``city_en`` of its attributes."""
    return either(point.city, str(point.attributes.get("city_en", "")))


def district_name(point: Point) -> str:
    """The district of a point; English pages show ``district_en`` of its attributes."""
    return either(point.district, str(point.attributes.get("district_en", "")))


def replay(point: Point) -> tuple[str, str]:
    """What must be said about a replayed point, and its small print; empty for a real one."""
    told = point.attributes
    said = either(str(told.get("replay_zh", "")), str(told.get("replay_en", "")))
    return said, either(str(told.get("replay_note_zh", "")), str(told.get("replay_note_en", "")))


def element_name(element: Element) -> str:
    """The name of an element."""
    return either(element.name_zh, element.name_en)


def kind_name(element: Element, kind: str) -> str:
    """The name of a kind of point."""
    return either(*element.point_kinds.get(kind, (kind, kind)))


def class_name(klass: ResultClass) -> str:
    """The word of a class."""
    return either(klass.word, klass.name_en)


def note(element: Element, said: str, names: Mapping[str, str] | None = None) -> str:
    """What a verdict's note, or a text of a report, says; `names` are those of places in it, 中文 → English."""
    return notes.english(element.slug, said, names or {}) if in_english() else said


def parameter_name(slug: str) -> str:
    """The name of a parameter; a slug that is not in the table stays as it is."""
    found = PARAMETERS.get(slug)
    return slug if found is None else either(found.name_zh, found.name_en)


def unit(slug: str) -> str:
    """The unit of a parameter; nothing for a pure number."""
    found = PARAMETERS.get(slug)
    return "" if found is None or found.unit == "1" else text_of(found.unit)


def deciding(element: Element) -> str:
    """What the element calls the parameters that decide a class."""
    return either(element.deciding_zh, element.deciding_en[:1].upper() + element.deciding_en[1:])


def exceeding(slugs: tuple[str, ...], multiples: Mapping[str, float]) -> str:
    """Parameters beyond their limit, each with how many times the limit it lies above it (超标倍数), the largest first.

    >>> exceeding(("ph", "tp"), {"tp": 0.51})
    '总磷 0.5 倍、pH值'
    """
    ordered = sorted(slugs, key=lambda slug: -multiples.get(slug, -1.0))
    return (", " if in_english() else "、").join(
        parameter_name(slug) + (" " + times(multiples[slug]) if slug in multiples else "") for slug in ordered
    )


def times(multiple: float) -> str:
    """By how many times a limit is exceeded."""
    digits = 1 if multiple >= _SMALL else 2
    return _("%(times)s times") % {"times": round_decimal(repr(float(multiple)), digits)}


def option_value(option: Option, value: Any) -> str:
    """What a point is registered as, in words; `NOTHING` where nothing is said."""
    if value in (None, "") or value != value:
        return NOTHING
    if option.is_number:
        return f"{value} {text_of(option.unit)}".strip()
    at = option.code(str(value))
    return either(*list(option.choices.values())[at]) if at >= 0 else str(value)


def joined(slugs: tuple[str, ...]) -> str:
    """Names of parameters as a list."""
    return (", " if in_english() else "、").join(parameter_name(slug) for slug in slugs)


# numbers


def number(slug: str, value: float | None) -> str:
    """A value with its parameter's decimals, rounded by GB/T 8170; `NOTHING` where there is none.

    >>> number("co", 0.25), number("pm25", float("nan"))
    ('0.2', '—')
    """
    if value is None or math.isnan(value):
        return NOTHING
    found = PARAMETERS.get(slug)
    return str(round_decimal(repr(float(value)), _DEFAULT_DECIMALS if found is None else found.decimals))


def exact(value: float | None) -> str:
    """A value with all its digits, for comparing.

    >>> exact(35.0), exact(0.123), exact(None)
    ('35', '0.123', '—')
    """
    if value is None or math.isnan(value):
        return NOTHING
    return repr(int(value)) if value == int(value) else repr(float(value))


def index(value: float | None) -> str:
    """An index: whole where it is a whole number, like the AQI; else with two decimals.

    >>> index(101.0), index(0.666)
    ('101', '0.67')
    """
    if value is None or math.isnan(value):
        return NOTHING
    return str(round_decimal(repr(float(value)), 0 if value == int(value) else _DEFAULT_DECIMALS))


# times


def width(period: Period, point: str, time: int, snapshot: Snapshot) -> int:
    """How long an interval lasts. [ms] Of minute data what the device is registered with; 0 for an instant."""
    if period in COMPUTED:
        return end_after(time, period) - time
    if period is Period.MINUTE:
        for device in snapshot.devices:
            if device.point == point and device.valid_at(time):
                return device.minute_interval * MINUTE_MS
    return 0


def interval(time: int, lasts: int) -> str:
    """From when to when, Beijing time; an interval that ends at midnight ends at 24:00.

    >>> interval(0, 3_600_000), interval(15 * 3_600_000, 3_600_000)
    ('1970-01-01 08:00–09:00', '1970-01-01 23:00–24:00')
    >>> interval(-8 * 3_600_000, 24 * 3_600_000), interval(5_000, 0)
    ('1970-01-01 00:00–24:00', '1970-01-01 08:00:05')
    >>> days = 24 * 3_600_000
    >>> [interval(-8 * 3_600_000, count * days) for count in (31, 90, 365)]
    ['1970-01', '1970-01–03', '1970']
    """
    start = beijing(time)
    if not lasts:
        return start.strftime("%Y-%m-%d %H:%M:%S" if start.second or start.microsecond else "%Y-%m-%d %H:%M")
    end = beijing(time + lasts)
    if lasts >= _MONTH and (start.day, start.hour, end.day, end.hour) == (1, 0, 1, 0):
        last = (end - timedelta(days=1)).date()
        return f"{start:%Y}" if (start.month, last.month) == (1, 12) else _months(start.date(), last)
    if end.date() == start.date():
        until = end.strftime("%H:%M")
    elif end == start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1):
        until = "24:00"
    else:
        until = end.strftime("%Y-%m-%d %H:%M")
    return f"{start:%Y-%m-%d %H:%M}–{until}"


def _months(first: date, last: date) -> str:
    return f"{first:%Y-%m}" if first.month == last.month else f"{first:%Y-%m}–{last:%m}"


def instant(moment: int | None) -> str:
    """An instant, Beijing time, to the second."""
    return NOTHING if moment is None else beijing(moment).strftime("%Y-%m-%d %H:%M:%S")


def iso(moment: int) -> str:
    """An instant for a file: ISO 8601, Beijing time.

    >>> iso(0)
    '1970-01-01T08:00:00+08:00'
    """
    return iso_beijing(moment)


def age(elapsed: int) -> str:
    """How long ago. [ms]"""
    minutes = max(0, elapsed) // MINUTE_MS
    hours = minutes // 60
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    if hours < 48:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}
    days = elapsed // (24 * HOUR_MS)
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}


# the pipeline's own words


def period(name: Period) -> str:
    """The word for a period."""
    return {
        Period.REALTIME: _("real-time value"),
        Period.MINUTE: _("minute value"),
        Period.HOUR: _("hour value"),
        Period.H8: _("eight-hour value"),
        Period.DAY: _("day value"),
        Period.MONTH: _("month value"),
        Period.QUARTER: _("quarter value"),
        Period.YEAR: _("year value"),
        Period.SAMPLE: _("sample"),
    }[name]


def source(name: Source) -> str:
    """Who made a number."""
    return _("reported by the station") if name is Source.REPORTED else _("computed here")


def stat(name: str) -> str:
    """The word for a statistic; HJ 212's own names stay as they are."""
    words = {"avg": _("mean"), "min": _("minimum"), "max": _("maximum"), "cou": _("sum")}
    return words.get(name, name)


def flag(value: int | None) -> str:
    """The word for a flag."""
    if value is None:
        return ""
    return {
        Flag.GOOD: _("valid"),
        Flag.UNCHECKED: _("valid, not checked"),
        Flag.SUSPECT: _("suspect"),
        Flag.BAD: _("invalid"),
        Flag.MISSING: _("missing"),
    }[Flag(value)]


def flag_meaning(value: int) -> str:
    """What a flag means for the reader, as a sentence."""
    return {
        Flag.GOOD: _("It passed the checks and counts."),
        Flag.UNCHECKED: _("No check of ours covers it; it counts."),
        Flag.SUSPECT: _("The station's mark or a check casts doubt on it; it does not count."),
        Flag.BAD: _("The station's mark, a check or a person ruled it out; it does not count."),
        Flag.MISSING: _("There is no value, or there were too few valid ones to make it."),
    }[Flag(value)]


def check(name: str) -> str:
    """The word for a check that left a finding."""
    words = {
        "review": _("review by a person"),
        "stuck": _("the same value for too long"),
        "range": _("outside the instrument's range"),
    }
    return words.get(name, name)


def marked(mark: str) -> str:
    """That the station itself marked a value."""
    return _("marked “%(mark)s” by the station") % {"mark": mark}


def method(name: str) -> str:
    """How a number was made."""
    words = {
        "mean": _("arithmetic mean of the valid inputs"),
        "running_mean": _("running mean of the valid inputs"),
        "max": _("largest of the valid inputs"),
        "min": _("smallest of the valid inputs"),
        "sum": _("sum of the valid inputs"),
        "ph_mean": _("mean of the hydrogen ion concentrations, as a pH"),
        "energy_mean": _("energy mean of the sound levels"),
        "angle_mean": _("direction of the mean of the unit vectors"),
        "reported": _("the station's own value was taken as it came"),
        "evaluate": _("judged by the standard in force on that day"),
        "act": _("set by a person"),
    }
    return words.get(name, name)


def problem(name: str) -> str:
    """What is wrong with a number, one for each of `lichen.pipeline.trace.PROBLEMS`."""
    return {
        "differs-from-packet": _("the store differs from the sealed packet"),
        "no-such-packet": _("the ledger has no packet that says this"),
        "differs-from-act": _("the store differs from the sealed act"),
        "no-such-act": _("the acts log has no act that says this"),
        "differs-from-inputs": _("the store differs from what the rule makes of its inputs"),
        "no-rule": _("no rule of that day makes such a number"),
    }[name]


def clause(text: str) -> str:
    """Where in a standard a rule stands, as our tables name it: ``table 3, formula 1; 5.3.1``."""
    if in_english():
        return text
    said = {
        "table": _("table"), "formula": _("formula"), "clause": _("clause"), "annex": _("annex"),
        "city value": _("city value"), "percentile": _("percentile"), "composite index": _("composite index"),
        "primary pollutant": _("primary pollutant"), "rounding": _("rounding"),
    }  # fmt: skip
    return re.sub("|".join(said), lambda found: said[found[0]], text)


def standing(status: str) -> str:
    """How sure our reading of a rule is (`lichen.standards`' statuses)."""
    words = {
        "verified": _("compared with the printed standard"),
        "second hand": _("read in somebody's transcription, not in print"),
        "memory": _("written down from memory, not yet compared with the printed standard"),
        "conflict": _("sources contradict each other"),
        "proposal": _("our own proposal, from no standard"),
    }
    return words.get(status, status)
