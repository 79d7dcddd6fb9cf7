"""The words of a request: their types, and what is done with them everywhere alike."""

from __future__ import annotations

import base64
import binascii
import bisect
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Query
from pydantic import AwareDatetime, BeforeValidator

from lichen.vocab.clock import DAY_MS, from_ms, iso_beijing, to_ms
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Point
from lichen.web.api.refusals import Refused
from lichen.web.engines import engines

#: No instant outside can be one of ours. [ms since 1970 UTC] The end is 2200-01-01.
_LATEST = 7_258_118_400_000

ZoneName = Literal["Asia/Shanghai", "UTC"]
ZONE_BEIJING: ZoneName = "Asia/Shanghai"
LONGEST_SLUG = 60


def _plus(text: Any) -> Any:
    """A ``+`` that was not written as ``%2B`` arrives as a blank; no ISO time has one before its zone."""
    return text.strip().replace(" ", "+") if isinstance(text, str) and "T" in text else text


_MOMENT = Annotated[AwareDatetime, BeforeValidator(_plus)]
Start = Annotated[
    _MOMENT, Query(alias="from", description=_("First instant, ISO 8601 with a time zone (2026-03-01T00:00:00+08:00)"))
]
Stop = Annotated[_MOMENT, Query(alias="to", description=_("Instant after the last one, ISO 8601 with a time zone"))]
Moment = Annotated[_MOMENT, Query(description=_("Start of the interval, ISO 8601 with a time zone"))]
Limit = Annotated[int, Query(ge=1, le=1000, description=_("Items on one page"))]
ManyLimit = Annotated[int, Query(ge=1, le=10_000, description=_("Items on one page"))]
Cursor = Annotated[
    str,
    Query(
        max_length=400,
        pattern="^[A-Za-z0-9_-]*$",
        description=_("`next` of the page before; empty: the first page"),
    ),
]
Fields = Annotated[
    str,
    Query(
        max_length=400,
        pattern="^([a-z_]+(,[a-z_]+)*)?$",
        description=_("Only these fields of each item, comma-separated; empty: all"),
    ),
]
Zone = Annotated[ZoneName, Query(description=_("The time zone times are written in"))]
PointId = Annotated[str, Query(max_length=200, description=_("Id of a monitoring point"))]
ParameterSlug = Annotated[str, Query(max_length=60, description=_("Slug of a parameter, for instance pm25"))]
ElementSlug = Annotated[str, Query(max_length=60, description=_("Slug of an element, for instance air"))]
OfPeriod = Annotated[Period, Query(description=_("What interval a value covers"))]
OfSource = Annotated[
    Source, Query(description=_("reported: as it came in; computed: made from that by the standard's rules"))
]
Stat = Annotated[
    str, Query(max_length=20, description=_("Which statistic of the interval: avg, min, max, cou (sum) …"))
]
LogName = Literal["raw", "acts"]

Item = TypeVar("Item")
Key = tuple[str | int, ...]


def registered(point: str) -> Point:
    """The point of an id."""
    found = engines().snapshot().point_by_id.get(point)
    if found is None:
        said = gettext("There is no point %(point)s in the registry.") % {"point": point}
        raise Refused(404, "no-such-point", said)
    return found


def parameter(slug: str) -> str:
    """The slug, if there is such a parameter."""
    if slug not in PARAMETERS:
        raise Refused(404, "no-such-parameter", gettext("There is no parameter %(slug)s.") % {"slug": slug})
    return slug


def instant(moment: datetime) -> int:
    """An instant of ours. [ms since 1970 UTC]"""
    at = to_ms(moment)
    if not 0 <= at <= _LATEST:
        raise Refused(400, "bad-time", gettext("Times lie between 1970 and 2200."))
    return at


def span(start: datetime, stop: datetime, longest: int) -> tuple[int, int]:
    """Begin and end of a span that is not empty and not longer than `longest`. [ms]"""
    begin, end = instant(start), instant(stop)
    if not begin < end <= begin + longest:
        said = gettext("“to” must lie after “from”, by at most %(days)s days; ask in several steps.")
        raise Refused(400, "bad-span", said % {"days": longest // DAY_MS})
    return begin, end


def chosen_fields(fields: str, known: Sequence[str]) -> tuple[str, ...]:
    """The fields wanted, in their own order; none named: all."""
    wanted = fields.split(",") if fields else list(known)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        said = gettext("No field is called %(unknown)s; there are: %(known)s.")
        raise Refused(400, "bad-fields", said % {"unknown": ", ".join(unknown), "known": ", ".join(known)})
    return tuple(name for name in known if name in wanted)


def page(items: Sequence[Item], limit: int, cursor: str, key: Callable[[Item], Key]) -> tuple[list[Item], str | None]:
    """The items after the cursor, at most `limit`, and the cursor of the page after, None at the end.

    `items` are in the order of `key`. A cursor names the last item seen, not a place in a list: what is new or gone
    meanwhile moves nothing.
    """
    first = 0
    if cursor:
        last = read_cursor(cursor)
        if items and [type(part) for part in last] != [type(part) for part in key(items[0])]:
            raise bad_cursor()
        first = bisect.bisect_right(items, last, key=key)
    found = list(items[first : first + limit])
    return found, write_cursor(key(found[-1])) if len(items) > first + limit else None


def write_cursor(key: Key) -> str:
    """A cursor that `read_cursor` reads.

    >>> read_cursor(write_cursor(("P1", 5)))
    ('P1', 5)
    """
    text = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Key:
    """The key in a cursor."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise bad_cursor() from None
    if not isinstance(key, list) or not all(type(part) in (str, int) for part in key):
        raise bad_cursor()
    return tuple(key)


def bad_cursor() -> Refused:
    """What is said to a cursor that we did not write."""
    return Refused(400, "bad-cursor", gettext("The cursor is none that this address gave."))


def clock(zone: str) -> Callable[[int], str]:
    """How instants are written: ISO 8601 in Beijing time, or in UTC.

    >>> clock("UTC")(0), clock("Asia/Shanghai")(0)
    ('1970-01-01T00:00:00Z', '1970-01-01T08:00:00+08:00')
    """
    return iso_beijing if zone == ZONE_BEIJING else _iso_utc


def _iso_utc(at: int) -> str:
    moment = from_ms(at)
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"
