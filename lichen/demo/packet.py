"""One packet of a demo logger by itself, for journeys and measurements."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from lichen.demo.network import all_devices
from lichen.demo.registry import FACTORS
from lichen.demo.seed import demo_seed
from lichen.hj212.compose import compose
from lichen.hj212.content import Reading
from lichen.hj212.frame import FrameReader
from lichen.hj212.message import parse
from lichen.vocab.clock import now_ms
from lichen.vocab.settings import Home


def send(home: Home, port: int, station: str, start: int, values: Mapping[str, float], patience_s: float = 30) -> int:
    """Send five-minute means (CN 2051) of a station over TCP and wait for the answer.

    Parameters
    ----------
    home : Home
        Of the demo, which keeps the logger's password.
    port : int
        Of the gateway on this machine.
    station : str
        Its logger must not encrypt (`lichen.demo.registry.ENCRYPTED`).
    start : int
        Start of the interval. [ms since 1970 UTC]
    values : mapping slug → float
        [as `lichen.demo.registry.UNITS`]

    Returns
    -------
    int
        When the answer was there. [ms since 1970 UTC]

    Raises
    ------
    OSError
        Nobody answers.
    """
    device = next(one for one in all_devices(demo_seed(home)) if one.point == station)
    readings = [Reading(FACTORS[slug][0], "Avg", value, f"{value:.1f}", "N") for slug, value in values.items()]
    (frame,) = compose(
        cn="2051", mn=device.mn, st=device.st, pw=device.password, qn=now_ms(), edition=device.edition,
        needs_answer=True, time_ms=start, values=readings,
    )  # fmt: skip
    frames = FrameReader()
    with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as line:
        line.sendall(frame)
        while received := line.recv(4096):
            if any(parse(found).cn == "9014" for found in frames.feed(received)):
                return now_ms()
    raise ConnectionError(f"the gateway on port {port} hung up without an answer")
