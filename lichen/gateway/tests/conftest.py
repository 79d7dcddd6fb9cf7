"""A site as a test plays it: a plain TCP client that sends frames and reads answers."""

import asyncio
import contextlib
from typing import Any

import pytest

from lichen.gateway.server import serve
from lichen.gateway.settings import Settings
from lichen.hj212.frame import FrameReader, build_frame
from lichen.hj212.message import Message, parse
from lichen.stream.client import connect
from lichen.vocab.entry import Entry
from lichen.vocab.registry import Device, Point, Snapshot

MN = "010000A8900016F000169DC0"
OTHER = "010000A8900016F000169DC1"
CRYPTIC = "010000A8900016F000169DC2"
KEY = "0123456789abcdef"


class Site:
    """One connection to the gateway."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._frames = FrameReader()
        self._read: list[Message] = []
        self._count = 0

    @classmethod
    async def open(cls, port, **options):
        return cls(*await asyncio.open_connection("127.0.0.1", port, **options))

    async def send(self, data: bytes):
        self._writer.write(data)
        await self._writer.drain()

    def packet(self, mn=MN, *, cn="2011", flag=5, pw="123456", qn=None, content="a34004-Rtd=35.0,a34004-Flag=N"):
        """The next packet; every one has a QN of its own."""
        self._count += 1
        qn = qn or f"20260801{self._count // 60000:02d}{self._count // 1000 % 60:02d}00{self._count % 1000:03d}"
        return build_frame(f"QN={qn};ST=22;CN={cn};PW={pw};MN={mn};Flag={flag};CP=&&{content}&&".encode())

    async def answer(self, seconds=10.0) -> Message:
        """The next thing the host says."""
        async with asyncio.timeout(seconds):
            while not self._read:
                data = await self._reader.read(65536)
                if not data:
                    raise ConnectionResetError("closed by the gateway")
                self._read += [parse(frame) for frame in self._frames.feed(data)]
        return self._read.pop(0)

    async def silence(self, seconds=0.4) -> bool:
        """Whether nothing comes for a while."""
        try:
            await self.answer(seconds)
        except TimeoutError:
            return True
        return False

    async def is_closed(self, seconds=10.0) -> bool:
        try:
            while True:
                await self.answer(seconds)
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    async def close(self):
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


@pytest.fixture
def devices():
    return (
        Device(MN, "P1", password="123456"),
        Device(OTHER, "P1", edition="2025", password="123456"),
        Device(CRYPTIC, "P1", edition="2025", password="123456", key=KEY),
    )


@pytest.fixture
async def stream(nats_server, devices):
    """The stream with a registry of three devices."""
    async with await connect(nats_server.url, name="test") as stream:
        await stream.put_snapshot(Snapshot(1, (Point("P1", "北区", "North", "air", "national", "示范市"),), devices))
        yield stream


@pytest.fixture
async def gateway_with(nats_server, stream):
    """Starts a gateway with the settings given; stopped at the end of the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(**settings):
            defaults: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "metrics_port": -1, "batch_ms": 1.0}
            return await stack.enter_async_context(serve(Settings(**(defaults | settings)), nats_server.url))

        yield start


@pytest.fixture
async def gateway(gateway_with):
    return await gateway_with()


@pytest.fixture
async def open_site():
    """Opens connections; what a test leaves open is closed at its end."""
    opened: list[Site] = []

    async def open_site(port, **options):
        opened.append(await Site.open(port, **options))
        return opened[-1]

    yield open_site
    for site in opened:
        await site.close()


@pytest.fixture
async def site(gateway, open_site):
    return await open_site(gateway.port)


@pytest.fixture
def stored(stream):
    """Reads everything the stream holds at this moment, as entries."""

    async def read() -> list[Entry]:
        last = (await stream.raw_state()).last_sequence
        found: list[Entry] = []
        if last:
            source = stream.consume_raw(f"test-{id(found)}")
            async for delivery in source:
                found += [Entry.decode(entry) for entry in delivery.entries]
                if delivery.sequence >= last:
                    break
            await source.aclose()
        return found

    return read


@pytest.fixture
def eventually():
    """Waits for something to become true."""

    async def wait(what, seconds=15.0):
        async with asyncio.timeout(seconds):
            while not (found := await what() if asyncio.iscoroutinefunction(what) else what()):
                await asyncio.sleep(0.02)
        return found

    return wait
