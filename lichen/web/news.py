"""The worker's events as messages on the stream: subject and JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from lichen.pipeline.detect import Event, Exceedance, Fault, Judged, Observed


def message(event: Event) -> tuple[str, dict[str, Any]]:
    """Subject (below ``events.``) and body of an event; instants in ms since 1970 UTC, no number is NaN.

    >>> message(Fault("silent", "p1", "", None, 0, 5))[0]
    'fault.silent'
    """
    if isinstance(event, Judged):
        results = event.results
        body: dict[str, Any] = {
            "element": results.element,
            "period": results.period,
            "points": list(results.points),
            "newest": int(results.time.max()) if len(results) else None,
        }
        return f"judged.{results.element}.{results.period}", body
    body = {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in _fields(event)}
    if isinstance(event, Observed):
        return f"observed.{event.period}", body
    if isinstance(event, Exceedance):
        return f"exceedance.{event.element}.{event.period}", body
    return f"fault.{event.kind}", body


def _fields(event: Observed | Exceedance | Fault) -> list[tuple[str, Any]]:
    return list(asdict(event).items())
