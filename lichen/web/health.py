"""How this installation is: for the machine that watches it (``/healthz``) and for Prometheus (``/metrics``)."""

from __future__ import annotations

from django.db import connection
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from lichen.store.errors import StoreError
from lichen.vocab.clock import now_ms
from lichen.vocab.entry import Entry
from lichen.web.engines import are_open, engines

_SEALED = Gauge("lichen_ledger_entries", "Entries sealed in the raw log")
_ACTS = Gauge("lichen_ledger_acts", "Acts sealed in the acts log")
_TAKEN_IN = Gauge("lichen_worker_entries", "Entries of the raw log the worker has taken in")
_SEAL_AGE = Gauge("lichen_ledger_newest_age_seconds", "Age of the newest sealed entry")


def state() -> dict[str, object]:
    """What answers and how far each part is. ``ok`` is true when a reading can go the whole road."""
    found: dict[str, object] = {"database": _database(), "engines": are_open()}
    if are_open():
        open_ = engines()
        size = open_.raw_log.size
        found |= {
            "stream": open_.belt is not None and open_.belt.is_up,
            "ledger_entries": size,
            "acts": open_.acts_log.size,
            "registry_version": open_.snapshot().version,
        }
        try:
            cursor = open_.store.cursor()
            found |= {"store": True, "worker_entries": cursor.entries, "worker_lag": size - cursor.entries}
        except StoreError:
            found["store"] = False
    found["ok"] = all(found.get(part, False) for part in ("database", "engines", "stream", "store"))
    return found


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the road is whole, 503 when a part of it is down; the body says which."""
    found = state()
    return JsonResponse(found, status=200 if found["ok"] else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics of the web's process in Prometheus' text format."""
    found = state()
    _SEALED.set(_number(found.get("ledger_entries")))
    _ACTS.set(_number(found.get("acts")))
    _TAKEN_IN.set(_number(found.get("worker_entries")))
    if are_open() and (size := engines().raw_log.size):
        newest = Entry.decode(engines().raw_log.read(size - 1, size)[0])
        _SEAL_AGE.set((now_ms() - newest.received) / 1000)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
