"""One simulated data logger, without sockets: bytes in, bytes out, the time is told to it.

It uploads on a schedule, waits for 9014, resends, keeps what could not be delivered and sends it late, and carries out
the host's commands (`lichen.hj212.simulator.execute`). Commands go through a `SiteSession`; uploads do not, because a
load of ten thousand devices must not remember closed exchanges.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lichen.hj212.compose import compose, is_encrypted_command
from lichen.hj212.frame import FrameReader
from lichen.hj212.message import Message, parse
from lichen.hj212.session import Execute, Notified, Send, SiteSession
from lichen.hj212.simulator.execute import HANDS_ON_MS, NOTICES, REQUESTS, UNKNOWN_REASON, Result
from lichen.hj212.simulator.faults import FaultPlan, spoil
from lichen.hj212.simulator.summary import Counts
from lichen.hj212.simulator.values import ValueSource
from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, format_digits
from lichen.vocab.registry import Device

#: Commands whose packets describe an interval: DataTime is its start, and the packet is due when it has ended.
INTERVALS = ("2051", "2061", "2031", "2041", "2052", "2111")
#: Commands about this very moment: what a broken link held back is not worth sending.
MOMENTS = ("2011", "2021", "9015", "1013")
#: Notices of a site: without DataTime, always answered, with 9013.
OWN_NOTICES = ("1001", "1013", "1014", "9015")
#: Backlog packets put on the wire at once when nobody answers them.
_BURST = 50


class Job(NamedTuple):
    """One upload to be made: which command, DataTime and width. [ms since 1970 UTC on the device's clock; ms]"""

    cn: str
    start: int
    width: int
    late: bool = False


@dataclass(slots=True)
class _Flight:
    """A packet the host has not answered yet. Times are real. [ms since 1970 UTC]"""

    job: Job
    frame: bytes
    sent_at: int
    tries: int


def usual_uploads(device: Device) -> dict[str, int]:
    """What a station sends by itself, and how often: command → interval. [ms]"""
    return {
        "2011": device.realtime_interval * SECOND_MS,
        "2051": device.minute_interval * MINUTE_MS,
        "2061": HOUR_MS,
        "2031": DAY_MS,
    }


class SimulatedDevice:
    """A data logger on the site's side of HJ 212.

    Parameters
    ----------
    device : Device
        Who it is: MN, ST, password, edition, key, intervals.
    source : ValueSource
        What it measures.
    counts : Counts
        Counted into; shared by the devices of a run.
    seed : str
        Spreads the devices of a run over the interval, so that they do not all send in the same second.
    uploads : mapping of str to int, optional
        Command → interval [ms]; 0 = once, when first connected. Default: `usual_uploads`.
    faults : FaultPlan, optional
        What is sent malformed; a resent packet is always clean.
    answered : bool
        Whether uploads ask for 9014 and wait for it.
    window : int
        Unanswered packets allowed at one time; 1 = one after the other, as the standard's dialogue shows it.
    skew_ms : int
        How far the device's clock is ahead. [ms]
    segment_limit : int
        Largest data segment; smaller splits more packets. [bytes]
    memory : int
        Uploads kept while the link is down; the oldest are forgotten first.

    Attributes
    ----------
    release_before : int or None
        Late uploads from this DataTime on are held back; None = none are. Paces a long history. [ms since 1970 UTC]
    wants_close : bool
        The device gives the connection up (retries exhausted); cleared when it is connected again.
    """

    def __init__(
        self,
        device: Device,
        source: ValueSource,
        *,
        counts: Counts | None = None,
        seed: str = "",
        uploads: Mapping[str, int] | None = None,
        faults: FaultPlan | None = None,
        answered: bool = True,
        window: int = 1,
        skew_ms: int = 0,
        segment_limit: int = 1024,
        memory: int = 20_000,
    ) -> None:
        if window < 1:
            raise ValueError(f"window {window}; at least 1 packet must be allowed to wait for its answer")
        self.session = SiteSession(
            device.mn, device.password, device.st, device.edition,
            device.key.encode("ascii") or None, device.previous_key.encode("ascii") or None,
        )  # fmt: skip
        self.source = source
        self.counts = Counts() if counts is None else counts
        self.uploads = dict(usual_uploads(device) if uploads is None else uploads)
        self.skew_ms = skew_ms
        self.wants_close = False
        self.release_before: int | None = None
        self.realtime_ms = device.realtime_interval * SECOND_MS
        self.minute_ms = device.minute_interval * MINUTE_MS
        self.marks: dict[str, tuple[str, int]] = {}  # factor → mark, until (device clock)
        self.vase = 0
        self.sampling = "000000", "2"  # first sample of the day hhmmss, period [h]
        self.logs: deque[tuple[int, str]] = deque(maxlen=200)  # device clock, text
        self.information = {"i12001": "0", "i12002": "0", "i22001": "0", "i22003": "1", "i13004": "168.0"}
        self._faults = faults or FaultPlan()
        self._answered = answered
        self._window = window
        self._segment_limit = segment_limit
        self._memory = memory
        self._reader = FrameReader()
        self._online = False
        self._started: int | None = None  # device clock
        self._spread = zlib.crc32(f"{seed} {self.mn}".encode()) / 2**32
        self._due: dict[str, int] = {}  # device clock
        self._fresh: deque[Job] = deque()
        self._backlog: deque[Job] = deque()
        self._flights: dict[str, _Flight] = {}
        self._last_qn = 0
        self._number = 0

    @property
    def mn(self) -> str:
        """The MN it goes by now; the host can change it."""
        return self.session.mn

    @property
    def waiting(self) -> int:
        """Uploads not yet sent, or sent and not yet answered."""
        return len(self._fresh) + len(self._backlog) + len(self._flights)

    @property
    def late(self) -> int:
        """Uploads of history, and of what a broken link held back, that are not yet sent."""
        return len(self._backlog)

    def clock(self, now: int) -> int:
        """What the device's own clock shows. [ms since 1970 UTC]"""
        return now + self.skew_ms

    def back_fill(self, cn: str, start: int, stop: int, width: int) -> None:
        """Queues the history of an interval command, oldest first: every interval that starts in [start, stop)."""
        self._backlog.extend(Job(cn, at, width, late=True) for at in range(start, stop, width))

    def start(self, now: int) -> None:
        """Switches the device on: lays out its uploads. Done by the first `connected` if not before."""
        self._started = self.clock(now)
        self.reschedule(now)
        for cn, every in self.uploads.items():
            if not every:
                self.queue(cn, self._started)

    def next_interval(self, cn: str) -> int:
        """DataTime of the next interval a started device uploads by itself: its history ends there."""
        every = self.uploads[cn]
        due = self._due[cn] + BEIJING_OFFSET_MS
        return due - due % every - every - BEIJING_OFFSET_MS

    def connected(self, now: int) -> bytes:
        """The link is up; the first bytes to send."""
        self._online = True
        self.wants_close = False
        self._reader = FrameReader()
        if self._started is None:
            self.start(now)
        return self.wake(now)

    def disconnected(self, now: int) -> None:
        """The link is down: what was not answered waits for the next one."""
        self._online = False
        for flight in self._flights.values():
            self._put_back(flight.job)
        self._flights.clear()
        while self._fresh:
            self._put_back(self._fresh.popleft())

    def next_wake(self) -> int | None:
        """When `wake` has something to do, in real time. [ms since 1970 UTC] None = never."""
        times = [due - self.skew_ms for due in self._due.values()]
        if self._online and not self.wants_close:
            if self._may_send():
                return 0
            if self._flights:
                times.append(next(iter(self._flights.values())).sent_at + self.session.overtime)
        return min(times, default=None)

    def wake(self, now: int) -> bytes:
        """What to send now: uploads that are due, packets whose answer did not come, what the backlog may."""
        clock = self.clock(now)
        for cn, due in self._due.items():
            if due <= clock:
                self._take_in(cn, due, clock)
        if not self._online:
            while self._fresh:
                self._put_back(self._fresh.popleft())
            return b""
        return self._resend(now) + self._pump(now)

    def receive(self, data: bytes, now: int) -> bytes:
        """Bytes from the host; returns the answers and whatever may be sent because of them."""
        replies: list[bytes] = []
        for frame in self._reader.feed(data):
            session = self.session
            message = parse(frame, key=session.key, previous_key=session.previous_key, registered=session.edition)
            if message.cn in ("9013", "9014"):
                self._settle(message)
            elif message.needs_answer:
                replies += self._obey(message, now)
        return b"".join(replies) + self._pump(now)

    def _obey(self, message: Message, now: int) -> list[bytes]:
        """Everything the site says to one command, in order."""
        said: list[bytes] = []
        for event in self.session.receive(message, now=now):
            if isinstance(event, Send):
                said.append(event.data)
            elif isinstance(event, Notified):
                self.counts.commands[message.cn or ""] += 1
                NOTICES[message.cn or ""](self, message, now)
            elif isinstance(event, Execute):
                self.counts.commands[event.command.cn] += 1
                execute = REQUESTS.get(event.command.cn)
                result = execute(self, message, now) if execute else Result(UNKNOWN_REASON, [])
                said += result.frames
                ended = self.session.finish(message, str(result.exe_rtn), now=now)
                said += [step.data for step in ended if isinstance(step, Send)]
        return said

    def reschedule(self, now: int) -> None:
        """Lays the uploads out again, after the clock or an interval changed."""
        clock = self.clock(now)
        self._due = {cn: self._next_due(cn, clock) for cn, every in self.uploads.items() if every}

    def set_upload(self, cn: str, every: int, now: int) -> None:
        """Uploads the command by itself every so many ms from now on; 0 = no longer."""
        self.uploads.pop(cn, None)
        if every:
            self.uploads[cn] = every
        self.reschedule(now)

    def queue(self, cn: str, start: int, width: int = 0) -> None:
        """Makes one upload as soon as the link allows; `start` is its DataTime on the device's clock."""
        self._fresh.append(Job(cn, start, width))

    def log(self, now: int, text: str) -> None:
        """Writes into the device's log, which the host can ask for (3020)."""
        self.logs.append((self.clock(now), text))

    def history_packet(self, cn: str, items: list[str], start: int, now: int) -> list[bytes]:
        """The frames of one interval the host asked for: a new QN, no answer wanted (HJ 212-2017 C.16)."""
        qn = self._next_qn(now)
        return self._numbered(qn, self.packet(cn, items, qn=qn, time_ms=start))

    def packet(
        self,
        cn: str,
        items: Sequence[str],
        *,
        qn: int | str | None,
        time_ms: int | None = None,
        fields: Mapping[str, str] | None = None,
        needs_answer: bool = False,
        backfill: bool = False,
    ) -> list[bytes]:
        """The frames of a packet of this device, encrypted where HJ 212-2025, 6.4.4 asks for it; see `compose`."""
        session = self.session
        key = session.key if session.edition == "2025" and is_encrypted_command(cn) else None
        st = "91" if cn == "1001" else session.st  # HJ 212-2025 C.2
        return compose(
            cn=cn, mn=session.mn, st=st, pw=session.pw, qn=qn, edition=session.edition, needs_answer=needs_answer,
            backfill=backfill, time_ms=time_ms, fields=fields, items=items, key=key, limit=self._segment_limit,
        )  # fmt: skip

    def _next_qn(self, now: int) -> int:
        return max(self.clock(now), self._last_qn + 1)

    def _numbered(self, qn: int, frames: list[bytes]) -> list[bytes]:
        """The frames, their request numbers taken: no other packet of this device gets one of them."""
        self._last_qn = qn + len(frames) - 1
        return frames

    def _next_due(self, cn: str, clock: int) -> int:
        every = self.uploads[cn]
        local = clock + BEIJING_OFFSET_MS
        # Interval data follow the end of the interval by up to a tenth of it, at most 20 s; the rest is spread evenly.
        offset = self._spread * (min(every / 10, 20_000) if cn in INTERVALS else every)
        return local - local % every + int(offset) + (every if local % every >= int(offset) else 0) - BEIJING_OFFSET_MS

    def _take_in(self, cn: str, due: int, clock: int) -> None:
        every = self.uploads[cn]
        self._due[cn] = self._next_due(cn, clock)
        if cn not in INTERVALS:
            self.queue(cn, clock - clock % SECOND_MS)
            return
        # Intervals that ended while nobody woke the device are not lost: they go out late.
        for ended in range(due, clock + 1, every):
            local = ended + BEIJING_OFFSET_MS
            job = Job(cn, local - local % every - every - BEIJING_OFFSET_MS, every)
            if ended + every <= clock:
                self._put_back(job)
            else:
                self._fresh.append(job)

    def _may_send(self) -> bool:
        if self._answered and len(self._flights) >= self._window:
            return False
        held = self.release_before
        return bool(self._fresh) or (bool(self._backlog) and (held is None or self._backlog[0].start < held))

    def _pump(self, now: int) -> bytes:
        """Fresh data first, then what is late (HJ 212-2025, 8.1.2), as far as the window allows."""
        out: list[bytes] = []
        burst = _BURST
        while self._online and not self.wants_close and burst and self._may_send():
            out += self._upload(self._fresh.popleft() if self._fresh else self._backlog.popleft(), now)
            burst -= 1
        return b"".join(out)

    def _upload(self, job: Job, now: int) -> list[bytes]:
        content = self._content(job)
        if content is None:
            return []
        fields, items = content
        qn = self._next_qn(now)
        frames = self.packet(
            job.cn, items, qn=qn, time_ms=None if job.cn in OWN_NOTICES else job.start, fields=fields,
            needs_answer=self._answered or job.cn in OWN_NOTICES, backfill=job.late and self.session.edition == "2025",
        )  # fmt: skip
        self.counts.back_filled += job.late
        return [self._launch(job, frame, qn + i, now) for i, frame in enumerate(self._numbered(qn, frames))]

    def _content(self, job: Job) -> tuple[dict[str, str], list[str]] | None:
        """Plain fields and items of an upload; None = nothing was measured."""
        if job.cn in ("9015", "1013"):
            return {}, []
        if job.cn == "1014":
            return {"SKCreateTime": format_digits(job.start, 17)}, []
        if job.cn == "1001":
            serials = (f"{code}-Info={self.mn[:8]}{code[-1]}" for code in ("i23005", "i23006", "i23007", "i23008"))
            return {}, list(serials)
        if job.cn == "2081":
            return {"RestartTime": format_digits(self._started or job.start)}, []
        items = list(self.source.items(job.cn, job.start, job.width))
        return ({}, self._marked(items, job.start)) if items else None

    def _marked(self, items: list[str], at: int) -> list[str]:
        """The items with the marks of calibrations and cleanings that were under way."""
        for factor, (mark, until) in self.marks.items():
            if until - HANDS_ON_MS <= at < until:
                plain, marked = f"{factor}-Flag=N", f"{factor}-Flag={mark}"
                items = [item.replace(plain, marked) for item in items]
        return items

    def _launch(self, job: Job, frame: bytes, qn: int, now: int) -> bytes:
        self._number += 1
        self.counts.sent[job.cn] += 1
        if self._answered or job.cn in OWN_NOTICES:
            self._flights[format_digits(qn, 17)] = _Flight(job, frame, now, 1)
        encrypted = self.session.key is not None and is_encrypted_command(job.cn)
        fault = self._faults.pick(self.mn, self._number, encrypted=encrypted)
        if fault is None:
            return frame
        self.counts.faults[fault.value] += 1
        return spoil(fault, frame)

    def _resend(self, now: int) -> bytes:
        out = []
        # Flights are in the order of their last sending: those after the first young one are younger still.
        for qn, flight in list(self._flights.items()):
            if flight.sent_at + self.session.overtime > now:
                break
            del self._flights[qn]
            if flight.tries > self.session.recount:
                self.counts.given_up += 1
                self._put_back(flight.job)
                self.wants_close = True
                continue
            flight.sent_at, flight.tries = now, flight.tries + 1
            self._flights[qn] = flight
            self.counts.resent += 1
            out.append(flight.frame)
        return b"".join(out)

    def _settle(self, message: Message) -> None:
        if message.ok and message.qn is not None and self._flights.pop(message.qn, None) is not None:
            self.counts.answered += 1

    def _put_back(self, job: Job) -> None:
        """Keeps an undelivered upload for later, unless it was about a moment that has passed."""
        if job.cn in MOMENTS:
            return
        late = job._replace(late=True)
        if not self._backlog or self._backlog[-1] != late:  # sub-packets of one upload are made again together
            self._backlog.append(late)
        if len(self._backlog) > self._memory:
            self._backlog.popleft()
            self.counts.dropped += 1
