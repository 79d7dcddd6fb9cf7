"""What a simulation did, in counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counts:
    """What happened so far; every device of a run counts into the same object.

    Attributes
    ----------
    sent : Counter
        Packets put on the wire, by command; resends are not counted here.
    answered, resent, given_up : int
        Uploads the host answered (9014 or 9013); packets sent again after a timeout; packets whose retries ran out.
    back_filled : int
        Packets whose data were late when first sent: history, and what a broken link had held back.
    commands : Counter
        Commands of the host that were carried out, by command.
    faults : Counter
        Packets spoiled on purpose, by fault.
    dropped : int
        Uploads forgotten because a device's memory was full.
    """

    sent: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    resent: int = 0
    given_up: int = 0
    back_filled: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    dropped: int = 0

    @property
    def total(self) -> int:
        """Packets sent, of every command."""
        return self.sent.total()


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a run: its counts, how long it took, and what is still waiting for an answer or to be sent."""

    devices: int
    seconds: float
    connections: int
    reconnects: int
    refused: int
    waiting: int
    counts: Counts

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        counts = self.counts
        return {
            "devices": self.devices,
            "seconds": round(self.seconds, 3),
            "connections": self.connections,
            "reconnects": self.reconnects,
            "refused": self.refused,
            "waiting": self.waiting,
            "sent": counts.total,
            "answered": counts.answered,
            "resent": counts.resent,
            "given_up": counts.given_up,
            "back_filled": counts.back_filled,
            "dropped": counts.dropped,
            "packets_per_second": round(counts.total / self.seconds, 1) if self.seconds else None,
            "by_command": dict(sorted(counts.sent.items())),
            "host_commands": dict(sorted(counts.commands.items())),
            "faults": dict(sorted(counts.faults.items())),
        }
