"""Verdicts on outlets: at the limit, just above, with marks, without oxygen, by permit, by day and by hand."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import Samples
from lichen.elements.sources import options
from lichen.elements.sources import verdict as rules
from lichen.elements.sources.verdict import converted_hours, verdict
from lichen.standards import UnknownEdition
from lichen.vocab.clock import DAY_MS, HOUR_MS, day_start_ms
from lichen.vocab.periods import Period

OPTION = {option.slug: option for option in options.OPTIONS}
NAN = float("nan")
COAL = {"standard": "gb13223", "category": "coal_boiler"}
WORKS = {"standard": "gb18918", "grade": "1A"}
WASTE = {"standard": "gb18485"}


def samples(columns, outlet, day=date(2025, 6, 1), marks=None, below=None, edition=None, step=HOUR_MS):
    columns = {slug: np.array(column, float) for slug, column in columns.items()}
    n = len(next(iter(columns.values())))
    said = {}
    for slug, value in outlet.items():
        option = OPTION[slug]
        said[slug] = np.full(n, value, float) if option.is_number else np.full(n, option.code(value), np.int16)
    return Samples(
        columns, day_start_ms(day) + np.arange(n) * step, edition,
        {slug: np.array(flags) for slug, flags in (below or {}).items()}, said,
        {slug: np.array(column) for slug, column in (marks or {}).items()},
    )  # fmt: skip


def judge(columns, outlet, period=Period.HOUR, **more):
    found = verdict(samples(columns, outlet, **more), period=period)
    assert not set(found.sub) - set(options.PARAMETERS)
    return found


def note(found, row=0):
    return found.notes[found.note[row]]


def words(flags, row=0):
    return sorted(slug for slug, column in flags.items() if column[row])


@pytest.mark.parametrize(
    ("so2", "o2", "expected"),
    [(100, 6.0, 0), (100.0001, 6.0, 1), (50, 13.5, 0), (50.0001, 13.5, 1), (200, NAN, -1)],
    ids=["at", "above", "converted at", "converted above", "no oxygen"],
)
def test_gb13223_table_1_so2(so2, o2, expected):
    found = judge({"stack_so2": [so2], "stack_oxygen": [o2]}, COAL)
    assert found.klass.tolist() == [expected]
    assert found.edition[found.edition_code[0]] == "GB 13223-2011"


def test_what_exceeds_what_decides_and_by_how_much():
    found = judge({"stack_so2": [150.0], "stack_nox": [50.0], "smoke_dust": [10.0], "stack_oxygen": [6.0]}, COAL)
    assert words(found.exceeding) == words(found.deciding) == ["stack_so2"]
    assert found.multiples["stack_so2"].tolist() == [pytest.approx(0.5)]
    assert {slug: column.tolist() for slug, column in found.sub.items()} == {
        "stack_so2": [1.0], "stack_nox": [0.0], "smoke_dust": [0.0],
    }  # fmt: skip


def test_near_21_percent_is_marked_and_not_judged():
    found = judge({"stack_so2": [5.0, 5.0, 5.0], "stack_oxygen": [20.9, 20.0, 19.5]}, COAL)
    assert found.klass.tolist() == [-1, -1, 0]
    assert note(found) == note(found, 1) == rules.NEAR_AIR
    assert note(found, 2) == rules.HIGH_OXYGEN


def test_a_received_converted_concentration_is_taken_first():
    found = judge({"stack_so2": [10.0], "stack_so2_converted": [101.0], "stack_oxygen": [6.0]}, COAL)
    assert found.klass.tolist() == [1]
    alone = judge({"stack_so2_converted": [100.0, NAN]}, COAL)
    assert alone.klass.tolist() == [0, -1]


def test_converted_hours_are_what_is_judged():
    # 11 %: (21 - 6) / (21 - 11) = 1.5
    given = samples({"stack_so2": [60.0, 60.0, -1.0], "stack_oxygen": [11.0, 20.9, 11.0]}, COAL)
    found = converted_hours(given)
    assert list(found) == ["stack_so2_converted"]
    np.testing.assert_allclose(found["stack_so2_converted"], [90.0, NAN, NAN])
    again = converted_hours(samples({"stack_so2": [60.0], "stack_oxygen": [11.0]}, {"standard": "GB 16297"}))
    assert again["stack_so2_converted"].tolist() == [60.0]


@pytest.mark.parametrize("mark", ["M", "S", "D", "C", "B", "Td", "F", "?"])
def test_values_with_an_invalid_mark_are_not_judged(mark):
    found = judge(
        {"stack_so2": [500.0, 500.0], "stack_oxygen": [6.0, 6.0]}, COAL, marks={"stack_so2": [mark, "N"]}
    )  # fmt: skip
    assert found.klass.tolist() == [-1, 1]
    assert note(found) == (rules.STOPPED if mark == "F" else rules.MARKED)


def test_the_mark_says_why_a_value_is_missing():
    found = judge({"stack_so2": [NAN], "stack_oxygen": [6.0]}, COAL, marks={"stack_so2": ["D"]})
    assert note(found) == rules.MARKED


def test_a_marked_oxygen_content_converts_nothing():
    found = judge({"stack_so2": [50.0], "stack_oxygen": [6.0]}, COAL, marks={"stack_oxygen": ["C"]})
    assert (found.klass.tolist(), note(found)) == ([-1], rules.NO_OXYGEN)


@pytest.mark.parametrize("marked", ["stack_so2", "stack_oxygen", "stack_so2_converted"])
def test_a_converted_concentration_is_no_better_than_what_it_was_made_of(marked):
    found = judge({"stack_so2_converted": [500.0]}, COAL, marks={marked: ["D"]})
    assert found.klass.tolist() == [-1]


def test_over_range_is_a_lower_bound_and_not_judged():
    found = judge(
        {"ringelmann": [2.0, 0.5]}, COAL, marks={"ringelmann": ["T", "T"]}
    )  # fmt: skip
    assert found.klass.tolist() == [-1, -1]
    assert rules.OVER_RANGE in note(found)
    assert rules.OVER_RANGE not in note(found, 1)


def test_a_working_condition_excludes_from_2023_on():
    columns = {"stack_so2": [500.0], "stack_oxygen": [6.0]}
    marks = {"working_condition": ["启动"]}
    assert judge(columns, COAL, marks=marks, day=date(2022, 12, 31)).klass.tolist() == [1]
    found = judge(columns, COAL, marks=marks, day=date(2023, 1, 1))
    assert (found.klass.tolist(), note(found)) == ([-1], rules.EXCLUDED)


def test_the_permit_counts_where_it_is_stricter():
    found = judge({"stack_so2": [36.0], "stack_oxygen": [6.0]}, COAL | {"permit_stack_so2": 35.0})
    assert (found.klass.tolist(), note(found)) == ([1], rules.BY_PERMIT)
    lax = judge({"stack_so2": [101.0], "stack_oxygen": [6.0]}, COAL | {"permit_stack_so2": 200.0})
    assert (lax.klass.tolist(), note(lax)) == ([1], "")
    alone = judge({"stack_so2": [36.0], "stack_oxygen": [6.0]}, {"permit_stack_so2": 35.0})
    assert (alone.klass.tolist(), alone.edition[alone.edition_code[0]]) == ([1], "排污许可证")


def test_the_local_standard_counts_where_it_is_stricter():
    found = judge({"stack_so2": [36.0], "stack_oxygen": [6.0]}, COAL | {"local_stack_so2": 35.0})
    assert (found.klass.tolist(), note(found)) == ([1], rules.BY_LOCAL)


def test_outlets_that_say_too_little():
    columns = {"stack_so2": [36.0], "stack_oxygen": [6.0]}
    assert note(judge(columns, {})) == rules.NO_STANDARD
    assert note(judge(columns, {"standard": "gb13223"})) == rules.NO_LIMIT
    assert note(judge(columns, COAL, day=date(2011, 12, 31))) == rules.NO_LIMIT
    assert note(judge({"stack_so2": [NAN], "stack_oxygen": [6.0]}, COAL)) == rules.NOTHING
    assert note(judge({"cod": [10.0]}, {"standard": "gb18918"}, Period.DAY)) == rules.NO_GRADE
    assert judge({"ph": [7.0]}, {"standard": "gb18918"}, Period.DAY).klass.tolist() == [0]


def test_a_day_of_an_outlet_that_is_judged_by_the_hour():
    columns = {"stack_so2": [36.0], "stack_oxygen": [6.0]}
    found = judge(columns, COAL | {"permit_stack_so2": 35.0}, Period.DAY)
    assert (found.klass.tolist(), note(found)) == ([-1], rules.NO_LIMIT)


def test_an_edition_by_name():
    columns = {"stack_so2": [150.0], "stack_oxygen": [6.0]}
    assert judge(columns, COAL, edition="gb13223-2011", day=date(2000, 1, 1)).klass.tolist() == [1]
    assert judge(columns, {"category": "coal_boiler"}, edition="GB 13223-2011").klass.tolist() == [1]
    other = judge(columns, COAL, edition="GB 4915-2013")
    assert (other.klass.tolist(), note(other)) == ([-1], rules.OTHER_EDITION)
    with pytest.raises(UnknownEdition, match="GB 13223-2011"):
        judge(columns, COAL, edition="GB 99999")
    with pytest.raises(UnknownEdition):
        judge(columns, COAL, edition="HJ 75-2017")


def test_wet_gas_at_its_own_state_is_brought_to_the_standard_one_first():
    # 60 mg/m3 at 136.5 degC, 101.325 kPa, 10 % moisture: x 1.5 / 0.9 = 100 dry; at 6 % oxygen: the limit
    columns = {
        "stack_so2": [60.0, 60.1, 60.0], "stack_oxygen": [6.0] * 3, "stack_temperature": [136.5, 136.5, NAN],
        "stack_pressure": [0.0] * 3, "stack_moisture": [10.0] * 3,
    }  # fmt: skip
    found = judge(columns, COAL | {"basis": "wet_actual", "ambient_pressure": 101.325})
    assert found.klass.tolist() == [0, 1, -1]
    assert note(found, 2) == rules.NO_STATE


def test_wet_oxygen_is_dried():
    # 13.5 % wet at 10 % moisture is 15 % dry
    found = judge(
        {"stack_so2": [40.0, 40.1], "stack_oxygen": [13.5] * 2, "stack_moisture": [10.0] * 2},
        COAL | {"oxygen_basis": "wet"},
    )  # fmt: skip
    assert found.klass.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("nh3n", "temperature", "expected"),
    [(5, 20, 0), (5.1, 20, 1), (5.1, 12.1, 1), (8, 12, 0), (8.1, 12, 1), (5, NAN, 0), (8.1, NAN, 1), (6, NAN, -1)],
)
def test_gb18918_ammonia_by_the_temperature_of_the_water(nh3n, temperature, expected):
    found = judge({"nh3n": [nh3n], "water_temperature": [temperature]}, WORKS, Period.DAY)
    assert found.klass.tolist() == [expected]
    assert (rules.NO_TEMPERATURE in note(found)) == (expected == -1)


@pytest.mark.parametrize(("ph", "expected"), [(6, 0), (5.99, 1), (9, 0), (9.01, 1)])
def test_ph_is_a_range(ph, expected):
    found = judge({"ph": [ph]}, WORKS, Period.DAY)
    assert found.klass.tolist() == [expected]
    assert np.isnan(found.multiples.get("ph", np.array([NAN]))[0])


def test_a_limit_that_does_not_attain_itself():
    hospital = {"standard": "gb8978", "grade": "1", "category": "hospital"}
    assert judge({"residual_chlorine": [0.49, 0.5]}, hospital, Period.DAY).klass.tolist() == [0, 1]
    hospital["grade"] = "2"
    assert judge({"residual_chlorine": [3.01, 3.0]}, hospital, Period.DAY).klass.tolist() == [0, 1]


def test_not_to_be_detected():
    found = judge(
        {"alkyl_mercury": [10.0, 10.0]}, {"standard": "gb8978", "grade": "1"}, Period.DAY,
        below={"alkyl_mercury": [True, False]},
    )  # fmt: skip
    assert found.klass.tolist() == [0, 1]


def test_incinerators_are_judged_by_the_day():
    columns = {"stack_so2_converted": [90.0]}
    assert note(judge(columns, WASTE)) == rules.NO_LIMIT
    assert judge(columns, WASTE, Period.DAY).klass.tolist() == [1]
    manual = judge(columns, WASTE, Period.SAMPLE)
    assert manual.klass.tolist() == [0]  # a manual hour is held against 100


@pytest.mark.parametrize(("count", "expected"), [(5, 0), (6, 1)])
def test_more_than_five_low_furnace_temperatures_are_a_failure(count, expected):
    found = judge({"furnace_low_count": [count]}, WASTE, Period.DAY)
    assert found.klass.tolist() == [expected]


def test_in_exempt_hours_only_dust_is_judged():
    columns = {"smoke_dust": [151.0, 149.0], "stack_so2": [900.0] * 2, "stack_oxygen": [11.0] * 2}
    found = judge(columns, WASTE, marks={"working_condition": ["启炉", "启炉"]})
    assert found.klass.tolist() == [1, 0]
    assert words(found.exceeding) == ["smoke_dust"]
    dried = judge(columns, WASTE, marks={"working_condition": ["烘炉", "烘炉"]})
    assert dried.klass.tolist() == [-1, -1]


def test_rates_of_gb16297():
    # 15 m, class 2: 2.6 kg/h. 100 mg/m3 x 26000 m3/h = 2.6 kg/h
    columns = {"stack_so2": [100.0, 100.1], "waste_gas_flow": [26000 / 3600] * 2}
    found = judge(columns, {"standard": "gb16297", "stack_height": 15.0})
    assert found.klass.tolist() == [0, 1]
    assert note(found, 1) == rules.RATE
    low = judge(columns, {"standard": "gb16297", "stack_height": 15.0, "stack_top": "low"})
    assert low.klass.tolist() == [1, 1]


def test_no_rate_is_judged_where_the_zone_of_the_outlet_is_none_of_the_known():
    columns = {"stack_so2": [100.1], "waste_gas_flow": [26000 / 3600]}
    found = judge(columns, {"standard": "gb16297", "stack_height": 15.0, "air_zone": "class9"})
    assert found.klass.tolist() == [0]  # by its concentration
    assert note(found) == rules.NO_AIR_ZONE


def test_limits_from_memory_are_named():
    assert rules.UNSURE in note(judge({"stack_so2_converted": [10.0]}, WASTE, Period.DAY))
    assert note(judge({"cod": [10.0]}, WORKS, Period.DAY)) == ""
    assert rules.UNSURE in note(judge({"cod": [10.0]}, WORKS, Period.DAY, day=date(2026, 3, 1)))


def test_negative_values_count_as_missing():
    found = judge({"cod": [-1.0], "tp": [0.1]}, WORKS, Period.DAY)
    assert (found.klass.tolist(), note(found)) == ([0], rules.NEGATIVE)


def test_outlets_of_many_kinds_together_are_judged_as_alone():
    many = samples({"stack_so2": [60.0] * 4, "stack_oxygen": [6.0] * 4}, COAL)
    level = np.array([OPTION["level"].code(one) for one in ("general", "special", "ultra_low", "general")], np.int16)
    mixed = Samples(many.columns, many.time, None, {}, {**many.options, "level": level})
    assert verdict(mixed, period=Period.HOUR).klass.tolist() == [0, 1, 1, 0]


def test_the_days_of_an_edition_change_in_one_call():
    many = samples({"cod": [40.0] * 3}, WORKS, Period.DAY and date(2026, 2, 28), step=DAY_MS)
    found = verdict(many, period=Period.DAY)
    assert [found.edition[one] for one in found.edition_code] == [
        "GB 18918-2002", "GB 18918-2002（2026年修改单）", "GB 18918-2002（2026年修改单）",
    ]  # fmt: skip


@given(st.floats(0, 1000), st.floats(0, 1000), st.floats(0, 19.9))
def test_a_class_never_improves_when_a_concentration_rises(one, other, o2):
    low, high = sorted((one, other))
    found = judge({"stack_so2": [low, high], "stack_oxygen": [o2, o2]}, COAL)
    assert found.klass[0] <= found.klass[1]


def test_no_samples():
    found = judge({"stack_so2": [], "stack_oxygen": []}, COAL)
    assert len(found.klass) == 0
