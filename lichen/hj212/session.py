"""The dialogue of host and site, without sockets and without a clock (HJ 212-2017, 6.5; HJ 212-2025, 6.5 and 6.8).

Messages go in, events come out; time is passed in, in ms since 1970 UTC. A session serves one station on one
connection. Every exchange we began moves through one table
(`lichen.hj212.exchange.TRANSITIONS`):

========  ==========  ==================================================================================
exchange  begun with  goes on
========  ==========  ==================================================================================
request   by host     9011 ready, data, 9012 result
notice    by either   9013
upload    by site     9014, if its answer bit is set
========  ==========  ==================================================================================

What is not answered in time is sent again, unchanged and with the same QN, until the retries are used up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lichen.hj212.commands import find
from lichen.hj212.compose import compose, is_encrypted_command
from lichen.hj212.content import Reading
from lichen.hj212.errors import LocalError, PeerError
from lichen.hj212.exchange import (
    Event,
    Exchange,
    Execute,
    Finished,
    Input,
    KeyChanged,
    KeyWanted,
    Notified,
    Registration,
    Send,
    SendWhenStored,
    State,
    Upload,
)  # fmt: skip
from lichen.hj212.message import ANSWERS, Message, answer
from lichen.vocab.clock import format_digits

__all__ = [
    "Event", "Exchange", "Execute", "Finished", "HostSession", "KeyChanged", "KeyWanted", "Notified", "Registration",
    "Send", "SendWhenStored", "SiteSession", "State", "Upload",
]  # fmt: skip


class _Recent:
    """The last few hundred keys seen, with a value each."""

    def __init__(self, limit: int = 512) -> None:
        self._limit = limit
        self._seen: OrderedDict[tuple[str | int | None, ...], bytes] = OrderedDict()

    def get(self, key: tuple[str | int | None, ...]) -> bytes | None:
        return self._seen.get(key)

    def put(self, key: tuple[str | int | None, ...], value: bytes = b"") -> None:
        self._seen[key] = value
        self._seen.move_to_end(key)
        if len(self._seen) > self._limit:
            self._seen.popitem(last=False)


@dataclass
class _Session:
    """What both sides share: identity, keys, our own exchanges and their clocks.

    Attributes
    ----------
    mn, pw, st, edition : str
        `st` is the station's system code, which requests and uploads carry.
    key, previous_key : bytes or None
        SM4 keys of 16 bytes; edition 2025.
    overtime : int
        How long to wait for an answer. [ms] Defaults of the standards: 10 s × 3 over mobile networks (table 1).
    recount : int
        How often to send again.
    execution : int
        How long an accepted request may stay without data or result. [ms]
    """

    mn: str
    pw: str = "123456"
    st: str = "32"
    edition: str = "2017"
    key: bytes | None = None
    previous_key: bytes | None = None
    overtime: int = 10_000
    recount: int = 3
    execution: int = 60_000
    exchanges: dict[str, Exchange] = field(default_factory=dict, init=False)
    _last_qn: int = field(default=0, init=False)
    _seen: _Recent = field(default_factory=_Recent, init=False)

    @property
    def next_deadline(self) -> int | None:
        """When `tick` has something to do next; None: nothing is awaited. [ms since 1970 UTC]"""
        return min((exchange.deadline for exchange in self.exchanges.values() if exchange.is_open), default=None)

    def tick(self, now: int) -> list[Event]:
        """Sends again what was not answered, and gives up what was never answered."""
        events: list[Event] = []
        for exchange in list(self.exchanges.values()):
            if not exchange.is_open or now < exchange.deadline:
                continue
            if exchange.state is State.SENT and exchange.sendings <= self.recount:
                exchange.move(Input.SILENCE)
                exchange.sendings += 1
                exchange.deadline = now + self.overtime
                events.append(Send(exchange.data))
            else:
                events += self._step(exchange, Input.GIVEN_UP)
        return events

    def _begin(
        self, cn: str, kind: str, now: int, fields: Mapping[str, str], *, separator: str = ";", mn: str | None = None
    ) -> list[Event]:
        self._last_qn = max(now, self._last_qn + 1)
        secret = self.key if cn == "1014" else None  # of what a host sends, 6.4.4 wants 1014 encrypted
        (data,) = compose(
            cn=cn, mn=self.mn if mn is None else mn, st=self.st, pw=self.pw, qn=self._last_qn,
            edition=self.edition, needs_answer=True, fields=fields, field_separator=separator, key=secret,
        )  # fmt: skip
        qn = format_digits(self._last_qn, 17)
        self._remember(Exchange(qn, cn, kind, data, dict(fields), now + self.overtime))
        return [Send(data)]

    def _remember(self, exchange: Exchange) -> None:
        self.exchanges[exchange.qn] = exchange
        if len(self.exchanges) > 256:  # late answers to the newest closed ones are still understood
            for qn in [qn for qn, other in self.exchanges.items() if not other.is_open][:64]:
                del self.exchanges[qn]

    def _answered(self, message: Message, event: Input, result: str | None = None) -> list[Event]:
        exchange = self.exchanges.get(message.qn or "")
        if exchange is None:
            raise PeerError(f"CN={message.cn} answers QN={message.qn}, which {self.mn or 'we'} never got from us")
        if not exchange.is_open:
            return []  # the answer to a repeated sending
        return self._step(exchange, event, result)

    def _step(self, exchange: Exchange, event: Input, result: str | None = None) -> list[Event]:
        exchange.move(event)
        exchange.result = result if result is not None else exchange.result
        return [Finished(exchange)] if not exchange.is_open else []


@dataclass
class HostSession(_Session):
    """The host's side of one station.

    Examples
    --------
    >>> from lichen.hj212 import parse
    >>> from lichen.hj212.frame import frame_of
    >>> host = HostSession("010000A8900016F000169DC0")
    >>> site = SiteSession("010000A8900016F000169DC0")
    >>> (sent,) = host.request("1062", {"RtdInterval": "30"}, now=0)
    >>> reply, todo = site.receive(parse(frame_of(sent.data)), now=5)
    >>> host.receive(parse(frame_of(reply.data)), now=10)
    []
    >>> (result,) = site.finish(todo.message, "1", now=15)
    >>> (finished,) = host.receive(parse(frame_of(result.data)), now=20)
    >>> finished.exchange.state.value, finished.exchange.result
    ('done', '1')
    """

    def request(self, cn: str, fields: Mapping[str, str] | None = None, *, now: int) -> list[Event]:
        """Sends a request or notice of the command table.

        Raises
        ------
        LocalError
            The edition has no such command from host to site.
        """
        command = find(cn, "down", self.edition)
        if command is None or command.kind not in ("request", "notice"):
            raise LocalError(f"CN={cn}: edition {self.edition} has no such request or notice from host to site")
        separator = "," if cn in ("1014", "3011") else ";"  # as HJ 212-2025 prints them
        return self._begin(cn, command.kind, now, fields or {}, separator=separator)

    def activate(self, mn: str, serial: str, *, now: int) -> list[Event]:
        """Gives a registered logger its MN (1002; HJ 212-2025, 6.8)."""
        if find("1002", "down", self.edition) is None:
            raise LocalError(f"edition {self.edition} has no CN=1002")
        return self._begin("1002", "request", now, {"i23005-Info": serial}, mn=mn)

    def change_key(self, key: bytes, *, now: int) -> list[Event]:
        """Sets a new SM4 key (1014); `KeyChanged` follows when the site has taken it.

        Raises
        ------
        LocalError
            The key is not 16 printable ASCII characters without separators (NewSK is a text field).
        """
        text = key.decode("ascii", "replace")
        if len(key) != 16 or not text.isprintable() or set(text) & set(";,=& \ufffd"):
            raise LocalError("a new SM4 key is 16 printable ASCII characters without blank, ';', ',', '=' or '&'")
        created = format_digits(max(now, self._last_qn + 1), 17)
        return self.request("1014", {"SKCreateTime": created, "NewSK": text}, now=now)

    def receive(self, message: Message, *, now: int) -> list[Event]:
        """What follows from a message of the site.

        A message with an error is nobody's word: it changes nothing and is not answered.

        Raises
        ------
        PeerError
            An answer to something we never sent, or one that does not fit it.
        """
        if not message.ok or message.cn is None:
            return []
        cn = message.cn
        if cn == "9011":
            return self._reply(message, now)
        if cn == "9012":
            result = message.field("ExeRtn")
            return self._executed(message, result)
        if cn == "9013":
            return self._answered(message, Input.NOTED)
        if cn == "9014":
            raise PeerError("9014 answers an upload, and a host uploads nothing")
        if cn == "9021":
            return [Send(answer(message, "9022")), Notified(message)]
        command = find(cn, "up", message.edition)
        if command is not None and command.kind == "notice":
            return self._notice(message, now)
        return self._upload(message, now)

    def _reply(self, message: Message, now: int) -> list[Event]:
        result = message.field("QnRtn")
        exchange = self.exchanges.get(message.qn or "")
        if exchange is not None:
            exchange.deadline = now + self.execution
        return self._answered(message, Input.READY if result == "1" else Input.REFUSAL, result)

    def _executed(self, message: Message, result: str | None) -> list[Event]:
        events = self._answered(message, Input.SUCCESS if result == "1" else Input.FAILURE, result)
        for event in tuple(events):
            if isinstance(event, Finished) and event.exchange.state is State.DONE:
                if event.exchange.cn == "1014":
                    self.previous_key, self.key = self.key, event.exchange.fields["NewSK"].encode("ascii")
                    events.append(KeyChanged(self.key, self.previous_key))
                elif event.exchange.cn == "1072":
                    self.pw = event.exchange.fields["NewPW"]
                elif event.exchange.cn == "1002":
                    self.mn = message.mn or self.mn
        return events

    def _notice(self, message: Message, now: int) -> list[Event]:
        noted = Send(answer(message, "9013"))
        if message.cn == "1013":
            polid = message.field("PolId")
            fields = {"PolId": polid} if polid else {}
            return [noted, *self.request("1012", {**fields, "SystemTime": format_digits(now)}, now=now)]
        if message.cn == "1001":
            return [noted, Registration(message, {r.factor: r.text for r in message.values if r.stat == "Info"})]
        if message.cn == "1014":
            return [noted, KeyWanted(message)]
        return [noted, Notified(message)]

    def _upload(self, message: Message, now: int) -> list[Event]:
        exchange = self.exchanges.get(message.qn or "")
        if exchange is None or exchange.cn != message.cn:  # history data come with a QN of their own (C.20)
            exchange = next((e for e in self.exchanges.values() if e.is_open and e.cn == message.cn), None)
        if exchange is not None and exchange.is_open and exchange.kind == "request":
            exchange.move(Input.DATA)
            exchange.received += 1
            exchange.deadline = now + self.execution
        key = (message.mn, message.qn, message.cn, message.pno)
        repeated = message.qn is not None and self._seen.get(key) is not None
        self._seen.put(key)
        events: list[Event] = [Upload(message, exchange, repeated)]
        if message.needs_answer:  # also of commands we do not know: else the logger repeats for ever
            events.append(SendWhenStored(answer(message, "9014"), message))
        return events


@dataclass
class SiteSession(_Session):
    """The logger's side. See `HostSession` for an example.

    A request with a QN that was answered before gets the same answer again and is not executed twice.
    """

    def receive(self, message: Message, *, now: int) -> list[Event]:
        """What follows from a message of the host.

        Raises
        ------
        PeerError
            An answer to something we never sent, or one that does not fit it.
        """
        if message.cn is None:
            return []
        if message.ok and message.cn in ANSWERS:
            if message.cn == "9014":
                return self._answered(message, Input.STORED)
            if message.cn in ("9013", "9022"):
                return self._answered(message, Input.NOTED)
            raise PeerError(f"{message.cn} answers a request, and a site requests nothing")
        before = self._seen.get((message.qn, message.cn))
        if before is not None and message.ok:
            return [Send(before)]
        refusal = self._refusal(message)
        if refusal is not None:
            return [Send(answer(message, "9011", QnRtn=refusal))]
        command = find(message.cn, "down", self.edition)
        if command is None:
            return [Send(answer(message, "9011", QnRtn="8"))]
        if command.kind == "notice":
            noted = answer(message, "9013")
            self._seen.put((message.qn, message.cn), noted)
            return [Send(noted), Notified(message)]
        ready = answer(message, "9011", QnRtn="1")
        self._seen.put((message.qn, message.cn), ready)
        return [Send(ready), Execute(message, command)]

    def _refusal(self, message: Message) -> str | None:
        """The QnRtn of a request that is not to be executed, or None (HJ 212-2017, table 7)."""
        if message.error is not None:
            return "9"
        if message.pw != self.pw:
            return "3"
        if message.mn != self.mn and message.cn != "1002":
            return "4"
        if message.qn is None:
            return "7"
        return None

    def finish(self, message: Message, exe_rtn: str = "1", *, now: int) -> list[Event]:
        """Ends the execution of a request (9012); on success, what it set for this dialogue comes into force."""
        ended = answer(message, "9012", ExeRtn=exe_rtn)
        events: list[Event] = [Send(ended)]
        if exe_rtn == "1":
            events += self._take_over(message)
        self._seen.put((message.qn, message.cn), ended)
        return events

    def _take_over(self, message: Message) -> list[Event]:
        if message.cn == "1000":
            over, count = message.field("OverTime") or "", message.field("ReCount") or ""
            self.overtime = 1000 * int(over) if over.isdecimal() else self.overtime
            self.recount = int(count) if count.isdecimal() else self.recount
        elif message.cn == "1072":
            self.pw = message.field("NewPW") or self.pw
        elif message.cn == "1002":
            self.mn = message.mn or self.mn
        elif message.cn == "1014":
            new = (message.field("NewSK") or "").encode("utf-8")
            if len(new) != 16:
                raise LocalError(f"NewSK of {len(new)} bytes is no SM4 key; finish with ExeRtn=3")
            self.previous_key, self.key = self.key, new
            return [KeyChanged(new, self.previous_key)]
        return []

    def notice(self, cn: str, fields: Mapping[str, str] | None = None, *, now: int) -> list[Event]:
        """Sends a notice: 1013, 9015; 2025 also 1001 and 1014; 2005 the login 9021.

        Raises
        ------
        LocalError
            The edition has no such notice from site to host.
        """
        command = find(cn, "up", self.edition)
        if command is None or command.kind != "notice":
            raise LocalError(f"CN={cn}: edition {self.edition} has no such notice from site to host")
        return self._begin(cn, "notice", now, fields or {})

    def upload(
        self,
        cn: str,
        *,
        now: int,
        time_ms: int | None = None,
        values: Sequence[Reading] = (),
        items: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
        needs_answer: bool = True,
        backfill: bool = False,
    ) -> list[Event]:
        """Sends data, over as many packets as they need, encrypted if the session has a key.

        With the answer bit each packet is an exchange that waits for its own 9014.
        """
        if find(cn, "up", self.edition) is None:
            raise LocalError(f"CN={cn}: edition {self.edition} has no such upload")
        self._last_qn = max(now, self._last_qn + 1)
        frames = compose(
            cn=cn, mn=self.mn, st=self.st, pw=self.pw, qn=self._last_qn, edition=self.edition,
            needs_answer=needs_answer, backfill=backfill, time_ms=time_ms, fields=fields, values=values, items=items,
            key=self.key if is_encrypted_command(cn) else None,
        )  # fmt: skip
        if needs_answer:
            for later, data in enumerate(frames):
                qn = format_digits(self._last_qn + later, 17)
                self._remember(Exchange(qn, cn, "upload", data, dict(fields or {}), now + self.overtime))
        self._last_qn += len(frames) - 1
        return [Send(data) for data in frames]
