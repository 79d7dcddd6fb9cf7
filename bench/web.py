"""Answers under load: newest values from the API and a public page at a steady rate, and a thousand live readers.

The whole ASGI application under uvicorn in a process of its own, with a store of 50 stations and a worker that takes in
a packet each second, as in life: what is kept between readers is thrown away each time. Questions are sent at their
time whether or not earlier ones were answered, and an answer's delay counts from that time: waiting in a queue is
part of it. Every reader is of the same address, so the limits on asking are lifted.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

GOAL = "p99 < 100 ms at 300 requests/s for 10 s, each of newest values and a public page; 1,000 live readers"

_RATE, _SECONDS, _CONNECTIONS, _READERS = 300, 10, 32, 1000
_LATEST, _PAGE = "/api/v1/latest?period=hour&source=computed", "/"
_PATIENCE_S = 120


def run() -> dict[str, Any]:
    """Delays of each kind alone, and how long a live message takes to its last reader. [ms]"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    with tempfile.TemporaryDirectory(prefix="lichen-bench-") as folder:
        variables = {"LICHEN_HOME": folder, "LICHEN_API_RATE": "100000000", "LICHEN_API_LIVE_READERS": "2000"}
        server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("web_server.py"))],
            env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            return {
                "latest": asyncio.run(_load(port, _LATEST)),
                "page": asyncio.run(_load(port, _PAGE)),
                "live": asyncio.run(_live(port)),
            }
        finally:
            server.terminate()
            server.wait(60)


async def _load(port: int, path: str) -> dict[str, Any]:
    """`_RATE` questions a second for `_SECONDS`, after a second of warming up."""
    free: asyncio.Queue[Any] = asyncio.Queue()
    for _ in range(_CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    question = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    delays: list[float] = []
    statuses: list[int] = []

    async def ask(due: float, counts: bool) -> None:
        reader, writer = await free.get()
        writer.write(question)
        status = await _read(reader)
        free.put_nowait((reader, writer))
        if counts:
            delays.append(time.perf_counter() - due)
            statuses.append(status)

    begin = time.perf_counter() + 0.1
    asking = []
    for number in range(_RATE * (_SECONDS + 1)):
        due = begin + number / _RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asking.append(asyncio.create_task(ask(due, number >= _RATE)))
    await asyncio.wait_for(asyncio.gather(*asking), _PATIENCE_S)
    spent = time.perf_counter() - begin
    while not free.empty():
        free.get_nowait()[1].close()
    p50, p99 = np.percentile(np.array(delays) * 1000, (50, 99))
    return {
        "requests_per_s": round(len(asking) / spent, 1), "p50_ms": round(p50, 1), "p99_ms": round(p99, 1),
        "max_ms": round(max(delays) * 1000, 1), "not_200": sum(status != 200 for status in statuses),
    }  # fmt: skip


async def _read(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(
        (int(line.partition(":")[2]) for line in head.split("\r\n") if line.startswith("content-length:")), None
    )
    if length is not None:
        await reader.readexactly(length)
    else:
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return int(head.split(" ", 2)[1])


async def _live(port: int) -> dict[str, Any]:
    """From the moment a message is published to its arrival at each of the readers."""

    async def join() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /api/v1/live?events=observed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await reader.readuntil(b": connected\n\n")
        return reader, writer

    begin = time.perf_counter()
    readers = []
    for _ in range(_READERS // 50):
        readers += await asyncio.gather(*(join() for _ in range(50)))
    joined = time.perf_counter() - begin

    async def hear(reader: asyncio.StreamReader) -> tuple[float, str]:
        text = (await reader.readuntil(b"}\n\n")).decode()
        return time.perf_counter(), json.loads(text[text.index("{") : text.rindex("}") + 1])["newest"]

    found = await asyncio.wait_for(asyncio.gather(*(hear(reader) for reader, _writer in readers)), _PATIENCE_S)
    for _reader, writer in readers:
        writer.close()
    newest = max(which for _at, which in found)
    heard = sorted(at for at, which in found if which == newest)
    return {
        "readers": len(heard), "joined_s": round(joined, 2),
        "first_to_last_reader_ms": round((heard[-1] - heard[0]) * 1000, 1),
    }  # fmt: skip
