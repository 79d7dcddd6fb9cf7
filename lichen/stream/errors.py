"""What can go wrong with the stream.

StreamError
├── StreamUnavailable   nothing answers at the address, or it refuses us
├── AlreadyRunning      another living process supervises the embedded server of this data folder
├── PortTaken           the port asked for belongs to somebody else
├── CannotStart         nats-server is missing, or exits while starting
└── TooLarge            a message exceeds what the server takes
"""

from __future__ import annotations


class StreamError(Exception):
    """Base of every error of this package."""


class StreamUnavailable(StreamError):
    """Nothing answers at the stream's address, or it refuses us."""


class AlreadyRunning(StreamError):
    """Another living process supervises the embedded server of this data folder."""


class PortTaken(StreamError):
    """The port asked for belongs to another program."""


class CannotStart(StreamError):
    """``nats-server`` is missing, or exits while starting."""


class TooLarge(StreamError):
    """A message exceeds what the server takes."""
