"""The gateway's settings, read from the environment (``LICHEN_GATEWAY_…``); every one has a working default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from lichen.gateway.errors import SettingsError

PREFIX = "LICHEN_GATEWAY_"

#: What may be sent to a device that has just connected (HJ 212-2017, 6.7), in the order sent.
INITIAL_COMMANDS = ("1012", "1000", "1062", "1064", "2011", "2012", "2021", "2022")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the gateway listens and what it bears. ``LICHEN_GATEWAY_PORT`` sets `port`, and so on for each name.

    The standards name no TCP port; 2120 is ours. The defaults suit a city: loggers that send every minute over mobile
    networks, behind shared addresses.
    """

    #: Address to listen on.
    host: str = "0.0.0.0"
    #: Port for HJ 212 over TCP; 0 = any free one.
    port: int = 2120
    #: Port for HJ 212 over TLS; 0 = none. Needs `tls_certificate` and `tls_key`.
    tls_port: int = 0
    #: PEM files: the certificate chain and its private key.
    tls_certificate: str = ""
    tls_key: str = ""
    #: PEM file of the authorities device certificates must come from; empty = devices need none.
    tls_client_ca: str = ""
    #: Where Prometheus reads the metrics; port 0 = any free one, -1 = none.
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9120

    #: Open connections in all; one more is closed at once.
    max_connections: int = 20_000
    #: Open connections of one address; 0 = no limit (mobile networks put many loggers behind one).
    max_connections_per_address: int = 0
    #: Longest data segment accepted. [bytes]
    max_frame: int = 9_999
    #: Frames a connection may send in a second; faster ones are read more slowly, none is lost.
    frames_per_second: int = 1_000
    #: Bytes that are no frame, or a broken one, since the last good frame; then the connection is closed. [bytes]
    max_junk: int = 65_536
    #: What one address may have sealed in a minute without being trusted (junk, broken frames, unknown devices);
    #: what is over it is counted and its connection closed. [bytes]
    untrusted_per_minute: int = 4_194_304
    #: A connection that has sent no whole frame within this time is closed. [s]
    first_frame_seconds: float = 60.0
    #: A frame must be complete this long after its first byte. [s]
    frame_seconds: float = 30.0
    #: A connection nothing has come over for this long is closed. [s]
    idle_seconds: float = 1_800.0

    #: Entries wait at most this long to be published together. [ms]
    batch_ms: float = 5.0
    #: Entries that come to this much are published at once. [bytes]
    batch_bytes: int = 1_048_576
    #: Bytes waiting to become durable at which the gateway stops reading; it goes on at half of it. [bytes]
    max_backlog: int = 33_554_432

    #: Commands for a device's first connection, for instance ``1012,1000``; empty = none. See `INITIAL_COMMANDS`.
    on_connect: tuple[str, ...] = ()
    #: A command's timeout and repetitions (HJ 212-2017 table 1), also what CN 1000 sets. [s], [times]
    command_timeout: float = 10.0
    command_retries: int = 3
    #: How long a device may take from its 9011 to its 9012. [s]
    execution_timeout: float = 120.0
    #: How long a stop waits for what has been received to become durable and answered. [s]
    stop_seconds: float = 20.0

    def __post_init__(self) -> None:
        for name in ("port", "tls_port"):
            if not 0 <= getattr(self, name) <= 65_535:
                raise SettingsError(f"{PREFIX}{name.upper()}={getattr(self, name)}: a port is 0 to 65535")
        if not -1 <= self.metrics_port <= 65_535:
            raise SettingsError(f"{PREFIX}METRICS_PORT={self.metrics_port}: a port is 0 to 65535, -1 = none")
        for name in _ABOVE_ZERO:
            if getattr(self, name) <= 0:
                raise SettingsError(f"{PREFIX}{name.upper()}={getattr(self, name)}: must be above 0")
        for name in ("max_connections_per_address", "command_retries", "batch_ms"):
            if getattr(self, name) < 0:
                raise SettingsError(f"{PREFIX}{name.upper()}={getattr(self, name)}: must not be below 0")
        if self.max_frame > 9_999:
            raise SettingsError(f"{PREFIX}MAX_FRAME={self.max_frame}: a frame can declare at most 9999 bytes")
        if self.tls_port and not (self.tls_certificate and self.tls_key):
            raise SettingsError(f"{PREFIX}TLS_PORT needs {PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY (PEM files)")
        for name in ("tls_certificate", "tls_key", "tls_client_ca"):
            path = getattr(self, name)
            if path and not Path(path).is_file():
                raise SettingsError(f"{PREFIX}{name.upper()}={path}: no such file")
        unknown = sorted(set(self.on_connect) - set(INITIAL_COMMANDS))
        if unknown:
            raise SettingsError(f"{PREFIX}ON_CONNECT: {', '.join(unknown)}; allowed: {', '.join(INITIAL_COMMANDS)}")


_ABOVE_ZERO = (
    "max_connections", "max_frame", "frames_per_second", "max_junk", "untrusted_per_minute", "first_frame_seconds",
    "frame_seconds", "idle_seconds", "batch_bytes", "max_backlog", "command_timeout", "execution_timeout",
    "stop_seconds",
)  # fmt: skip


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment.

    Raises
    ------
    SettingsError
        A value cannot be read, is out of range, or a name with our prefix is none of ours.

    Examples
    --------
    >>> from_environment({"LICHEN_GATEWAY_PORT": "9000", "LICHEN_GATEWAY_ON_CONNECT": "1012, 1000"}).on_connect
    ('1012', '1000')
    """
    source = os.environ if environment is None else environment
    known = {field.name: field for field in fields(Settings)}
    given: dict[str, object] = {}
    for variable, text in source.items():
        if not variable.startswith(PREFIX) or not text.strip():
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in known:
            raise SettingsError(f"{variable}: no such setting; known: {', '.join(sorted(known))}")
        given[name] = _read(variable, text.strip(), known[name].default)
    return Settings(**given)  # type: ignore[arg-type]


def _read(variable: str, text: str, default: object) -> object:
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, int | float):
        kind = type(default)
        try:
            return kind(text)
        except ValueError:
            word = "whole number" if kind is int else "number"
            raise SettingsError(f"{variable}={text!r}: give a {word}, for instance {default}") from None
    return text
