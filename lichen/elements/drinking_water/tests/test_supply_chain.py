"""One supply from the source to the tap."""

from datetime import date

import numpy as np
import pytest

from lichen.elements.descriptor import Site, Survey
from lichen.elements.drinking_water.supply_chain import compliance, source_to_tap
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period


def site(name, kind, **attributes):
    return Site(name, name, name, kind, attributes)


SITES = (
    site("水库取水口", "source", supply="一水厂"),
    site("一水厂出厂", "works", supply="一水厂", disinfectant="free_chlorine"),
    site("东街龙头", "tap", supply="一水厂", disinfectant="free_chlorine"),
    site("西街龙头", "tap", supply="一水厂", disinfectant="free_chlorine"),
    site("无主点", "tap"),
)
NAN = np.nan


def survey(columns, below=None, sites=SITES, klass=None):
    arrays = {slug: np.array(values, float)[:, None] for slug, values in columns.items()}
    low = {slug: np.array(values)[:, None] for slug, values in (below or {}).items()}
    found = np.array(klass if klass is not None else [-1, 0, 0, 1, 0], np.int8)[:, None]
    return Survey(sites, Period.SAMPLE, np.array([day_start_ms(date(2024, 5, 1))]), arrays, low, found)


FILLED = survey(
    {"turbidity": [8.0, 0.4, 0.6, 1.2, NAN], "free_chlorine": [NAN, 0.5, 0.1, 0.04, 0.2], "as": [0.002] + [0.001] * 4},
    {"as": [False, True, True, True, True]},
)


def test_a_supply_is_one_table():
    table = source_to_tap(FILLED)
    rows = {row[1]: row[2:] for row in table.rows}
    # the worst tap stands for the taps: the higher turbidity, the lower chlorine; 1 - 0.4/8 = 95 % removed
    assert rows["浑浊度（NTU）"] == ("8", "0.4", None, "1.2", pytest.approx(95.0), "1", "末梢水")
    assert rows["游离氯（mg/L）"] == (None, "0.5", None, "0.04", None, None, "末梢水")
    assert rows["砷（mg/L）"] == ("0.002", "<0.001", None, "<0.001", pytest.approx(75.0), "0.01", None)
    assert {row[0] for row in table.rows} == {"一水厂"}
    assert any("无主点" in note for note in table.notes)


def test_compliance_counts_samples_by_stage():
    assert compliance(FILLED).rows == (("出厂水", 1, 1, 1, 100.0), ("末梢水", 3, 3, 2, pytest.approx(200 / 3)))


def test_reports_say_what_they_cannot_do():
    with pytest.raises(ValueError, match="登记点位"):
        source_to_tap(survey({"ph": []}, sites=(), klass=[]))
    with pytest.raises(ValueError, match="supply"):
        source_to_tap(survey({"ph": [7.0]}, sites=(site("孤点", "tap"),), klass=[0]))
