"""The public files of a log over HTTP, as C2SP tlog-tiles asks: anybody may fetch, mirror and check them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from lichen.ledger.checkpoint import Checkpoint
from lichen.ledger.log import Log, public_file
from lichen.ledger.note import Note
from lichen.ledger.tiles import ENTRIES, WIDTH, TileName
from lichen.web.engines import engines

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@require_safe
def tlog_raw(request: HttpRequest, path: str) -> HttpResponse:
    """A file of the raw log."""
    return _answer(engines().raw_log, path)


@require_safe
def tlog_acts(request: HttpRequest, path: str) -> HttpResponse:
    """A file of the acts log."""
    return _answer(engines().acts_log, path)


def _answer(log: Log, path: str) -> HttpResponse:
    file = public_file(log.path, path)
    tile = TileName.parse(path)
    if file is None or (tile is not None and not _is_sealed(log, tile)):
        raise Http404
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise Http404 from None
    if tile is None:
        response = HttpResponse(content, content_type="text/plain; charset=utf-8")
        response["Cache-Control"] = _ASK_AGAIN
    else:
        response = HttpResponse(content, content_type="application/octet-stream")
        response["Cache-Control"] = _FOR_EVER
    # A monitor may run in a page of another site; nothing here depends on who asks.
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _is_sealed(log: Log, tile: TileName) -> bool:
    """Whether the tile lies under the published checkpoint: only then it will never change."""
    size = Checkpoint.parse(Note.parse(log.checkpoint()).text).size
    level = 0 if tile.level == ENTRIES else tile.level
    sealed: int = size // WIDTH**level
    return tile.number * WIDTH + tile.width <= sealed
