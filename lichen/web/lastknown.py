"""The newest verdicts this process has seen, kept in memory for the page that says that the store is down."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from lichen.elements import ELEMENT_BY_SLUG
from lichen.pipeline.detect import Event, Judged
from lichen.store import Store
from lichen.vocab.registry import Snapshot
from lichen.web.readings.stations import Verdict, elements_present, live_period, verdicts_of

_newest: dict[tuple[str, str], Verdict] = {}
_lock = Lock()


def remember(verdicts: Iterable[Verdict]) -> None:
    """Keep those that are newer than what is kept; from any thread."""
    with _lock:
        for verdict in verdicts:
            key = verdict.element.slug, verdict.point
            kept = _newest.get(key)
            if kept is None or kept.time <= verdict.time:
                _newest[key] = verdict


def heard(event: Event) -> None:
    """Take note of the worker's news."""
    if not isinstance(event, Judged):
        return
    element = ELEMENT_BY_SLUG[event.results.element]
    if event.results.period is live_period(element):
        remember(verdicts_of(element, event.results))


def prime(store: Store, snapshot: Snapshot) -> None:
    """Begin with what the store knows."""
    for element in elements_present(snapshot):
        remember(verdicts_of(element, store.latest_results(element.slug, live_period(element))))


def last_known() -> list[Verdict]:
    """What is kept, by element and point."""
    with _lock:
        return [_newest[key] for key in sorted(_newest)]


def forget() -> None:
    """Keep nothing any more."""
    with _lock:
        _newest.clear()
