"""A file of results on its way: kept for an hour after it was checked, checked anew when it is accepted."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element
from lichen.pipeline.sheets.check import Checked, check
from lichen.pipeline.sheets.entry import entries_of
from lichen.vocab.clock import now, now_ms
from lichen.vocab.periods import Period
from lichen.web.accounts.access import Reader, points_to_bring, require_bringer
from lichen.web.accounts.models import User
from lichen.web.acts.models import Act
from lichen.web.acts.sealing import record
from lichen.web.belt import StreamDown
from lichen.web.engines import engines
from lichen.web.registry.models import Point
from lichen.web.results.models import Upload

ACTION = "results.bring"
#: How long a file waits, and how many of one account do.
KEPT = timedelta(hours=1)
MOST_KEPT = 5


def keep(user: Reader, element: Element, period: Period, name: str, body: bytes) -> Upload:
    """Hold a file until it is accepted; the oldest of the account beyond `MOST_KEPT`, and all that are over, go."""
    by = require_bringer(user)
    moment = now()
    with transaction.atomic():
        Upload.objects.filter(at__lt=moment - KEPT).delete()
        newest = Upload.objects.filter(by=by).order_by("-at").values_list("pk", flat=True)[: MOST_KEPT - 1]
        Upload.objects.filter(by=by).exclude(pk__in=list(newest)).delete()
        return Upload.objects.create(
            by=by, at=moment, name=name, element=element.slug, period=period, body=body,
            sha256=hashlib.sha256(body).hexdigest(),
        )  # fmt: skip


def checked(user: Reader, upload: Upload) -> Checked:
    """The file against the rules and the registry of this moment.

    Raises
    ------
    lichen.pipeline.sheets.said.BadTable
        It is no table of results.
    """
    return examine(user, ELEMENT_BY_SLUG[upload.element], Period(upload.period), upload.name, bytes(upload.body))


def examine(user: Reader, element: Element, period: Period, name: str, body: bytes) -> Checked:
    """A file that is not kept yet; as `checked`."""
    by = require_bringer(user)
    allowed = Point.objects.filter(points_to_bring(by), element=element.slug).values_list("code", flat=True)
    return check(
        name, body, element, engines().snapshot(), period=period, by=by.username, now=now_ms(), reach=set(allowed)
    )  # fmt: skip


def accept(user: Reader, upload: Upload, *, sha256: str, rows: int, partial: bool, reason: str) -> Act:
    """Put the rows without a fault into the stream, and leave the act that says so.

    Parameters
    ----------
    sha256, rows
        Of the file and how many rows were to be taken, as the person saw it: the file is checked anew, and if anything
        else comes out, nothing is taken.
    partial : bool
        Whether the person said that rows with faults are to be left out.

    Raises
    ------
    PermissionDenied
    ValidationError
        Why nothing was taken.
    StreamDown
        Nothing is confirmed; the file still waits, and may be accepted again.
    """
    by = require_bringer(user)
    belt = engines().belt
    if belt is None or not belt.is_up:
        raise StreamDown("the stream does not answer at present")
    with transaction.atomic():
        # Of two who press the button at once the second finds no file.
        held = Upload.objects.select_for_update().filter(pk=upload.pk, by=by, at__gte=now() - KEPT).first()
        if held is None:
            raise ValidationError(_("This file was accepted already, or waited for more than an hour. Bring it again."))
        body = bytes(held.body)
        found = checked(by, held)
        if hashlib.sha256(body).hexdigest() != sha256 or len(found.good) != rows:
            raise ValidationError(_("Something has changed since the file was checked. Look at the new result below."))
        if not found.good or (found.faults and not partial):
            raise ValidationError(_("There are faults. Correct the file, or take the good rows expressly."))
        entries = entries_of(body, found.head, found.good, received=now_ms(), peer=f"web: {by.username}")
        after = engines().raw_log.size
        belt.bring(entries)
        act = _told(by, held, found, reason, after, len(entries))
        held.delete()
    return act


def _told(by: User, held: Upload, found: Checked, reason: str, after: int, entries: int) -> Act:
    taken = len(found.good)
    return record(ACTION, held.name, by=by, reason=reason, details={
        "file": held.name, "sha256": held.sha256, "element": held.element, "period": held.period, "rows": found.rows,
        "taken": taken, "left_out": found.rows - taken, "after": after, "entries": entries,
    })  # fmt: skip
