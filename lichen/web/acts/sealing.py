"""Acts are recorded with what they change, in one transaction, and then sealed in the acts log, in the same order.

A crash between the two leaves an unsealed row; the next `seal` puts it into the log. The log remembers the id of the
last act it took in, so none is sealed twice.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from lichen.pipeline.acts import Act as Entry
from lichen.vocab.clock import now, to_ms
from lichen.web import engines as _engines
from lichen.web.accounts.models import User
from lichen.web.acts.models import Act

#: An advisory lock of PostgreSQL, held from an act's row to its commit: ids and commits keep one order.
_LOCK = 0x6C696368  # "lich"
_sealing = threading.Lock()


def record(
    action: str,
    subject: str,
    *,
    by: User | None,
    reason: str = "",
    details: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Act:
    """Write down an act inside the caller's transaction; it is sealed right after the commit.

    `by` None: the installation itself (an import at set-up).
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{action}: an act is recorded in the transaction that carries it out")
    lock()
    act = Act.objects.create(
        action=action, subject=subject, by=by, reason=reason, details=details or {}, at=at or now()
    )
    transaction.on_commit(seal)
    return act


def lock() -> None:
    """From here to the end of the transaction nobody else records an act."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def seal() -> int:
    """Put every act that is committed and not yet sealed into the acts log; how many there were.

    Does nothing in a process without engines: ``lichen serve`` seals what others recorded when it starts.
    """
    if not _engines.are_open():
        return 0
    log = _engines.engines().acts_log
    sealed = 0
    with _sealing:
        for act in Act.objects.filter(index=None).order_by("id").select_related("by"):
            if log.position < act.pk:
                index = log.append([entry_of(act).encode()], position=act.pk).start
            else:
                # Sealed before a crash that lost the row's index. Acts are sealed one by one, so it is the last one.
                index = log.size - 1
            Act.objects.filter(pk=act.pk).update(index=index)
            sealed += 1
    if sealed:
        _engines.engines().wake()
    return sealed


def entry_of(act: Act) -> Entry:
    """The act as it is sealed."""
    by = act.by.username if act.by is not None else "installation"
    return Entry(act.action, act.subject, by, act.reason, to_ms(act.at), act.details)
