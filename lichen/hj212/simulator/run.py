"""Simulated devices over real TCP: one process, one scheduler, one connection a device."""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Callable, Sequence

from lichen.hj212.simulator.device import SimulatedDevice
from lichen.hj212.simulator.summary import Counts, Summary
from lichen.vocab.clock import now_ms

#: Connections being opened at one time.
_OPENING = 200
#: Devices woken before the event loop gets its turn.
_TURN = 500


class Simulator:
    """Any number of simulated devices that dial one host.

    Parameters
    ----------
    host, port : str, int
        The host they dial.
    devices : sequence of SimulatedDevice
        They must share one `Counts`.
    seed : str
        Decides the jitter of the reconnect waits.
    reconnect_s : (float, float)
        First wait after a lost or refused connection, and the longest; doubled each time. [s]
    on_progress : callable or None
        Called about once a second with the `Counts`.

    Examples
    --------
    ::

        simulator = Simulator("127.0.0.1", 9212, devices)
        summary = await simulator.run(seconds=60)
    """

    def __init__(
        self,
        host: str,
        port: int,
        devices: Sequence[SimulatedDevice],
        *,
        seed: str = "",
        reconnect_s: tuple[float, float] = (1.0, 60.0),
        on_progress: Callable[[Counts], None] | None = None,
    ) -> None:
        if not devices:
            raise ValueError("a simulator needs at least one device")
        self.counts = devices[0].counts
        if any(device.counts is not self.counts for device in devices):
            raise ValueError("all devices of a simulator must count into the same Counts")
        self._address = host, port
        self._links = [_Link(self, device, random.Random(f"{seed} {device.mn}")) for device in devices]
        self._reconnect = reconnect_s
        self._on_progress = on_progress
        self._agenda: list[tuple[int, int]] = []  # (when, link number); a link's entry counts if it equals its `when`
        self._changed = asyncio.Event()
        self._opening = asyncio.Semaphore(_OPENING)
        self._dials: set[asyncio.Task[None]] = set()
        self._stopped = False
        self.connections = 0
        self.reconnects = 0
        self.refused = 0

    async def run(
        self, seconds: float | None = None, *, stop: asyncio.Event | None = None, until_idle: bool = False
    ) -> Summary:
        """Runs until `seconds` have passed, `stop` is set or, with `until_idle`, nothing is waiting any more.

        Every connection is closed before it returns.
        """
        begun = time.monotonic()
        end = None if seconds is None else begun + seconds
        reported = begun
        for number, link in enumerate(self._links):
            link.number = number
            self._dial(link)
        try:
            while not (stop and stop.is_set()):
                self._wake_due()
                moment = time.monotonic()
                if self._on_progress and moment - reported >= 1:
                    reported = moment
                    self._on_progress(self.counts)
                if (end is not None and moment >= end) or (until_idle and self._is_idle()):
                    break
                await self._pause(0.2 if end is None else min(0.2, max(0.0, end - moment)))
        finally:
            await self._close()
        waiting = sum(link.device.waiting for link in self._links)
        return Summary(
            len(self._links),
            time.monotonic() - begun,
            self.connections,
            self.reconnects,
            self.refused,
            waiting,
            self.counts,
        )

    def hang_up(self, mn: str, seconds: float) -> None:
        """Breaks a device's link, as a failing line does; it dials again after so many seconds."""
        for link in self._links:
            if link.device.mn == mn:
                link.held_until = time.monotonic() + seconds
                link.close()

    def refresh(self) -> None:
        """Looks at every device again, after something was queued on it from outside."""
        for link in self._links:
            self.schedule(link)

    def schedule(self, link: _Link) -> None:
        """Notes when a link's device next has something to do."""
        when = link.device.next_wake()
        if when is not None and when != link.when:
            link.when = when
            heapq.heappush(self._agenda, (when, link.number))
            if self._agenda[0][0] == when:
                self._changed.set()

    def lost(self, link: _Link) -> None:
        """A connection ended: dial again, later each time."""
        if not self._stopped:
            self._dial(link, again=True)

    def _wake_due(self) -> None:
        instant = now_ms()
        for _ in range(_TURN):
            if not self._agenda or self._agenda[0][0] > instant:
                return
            when, number = heapq.heappop(self._agenda)
            link = self._links[number]
            if link.when == when:
                link.when = -1
                link.wake(instant)

    async def _pause(self, longest: float) -> None:
        """Until the next entry of the agenda is due, or it gets an earlier one."""
        self._changed.clear()
        wait = longest
        if self._agenda:
            wait = min(longest, (self._agenda[0][0] - now_ms()) / 1000)
        if wait <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(self._changed.wait(), wait)
        except TimeoutError:
            pass

    def _is_idle(self) -> bool:
        return self.connections >= len(self._links) and all(link.device.waiting == 0 for link in self._links)

    def _dial(self, link: _Link, *, again: bool = False) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(link, again))
        self._dials.add(task)
        task.add_done_callback(self._dials.discard)

    async def _connect(self, link: _Link, again: bool) -> None:
        loop = asyncio.get_running_loop()
        first, longest = self._reconnect
        while not self._stopped:
            if again:
                wait = min(longest, first * 2 ** min(link.failures, 16)) * (0.5 + link.random.random() / 2)
                link.failures += 1
                await asyncio.sleep(max(wait, link.held_until - time.monotonic()))
            again = True
            try:
                async with self._opening:
                    await loop.create_connection(lambda: link, *self._address)
            except OSError:
                self.refused += 1
                continue
            self.connections += 1
            self.reconnects += link.opened > 1
            return

    async def _close(self) -> None:
        self._stopped = True
        for task in list(self._dials):
            task.cancel()
        await asyncio.gather(*self._dials, return_exceptions=True)
        for link in self._links:
            link.close()
        while any(link.transport is not None for link in self._links):
            await asyncio.sleep(0.005)


class _Link(asyncio.Protocol):
    """One device's connection."""

    def __init__(self, simulator: Simulator, device: SimulatedDevice, random_: random.Random) -> None:
        self.device = device
        self.random = random_
        self.number = 0
        self.when = -1
        self.failures = 0
        self.opened = 0
        self.held_until = 0.0
        self.transport: asyncio.Transport | None = None
        self._simulator = simulator
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.opened += 1
        self._paused = False
        self._send(self.device.connected(now_ms()))

    def data_received(self, data: bytes) -> None:
        self.failures = 0  # the host speaks: the next break starts with a short wait again
        self._send(self.device.receive(data, now_ms()))

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self.device.disconnected(now_ms())
        self._simulator.schedule(self)
        self._simulator.lost(self)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._simulator.schedule(self)

    def wake(self, instant: int) -> None:
        """The device's time has come."""
        if self._paused:
            return
        self._send(self.device.wake(instant))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _send(self, data: bytes) -> None:
        if data and self.transport is not None:
            self.transport.write(data)
        if self.device.wants_close and self.transport is not None:
            self.transport.close()
        self._simulator.schedule(self)
