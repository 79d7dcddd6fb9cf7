"""Tables over the points of a network."""

import numpy as np
import pytest

from lichen.elements.descriptor import Site, Survey
from lichen.elements.groundwater.element import GROUNDWATER
from lichen.elements.groundwater.reports import points, shares
from lichen.vocab.periods import Period

DAY = 86_400_000
SITES = tuple(
    Site(name, f"{name}号井", f"well {name}", "regional", {"aquifer": "潜水", **more})
    for name, more in (("1", {}), ("2", {"target": "IV"}), ("3", {}))
)


def survey(sites=SITES, **columns):
    time = np.array([18_000, 18_100]) * DAY
    arrays = {slug: np.array(values, float) for slug, values in columns.items()}
    klass = np.where(np.isnan(next(iter(arrays.values()))), -1, 0).astype(np.int8)
    return Survey(sites, Period.SAMPLE, time, arrays, {}, klass)


FILLED = survey(nh3n=[[0.4, 0.8], [1.2, np.nan], [np.nan, np.nan]], fe=[[0.1, 0.1], [0.1, 0.1], [np.nan, np.nan]])


def test_points_are_judged_by_their_means_against_their_own_target():
    table = points(FILLED)
    # 1: (0.4 + 0.8) / 2 = 0.6, class Ⅳ, 0.2 times above Ⅲ. 2: 1.2, class Ⅳ, which is its target.
    assert table.rows == (
        ("1号井", "潜水", 2.0, "Ⅳ", "氨氮(0.2)", "氨氮(0.2)"),
        ("2号井", "潜水", 1.0, "Ⅳ", "氨氮", None),
    )
    assert table.notes == ("没有数据或没有现行标准而未评价的点位：3号井。",)


def test_shares_add_up():
    rows = shares(FILLED).rows
    assert [row[:2] for row in rows] == [("Ⅰ类", 0), ("Ⅱ类", 0), ("Ⅲ类", 0), ("Ⅳ类", 2), ("Ⅴ类", 0)]
    assert sum(row[2] for row in rows) == pytest.approx(100)


def test_reports_say_what_they_cannot_do():
    with pytest.raises(ValueError, match="登记点位"):
        points(survey((), nh3n=np.empty((0, 2))))
    odd = Site("9", "9号井", "well 9", "regional", {"target": "优"})
    with pytest.raises(ValueError, match="9 的目标类别为“优”"):
        shares(survey((odd,), nh3n=[[0.1, 0.1]]))


def test_the_descriptor_is_complete():
    assert len(GROUNDWATER.inputs[Period.SAMPLE]) == 93
    assert set(GROUNDWATER.inputs[Period.SAMPLE]) <= set(GROUNDWATER.parameters)
    assert {check.parameter for check in GROUNDWATER.checks} <= set(GROUNDWATER.parameters)
    assert len(GROUNDWATER.classes) == 5
