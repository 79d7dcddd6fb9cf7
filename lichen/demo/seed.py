"""What one installation of the demo keeps between runs: the random seed of its secrets, and when it first ran.

Nothing secret is in the repository: passwords and keys are drawn from a seed made on the first start, in
the data folder. Keeping the first day too lets a restarted demo replay the same hours at the same times.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from lichen.vocab.clock import now_ms
from lichen.vocab.settings import Home

_KEY_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class DemoSeed:
    """`secret` is 64 hex digits; `started` is the instant of the first start. [ms since 1970 UTC]"""

    secret: str
    started: int

    def password(self, mn: str) -> str:
        """Six digits for a device.

        >>> DemoSeed("00" * 32, 0).password("A") == DemoSeed("00" * 32, 9).password("A")
        True
        """
        return f"{int.from_bytes(self._draw('password', mn)[:8], 'big') % 1_000_000:06d}"

    def key(self, mn: str) -> str:
        """An SM4 key of 16 ASCII characters for a device.

        >>> len(DemoSeed("00" * 32, 0).key("A"))
        16
        """
        return "".join(_KEY_LETTERS[byte % len(_KEY_LETTERS)] for byte in self._draw("key", mn)[:16])

    def _draw(self, use: str, mn: str) -> bytes:
        return hashlib.blake2b(f"{use}:{mn}".encode(), key=bytes.fromhex(self.secret)).digest()


def demo_seed(home: Home) -> DemoSeed:
    """The seed of the installation in a data folder; made on the first call. Every process of a demo uses this."""
    return load_or_create(home.root / "demo" / "seed.json")


def load_or_create(path: Path) -> DemoSeed:
    """The seed kept at `path` (JSON, readable by its owner only); made there when there is none.

    Raises
    ------
    ValueError
        The file is there but is no demo seed.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"secret": secrets.token_hex(32), "started": now_ms()})
        waiting = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        try:
            os.link(waiting, path)  # of two processes starting at once, the first one's seed stays
        except FileExistsError:
            pass
        finally:
            waiting.unlink()
    try:
        data = json.loads(path.read_text())
        seed = DemoSeed(str(data["secret"]), int(data["started"]))
        bytes.fromhex(seed.secret)
    except (ValueError, KeyError, TypeError) as broken:
        raise ValueError(f"{path} is no demo seed ({broken}); delete it to start a fresh demo") from broken
    return seed
