"""How much one reader may ask: a bucket for each token or address, in this process's memory.

A bucket holds a minute's worth of requests and fills steadily, so a page that asks for twenty things at once is served
at once, and a program that never pauses is held to the rate. Addresses of one IPv6 household (/64) share a bucket.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from django.conf import settings

from lichen.web.tokens.actions import Grant

WINDOW_S = 60
_MOST_BUCKETS = 65_536


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass. `limit` per `WINDOW_S`, `remaining` now, `reset` until the bucket is full [s],
    `wait` until the next request may pass [s]."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    wait: int

    def headers(self) -> dict[str, str]:
        """As headers: IETF draft-ietf-httpapi-ratelimit-headers, in the names most clients know."""
        said = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-Policy": f"{self.limit};w={WINDOW_S}",
        }
        return said if self.allowed else said | {"Retry-After": str(self.wait)}


class Buckets:
    """Token buckets by key. Safe to use from many threads; the ones unused longest are forgotten first.

    Parameters
    ----------
    clock : callable
        Monotonic. [s]

    Examples
    --------
    >>> moment = [0.0]
    >>> buckets = Buckets(lambda: moment[0])
    >>> [buckets.take("a", 2).allowed for _ in range(3)]
    [True, True, False]
    >>> moment[0] = 30.0
    >>> buckets.take("a", 2).allowed
    True
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key → (level, when it was that)
        self._lock = threading.Lock()

    def take(self, key: str, limit: int) -> Verdict:
        """Take one request out of a bucket that fills with `limit` requests in `WINDOW_S`."""
        moment = self._clock()
        pace = limit / WINDOW_S
        with self._lock:
            level, since = self._buckets.pop(key, (float(limit), moment))
            level = min(float(limit), level + (moment - since) * pace)
            allowed = level >= 1.0
            level -= 1.0 if allowed else 0.0
            self._buckets[key] = (level, moment)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
        wait = 0 if level >= 1.0 else ceil((1.0 - level) / pace)
        return Verdict(allowed, limit, int(level), ceil((limit - level) / pace), wait)

    def clear(self) -> None:
        """Fill every bucket."""
        with self._lock:
            self._buckets.clear()


buckets = Buckets()


def take(grant: Grant | None, address: str) -> Verdict:
    """Take one request of a token's or an address's reader."""
    if grant is not None:
        return buckets.take(f"token {grant.id}", settings.API_TOKEN_RATE)
    return buckets.take(household(address), settings.API_RATE)


def household(address: str) -> str:
    """The address, of IPv6 its /64.

    >>> household("203.0.113.7"), household("2001:db8::1:2"), household("")
    ('203.0.113.7', '2001:db8::/64', '')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def address_of(peer: str, forwarded: str) -> str:
    """Who asks: the connection's peer, behind our own proxy the last address in its ``X-Forwarded-For``."""
    if settings.PROXY and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return peer
