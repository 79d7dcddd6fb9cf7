"""Sub-packets put together again (HJ 212-2017, C.47 to C.50)."""

from __future__ import annotations

from typing import NamedTuple

from lichen.hj212.content import Reading
from lichen.hj212.message import Message


class Group(NamedTuple):
    """What belongs together: one CN of one station for one DataTime, cut into PNUM packets."""

    mn: str | None
    cn: str | None
    st: str | None
    time_ms: int | None
    pnum: int


class Joined(NamedTuple):
    """The sub-packets of a group, by PNO, and the numbers that never came."""

    group: Group
    messages: tuple[Message, ...]
    missing: tuple[int, ...]

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def values(self) -> tuple[Reading, ...]:
        """The readings of all sub-packets, in their order."""
        return tuple(reading for message in self.messages for reading in message.values)


class _Open:
    __slots__ = ("messages", "since")

    def __init__(self, since: int) -> None:
        self.since = since
        self.messages: dict[int, Message] = {}


class Joiner:
    """Collects sub-packets, in whatever order they come.

    Every sub-packet is complete by itself and can be stored at once; joining only tells whether all have come.

    Parameters
    ----------
    timeout : int
        How long after its last packet a group stays open. [ms]
    limit : int
        How many groups may be open; the oldest makes room, reported as incomplete.

    Examples
    --------
    >>> from lichen.hj212 import compose, parse
    >>> from lichen.hj212.frame import frame_of
    >>> frames = compose(cn="2061", mn="X", st="31", qn=0, time_ms=0, items=["a01011-Avg=1"] * 100)
    >>> joiner = Joiner()
    >>> [joiner.add(parse(frame_of(frame)), now=0) is not None for frame in reversed(frames)]
    [False, True]
    """

    def __init__(self, timeout: int = 60_000, limit: int = 4096) -> None:
        self._timeout, self._limit = timeout, limit
        self._open: dict[Group, _Open] = {}

    @property
    def pending(self) -> int:
        """How many groups are open."""
        return len(self._open)

    def add(self, message: Message, now: int) -> Joined | None:
        """The whole group, if this message completes it; a packet that is not split is its own group.

        A sub-packet that comes again replaces the first. A packet with an error or an impossible number is not
        collected.
        """
        if message.pnum is None or message.pno is None or not message.ok or not 1 <= message.pno <= message.pnum:
            return None
        group = Group(message.mn, message.cn, message.st, message.time_ms, message.pnum)
        # Groups stand in the order of their last packet: the first to time out is the first of the dict.
        found = self._open.pop(group, None) or _Open(now)
        found.since = now
        found.messages[message.pno] = message
        if len(found.messages) == message.pnum:
            return _joined(group, found)
        self._open[group] = found
        return None

    def expire(self, now: int) -> list[Joined]:
        """Groups closed as incomplete: timed out, or too many."""
        closed = []
        for group, found in list(self._open.items()):
            if now - found.since < self._timeout and len(self._open) <= self._limit:
                break
            del self._open[group]
            closed.append(_joined(group, found))
        return closed


def _joined(group: Group, found: _Open) -> Joined:
    messages = tuple(found.messages[number] for number in sorted(found.messages))
    # PNUM may claim up to nine digits: list only what a report can show.
    missing = tuple(number for number in range(1, min(group.pnum, 9999) + 1) if number not in found.messages)
    return Joined(group, messages, missing)
