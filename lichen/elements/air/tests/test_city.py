import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.air.city import city_mean, stations_needed
from lichen.elements.air.shelf import SHELF

EDITION = SHELF.edition("HJ 663-2026")
NAN = np.nan


@pytest.mark.parametrize(("stations", "needed"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (8, 6), (100, 75)])
def test_three_quarters_of_the_stations(stations, needed):
    assert stations_needed(stations, EDITION) == needed


def test_exactly_three_quarters_is_enough():
    # Three of four: (30 + 40 + 50) / 3 = 40; two of four: no value.
    values = [[30.0, 30.0], [40.0, 40.0], [50.0, NAN], [NAN, NAN]]
    result = city_mean(values, EDITION)
    assert result.value[0] == 40.0
    assert np.isnan(result.value[1])
    assert result.valid_stations.tolist() == [3, 2]
    assert (result.needed, result.stations, result.status) == (3, 4, "memory")


def test_control_stations_do_not_count():
    values = [[30.0], [50.0], [5.0]]
    assert city_mean(values, EDITION, [True, True, False]).value.tolist() == [40.0]


def test_a_city_without_stations_or_with_other_shapes_is_refused():
    with pytest.raises(ValueError, match="no evaluation station"):
        city_mean([[1.0]], EDITION, [False])
    with pytest.raises(ValueError, match="one for each of 1 stations"):
        city_mean([[1.0]], EDITION, [True, False])
    with pytest.raises(ValueError, match=r"expected \(stations, n\)"):
        city_mean([1.0], EDITION)


@given(st.lists(st.one_of(st.just(NAN), st.floats(0, 1000)), min_size=1, max_size=12), st.randoms())
def test_order_does_not_matter_and_the_mean_lies_between(values, random):
    column = np.array(values)[:, None]
    shuffled = column.copy()
    random.shuffle(order := list(range(len(values))))
    shuffled = shuffled[order]
    one, other = city_mean(column, EDITION), city_mean(shuffled, EDITION)
    assert one.value.item() == pytest.approx(other.value.item(), nan_ok=True)
    if not np.isnan(one.value[0]):
        assert np.nanmin(column) - 1e-8 <= one.value[0] <= np.nanmax(column) + 1e-8
