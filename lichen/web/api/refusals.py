"""How the API refuses: always ``{"error": {"code": …, "message": …}}``. Codes are for programs and never change."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from lichen.ledger.errors import LedgerError, LogDamaged, NoteError
from lichen.store.errors import StoreError
from lichen.web.engines import EnginesClosed

logger = logging.getLogger(__name__)


class Refused(Exception):
    """A request that cannot be answered: HTTP status, code for programs, sentence for people, further headers.

    422 is for a request that breaks the description in ``openapi.json``, 400 for one that keeps to it and still makes
    no sense (a span that ends before it begins).
    """

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def body(self) -> bytes:
        """The one shape, in JSON."""
        return json.dumps({"error": {"code": self.code, "message": self.message}}, ensure_ascii=False).encode()


class NotModified(Exception):
    """The reader has the answer already."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


def refusal(refused: Refused) -> HttpResponse:
    """The answer that says so."""
    response = HttpResponse(refused.body(), status=refused.status, content_type="application/json; charset=utf-8")
    response["Cache-Control"] = "no-store"
    for name, value in refused.headers.items():
        response[name] = value
    return response


def nothing_here() -> Refused:
    """There is no such address."""
    return Refused(404, "no-such-address", gettext("There is nothing at this address; see openapi.json."))


def register(api: NinjaAPI) -> None:
    """Let the API answer every exception in the one shape."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        return refusal(error)

    @api.exception_handler(NotModified)
    def not_modified(request: HttpRequest, error: NotModified) -> HttpResponse:
        response = HttpResponse(status=304)
        del response["Content-Type"]
        response["ETag"], response["Cache-Control"], response["Vary"] = error.etag, "public, no-cache", "Accept"
        return response

    @api.exception_handler(ValidationError)
    def unusable(request: HttpRequest, error: ValidationError) -> HttpResponse:
        told = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors)
        return refusal(Refused(422, "bad-request", told))

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return refusal(nothing_here())

    @api.exception_handler(HttpError)
    def http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return refusal(Refused(error.status_code, "bad-request", error.message))

    @api.exception_handler(LedgerError)
    def ledger(request: HttpRequest, error: LedgerError) -> HttpResponse:
        # Entry numbers are checked before: what is left is a log that is not as it was sealed.
        code = "ledger-damaged" if isinstance(error, LogDamaged | NoteError) else "ledger"
        logger.error("api: %s", error)
        message = gettext("The ledger cannot be read as it was sealed; do not trust it until checked.")
        return refusal(Refused(500, code, message))

    @api.exception_handler(StoreError)
    @api.exception_handler(EnginesClosed)
    def away(request: HttpRequest, error: Exception) -> HttpResponse:
        logger.error("api: %s", error)
        message = gettext("The data cannot be read at present; try again in a minute.")
        return refusal(Refused(503, "not-ready", message, {"Retry-After": "60"}))

    @api.exception_handler(Exception)
    def fault(request: HttpRequest, error: Any) -> HttpResponse:
        logger.error("api: %s", request.path, exc_info=error)
        return refusal(Refused(500, "fault", gettext("Something went wrong on our side; it has been written down.")))
