"""Exchanges and events: what a session keeps about each interaction it began, and what it tells its owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import NamedTuple

from lichen.hj212.commands import Command
from lichen.hj212.errors import PeerError
from lichen.hj212.message import Message


class State(StrEnum):
    """Where an exchange stands."""

    SENT = "sent"
    EXECUTING = "executing"
    DONE = "done"
    REFUSED = "refused"  # 9011 with QnRtn other than 1
    FAILED = "failed"  # 9012 with ExeRtn other than 1
    UNREACHABLE = "unreachable"  # nobody answered any of the sendings
    EXPIRED = "expired"  # accepted, but the result never came


class Input(Enum):
    """What moves an exchange."""

    READY = auto()  # 9011, QnRtn=1
    REFUSAL = auto()  # 9011, anything else
    DATA = auto()  # an upload that belongs to the request
    SUCCESS = auto()  # 9012, ExeRtn=1
    FAILURE = auto()  # 9012, anything else
    NOTED = auto()  # 9013
    STORED = auto()  # 9014
    SILENCE = auto()  # no answer in time, retries are left
    GIVEN_UP = auto()  # no answer in time, no retries are left


_UNANSWERED = {(State.SENT, Input.SILENCE): State.SENT, (State.SENT, Input.GIVEN_UP): State.UNREACHABLE}

#: Kind of exchange → (state, input) → state. What is not here is against the rules.
TRANSITIONS: dict[str, dict[tuple[State, Input], State]] = {
    "request": {
        **_UNANSWERED,
        (State.SENT, Input.READY): State.EXECUTING,
        (State.SENT, Input.REFUSAL): State.REFUSED,
        # Some sites leave out 9011: data or a result say as much.
        (State.SENT, Input.DATA): State.EXECUTING,
        (State.SENT, Input.SUCCESS): State.DONE,
        (State.SENT, Input.FAILURE): State.FAILED,
        (State.EXECUTING, Input.READY): State.EXECUTING,
        (State.EXECUTING, Input.DATA): State.EXECUTING,
        (State.EXECUTING, Input.SUCCESS): State.DONE,
        (State.EXECUTING, Input.FAILURE): State.FAILED,
        (State.EXECUTING, Input.GIVEN_UP): State.EXPIRED,
    },
    "notice": {**_UNANSWERED, (State.SENT, Input.NOTED): State.DONE},
    "upload": {**_UNANSWERED, (State.SENT, Input.STORED): State.DONE},
}

FINAL = frozenset(State) - {State.SENT, State.EXECUTING}


@dataclass(slots=True)
class Exchange:
    """One interaction that we began.

    `result` is the QnRtn or ExeRtn that ended it. `fields` are those of our own packet.
    """

    qn: str
    cn: str
    kind: str
    data: bytes
    fields: Mapping[str, str]
    deadline: int  # [ms since 1970 UTC]
    state: State = State.SENT
    sendings: int = 1
    result: str | None = None
    received: int = 0  # data packets that belong to it

    @property
    def is_open(self) -> bool:
        return self.state not in FINAL

    def move(self, event: Input) -> None:
        """Takes one step of the table; raises `PeerError` where it has none."""
        following = TRANSITIONS[self.kind].get((self.state, event))
        if following is None:
            raise PeerError(f"{event.name} for {self.kind} CN={self.cn} QN={self.qn}, which is {self.state}")
        self.state = following


class Send(NamedTuple):
    """Write these bytes to the peer now."""

    data: bytes


class SendWhenStored(NamedTuple):
    """Write these bytes once the message they answer is durably stored: not before, and not at all if it is not."""

    data: bytes
    message: Message


class Upload(NamedTuple):
    """The site sent data. `repeated`: the same packet came before; `exchange`: the request it answers, if any."""

    message: Message
    exchange: Exchange | None
    repeated: bool


class Finished(NamedTuple):
    """An exchange of ours reached a final state."""

    exchange: Exchange


class Registration(NamedTuple):
    """A 2025 logger without MN names its hardware and wants one (1001): decide, then `HostSession.activate`."""

    message: Message
    hardware: Mapping[str, str]


class KeyWanted(NamedTuple):
    """The site wants a new SM4 key (1014): decide, then `HostSession.change_key`."""

    message: Message


class KeyChanged(NamedTuple):
    """The key in force and the one before it, which packets under way may still use."""

    key: bytes
    previous: bytes | None


class Execute(NamedTuple):
    """The host wants this done: do it, then `SiteSession.finish`."""

    message: Message
    command: Command


class Notified(NamedTuple):
    """The peer told us something that needs no more than the 9013 already sent."""

    message: Message


Event = (
    Send | SendWhenStored | Upload | Finished | Registration | KeyWanted | KeyChanged | Execute | Notified
)  # fmt: skip
