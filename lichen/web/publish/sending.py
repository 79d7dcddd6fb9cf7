"""Sends a file from the disk piece by piece, whichever server runs us: a whole month never lies in memory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

PIECE = 256 * 1024


class _Pieces:
    """An open file in pieces; Django closes it with the answer, also where nobody reads it (HEAD)."""

    def __init__(self, path: Path) -> None:
        # Opened at once: whatever takes the file's name meanwhile, these are the bytes whose size we announce.
        self._file = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        self._file.close()


class _PiecesNow(_Pieces):
    def __iter__(self) -> Iterator[bytes]:
        while piece := self._file.read(PIECE):
            yield piece


class _PiecesLater(_Pieces):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self._file.read, PIECE):
            yield piece


def send(request: HttpRequest, path: Path, kind: str) -> StreamingHttpResponse:
    """The answer that carries a file."""
    pieces = (_PiecesLater if isinstance(request, ASGIRequest) else _PiecesNow)(path)
    response = StreamingHttpResponse(pieces, content_type=kind)
    response["Content-Length"] = str(pieces.size)
    return response
