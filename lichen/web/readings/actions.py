"""What can be done to a reading: supersede it, with a name and a reason. The old value stays for everybody to see."""

from __future__ import annotations

import math
import time as _time

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lichen.pipeline.acts import SUPERSEDE, Supersede
from lichen.vocab.batch import PERSON, Series
from lichen.vocab.clock import now, to_ms
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Source
from lichen.web.accounts.access import Reader, require_reviewer
from lichen.web.acts.models import Act
from lichen.web.acts.sealing import lock, record
from lichen.web.engines import engines

#: A reason that says something. [characters]
SHORTEST_REASON = 5
#: How long `supersede` waits for the worker, so that the next page shows the new value. [s]
_PATIENCE_S = 3.0


class Changed(ValidationError):
    """Somebody superseded the observation after the reader saw it."""


def supersede(user: Reader, series: Series, time: int, *, seen_version: int, value: float | None, reason: str) -> Act:
    """Put a person's decision above an observation: another value, or none (the old one is invalid).

    The act is sealed in the acts log; the worker then appends it to the store as the newest version and computes anew
    what rests on the observation.

    Parameters
    ----------
    user : Reader
        Must be allowed to review the point.
    series, time
        The observation; reported ones only, what we compute follows from them.
    seen_version : int
        The version in force on the page the person looked at.
    value : float or None
        In the parameter's unit; None marks the observation as invalid.
    reason : str
        At least `SHORTEST_REASON` characters.

    Raises
    ------
    PermissionDenied
        Not this person's point.
    ValidationError
        No such observation, a computed one, no reason, or not a number.
    Changed
        There is a newer version than the one seen.
    """
    point = engines().snapshot().point_by_id.get(series.point)
    if point is None:
        raise ValidationError(_("There is no point %(point)s in the registry.") % {"point": series.point})
    by = require_reviewer(user, point)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ValidationError(_("Give a reason of at least %(least)s characters.") % {"least": SHORTEST_REASON})
    if series.source != Source.REPORTED:
        raise ValidationError(_("Computed values follow from the reported ones; change those."))
    if value is not None and not math.isfinite(value):
        raise ValidationError(_("The value must be a number, or empty to mark the observation as invalid."))
    order = Supersede(series, time, value, Flag.BAD if value is None else Flag.GOOD)
    with transaction.atomic():
        lock()
        _check_unchanged(order, seen_version)
        moment = now()
        sealed_form = order.act(by=by.username, reason=reason, at=to_ms(moment))
        act = record(SUPERSEDE, sealed_form.subject, by=by, reason=reason, details=dict(sealed_form.details), at=moment)
    act.refresh_from_db()
    _wait_for_worker(act)
    return act


def _check_unchanged(order: Supersede, seen_version: int) -> None:
    versions = engines().store.versions(order.series, order.time)
    if not versions:
        raise ValidationError(_("There is no such observation."))
    newer = Act.objects.filter(action=SUPERSEDE, details__contains={**order.series._asdict(), "time": order.time})
    if seen_version >= PERSON:
        newer = newer.exclude(index__lte=seen_version - PERSON)
    if versions[0].version != seen_version or newer.exists():
        raise Changed(_("The observation has changed since you opened the page. Look at it again, then decide."))


def _wait_for_worker(act: Act) -> None:
    deadline = _time.monotonic() + _PATIENCE_S
    while act.index is not None and engines().applied_acts() <= act.index and _time.monotonic() < deadline:
        _time.sleep(0.02)
