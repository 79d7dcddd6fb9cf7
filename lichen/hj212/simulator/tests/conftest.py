"""A small real host: accepts connections on the loopback, reads with `lichen.hj212`, answers, records."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from lichen.hj212 import FrameReader, answer, compose, parse
from lichen.hj212.commands import find
from lichen.vocab.clock import now_ms


class Connection(asyncio.Protocol):
    def __init__(self, host):
        self.host = host
        self.reader = FrameReader()
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        self.host.open.add(self)

    def connection_lost(self, exc):
        self.host.open.discard(self)
        self.host.take(self, self.reader.close())

    def data_received(self, data):
        self.host.take(self, self.reader.feed(data))


class Host:
    """What arrived is in `messages`, frames that cannot be read in `broken`."""

    def __init__(self, devices=()):
        self.devices = {device.mn: device for device in devices}
        self.messages = []
        self.broken = []
        self.open = set()
        self.by_mn = {}
        self.answering = True
        self.port = 0
        self._waiting = {}
        self._last_qn = 0

    def take(self, connection, frames):
        for frame in frames:
            message = self._read(frame)
            if not message.ok:
                self.broken.append(message)
                continue
            self.by_mn[message.mn] = connection
            self.messages.append(message)
            if message.cn in ("9011", "9012", "9013") and (waiting := self._waiting.get(message.qn)):
                waiting.put_nowait(message)
            elif message.needs_answer and self.answering and not connection.transport.is_closing():
                command = find(message.cn, "up", message.edition)
                notice = command is not None and command.kind == "notice"
                connection.transport.write(answer(message, "9013" if notice else "9014"))

    def _read(self, frame):
        message = parse(frame)
        device = self.devices.get(message.mn)
        if device is not None and device.key:
            message = parse(frame, key=device.key.encode(), registered=device.edition)
        return message

    async def command(self, mn, cn, fields=None, *, pw=None, key=None, edition="2017", items=(), qn=None):
        """Sends a request or notice; the answers up to 9012, 9013 or a refusing 9011."""
        if qn is None:
            self._last_qn = qn = max(now_ms(), self._last_qn + 1)
        (frame,) = compose(
            cn=cn, mn=mn, st="22", pw=pw or self.devices[mn].password, qn=qn, edition=edition, needs_answer=True,
            fields=fields, items=items, key=key, field_separator="," if cn == "1014" else ";",
        )  # fmt: skip
        name = parse(FrameReader().feed(frame)[0], key=key).qn
        replies, queue = [], asyncio.Queue()
        self._waiting[name] = queue
        self.by_mn[mn].transport.write(frame)
        async with asyncio.timeout(10):
            while True:
                message = await queue.get()
                replies.append(message)
                if message.cn in ("9012", "9013") or message.fields.get("QnRtn", "1") != "1":
                    return replies

    async def until(self, condition):
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.01)

    def got(self, cn):
        return [message for message in self.messages if message.cn == cn]

    def drop_all(self):
        for connection in list(self.open):
            connection.transport.abort()


@pytest.fixture
def serving():
    """``async with serving(devices) as host``: listens on a free port of the loopback."""

    @asynccontextmanager
    async def serve(devices=()):
        host = Host(devices)
        server = await asyncio.get_running_loop().create_server(lambda: Connection(host), "127.0.0.1", 0)
        host.port = server.sockets[0].getsockname()[1]
        try:
            yield host
        finally:
            server.close()
            host.drop_all()
            await server.wait_closed()

    return serve


@pytest.fixture
def simulating():
    """``async with simulating(simulator) as stop``: runs it beside the test and stops it at the end."""

    @asynccontextmanager
    async def run(simulator):
        stop = asyncio.Event()
        task = asyncio.create_task(simulator.run(stop=stop))
        try:
            yield stop
        finally:
            stop.set()
            await asyncio.wait_for(task, 20)

    return run
