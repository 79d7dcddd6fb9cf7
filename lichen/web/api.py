"""The JSON API, version 1: what the pages show, for programs. Reading only; no account, no secrets.

Instants are ISO 8601 with a zone; those we write are Beijing time. Lists have ``items`` and ``next``: give its text as
``cursor`` to go on, null means the end. Every refusal is ``{"error": {"code": …, "message": …}}``; codes never change.

What a ledger entry holds is what came in, byte for byte. HJ 212 sends the device's password in clear inside each
packet: whoever may read the ledger reads it there, as on the wire. Nothing here adds to that.
"""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Path, Query
from ninja.errors import HttpError, ValidationError
from pydantic import AwareDatetime, BeforeValidator

from lichen.elements import ELEMENT_BY_SLUG
from lichen.hj212.password import starred
from lichen.ledger.bundle import prove
from lichen.ledger.errors import LedgerError, LogDamaged, NoteError
from lichen.ledger.log import Log
from lichen.ledger.merkle import leaf_hash
from lichen.pipeline.errors import NothingToTrace
from lichen.pipeline.trace import why as explain
from lichen.store.errors import StoreError
from lichen.vocab.batch import Batch
from lichen.vocab.clock import DAY_MS, iso_beijing, to_ms
from lichen.vocab.entry import Entry, EntryError
from lichen.vocab.flags import Flag
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Point
from lichen.web.api_shapes import EntryOut, HeadOut, PointOut, PointsOut, ResultsOut, ValuesOut
from lichen.web.engines import EnginesClosed, engines
from lichen.web.ledgerpages.heads import head_of

logger = logging.getLogger(__name__)

#: The longest span of one request. [ms] A year of one series, less where many points answer.
LONGEST_SERIES = 366 * DAY_MS
LONGEST_RESULTS = {Period.HOUR: 2 * DAY_MS, Period.DAY: 62 * DAY_MS}
DEEPEST_WHY = 4


api = NinjaAPI(title="Lichen", version="1", description=__doc__, docs_url=None, urls_namespace="api")


class Refused(Exception):
    """A request that cannot be answered: HTTP status, code for programs, sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def _plus(text: Any) -> Any:
    """A ``+`` that was not written as ``%2B`` arrives as a blank; no ISO time has one before its zone."""
    return text.strip().replace(" ", "+") if isinstance(text, str) and "T" in text else text


Instant = Annotated[AwareDatetime, BeforeValidator(_plus)]
Limit = Annotated[int, Query(ge=1, le=1000)]
ManyLimit = Annotated[int, Query(ge=1, le=10_000)]
Cursor = Annotated[str, Query(max_length=200)]
LogName = Literal["raw", "acts"]


@api.get("/points", response=PointsOut, summary="Monitoring points")
def points(
    request: HttpRequest, element: str = "", city: str = "", limit: Limit = 100, cursor: Cursor = ""
) -> dict[str, Any]:
    snapshot = engines().snapshot()
    found = [
        point for point in snapshot.points if (not element or point.element == element) and city in ("", point.city)
    ]
    chosen, following = _cut(found, limit, cursor)
    return {
        "registry_version": snapshot.version,
        "registry_hash": snapshot.hash,
        "items": [_point(point) for point in chosen],
        "next": following,
    }


@api.get("/points/{point}", response=PointOut, summary="One monitoring point")
def point(request: HttpRequest, point: str) -> dict[str, Any]:
    return _point(_registered(point))


@api.get("/latest", response=ValuesOut, summary="The newest observation of each series")
def latest(
    request: HttpRequest,
    point: str = "",
    parameter: str = "",
    period: Period | None = None,
    source: Source | None = None,
    limit: Limit = 1000,
    cursor: Cursor = "",
) -> dict[str, Any]:
    batch = engines().store.latest(
        points=[_registered(point).id] if point else None,
        parameters=[_parameter(parameter)] if parameter else None,
        periods=None if period is None else [period],
        sources=None if source is None else [source],
    )
    chosen, following = _cut(range(len(batch)), limit, cursor)
    return {"items": [_value(batch, row) for row in chosen], "next": following}


@api.get("/series", response=ValuesOut, summary="The observations of one series in a span of time")
def series(
    request: HttpRequest,
    point: str,
    parameter: str,
    period: Period,
    start: Annotated[Instant, Query(alias="from")],
    stop: Annotated[Instant, Query(alias="to")],
    source: Source = Source.COMPUTED,
    stat: str = "avg",
    limit: ManyLimit = 1000,
    cursor: Cursor = "",
) -> dict[str, Any]:
    begin, end = _span(start, stop, LONGEST_SERIES)
    begin = max(begin, _position(cursor, begin))
    batch = engines().store.range(
        begin, end, points=[_registered(point).id], parameters=[_parameter(parameter)], periods=[period],
        sources=[source], stats=[stat],
    )  # fmt: skip
    rows = range(min(limit, len(batch)))
    following = str(int(batch.time[limit])) if len(batch) > limit else None
    return {"items": [_value(batch, row) for row in rows], "next": following}


@api.get("/results", response=ResultsOut, summary="The verdicts of an element in a span of time")
def results(
    request: HttpRequest,
    element: str,
    period: Period,
    start: Annotated[Instant, Query(alias="from")],
    stop: Annotated[Instant, Query(alias="to")],
    point: str = "",
    limit: ManyLimit = 1000,
    cursor: Cursor = "",
) -> dict[str, Any]:
    known = ELEMENT_BY_SLUG.get(element)
    if known is None or period not in known.evaluators:
        raise Refused(
            404, "no-such-element", _("No element %(element)s is judged over that period.") % {"element": element}
        )
    longest = LONGEST_SERIES if point else LONGEST_RESULTS.get(period, LONGEST_SERIES)
    begin, end = _span(start, stop, longest)
    found = engines().store.results(element, period, begin, end, points=[_registered(point).id] if point else None)
    chosen, following = _cut(range(len(found)), limit, cursor)
    items = []
    for row in chosen:
        klass = int(found.klass[row])
        words = known.classes[klass] if klass >= 0 else None
        items.append(
            {
                "point": found.points[found.point[row]], "time": iso_beijing(int(found.time[row])),
                "klass": klass if words else None, "klass_zh": words.word if words else "",
                "klass_en": words.name_en if words else "", "index": _number(found.index[row]),
                "deciding": list(known.names(int(found.deciding[row]))),
                "exceeding": list(known.names(int(found.exceeding[row]))),
                "sub": {slug: float(of[row]) for slug, of in found.sub.items() if not math.isnan(of[row])},
                "edition": found.edition[row], "clause": found.clause[row], "note": found.note[row],
                "snapshot": found.snapshot[row], "code": found.code[row], "version": str(int(found.version[row])),
            }
        )  # fmt: skip
    return {"element": element, "period": period, "items": items, "next": following}


@api.get("/why", response=dict[str, Any], summary="How a number came about, down to the packet")
def why(
    request: HttpRequest,
    point: str,
    name: str,
    period: Period,
    time: Instant,
    source: Source = Source.COMPUTED,
    stat: str = "avg",
    depth: Annotated[int, Query(ge=0, le=DEEPEST_WHY)] = 2,
) -> dict[str, Any]:
    """`name` is a parameter (``pm25``) or an element (``air``: its verdict). Nodes as in `lichen.pipeline.trace`;
    in a packet's text the password is blotted out, its length kept."""
    open_ = engines()
    if name not in ELEMENT_BY_SLUG:
        _parameter(name)
    try:
        node = explain(
            open_.store, open_.raw_log, open_.snapshot(), point=_registered(point).id, name=name, period=period,
            time=to_ms(time), source=source, stat=stat, acts_log=open_.acts_log, depth=depth,
        )  # fmt: skip
    except NothingToTrace:
        raise Refused(404, "no-such-number", _("There is no such number.")) from None
    return _node(node.to_dict())


@api.get("/ledger/{log}", response=HeadOut, summary="The head of a log and who signed it")
def head(request: HttpRequest, log: Path[LogName]) -> dict[str, Any]:
    found = head_of(_log(log))
    return {
        "origin": found.checkpoint.origin,
        "size": found.checkpoint.size,
        "root": found.root,
        "checkpoint": found.text,
        "keys": list(found.keys),
    }


@api.get("/ledger/{log}/entries/{index}", response=EntryOut, summary="A sealed entry")
def entry(request: HttpRequest, log: Path[LogName], index: Annotated[int, Path(ge=0)]) -> dict[str, Any]:
    of = _log(log)
    (encoded,) = of.read(*_entry_range(of, index))
    receipt: dict[str, Any] = dict.fromkeys(("received", "door", "peer", "station", "verdict"))
    try:
        said = Entry.decode(encoded)
        receipt = {
            "received": iso_beijing(said.received), "door": said.door, "peer": said.peer, "station": said.station,
            "verdict": said.verdict,
        }  # fmt: skip
    except EntryError:
        pass
    return {
        "origin": of.origin, "index": index, "leaf_hash": leaf_hash(encoded).hex(), **receipt,
        "entry": base64.b64encode(encoded).decode(),
    }  # fmt: skip


@api.get("/ledger/{log}/entries/{index}/proof", response=dict[str, Any], summary="The proof bundle of an entry")
def proof(request: HttpRequest, log: Path[LogName], index: Annotated[int, Path(ge=0)]) -> dict[str, Any]:
    """What ``verify_offline.py`` checks."""
    of = _log(log)
    _entry_range(of, index)
    return prove(of, index)


@api.api_operation(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "/{path:rest}", include_in_schema=False, url_name="nothing"
)
def nothing(request: HttpRequest, rest: str) -> None:
    raise Refused(404, "no-such-address", _("There is nothing at this address; see openapi.json."))


@api.get("/", include_in_schema=False)
def root(request: HttpRequest) -> None:
    nothing(request, "")


def _log(name: str) -> Log:
    return engines().raw_log if name == "raw" else engines().acts_log


def _entry_range(log: Log, index: int) -> tuple[int, int]:
    if index >= log.size:
        raise Refused(
            404,
            "no-such-entry",
            _("The log has %(size)s entries so far; there is none with the number %(index)s.")
            % {"size": log.size, "index": index},
        )
    return index, index + 1


def _registered(point: str) -> Point:
    found = engines().snapshot().point_by_id.get(point)
    if found is None:
        raise Refused(404, "no-such-point", _("There is no point %(point)s in the registry.") % {"point": point})
    return found


def _parameter(slug: str) -> str:
    if slug not in PARAMETERS:
        raise Refused(404, "no-such-parameter", _("There is no parameter %(slug)s.") % {"slug": slug})
    return slug


def _span(start: datetime, stop: datetime, longest: int) -> tuple[int, int]:
    begin, end = to_ms(start), to_ms(stop)
    if not begin < end <= begin + longest:
        raise Refused(
            422,
            "bad-span",
            _("“to” must lie after “from”, by at most %(days)s days; ask in several steps.")
            % {"days": longest // DAY_MS},
        )
    return begin, end


Item = TypeVar("Item")


def _cut(items: Sequence[Item], limit: int, cursor: str) -> tuple[Sequence[Item], str | None]:
    start = _position(cursor, 0)
    following = start + limit
    return items[start:following], str(following) if following < len(items) else None


def _position(cursor: str, otherwise: int) -> int:
    if not cursor:
        return otherwise
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Refused(422, "bad-cursor", _("The cursor is none that this address gave."))
    return int(cursor)


def _point(point: Point) -> dict[str, Any]:
    return {
        "id": point.id, "name_zh": point.name_zh, "name_en": point.name_en, "element": point.element,
        "kind": point.kind, "city": point.city, "district": point.district, "lon": point.lon, "lat": point.lat,
        "valid_from": _iso(point.valid_from), "valid_until": _iso(point.valid_until),
        "attributes": dict(point.attributes),
    }  # fmt: skip


def _value(batch: Batch, row: int) -> dict[str, Any]:
    of = batch.series[batch.code[row]]
    parameter = PARAMETERS.get(of.parameter)
    return {
        **of._asdict(), "unit": parameter.unit if parameter else "", "time": iso_beijing(int(batch.time[row])),
        "value": _number(batch.value[row]), "flag": _flag(int(batch.flag[row])), "mark": batch.marks[batch.mark[row]],
        "version": str(int(batch.version[row])),
    }  # fmt: skip


def _node(node: dict[str, Any]) -> dict[str, Any]:
    """A node of `lichen.pipeline.trace` with times as text and flags as words."""
    packet = node["packet"]
    if packet is not None:
        packet = {
            **packet, "received": iso_beijing(packet["received"]), "flag": _flag(packet["flag"]),
            "text": starred(packet["text"]),
        }  # fmt: skip
    return {
        **node,
        "time": iso_beijing(node["time"]),
        "version": str(node["version"]),
        "flag": None if node["flag"] is None else _flag(node["flag"]),
        "findings": [
            {"check": check, "flag": _flag(flag), "reason": reason, "person": person}
            for check, flag, reason, person in node["findings"]
        ],
        "packet": packet,
        "parts": [_node(part) for part in node["parts"]],
    }


def _flag(flag: int) -> str:
    return Flag(flag).name.lower()


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _iso(instant: int | None) -> str | None:
    return None if instant is None else iso_beijing(instant)


# Refusals


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    return api.create_response(request, {"error": {"code": code, "message": message}}, status=status)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return _answer(request, refused.status, refused.code, refused.message)


@api.exception_handler(ValidationError)
def _unusable(request: HttpRequest, unusable: ValidationError) -> HttpResponse:
    told = "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in unusable.errors)
    return _answer(request, 422, "bad-request", told)


@api.exception_handler(Http404)
def _missing(request: HttpRequest, missing: Http404) -> HttpResponse:
    return _answer(request, 404, "no-such-address", _("There is nothing at this address; see openapi.json."))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(request, error.status_code, "bad-request", error.message)


@api.exception_handler(LedgerError)
def _ledger(request: HttpRequest, error: LedgerError) -> HttpResponse:
    """Entry numbers are checked before: what is left is a log that is not as it was sealed."""
    code = "ledger-damaged" if isinstance(error, LogDamaged | NoteError) else "ledger"
    logger.error("api: %s", error)
    return _answer(request, 500, code, _("The ledger cannot be read as it was sealed; do not trust it until checked."))


@api.exception_handler(StoreError)
@api.exception_handler(EnginesClosed)
def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("api: %s", error)
    return _answer(request, 503, "not-ready", _("The data cannot be read at present; try again in a minute."))


@api.exception_handler(Exception)
def _fault(request: HttpRequest, fault: Exception) -> HttpResponse:
    logger.error("api: %s", request.path, exc_info=fault)
    return _answer(request, 500, "fault", _("Something went wrong on our side; it has been written down."))
