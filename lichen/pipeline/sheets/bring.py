"""A checked table on its way into the stream: the belt that carries packets carries it too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from lichen.pipeline.sheets.entry import SHEET

_LENGTH = 2  # before each entry of a message


class Stream(Protocol):
    """What is needed of `lichen.stream.client.Stream`."""

    @property
    def max_message(self) -> int: ...

    async def publish_raw(self, entries: Sequence[bytes], *, door: str = ...) -> int: ...


async def bring(stream: Stream, entries: Sequence[bytes]) -> None:
    """Store entries in the stream; when it returns they are on the disk, in order, and will be sealed.

    Parameters
    ----------
    entries : sequence of bytes
        Of `lichen.pipeline.sheets.entry.entries_of`.
    """
    for message in _messages(entries, stream.max_message):
        await stream.publish_raw(message, door=SHEET)


def _messages(entries: Sequence[bytes], most: int) -> Iterator[list[bytes]]:
    message: list[bytes] = []
    size = 0
    for entry in entries:
        if message and size + len(entry) + _LENGTH > most:
            yield message
            message, size = [], 0
        message.append(entry)
        size += len(entry) + _LENGTH
    if message:
        yield message
