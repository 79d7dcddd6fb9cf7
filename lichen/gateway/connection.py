"""One device's connection: bytes in, entries to the intake, answers out once they are durable."""

from __future__ import annotations

import asyncio
import json
import re
import struct
import time
from typing import TYPE_CHECKING

from lichen.gateway import header, replies
from lichen.gateway.directory import Known
from lichen.hj212.frame import Frame, FrameReader
from lichen.hj212.message import Message, parse
from lichen.hj212.session import HostSession
from lichen.vocab.clock import now_ms
from lichen.vocab.entry import MAGIC, Entry

if TYPE_CHECKING:
    from lichen.gateway.server import Gateway

DOOR = "hj212"
#: Entries of this door are the gateway's own words about a connection, as JSON: why it was closed, who sent a command.
OWN_DOOR = "gateway"

# Why reading is paused.
BACKLOG, RATE, SLOW_READER = 1, 2, 4

_STAMP = struct.Struct(">Q")
_DATA = ord("2")  # the first digit of data commands
_SILENCE = 1.0  # a sender without line ends is taken to have finished after this [s]


class Connection(asyncio.BufferedProtocol):
    """A TCP (or TLS) connection from a device, or from anybody.

    All connections read into the gateway's one buffer: reading and cutting happen in the same step, so ten thousand
    idle connections own no buffers.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.transport: asyncio.Transport | None = None
        self.address = ""
        self.peer = ""
        self.known: Known | None = None  # the registered device this connection is bound to
        self.opened = self.last_data = time.monotonic()
        self.frames_in_window = 0
        self.session: HostSession | None = None  # made when the first dialogue begins
        self.session_of: Known | None = None  # the registration it was made from
        self.is_talking = False  # a dialogue is under way: it must see every message
        self._reader = FrameReader(gateway.settings.max_frame)
        self._pending_since = 0.0
        self._has_sent_frame = False
        self._junk = 0
        self._paused = 0
        self._closing = ""
        # Of the last accepted frame: who it was, under which state of the registry, and what to answer with.
        self._identity = b""
        self._generation = -1
        self._tails: dict[bytes, bytes] = {}
        self._receipt = b""

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        name = transport.get_extra_info("peername") or ("?", 0)
        self.address = str(name[0])
        self.peer = f"[{name[0]}]:{name[1]}" if ":" in self.address else f"{name[0]}:{name[1]}"
        refusal = self.gateway.admit(self)
        if refusal:
            self._closing = refusal
            transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.gateway.buffer

    def buffer_updated(self, nbytes: int) -> None:
        gateway = self.gateway
        gateway.metrics.counts.received_bytes += nbytes
        self.last_data = time.monotonic()
        if self._closing:
            gateway.metrics.counts.dropped_bytes += nbytes
            return
        frames = self._reader.feed(bytes(gateway.buffer[:nbytes]))
        if frames:
            self._pending_since = 0.0
            self._take_all(frames)
        if self._reader.pending:
            if not self._pending_since:
                self._pending_since = self.last_data
        else:
            self._pending_since = 0.0

    def connection_lost(self, error: Exception | None) -> None:
        if not self._closing:
            self._closing = "lost" if error else "peer"
            self._take_all(self._reader.close())
        self.gateway.forget(self, self._closing)

    def pause_writing(self) -> None:
        self.pause(SLOW_READER)

    def resume_writing(self) -> None:
        self.resume(SLOW_READER)

    # What the gateway calls.

    def pause(self, why: int) -> None:
        """Stop reading for a reason; reading goes on when no reason is left."""
        if not self._paused and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self._paused |= why

    def resume(self, why: int) -> None:
        if not self._paused:
            return
        self._paused &= ~why
        if not self._paused and self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def sweep(self, now: float) -> None:
        """Once a second: limits that pass with time."""
        settings = self.gateway.settings
        self.frames_in_window = 0
        self.resume(RATE)
        if self._closing or self._paused:
            return
        silent = now - self.last_data
        if self._pending_since:
            if silent >= _SILENCE and (frames := self._reader.idle()):
                self._pending_since = 0.0
                self._take_all(frames)
            elif now - self._pending_since >= settings.frame_seconds:
                self.close("slow-frame")
                return
        if not self._has_sent_frame and now - self.opened >= settings.first_frame_seconds:
            self.close("no-frame")
        elif silent >= settings.idle_seconds:
            self.close("idle")

    def close(self, reason: str, *, softly: bool = False) -> None:
        """Seal what is still in the reader, say why in the record, and close once what was written has been sent.

        Closing a socket that has unread bytes throws away what the other side has not read yet, too. `softly` ends our
        half only and leaves the rest to the device, so that it gets its last answers.
        """
        if self._closing:
            return
        rest = self._reader.close()
        self._closing = reason
        self._take_all(rest)
        if reason in ("junk", "budget", "slow-frame", "replaced"):
            self.note({"closed": reason, "junk_bytes": self._junk})
        if self.transport is None or self.transport.is_closing():
            return
        if softly and self.transport.can_write_eof():
            self.transport.write_eof()
            self._paused = 0
            self.transport.resume_reading()
        else:
            self.transport.close()

    def send(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def entry_is_durable(self, answer: bytes) -> None:
        """An entry of ours is on disk: answer it."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(answer)

    def note(self, words: dict[str, object]) -> None:
        """Seal the gateway's own words about this connection."""
        body = json.dumps(words, ensure_ascii=False, sort_keys=True).encode()
        self.gateway.intake.add(Entry(now_ms(), OWN_DOOR, self.peer, self.mn, "ok", body).encode())

    @property
    def mn(self) -> str:
        """The MN of the device this connection is bound to, or ""."""
        return self.known.device.mn if self.known is not None else ""

    # The way of a frame.

    def _take_all(self, frames: list[Frame]) -> None:
        gateway = self.gateway
        now = now_ms()
        good = answered = 0
        for frame in frames:
            usual = None
            if not self.is_talking and (frame.ok or self._opens(frame)):
                usual = header.read(frame.segment)
            if (
                usual is not None
                and usual[2][0] == _DATA
                and (
                    (usual[3] == self._identity and self._generation == gateway.directory.generation)
                    or self._recognise(usual)
                )
            ):
                # The ordinary packet: nothing to decide, no need to read it further.
                good += 1
                entry = b"".join((MAGIC, _STAMP.pack(now), self._receipt, frame.raw))
                tail = self._tails.get(usual[6])
                if tail is None:
                    tail = self._tails[usual[6]] = header.answer_tail(self._identity, usual[6])
                if tail:
                    gateway.intake.add(entry, self, header.data_answer(usual[1], tail))
                    answered += 1
                else:
                    gateway.intake.add(entry)
                continue
            self._take(frame, now)
        if good:
            self._junk = 0
            self._has_sent_frame = True
            gateway.metrics.counts.frames["ok"] += good
            gateway.metrics.counts.answers["9014"] += answered
        self.frames_in_window += len(frames)
        if self.frames_in_window > gateway.settings.frames_per_second and not self._paused & RATE:
            gateway.metrics.counts.slowed += 1
            self.pause(RATE)

    def _take(self, frame: Frame, now: int) -> None:
        """Any frame at all: judge it, seal it with the verdict, answer what the protocol lets us answer."""
        gateway = self.gateway
        if frame.is_noise:
            self._distrust(frame, "structure", None, now)
            return
        message, known = self._read(frame)
        verdict = self._judge(message, known)
        if verdict == "ok":
            assert known is not None
            if known is not self.known or self._generation != gateway.directory.generation:
                self._bind(known, f"PW={message.pw or ''};MN={message.mn or ''}".encode())
            self._has_sent_frame = True
            self._junk = 0
            gateway.metrics.counts.frames["ok"] += 1
            gateway.take_message(self, message, b"".join((MAGIC, _STAMP.pack(now), self._receipt, frame.raw)))
            return
        if verdict == "unknown":
            self._has_sent_frame = True
            gateway.unclaimed.saw(message, self.peer, now)
        self._distrust(frame, verdict, message, now)

    def _read(self, frame: Frame) -> tuple[Message, Known | None]:
        message = parse(frame)
        known = self.gateway.directory.find(message.mn) if message.mn is not None else None
        if known is not None:
            key, previous = self._keys(known)
            if key or previous or known.device.edition != message.edition:
                message = parse(frame, key=key, previous_key=previous, registered=known.device.edition)
        return message, known

    def _keys(self, known: Known) -> tuple[bytes | None, bytes | None]:
        if self.session is not None and self.session.key != known.key:
            return self.session.key, known.key  # changed by a dialogue just now; the registry will follow
        return known.key, known.previous_key

    def _opens(self, frame: Frame) -> bool:
        """Whether a frame with a wrong CRC is plainly the bound device's, encrypted with its key."""
        if frame.error != "crc" or self.known is None or self.known.key is None:
            return False
        if self._generation != self.gateway.directory.generation:
            return False
        key, _ = self._keys(self.known)
        return key is not None and header.is_sound_with(frame, key)

    def _judge(self, message: Message, known: Known | None) -> str:
        if message.error is not None:
            return message.error
        if known is None:
            return "unknown"
        if known.password and (message.pw or "").encode() != known.password:
            return "password"
        if self.known is not None and self.known.device.mn != known.device.mn:
            return "unbound"
        return "ok"

    def _recognise(self, usual: re.Match[bytes]) -> bool:
        """Bind to the sender of a sound data packet if it is beyond doubt; what is not goes the long way."""
        known = self.gateway.directory.find(usual[5].decode())
        if (
            known is None
            or (known.password and usual[4] != known.password)
            or (self.known is not None and self.known.device.mn != known.device.mn)
        ):
            return False
        self._bind(known, usual[3])
        return True

    def _bind(self, known: Known, identity: bytes) -> None:
        first = self.known is None
        self.known = known
        self._generation = self.gateway.directory.generation
        self._identity = identity
        self._tails = {}
        self._receipt = Entry(0, DOOR, self.peer, known.device.mn, "ok", b"").encode()[len(MAGIC) + _STAMP.size :]
        if first:
            self.gateway.bound(self)

    def _distrust(self, frame: Frame, verdict: str, message: Message | None, now: int) -> None:
        """Seal what cannot be trusted, within bounds."""
        gateway = self.gateway
        counts = gateway.metrics.counts
        counts.frames[verdict] += 1
        if verdict in ("crc", "length", "structure"):
            self._junk += len(frame.raw)
        if not gateway.budget.spend(self.address, len(frame.raw), now):
            counts.dropped_bytes += len(frame.raw)
            self.close("budget")
            return
        entry = Entry(now, DOOR, self.peer, self.mn, verdict, frame.raw).encode()
        refusal = replies.refusal(message, verdict) if message is not None else None
        if refusal is None:
            gateway.intake.add(entry)
        else:
            counts.answers["9011"] += 1
            gateway.intake.add(entry, self, refusal)
        if self._junk > gateway.settings.max_junk:
            self.close("junk")
