"""What was known at a past moment: how many entries and acts had been sealed by then."""

from __future__ import annotations

from lichen.ledger.log import Log
from lichen.store import AsOf
from lichen.vocab.entry import Entry


def as_of(raw_log: Log, acts_log: Log, moment: int) -> AsOf:
    """The state of knowledge at a moment. [ms since 1970 UTC]

    An entry counts from when it was received; the gateway's clock orders a log but for the few milliseconds by which
    connections overtake each other.
    """
    return AsOf(sealed_before(raw_log, moment), sealed_before(acts_log, moment))


def sealed_before(log: Log, moment: int) -> int:
    """How many entries of a log had been received at a moment, by halving: a few reads whatever the log's size."""
    low, high = 0, log.size
    while low < high:
        middle = (low + high) // 2
        if Entry.decode(log.read(middle, middle + 1)[0]).received <= moment:
            low = middle + 1
        else:
            high = middle
    return low
