"""The one clock, and the standards' calendar.

Instants are UTC and travel as integer milliseconds since 1970-01-01T00:00Z. Hours and days belong to the
standards, which count them in Beijing time (GB 3095-2026, 3.8 to 3.11): cut them here and nowhere else.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

#: Beijing time. China keeps one zone and, since 1992, no summer time; a fixed offset is exact for all our data.
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
BEIJING_OFFSET_MS = 8 * 3_600_000

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

_DIGITS = re.compile(r"\d{8}|\d{10}|\d{12}|\d{14}|\d{17}")


def now_ms() -> int:
    """The current instant. [ms since 1970 UTC]

    The only place that reads the wall clock.
    """
    return time.time_ns() // 1_000_000


def now() -> datetime:
    """The current instant as an aware UTC datetime, millisecond precision."""
    return from_ms(now_ms())


def from_ms(instant: int) -> datetime:
    """An aware UTC datetime from milliseconds.

    >>> from_ms(0).isoformat()
    '1970-01-01T00:00:00+00:00'
    """
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(instant))


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime.

    Raises
    ------
    ValueError
        The datetime carries no zone: guessing one would move data by eight hours.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give +08:00 or Z")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def beijing(instant: int) -> datetime:
    """The instant on the standards' clock.

    >>> beijing(0).isoformat()
    '1970-01-01T08:00:00+08:00'
    """
    return from_ms(instant).astimezone(BEIJING)


def beijing_day(instant: int) -> date:
    """The calendar day in Beijing that holds the instant.

    >>> beijing_day(16 * HOUR_MS - 1), beijing_day(16 * HOUR_MS)
    (datetime.date(1970, 1, 1), datetime.date(1970, 1, 2))
    """
    return beijing(instant).date()


def day_start_ms(day: date) -> int:
    """The instant at which a Beijing calendar day begins.

    >>> day_start_ms(date(1970, 1, 2)) == 16 * HOUR_MS
    True
    """
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=BEIJING))


def floor_ms(instants: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Starts of the Beijing-time intervals of `width` milliseconds (a divisor of a day) that hold the instants.

    >>> floor_ms(np.array([HOUR_MS + 5]), HOUR_MS).tolist() == [HOUR_MS]
    True
    >>> floor_ms(np.array([20 * HOUR_MS]), DAY_MS).tolist() == [16 * HOUR_MS]
    True
    """
    shifted = np.asarray(instants, dtype=np.int64) + BEIJING_OFFSET_MS
    return shifted - shifted % width - BEIJING_OFFSET_MS


def parse_digits(text: str) -> int | None:
    """The instant written as Beijing-time digits (8, 10, 12, 14 or 17 of them), or None if they name no moment.

    HJ 212 writes DataTime with 14 digits and QN with 17; shorter forms occur in the field and mean
    the start of that day, hour or minute.

    >>> from_ms(parse_digits("20160801085857223") or 0).isoformat()
    '2016-08-01T00:58:57.223000+00:00'
    >>> parse_digits("20161301000000") is None
    True
    """
    if not _DIGITS.fullmatch(text):
        return None
    padded = text + "0" * (17 - len(text))
    try:
        moment = datetime(
            int(padded[:4]), int(padded[4:6]), int(padded[6:8]), int(padded[8:10]), int(padded[10:12]),
            int(padded[12:14]), int(padded[14:17]) * 1000, tzinfo=BEIJING,
        )  # fmt: skip
    except ValueError:
        return None
    return to_ms(moment)


def format_digits(instant: int, digits: int = 14) -> str:
    """Beijing-time digits of an instant: 14 for DataTime, 17 for QN.

    >>> format_digits(0)
    '19700101080000'
    >>> format_digits(5, 17)
    '19700101080000005'
    """
    moment = beijing(instant)
    return (moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}")[:digits]


def iso_beijing(instant: int) -> str:
    """ISO 8601 text in Beijing time, seconds precision unless the instant has milliseconds.

    >>> iso_beijing(0)
    '1970-01-01T08:00:00+08:00'
    """
    moment = beijing(instant)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
