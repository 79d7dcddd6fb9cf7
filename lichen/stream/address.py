"""Where the embedded server can be reached: one small file in its data folder, replaced atomically."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lichen.stream.errors import StreamUnavailable
from lichen.vocab.settings import home, stream_url

FILE = "address.json"


@dataclass(frozen=True, slots=True)
class Address:
    """A running embedded server. `url` carries the access token: the file is readable by its owner only."""

    url: str
    pid: int

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def write(self, data_dir: Path) -> None:
        """Replace the address file of `data_dir`; a reader sees the old or the new one, never half."""
        write_private(data_dir / FILE, json.dumps(asdict(self)))


def read_address(data_dir: Path) -> Address | None:
    """The address file of `data_dir`, or None where there is none (or a torn one from before a crash)."""
    try:
        data = json.loads((data_dir / FILE).read_text())
        return Address(str(data["url"]), int(data["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one step."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def find_url(url: str | None = None) -> str:
    """The stream's URL: the one given, else `LICHEN_STREAM_URL`, else the embedded server's under `LICHEN_HOME`.

    Raises
    ------
    StreamUnavailable
        None of the three is there.
    """
    found = url or stream_url()
    if found:
        return found
    data_dir = home().stream
    address = read_address(data_dir)
    if address is None:
        raise StreamUnavailable(
            f"no stream: {data_dir / FILE} does not exist, so no embedded server has been started for this data "
            "folder; start `lichen serve` there, or set LICHEN_STREAM_URL (or LICHEN_HOME)"
        )
    return address.url


def without_secret(url: str) -> str:
    """The URL as it may be shown and logged.

    >>> without_secret("nats://s3cret@127.0.0.1:4222")
    'nats://127.0.0.1:4222'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 4222}"
