"""Nothing answered is ever lost, whatever is killed."""

import asyncio
import contextlib
import os
import signal
import socket
import sys

from lichen.hj212.frame import FrameReader
from lichen.hj212.message import parse

SITES = 8
GATEWAY = "import sys; from lichen.gateway.server import run; sys.exit(run())"


async def load(open_site, port, until, *, sent, answered, window=20):
    """One site that keeps `window` packets under way until told, and notes what was sent and what was answered."""
    site = await open_site(port)
    under_way = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        while not until.is_set() or under_way:
            while under_way < window and not until.is_set():
                packet = site.packet(qn=f"2026{len(sent):013d}", mn=MNS[0])
                sent.append(packet)
                await site.send(packet)
                under_way += 1
            answer = await site.answer(30.0)
            answered.append(answer.qn)
            under_way -= 1


MNS = ["010000A8900016F000169DC0"]


def qn_of(body):
    (frame,) = FrameReader().feed(body)
    return parse(frame).qn


async def test_stream_killed_under_load_loses_no_answered_frame(
    gateway_with, open_site, nats_server, stored, eventually
):
    gateway = await gateway_with()
    until = asyncio.Event()
    sent: list[bytes] = []
    answered: list[str] = []
    loading = asyncio.create_task(load(open_site, gateway.port, until, sent=sent, answered=answered))
    for _ in range(3):
        before = len(answered)
        await eventually(lambda before=before: len(answered) > before + 200)
        os.kill(nats_server.pid, signal.SIGKILL)
    before = len(answered)
    await eventually(lambda: len(answered) > before + 200)
    until.set()
    await loading
    bodies = [entry.body for entry in await stored() if entry.verdict == "ok"]
    sys.stdout.write(f"sent {len(sent)}, answered {len(answered)}, stored {len(bodies)}\n")
    assert len(answered) == len(sent)
    assert bodies == sent  # all, once, in order


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.asynccontextmanager
async def gateway_process(url, port):
    environment = os.environ | {
        "LICHEN_STREAM_URL": url, "LICHEN_GATEWAY_HOST": "127.0.0.1", "LICHEN_GATEWAY_PORT": str(port),
        "LICHEN_GATEWAY_METRICS_PORT": "-1",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GATEWAY, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                await writer.wait_closed()
                break
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_gateway_killed_under_load_loses_no_answered_frame(nats_server, open_site, stored, eventually):
    port = free_port()
    sent: list[bytes] = []
    answered: list[str] = []
    for _ in range(3):
        async with gateway_process(nats_server.url, port) as process:
            until = asyncio.Event()
            loading = asyncio.create_task(load(open_site, port, until, sent=sent, answered=answered))
            before = len(answered)
            await eventually(lambda before=before: len(answered) > before + 300)
            process.kill()
            until.set()
            await loading
    bodies = [entry.body for entry in await stored() if entry.verdict == "ok"]
    qns = [qn_of(body) for body in bodies]
    sys.stdout.write(f"sent {len(sent)}, answered {len(answered)}, stored {len(bodies)}\n")
    assert len(set(qns)) == len(qns)
    assert set(answered) <= set(qns)
    assert set(bodies) <= set(sent)


async def test_clean_stop_answers_what_it_has_received(nats_server, open_site, stored, eventually):
    port = free_port()
    sent: list[bytes] = []
    answered: list[str] = []
    async with gateway_process(nats_server.url, port) as process:
        loading = asyncio.create_task(load(open_site, port, asyncio.Event(), sent=sent, answered=answered))
        await eventually(lambda: len(answered) > 300)
        process.send_signal(signal.SIGTERM)
        await loading
        assert await process.wait() == 0
    qns = [qn_of(entry.body) for entry in await stored() if entry.verdict == "ok"]
    assert qns == answered  # every sender was told what was sealed, and nothing else


async def test_frame_before_the_stream_is_back_waits_and_is_answered(gateway, open_site, nats_server, eventually):
    site = await open_site(gateway.port)
    await site.send(site.packet())
    await site.answer()
    os.kill(nats_server.pid, signal.SIGSTOP)
    await site.send(site.packet())
    assert await site.silence(1.0)
    os.kill(nats_server.pid, signal.SIGKILL)
    assert (await site.answer(30.0)).cn == "9014"
