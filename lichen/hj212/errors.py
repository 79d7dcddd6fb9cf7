"""What can go wrong in this package, as exceptions.

::

    HJ212Error
    ├── ComposeError     we were asked to build a packet the standard does not allow
    ├── PeerError        the other side broke the rules of the dialogue
    └── LocalError       our own code used a session against the rules of the dialogue

Bytes that came in never raise: they come out as frames and messages with an `error` and warnings.
"""


class HJ212Error(ValueError):
    """Base of every exception of `lichen.hj212`."""


class ComposeError(HJ212Error):
    """A packet that cannot be written: a separator inside a value, an item longer than a packet, a wrong key."""


class PeerError(HJ212Error):
    """The other side broke the rules: an answer nobody asked for, a second end of one execution."""


class LocalError(HJ212Error):
    """We broke the rules: a command that is not ours to send, an answer to something that was not asked."""
