"""The ledger: heads, entries, proofs."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Path, Router

from lichen.ledger.bundle import prove
from lichen.ledger.log import Log
from lichen.ledger.merkle import leaf_hash
from lichen.vocab.clock import iso_beijing
from lichen.vocab.entry import Entry, EntryError
from lichen.web.api.answers import REFUSALS, answer
from lichen.web.api.asking import LogName
from lichen.web.api.edge import require
from lichen.web.api.refusals import Refused
from lichen.web.api.shapes import EntryOut, HeadOut, ProofOut
from lichen.web.engines import engines
from lichen.web.ledgerpages.heads import head_of
from lichen.web.tokens.models import Scope

router = Router(tags=["ledger"])

Which = Annotated[LogName, Path(description=_("raw: what came in; acts: what people decided"))]
#: Larger than any log will be, and what a JSON number holds exactly.
Index = Annotated[int, Path(ge=0, le=2**53 - 1, description=_("Number of the entry, from 0"))]


@router.get(
    "/ledger/{log}",
    response={200: HeadOut, **REFUSALS},
    summary=_("The head of a log and who signed it"),
    description=_("The newest signed checkpoint. Its keys are those to verify proofs with."),
)
def head(request: HttpRequest, log: Which) -> HttpResponse:
    require(request, Scope.LEDGER)
    found = head_of(_log(log))
    keys = [
        {
            "name": key.name, "algorithm": key.algorithm, "vkey": key.vkey, "is_witness": key.is_witness,
            "has_signed": key.has_signed,
        }
        for key in found.keys
    ]  # fmt: skip
    body: dict[str, Any] = {
        "origin": found.checkpoint.origin,
        "size": found.checkpoint.size,
        "root": found.root,
        "checkpoint": found.text,
        "keys": keys,
    }
    return answer(body, None)


@router.get(
    "/ledger/{log}/entries/{index}",
    response={200: EntryOut, **REFUSALS},
    summary=_("A sealed entry"),
    description=_(
        "What came in, byte for byte, with its receipt. HJ 212 sends its password in clear inside the packet."
    ),
)
def entry(request: HttpRequest, log: Which, index: Index) -> HttpResponse:
    require(request, Scope.LEDGER)
    of = _log(log)
    _must_have(of, index)
    (encoded,) = of.read(index, index + 1)
    receipt: dict[str, Any] = dict.fromkeys(("received", "door", "peer", "station", "verdict"))
    try:
        said = Entry.decode(encoded)
    except EntryError:
        pass
    else:
        receipt = {name: getattr(said, name) for name in receipt} | {"received": iso_beijing(said.received)}
    body = {
        "origin": of.origin, "index": index, "leaf_hash": leaf_hash(encoded).hex(), **receipt,
        "entry": base64.b64encode(encoded).decode(),
    }  # fmt: skip
    return answer(body, None)


@router.get(
    "/ledger/{log}/entries/{index}/proof",
    response={200: ProofOut, **REFUSALS},
    summary=_("The proof bundle of an entry"),
    description=_("Verify it with /ledger/verify_offline.py, which needs no Lichen."),
)
def proof(request: HttpRequest, log: Which, index: Index) -> HttpResponse:
    require(request, Scope.LEDGER)
    of = _log(log)
    _must_have(of, index)
    return answer(prove(of, index), None)


def _log(name: str) -> Log:
    return engines().raw_log if name == "raw" else engines().acts_log


def _must_have(log: Log, index: int) -> None:
    if index >= log.size:
        said = gettext("The log has %(size)s entries so far; there is none with the number %(index)s.")
        raise Refused(404, "no-such-entry", said % {"size": log.size, "index": index})
