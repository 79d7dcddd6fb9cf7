"""What can go wrong at the door.

GatewayError
├── SettingsError   a setting that cannot be used; the message says which, and what is allowed
└── CannotListen    the port is taken, or the certificate cannot be read
"""

from __future__ import annotations


class GatewayError(Exception):
    """Base of every error of this package."""


class SettingsError(GatewayError):
    """A setting that cannot be used."""


class CannotListen(GatewayError):
    """The port is taken, or the certificate cannot be read."""
