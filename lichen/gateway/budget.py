"""How much an address may have sealed without being trusted."""

from __future__ import annotations

from collections import OrderedDict

_MINUTE_MS = 60_000
#: Addresses remembered; the one longest silent is forgotten first.
_ADDRESSES = 10_000


class Budget:
    """A number of bytes per address and minute.

    Examples
    --------
    >>> budget = Budget(100)
    >>> [budget.spend("203.0.113.7", 80, now=instant) for instant in (0, 1, 60_000)]
    [True, False, True]
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._spent: OrderedDict[str, tuple[int, int]] = OrderedDict()  # minute, bytes

    def spend(self, address: str, size: int, now: int) -> bool:
        """Whether `size` bytes more are within the bound; if so they are spent. `now` in ms since 1970 UTC."""
        minute = now // _MINUTE_MS
        then, spent = self._spent.get(address, (minute, 0))
        if then != minute:
            spent = 0
        allowed = spent + size <= self._per_minute
        self._spent[address] = (minute, spent + size if allowed else spent)
        self._spent.move_to_end(address)
        if len(self._spent) > _ADDRESSES:
            self._spent.popitem(last=False)
        return allowed
