"""Automatic quality tests: arrays in, flags out.

Each test returns an array of `lichen.vocab.flags.Flag` as uint8 and never changes a value. A flag says what this one
test found: GOOD, SUSPECT or BAD; MISSING where there is no value (NaN); UNCHECKED where the test could not judge,
because a threshold or a neighbour is missing. Of several tests the largest flag decides (`numpy.maximum`), once
UNCHECKED has been read as "this test says nothing".

Values of several series may be tested at once: `series` holds a number for each value, and the values of a series
stand together, in the order of time. Thresholds are single numbers or one for each value.

    QualityError                base of all, a ValueError
"""

from lichen.quality.errors import QualityError
from lichen.quality.gap_test import expected_times, gap_test
from lichen.quality.range_test import range_test
from lichen.quality.spike_test import spike_test
from lichen.quality.stuck_test import stuck_test

__all__ = ["QualityError", "expected_times", "gap_test", "range_test", "spike_test", "stuck_test"]
