"""The newest verdicts this process has seen, kept in memory for the page that says that the store is down."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from lichen.elements import ELEMENT_BY_SLUG
from lichen.pipeline.detect import Event, Judged
from lichen.store import Store
from lichen.vocab.registry import Snapshot
from lichen.web.readings import spans
from lichen.web.readings.stations import Verdict, elements_present, newest, replaces, verdicts_of

_newest: dict[tuple[str, str], Verdict] = {}
_lock = Lock()


def remember(verdicts: Iterable[Verdict]) -> None:
    """Keep those that are newer than what is kept; from any thread."""
    with _lock:
        for verdict in verdicts:
            key = verdict.element.slug, verdict.point
            if replaces(verdict, _newest.get(key)):
                _newest[key] = verdict


def heard(event: Event) -> None:
    """Take note of the worker's news."""
    if not isinstance(event, Judged):
        return
    element = ELEMENT_BY_SLUG[event.results.element]
    if event.results.period in spans.ORDER:
        remember(verdicts_of(element, event.results))


def prime(store: Store, snapshot: Snapshot) -> None:
    """Begin with what the store knows."""
    for element in elements_present(snapshot):
        points = [point.id for point in snapshot.points if point.element == element.slug]
        remember(newest(store, element, points).values())


def last_known() -> list[Verdict]:
    """What is kept, by element and point."""
    with _lock:
        return [_newest[key] for key in sorted(_newest)]


def forget() -> None:
    """Keep nothing any more."""
    with _lock:
        _newest.clear()
