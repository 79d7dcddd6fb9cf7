"""How a number came about."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Query, Router

from lichen.elements import ELEMENT_BY_SLUG
from lichen.hj212.password import starred
from lichen.pipeline.errors import NothingToTrace
from lichen.pipeline.trace import why as explain
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Source
from lichen.web.api.answers import REFUSALS, answer
from lichen.web.api.asking import (
    ZONE_BEIJING,
    Moment,
    OfPeriod,
    OfSource,
    PointId,
    Stat,
    Zone,
    clock,
    instant,
    parameter,
    registered,
)  # fmt: skip
from lichen.web.api.edge import require
from lichen.web.api.refusals import Refused
from lichen.web.api.shapes import WhyOut
from lichen.web.engines import engines
from lichen.web.tokens.models import Scope

router = Router(tags=["why"])

DEEPEST = 4


@router.get(
    "/why",
    response={200: WhyOut, **REFUSALS},
    summary=_("How a number came about, down to the packet"),
    description=_(
        "Read anew from the sealed bytes each time and never kept, so that an alteration shows at once. "
        "In a packet's text the password is blotted out, its length kept."
    ),
)
def why(
    request: HttpRequest,
    point: PointId,
    name: Annotated[
        str, Query(max_length=60, description=_("A parameter (pm25), or an element (air) for its verdict"))
    ],
    period: OfPeriod,
    time: Moment,
    source: OfSource = Source.COMPUTED,
    stat: Stat = "avg",
    tz: Zone = ZONE_BEIJING,
    depth: Annotated[int, Query(ge=0, le=DEEPEST, description=_("How many levels of inputs to explain"))] = 2,
) -> HttpResponse:
    require(request, Scope.DATA)
    open_ = engines()
    if name not in ELEMENT_BY_SLUG:
        parameter(name)
    try:
        node = explain(
            open_.store, open_.raw_log, open_.snapshot(), point=registered(point).id, name=name, period=period,
            time=instant(time), source=source, stat=stat, acts_log=open_.acts_log, depth=depth,
        )  # fmt: skip
    except NothingToTrace:
        raise Refused(404, "no-such-number", gettext("There is no such number.")) from None
    return answer(_node(node.to_dict(), tz), None)


def _node(node: dict[str, Any], zone: str) -> dict[str, Any]:
    """A node of `lichen.pipeline.trace` with times as text and flags as words."""
    iso = clock(zone)
    packet = node["packet"]
    if packet is not None:
        packet = {
            **packet, "received": iso(packet["received"]), "flag": _flag(packet["flag"]),
            "text": starred(packet["text"]),
        }  # fmt: skip
    return {
        **node,
        "time": iso(node["time"]),
        "version": str(node["version"]),
        "flag": None if node["flag"] is None else _flag(node["flag"]),
        "findings": [
            {"check": check, "flag": _flag(flag), "reason": reason, "person": person}
            for check, flag, reason, person in node["findings"]
        ],
        "packet": packet,
        "parts": [_node(part, zone) for part in node["parts"]],
    }


def _flag(flag: int) -> str:
    return Flag(flag).name.lower()
