"""Observations and verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Query, Router

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element
from lichen.pipeline.samples import made_by
from lichen.store import Results
from lichen.vocab.batch import Batch
from lichen.vocab.clock import DAY_MS
from lichen.vocab.periods import Period, Source
from lichen.web.api import formats
from lichen.web.api.answers import REFUSALS, answer
from lichen.web.api.asking import (
    ZONE_BEIJING,
    Cursor,
    ElementSlug,
    Fields,
    Key,
    Limit,
    ManyLimit,
    OfPeriod,
    ParameterSlug,
    PointId,
    Start,
    Stat,
    Stop,
    Zone,
    bad_cursor,
    chosen_fields,
    clock,
    page,
    read_cursor,
    registered,
    span,
    write_cursor,
)  # fmt: skip
from lichen.web.api.asking import parameter as known_parameter
from lichen.web.api.edge import require
from lichen.web.api.formats import Format
from lichen.web.api.freshness import derived, keep
from lichen.web.api.refusals import Refused
from lichen.web.api.shapes import ResultOut, ResultsOut, ValuesOut
from lichen.web.engines import engines
from lichen.web.tokens.models import Scope

router = Router(tags=["readings"])

#: The longest span of one request. [ms] A year of one series, less where many points answer.
LONGEST_SERIES = 366 * DAY_MS
LONGEST_RESULTS = {Period.HOUR: 2 * DAY_MS, Period.DAY: 62 * DAY_MS}
#: Of what comes seldom.
LONGEST_SELDOM = 10 * 366 * DAY_MS
_SELDOM = (Period.SAMPLE, Period.MONTH, Period.QUARTER, Period.YEAR)
#: A file is read from the store in pieces this long. [ms]
_PIECE = 31 * DAY_MS

RESULT_FIELDS = tuple(ResultOut.model_fields)


@router.get(
    "/latest",
    response={200: ValuesOut, **REFUSALS},
    summary=_("The newest observation of each series"),
    description=_("One item for each series, in the order of point, parameter, period, source, statistic."),
)
def latest(
    request: HttpRequest,
    point: Annotated[str, Query(max_length=200, description=_("Only this point"))] = "",
    parameter: Annotated[str, Query(max_length=60, description=_("Only this parameter"))] = "",
    period: Annotated[Period | None, Query(description=_("Only this period"))] = None,
    source: Annotated[Source | None, Query(description=_("Only this source"))] = None,
    fields: Fields = "",
    tz: Zone = ZONE_BEIJING,
    format: Format = None,
    limit: Limit = 1000,
    cursor: Cursor = "",
) -> HttpResponseBase:
    require(request, Scope.DATA)
    form = formats.wanted_format(request, format)
    wanted = chosen_fields(fields, formats.FIELDS)
    etag = derived(request)
    batch = engines().store.latest(
        points=[registered(point).id] if point else None,
        parameters=[known_parameter(parameter)] if parameter else None,
        periods=None if period is None else [period],
        sources=None if source is None else [source],
    )
    if form != "json":
        return keep(formats.stream(request, form, iter([batch]), wanted, tz, "latest"), etag)
    keys = [tuple(map(str, batch.series[code])) for code in batch.code]
    rows, following = page(sorted(range(len(batch)), key=keys.__getitem__), limit, cursor, keys.__getitem__)
    items = formats.items(formats.rows(batch, rows), wanted, tz)
    return answer({"time_zone": tz, "items": items, "next": following}, etag)


@router.get(
    "/series",
    response={200: ValuesOut, **REFUSALS},
    summary=_("The observations of one series in a span of time"),
    description=_(
        "Oldest first. JSON comes in pages; CSV, Arrow and Parquet come whole, as a stream, without limit and cursor."
    ),
)
def series(
    request: HttpRequest,
    point: PointId,
    parameter: ParameterSlug,
    period: OfPeriod,
    start: Start,
    stop: Stop,
    source: Annotated[
        Source | None,
        Query(description=_("Without it: computed; of samples, which nobody computes, reported")),
    ] = None,
    stat: Stat = "avg",
    fields: Fields = "",
    tz: Zone = ZONE_BEIJING,
    format: Format = None,
    limit: ManyLimit = 1000,
    cursor: Cursor = "",
) -> HttpResponseBase:
    require(request, Scope.DATA)
    form = formats.wanted_format(request, format)
    wanted = chosen_fields(fields, formats.FIELDS)
    begin, end = span(start, stop, LONGEST_SELDOM if period in _SELDOM else LONGEST_SERIES)
    of, slug, made = registered(point).id, known_parameter(parameter), source or made_by(period)
    etag = derived(request)

    def read(first: int, last: int) -> Batch:
        return engines().store.range(
            first, last, points=[of], parameters=[slug], periods=[period], sources=[made], stats=[stat]
        )

    if form != "json":
        pieces: Iterator[Batch] = (read(at, min(at + _PIECE, end)) for at in range(begin, end, _PIECE))
        return keep(formats.stream(request, form, pieces, wanted, tz, f"{of}-{slug}-{period}"), etag)
    if cursor:
        begin = max(begin, _after(cursor))
    batch = read(begin, end) if begin < end else Batch.empty()
    following = write_cursor((int(batch.time[limit - 1]),)) if len(batch) > limit else None
    items = formats.items(formats.rows(batch, range(min(limit, len(batch)))), wanted, tz)
    return answer({"time_zone": tz, "items": items, "next": following}, etag)


def _longest(period: Period, point: str) -> int:
    if period in _SELDOM:
        return LONGEST_SELDOM
    return LONGEST_SERIES if point else LONGEST_RESULTS.get(period, LONGEST_SERIES)


def _after(cursor: str) -> int:
    key: Key = read_cursor(cursor)
    if len(key) != 1 or not isinstance(key[0], int):
        raise bad_cursor()
    return key[0] + 1


@router.get(
    "/results",
    response={200: ResultsOut, **REFUSALS},
    summary=_("The verdicts of an element in a span of time"),
    description=_("In the order of point, then time; each with its edition, clause and deciding parameters."),
)
def results(
    request: HttpRequest,
    element: ElementSlug,
    period: OfPeriod,
    start: Start,
    stop: Stop,
    point: Annotated[str, Query(max_length=200, description=_("Only this point"))] = "",
    fields: Fields = "",
    tz: Zone = ZONE_BEIJING,
    limit: ManyLimit = 1000,
    cursor: Cursor = "",
) -> HttpResponseBase:
    require(request, Scope.DATA)
    known = ELEMENT_BY_SLUG.get(element)
    if known is None or period not in known.evaluators:
        said = gettext("No element %(element)s is judged over that period.") % {"element": element}
        raise Refused(404, "no-such-element", said)
    wanted = chosen_fields(fields, RESULT_FIELDS)
    begin, end = span(start, stop, _longest(period, point))
    points = [registered(point).id] if point else None
    etag = derived(request)
    found = engines().store.results(element, period, begin, end, points=points)
    keys = [(found.points[code], int(at)) for code, at in zip(found.point, found.time, strict=True)]
    rows, following = page(sorted(range(len(found)), key=keys.__getitem__), limit, cursor, keys.__getitem__)
    items = [_verdict(known, found, row, wanted, tz) for row in rows]
    return answer({"element": element, "period": period, "time_zone": tz, "items": items, "next": following}, etag)


def _verdict(of: Element, found: Results, row: int, fields: tuple[str, ...], zone: str) -> dict[str, Any]:
    klass = int(found.klass[row])
    words = of.classes[klass] if klass >= 0 else None
    index = float(found.index[row])
    item = {
        "point": found.points[found.point[row]], "time": clock(zone)(int(found.time[row])),
        "klass": klass if words else None, "klass_zh": words.word if words else "",
        "klass_en": words.name_en if words else "", "index": index if math.isfinite(index) else None,
        "deciding": list(found.deciding[row]), "exceeding": list(found.exceeding[row]),
        "sub": {slug: float(alone[row]) for slug, alone in found.sub.items() if not math.isnan(alone[row])},
        "multiples": {slug: float(of[row]) for slug, of in found.multiples.items() if not math.isnan(of[row])},
        "edition": found.edition[row], "clause": found.clause[row], "note": found.note[row],
        "snapshot": found.snapshot[row], "code": found.code[row], "version": str(int(found.version[row])),
    }  # fmt: skip
    return {name: item[name] for name in fields}
