"""The times people write in spreadsheets, as instants. Without an offset they are Beijing time."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen.vocab.clock import BEIJING_OFFSET_MS, DAY_MS, HOUR_MS, MINUTE_MS

_CLOCK = r"(?:[T\s]*(\d{1,2})(?:[:时点](\d{1,2}))?分?(?::(\d{1,2}))?(?:\.(\d{1,9}))?[时点分]?)?"
_OFFSET = r"\s*(Z|z|[+-]\d{2}:?\d{2})?$"
#: 2026-03-01T08:00:00+08:00, 2026/3/1 8:00, 2026年3月1日8时
_SEPARATED = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?" + _CLOCK + _OFFSET
#: 20260301, 2026030108, 202603010800, 20260301080000, 20260301T080000Z
_COMPACT = r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})?(\d{2})?(?:\.(\d{1,9}))?)?" + _OFFSET


def without_clock(cells: pl.Series) -> bool:
    """Whether every time is a day alone (and there is any).

    >>> without_clock(pl.Series(["2026-03-01", "2026/3/2"])), without_clock(pl.Series(["2026-03-01 00:00"]))
    (True, False)
    """
    written = cells.drop_nulls()
    day = r"^\s*\d{4}([-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{4})\s*$"
    return bool(len(written)) and bool(written.str.contains(day).all())


def instants(cells: pl.Series) -> NDArray[np.float64]:
    """Instants of a column of text. [ms since 1970 UTC] NaN where the cell names no moment.

    24:00 is the end of its day.

    Examples
    --------
    >>> texts = ["1970-01-01 08:00", "1970-01-01T00:00:00Z", "1970/1/1 8:00", "19700101080000", "1970-02-30", None]
    >>> instants(pl.Series(texts)).tolist()
    [0.0, 0.0, 0.0, 0.0, nan, nan]
    """
    text = cells.cast(pl.String).str.strip_chars()
    found = _instants(text, _SEPARATED)
    rest = np.isnan(found)
    if rest.any():
        found[rest] = _instants(text.filter(pl.Series(rest)), _COMPACT)
    return found


def _instants(text: pl.Series, pattern: str) -> NDArray[np.float64]:
    groups = text.str.extract_groups(pattern).struct.unnest()
    year, month, day, hour, minute, second = (
        groups.to_series(at).cast(pl.Int32).fill_null(-1 if at < 3 else 0).to_numpy() for at in range(6)
    )
    fraction = ("0." + groups.to_series(6).fill_null("0")).cast(pl.Float64).to_numpy()
    good = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1)
    first = (np.where(good, year, 1970) - 1970).astype("M8[Y]").astype("M8[M]") + (np.where(good, month, 1) - 1)
    date = first.astype("M8[D]") + (day - 1)
    good &= date.astype("M8[M]") == first
    midnight = (hour == 24) & (minute == 0) & (second == 0) & (fraction == 0)
    good &= ((hour < 24) | midnight) & (minute < 60) & (second < 60)
    local = date.astype(np.int64) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * 1000
    return np.where(good, local + np.floor(fraction * 1000) - _offset(groups.to_series(7)), np.nan)


def _offset(written: pl.Series) -> NDArray[np.int64]:
    """What local time is ahead of UTC. [ms]"""
    parts = written.str.extract_groups(r"^([+-])(\d{2}):?(\d{2})$").struct.unnest()
    size = parts.to_series(1).cast(pl.Int64) * HOUR_MS + parts.to_series(2).cast(pl.Int64) * MINUTE_MS
    signed = pl.select(
        pl.when(pl.lit(parts.to_series(0)) == "-").then(-pl.lit(size)).otherwise(pl.lit(size))
    ).to_series()
    zulu = written.str.to_lowercase().eq("z").fill_null(False)
    chosen = pl.select(pl.when(pl.lit(zulu)).then(0).otherwise(pl.lit(signed))).to_series()
    return chosen.fill_null(BEIJING_OFFSET_MS).to_numpy()
