"""What a reader asks the explorer for, as written in its address; the same address shows the same to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from lichen.pipeline.samples import made_by
from lichen.vocab.batch import Series
from lichen.vocab.clock import BEIJING, DAY_MS, beijing, now_ms, to_ms
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot

#: Series in one chart.
MOST_SERIES = 8
#: The longest span, by period. [ms] Half a million minute values of one series are a year of one-minute data.
LONGEST = {
    Period.REALTIME: 31 * DAY_MS,
    Period.MINUTE: 366 * DAY_MS,
    Period.HOUR: 10 * 366 * DAY_MS,
    Period.H8: 10 * 366 * DAY_MS,
    Period.DAY: 30 * 366 * DAY_MS,
    Period.SAMPLE: 60 * 366 * DAY_MS,
    Period.MONTH: 60 * 366 * DAY_MS,
    Period.QUARTER: 60 * 366 * DAY_MS,
    Period.YEAR: 60 * 366 * DAY_MS,
}
USUAL = timedelta(days=3)
#: Shown at first where a series has a value less often than that.
USUAL_LONG = {
    Period.DAY: timedelta(days=92), Period.SAMPLE: timedelta(days=3 * 366), Period.MONTH: timedelta(days=5 * 366),
    Period.QUARTER: timedelta(days=10 * 366), Period.YEAR: timedelta(days=30 * 366),
}  # fmt: skip
_FORM = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Asked:
    """Series, span and state of knowledge; instants in ms since 1970 UTC. `moment` None: as known now."""

    series: tuple[Series, ...]
    start: int
    stop: int
    moment: int | None
    problems: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """The part of the address after the question mark."""
        return self.address(self.series)

    def address(self, series: Sequence[Series]) -> str:
        """The same question about other series."""
        pairs = [("s", key_of(one)) for one in series]
        pairs += [("from", form(self.start)), ("to", form(self.stop))]
        if self.moment is not None:
            pairs.append(("as_of", form(self.moment)))
        return urlencode(pairs)

    def without(self, gone: Series) -> str:
        """The address without one series."""
        return self.address([one for one in self.series if one != gone])


def key_of(series: Series) -> str:
    """A series as in addresses.

    >>> key_of(Series("p1", "pm25", Period.HOUR, Source.COMPUTED))
    'p1:pm25:hour'
    >>> key_of(Series("p1", "pm25", Period.HOUR, Source.REPORTED))
    'p1:pm25:hour:reported'
    """
    usual = usual_source(series.period)
    words = [series.point, series.parameter, str(series.period)]
    if (series.source, series.stat) != (usual, "avg"):
        words.append(str(series.source))
    if series.stat != "avg":
        words.append(series.stat)
    return ":".join(words)


def usual_source(period: Period) -> Source:
    """Where values of a period come from: minutes and samples are reported, we compute the rest."""
    return Source.REPORTED if period in (Period.REALTIME, Period.MINUTE) else made_by(period)


def form(instant: int) -> str:
    """An instant as the form writes it, Beijing time.

    >>> form(0)
    '1970-01-01T08:00'
    """
    return beijing(instant).strftime(_FORM)


def asked(given: QueryDict, snapshot: Snapshot) -> Asked:
    """What an address asks for; what cannot be used is left out and said in `problems`."""
    problems: list[str] = []
    now = now_ms()
    keys = list(given.getlist("s"))
    if given.get("point") and given.get("parameter") and given.get("period"):
        keys.append(f"{given['point']}:{given['parameter']}:{given['period']}")
    series: list[Series] = []
    for key in keys:
        one = _series(key, snapshot)
        if one is None:
            problems.append(_("“%(key)s” names no series of the registry.") % {"key": key[:80]})
        elif one not in series:
            series.append(one)
    usual = int(max((USUAL_LONG.get(one.period, USUAL) for one in series), default=USUAL).total_seconds() * 1000)
    stop = _instant(given.get("to", ""), now, problems)
    start = _instant(given.get("from", ""), stop - usual, problems)
    if start >= stop:
        problems.append(_("The span must end after it begins; the last three days are shown."))
        start, stop = now - int(USUAL.total_seconds() * 1000), now
    moment = _instant(given.get("as_of", ""), now, problems) if given.get("as_of") else None
    if len(series) > MOST_SERIES:
        problems.append(_("At most %(most)s series fit one chart; the first ones are shown.") % {"most": MOST_SERIES})
        del series[MOST_SERIES:]
    longest = min((LONGEST[one.period] for one in series), default=stop - start)
    if stop - start > longest:
        problems.append(
            _("That is too long for the shortest period asked for; the last %(days)s days are shown.")
            % {"days": longest // DAY_MS}
        )
        start = stop - longest
    return Asked(tuple(series), start, stop, moment, tuple(problems))


def _instant(text: str, otherwise: int, problems: list[str]) -> int:
    if not text:
        return otherwise
    try:
        moment = datetime.fromisoformat(text)
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=BEIJING))
    except (ValueError, OverflowError):
        problems.append(_("“%(text)s” is no time; write it as 2026-03-01T08:00.") % {"text": text[:40]})
        return otherwise


def _series(key: str, snapshot: Snapshot) -> Series | None:
    words = key.split(":")
    if not 3 <= len(words) <= 5 or words[0] not in snapshot.point_by_id or words[1] not in PARAMETERS:
        return None
    try:
        period = Period(words[2])
        source = Source(words[3]) if len(words) > 3 else usual_source(period)
    except ValueError:
        return None
    if period not in LONGEST:
        return None
    return Series(words[0], words[1], period, source, words[4] if len(words) > 4 else "avg")
