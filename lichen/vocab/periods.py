"""The time spans a value can stand for."""

from __future__ import annotations

from enum import StrEnum

from lichen.vocab.clock import DAY_MS, HOUR_MS


class Period(StrEnum):
    """What interval a value covers. An observation's time is always the start of its interval (HJ 212-2017, 4.1)."""

    REALTIME = "realtime"
    MINUTE = "minute"  # the device's minute interval: 1 to 30 min, see Device.minute_interval
    HOUR = "hour"
    H8 = "h8"  # eight hours; the time is the start of the first hour
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    SAMPLE = "sample"  # one grab sample, survey or reading on the spot; the time is the instant of sampling


#: Fixed widths. [ms] Months, quarters and years have none, nor has a sample; realtime and minute depend on the device.
WIDTH_MS = {Period.HOUR: HOUR_MS, Period.H8: 8 * HOUR_MS, Period.DAY: DAY_MS}


class Source(StrEnum):
    """Who made the number."""

    REPORTED = "reported"  # it came in: a packet, a lab sheet, a person's correction of one
    COMPUTED = "computed"  # we computed it from reported values
