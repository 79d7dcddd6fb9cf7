"""Acts: the JSON form in which what people did stands in the acts log.

One entry is one act: door ``act``, its body a JSON object with sorted keys and no blanks::

    {"action": "observation.supersede", "at": 1772323200000, "by": "li", "details": {…}, "reason": "…", "subject": "…"}

Only acts that change numbers concern the worker: `Supersede`. The others it passes over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lichen.pipeline.errors import BadAct
from lichen.vocab.batch import Series
from lichen.vocab.entry import Entry
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source

DOOR = "act"
SUPERSEDE = "observation.supersede"
PUBLISH = "registry.publish"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person (or an import in a person's name) did.

    `at` is in ms since 1970 UTC; `details` holds JSON values only.
    """

    action: str
    subject: str
    by: str
    reason: str
    at: int
    details: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The entry to seal.

        >>> act = Act("case.close", "case 7", "li", "settled", 0)
        >>> Act.decode(act.encode()) == act
        True
        """
        body = json.dumps(
            {
                "action": self.action,
                "subject": self.subject,
                "by": self.by,
                "reason": self.reason,
                "at": self.at,
                "details": dict(self.details),
            },
            ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False,
        ).encode()  # fmt: skip
        return Entry(self.at, DOOR, "", "", "ok", body).encode()

    @classmethod
    def decode(cls, encoded: bytes) -> Act:
        """The act of an entry; raises `BadAct`."""
        entry = Entry.decode(encoded)
        if entry.door != DOOR:
            raise BadAct(f"entry of door {entry.door!r} in the acts log; acts have door {DOOR!r}")
        try:
            said = json.loads(entry.body)
            return cls(
                str(said["action"]), str(said["subject"]), str(said["by"]), str(said["reason"]), int(said["at"]),
                dict(said["details"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as broken:
            raise BadAct(f"act without a usable {broken}: {entry.body[:200]!r}") from broken


@dataclass(frozen=True, slots=True)
class Supersede:
    """A person's value and flag for one observation; `value` None: there is no valid value."""

    series: Series
    time: int
    value: float | None
    flag: int

    def act(self, *, by: str, reason: str, at: int) -> Act:
        """The act to seal.

        >>> series = Series("P1", "pm25", Period.HOUR, Source.REPORTED)
        >>> order = Supersede(series, 0, 35.0, Flag.GOOD)
        >>> Supersede.of(order.act(by="li", reason="typing error", at=5)) == order
        True
        """
        details = {**self.series._asdict(), "time": self.time, "value": self.value, "flag": int(self.flag)}
        return Act(SUPERSEDE, f"{self.series.point} {self.series.parameter}", by, reason, at, details)

    @classmethod
    def of(cls, act: Act) -> Supersede:
        """What an act of this kind says; raises `BadAct`."""
        said = act.details
        try:
            series = Series(
                str(said["point"]), str(said["parameter"]), Period(said["period"]), Source(said["source"]),
                str(said["stat"]),
            )  # fmt: skip
            value = None if said["value"] is None else float(said["value"])
            flag = Flag(said["flag"])
            time = int(said["time"])
        except (ValueError, KeyError, TypeError) as broken:
            raise BadAct(f"{SUPERSEDE} of {act.subject!r}: unusable {broken}") from broken
        if not act.reason.strip() or not act.by.strip():
            raise BadAct(f"{SUPERSEDE} of {act.subject!r}: a reason and a person are needed")
        if value is not None and not math.isfinite(value):
            raise BadAct(f"{SUPERSEDE} of {act.subject!r}: {value} is no value")
        if value is None and flag < Flag.BAD:
            raise BadAct(f"{SUPERSEDE} of {act.subject!r}: no value; the flag must be BAD or MISSING, not {flag.name}")
        return cls(series, time, value, flag)
