"""What the gateway counts, and how Prometheus reads it.

Counters are plain integers: an increment costs nothing on the way of a frame, and is turned into metrics when read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lichen.gateway.errors import CannotListen

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


@dataclass(slots=True)
class Counts:
    """Since the start of the process."""

    received_bytes: int = 0
    frames: Counter[str] = field(default_factory=Counter)  # by verdict
    answers: Counter[str] = field(default_factory=Counter)  # by CN
    published_entries: int = 0
    published_messages: int = 0
    opened: int = 0
    closed: Counter[str] = field(default_factory=Counter)  # by reason
    dropped_bytes: int = 0  # over a bound: neither sealed nor answered
    slowed: int = 0
    commands: Counter[str] = field(default_factory=Counter)  # by outcome


@dataclass(slots=True)
class Gauges:
    """Read at the moment Prometheus asks."""

    connections: Callable[[], int]
    devices_online: Callable[[], int]
    devices_known: Callable[[], int]
    backlog_bytes: Callable[[], int]
    stream_up: Callable[[], int]


class _Reader(Collector):
    def __init__(self, counts: Counts, gauges: Gauges) -> None:
        self._counts = counts
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        counts = self._counts
        for name, words, value in (
            ("received_bytes", "Bytes received from devices.", counts.received_bytes),
            ("published_entries", "Entries made durable.", counts.published_entries),
            ("published_messages", "Stream messages that carried them.", counts.published_messages),
            ("connections_opened", "Connections accepted.", counts.opened),
            ("dropped_bytes", "Bytes over a bound: neither sealed nor answered.", counts.dropped_bytes),
            ("slowed", "Times a connection was read more slowly for sending too fast.", counts.slowed),
        ):
            yield CounterMetricFamily(f"lichen_gateway_{name}", words, value=value)
        for name, words, label, by in (
            ("frames", "Frames received.", "verdict", counts.frames),
            ("answers", "Answers sent.", "cn", counts.answers),
            ("connections_closed", "Connections closed.", "reason", counts.closed),
            ("commands", "Commands to devices that have ended.", "outcome", counts.commands),
        ):
            family = CounterMetricFamily(f"lichen_gateway_{name}", words, labels=[label])
            for key, count in tuple(by.items()):
                family.add_metric([key], count)
            yield family
        for name, words, read in (
            ("connections", "Open connections.", self._gauges.connections),
            ("devices_online", "Registered devices bound to a connection.", self._gauges.devices_online),
            ("devices_known", "Registered devices that may send now.", self._gauges.devices_known),
            ("backlog_bytes", "Bytes waiting to become durable.", self._gauges.backlog_bytes),
            ("stream_up", "1 while the stream is connected.", self._gauges.stream_up),
        ):
            yield GaugeMetricFamily(f"lichen_gateway_{name}", words, value=read())


class Metrics:
    """The counts, and the HTTP endpoint ``/metrics`` that shows them."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._registry = CollectorRegistry()
        self.wait = Histogram(
            "lichen_gateway_wait_seconds",
            "From the arrival of a batch's first frame to its answers: the longest wait in each batch.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._server: WSGIServer | None = None

    def serve(self, host: str, port: int, gauges: Gauges) -> int:
        """Start the endpoint and return its port.

        Raises
        ------
        CannotListen
            The port is taken.
        """
        self._registry.register(_Reader(self.counts, gauges))
        try:
            self._server, _ = start_http_server(port, addr=host, registry=self._registry)
        except OSError as taken:
            raise CannotListen(
                f"metrics port {port} on {host}: {taken.strerror}; set LICHEN_GATEWAY_METRICS_PORT to a free one, or -1"
            ) from taken
        return int(self._server.server_port)

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
