"""The command desk: dialogues with devices, begun by people (`lichen device call`), by the devices, or on connecting.

`lichen.hj212.session.HostSession` knows the rules; here are its clock, its wire and its audience. What is sent to a
device is sealed first (verdict ``sent``), with a note of who asked for it.

A request on ``command.<MN>`` with ``{"cn", "fields", "by"}`` is answered in steps, each a JSON object with ``step`` and
``time`` [ms since 1970 UTC]:

==========  =====================================================================================
accepted    the device is here; ``qn`` names the interaction
sent        the command went out (again); ``sending`` counts from 1
reply       9011; ``code`` is QnRtn
data        a packet that belongs to it: ``frame, cn, data_time, fields, values``
end         ``outcome`` (`lichen.hj212.session.State`, or ``lost``) and ``code`` (QnRtn or ExeRtn)
offline     the device has no connection to this gateway; ``known``: it is registered
error       the command cannot be sent; ``error`` says why
==========  =====================================================================================
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from lichen.gateway.connection import DOOR, Connection
from lichen.hj212.errors import HJ212Error, PeerError
from lichen.hj212.message import Message
from lichen.hj212.session import (
    Event,
    Finished,
    HostSession,
    KeyChanged,
    KeyWanted,
    Registration,
    Send,
    SendWhenStored,
    State,
    Upload,
)
from lichen.vocab.clock import format_digits, iso_beijing, now_ms
from lichen.vocab.entry import Entry

if TYPE_CHECKING:
    from lichen.gateway.server import Gateway

log = structlog.get_logger(__name__)

SUBJECT = "command."
_TICK_SECONDS = 0.1

Step = dict[str, Any]
Tell = Callable[[Step], Awaitable[None]]


class Desk:
    """All dialogues under way on this gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._talking: set[Connection] = set()  # have an exchange of ours open
        self._calls: dict[tuple[Connection, str], asyncio.Queue[Step]] = {}  # by connection and QN
        self._turns: dict[str, asyncio.Lock] = {}  # one command at a time for each device
        self._greeted: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Take commands from the stream."""
        await self._gateway.stream.respond(SUBJECT + "*", self._serve)

    async def run(self) -> None:
        """Send again and give up, for ever."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = now_ms()
            for connection in tuple(self._talking):
                session = self._session(connection)
                for event in session.tick(now):
                    self._handle(connection, event)
                self._settle(connection)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    # From the device.

    def receive(self, connection: Connection, message: Message) -> list[Event]:
        """What follows from a sound message; to be handed to `follow` when it is durable."""
        try:
            return self._session(connection).receive(message, now=now_ms())
        except PeerError as stray:
            # Answers to what an earlier gateway process asked look like this; sealed they are, and no more is due.
            log.info("gateway: stray answer", mn=connection.mn, error=str(stray))
            return []

    def follow(self, connection: Connection, message: Message, events: list[Event]) -> None:
        """Do what followed from a message, now that it is durable."""
        if message.cn == "9011":
            self._tell(connection, message.qn, {"step": "reply", "code": message.field("QnRtn")})
        for event in events:
            self._handle(connection, event)
        self._settle(connection)

    def greet(self, connection: Connection) -> None:
        """Begin the initial dialogue with a device seen for the first time (HJ 212-2017, 6.7)."""
        if self._gateway.settings.on_connect and connection.mn not in self._greeted:
            self._greeted.add(connection.mn)
            self._start(self._initial_dialogue(connection))

    def connection_lost(self, connection: Connection) -> None:
        self._talking.discard(connection)
        for key in [key for key in self._calls if key[0] is connection]:
            self._calls[key].put_nowait(_step("end", outcome="lost", code=None))

    # From people.

    async def _serve(self, subject: str, body: Mapping[str, Any], tell: Tell) -> None:
        mn = subject.removeprefix(SUBJECT)
        cn, fields = str(body.get("cn", "")), {str(k): str(v) for k, v in dict(body.get("fields") or {}).items()}
        connection = self._gateway.presence.find(mn)
        if connection is None:
            await tell(_step("offline", known=self._gateway.directory.find(mn) is not None))
            return
        await self.call(connection, cn, fields, str(body.get("by") or ""), tell)

    async def call(self, connection: Connection, cn: str, fields: Mapping[str, str], by: str, tell: Tell) -> str:
        """Send one command and tell its steps; returns the outcome."""
        turn = self._turns.setdefault(connection.mn, asyncio.Lock())
        async with turn:
            session = self._session(connection)
            try:
                events = session.request(cn, fields, now=now_ms())
            except HJ212Error as impossible:
                await tell(_step("error", error=str(impossible)))
                self._gateway.metrics.counts.commands["error"] += 1
                return "error"
            exchange = next(reversed(session.exchanges.values()))
            steps = self._calls[connection, exchange.qn] = asyncio.Queue()
            try:
                await tell(_step("accepted", qn=exchange.qn))
                connection.note({"command": cn, "fields": _without_secrets(fields), "by": by, "qn": exchange.qn})
                for event in events:
                    self._handle(connection, event)
                self._settle(connection)
                while True:
                    step = await steps.get()
                    await tell(step)
                    if step["step"] == "end":
                        self._gateway.metrics.counts.commands[step["outcome"]] += 1
                        return str(step["outcome"])
            finally:
                del self._calls[connection, exchange.qn]

    async def _initial_dialogue(self, connection: Connection) -> None:
        assert connection.known is not None
        device, settings = connection.known.device, self._gateway.settings

        async def silently(step: Step) -> None:
            pass

        for cn in settings.on_connect:
            fields = {
                "1012": {"SystemTime": format_digits(now_ms())},
                "1000": {"OverTime": f"{settings.command_timeout:.0f}", "ReCount": str(settings.command_retries)},
                "1062": {"RtdInterval": str(device.realtime_interval)},
                "1064": {"MinInterval": str(device.minute_interval)},
            }.get(cn, {})
            outcome = await self.call(connection, cn, fields, "initial dialogue", silently)
            if outcome in ("lost", State.UNREACHABLE):
                return

    # Within.

    def _session(self, connection: Connection) -> HostSession:
        session, known, settings = connection.session, connection.known, self._gateway.settings
        assert known is not None
        device = known.device
        if session is None or (connection.session_of != known and not connection.is_talking):
            connection.session_of = known
            session = connection.session = HostSession(
                device.mn, pw=device.password or "123456", st=device.st, edition=device.edition, key=known.key,
                previous_key=known.previous_key, overtime=int(settings.command_timeout * 1000),
                recount=settings.command_retries, execution=int(settings.execution_timeout * 1000),
            )  # fmt: skip
        return session

    def _settle(self, connection: Connection) -> None:
        session = connection.session
        connection.is_talking = session is not None and session.next_deadline is not None
        if connection.is_talking:
            self._talking.add(connection)
        else:
            self._talking.discard(connection)

    def _handle(self, connection: Connection, event: Event) -> None:
        match event:
            case Send(data):
                self._send(connection, data)
            case SendWhenStored(data, _):
                self._gateway.metrics.counts.answers["9014"] += 1
                connection.send(data)
            case Upload(message, exchange, _) if exchange is not None:
                self._tell(connection, exchange.qn, _data_step(message))
            case Finished(exchange):
                self._tell(connection, exchange.qn, {"step": "end", "outcome": exchange.state, "code": exchange.result})
            case Registration(message, hardware):
                self._announce("device.registration", connection, {"hardware": dict(hardware)})
            case KeyWanted():
                self._announce("device.key_wanted", connection, {})
            case KeyChanged():
                self._announce("device.key_changed", connection, {})

    def _send(self, connection: Connection, data: bytes) -> None:
        session = connection.session
        assert session is not None
        exchange = next((e for e in reversed(session.exchanges.values()) if e.data == data), None)
        if exchange is None:  # an answer, not a command
            self._gateway.metrics.counts.answers["9013"] += 1
            connection.send(data)
            return
        now = now_ms()
        self._gateway.intake.add(
            Entry(now, DOOR, connection.peer, connection.mn, "sent", data).encode(), connection, data
        )
        self._tell(connection, exchange.qn, {"step": "sent", "sending": exchange.sendings})

    def _tell(self, connection: Connection, qn: str | None, step: Step) -> None:
        call = self._calls.get((connection, qn or ""))
        if call is not None:
            call.put_nowait(step | {"time": now_ms()})

    def _announce(self, subject: str, connection: Connection, words: dict[str, Any]) -> None:
        event = {"mn": connection.mn, "peer": connection.peer, "time": now_ms()} | words
        self._start(self._gateway.stream.publish_event(subject, event))

    def _start(self, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("gateway: dialogue failed", error=repr(failure))


def _step(step: str, **words: Any) -> Step:
    return {"step": step, "time": now_ms()} | words


def _data_step(message: Message) -> Step:
    return {
        "step": "data",
        "frame": message.frame.raw.decode("latin-1"),
        "cn": message.cn,
        "data_time": None if message.time_ms is None else iso_beijing(message.time_ms),
        "fields": dict(message.fields),
        "values": [
            {"factor": r.factor, "stat": r.stat, "value": r.value, "text": r.text, "mark": r.mark}
            for r in message.values
        ],
    }


def _without_secrets(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: "***" if name in ("NewPW", "NewSK") else value for name, value in fields.items()}
