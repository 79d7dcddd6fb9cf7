"""Which limit counts at an outlet, on which day, and why."""

from datetime import date

import pytest

from lichen.elements.sources.limits import limit_lines, outlet_limits
from lichen.vocab.periods import Period

TODAY = date(2025, 6, 1)
COAL = {"standard": "gb13223", "category": "coal_boiler"}
COAL_BOILER = {"standard": "gb13271", "category": "coal_boiler"}
OIL_BOILER = {"standard": "gb13271", "category": "oil_boiler"}
KILN = {"standard": "gb4915", "category": "cement_kiln"}
SINTER = {"standard": "gb28662", "category": "sinter_machine"}
PELLETS = {"standard": "gb28662", "category": "pellet_grate"}
EXISTING = {"built": "existing"}


def limit(attributes, parameter, period=Period.HOUR, on=TODAY):
    found = [one for one in outlet_limits(attributes, on, period) if one.bound.parameter == parameter]
    return found[0] if found else None


def high(attributes, parameter, period=Period.HOUR, on=TODAY):
    found = limit(attributes, parameter, period, on)
    return None if found is None else found.bound.high


@pytest.mark.parametrize(
    ("attributes", "parameter", "expected"),
    [
        (COAL, "stack_so2", 100),
        (COAL | {"region": "southwest"}, "stack_so2", 200),
        (COAL | EXISTING, "stack_so2", 200),
        (COAL | {"built": "existing", "region": "southwest"}, "stack_so2", 400),
        (COAL | {"furnace": "w_flame_cfb"}, "stack_nox", 200),
        (COAL | {"level": "special"}, "stack_so2", 50),
        (COAL | {"level": "ultra_low"}, "smoke_dust", 10),
        (COAL | {"level": "ultra_low"}, "hg_compounds", 0.03),
        ({"standard": "gb13223", "category": "natural_gas_turbine", "level": "special"}, "stack_nox", 50),
        ({"standard": "gb13271", "category": "gas_boiler"}, "stack_nox", 200),
        ({"standard": "gb13271", "category": "gas_boiler", "level": "special"}, "stack_nox", 150),
        (COAL_BOILER | EXISTING | {"region": "southwest"}, "stack_so2", 550),
        (KILN, "stack_nox", 400),
        ({"standard": "gb4915", "category": "cement_mill_cooler"}, "stack_so2", None),
        ({"standard": "gb4915", "category": "cement_dryer"}, "stack_so2", 600),
        ({"standard": "gb28662", "category": "pellet_grate", "level": "ultra_low"}, "stack_nox", 50),
        ({"standard": "gb28663", "category": "cast_house", "level": "special"}, "smoke_dust", 15),
        ({"standard": "coking", "level": "ultra_low"}, "stack_so2", 30),
        ({"standard": "coking"}, "stack_so2", None),
        ({"standard": "gb16297"}, "stack_so2", 550),
        ({"standard": "gb16297", "category": "sulfur_production"}, "stack_so2", 960),
        ({"standard": "gb16297"}, "sulfuric_acid_mist", 45),
        ({"standard": "gb16297", "category": "carbon_black_dye"}, "smoke_dust", 18),
        ({"standard": "gb16297"}, "smoke_dust", 120),
        ({"standard": "gb16297", "category": "fence"}, "so2", 400),  # 0.40 mg/m3 in ug/m3
        ({"standard": "gb16297", "category": "fence"}, "hcl", 0.2),
        ({"standard": "gb16297", "category": "fence"}, "air_fluorides", 0.02),
        ({"standard": "gb16297", "category": "fence"}, "asbestos_dust", None),
        ({"standard": "gb4915", "category": "fence"}, "tsp", 500),
        ({"standard": "gb16297"}, "so2", None),
    ],
)  # fmt: skip
def test_hour_limits_of_gas(attributes, parameter, expected):
    assert high(attributes, parameter) == expected


@pytest.mark.parametrize(
    ("attributes", "parameter", "expected"),
    [
        ({"standard": "gb18918", "grade": "1A"}, "cod", 50),
        ({"standard": "gb18918", "grade": "一级B"}, "tn", 20),
        ({"standard": "gb18918", "grade": "2"}, "tn", None),
        ({"standard": "gb18918", "grade": "1A", "built": "existing"}, "tp", 1),
        ({"standard": "gb18918", "grade": "1A"}, "tp", 0.5),
        ({"standard": "gb18918"}, "total_hg", 1.0),  # 0.001 mg/L in ug/L
        ({"standard": "gb18918"}, "cod", None),  # no grade was registered
        ({"standard": "gb8978", "grade": "1"}, "cod", 100),
        ({"standard": "gb8978", "grade": "1", "category": "petrochemical"}, "cod", 60),
        ({"standard": "gb8978", "grade": "2", "category": "leather"}, "cod", 300),
        ({"standard": "gb8978", "grade": "3", "built": "existing"}, "petroleum", 30),
        ({"standard": "gb8978", "grade": "3"}, "nh3n", None),
        ({"standard": "gb8978", "grade": "2", "region": "low_fluoride"}, "f", 20),
        ({"standard": "gb8978"}, "cr6", 500),  # first class: no grade; 0.5 mg/L in ug/L
        ({"standard": "gb18485"}, "stack_so2", 80),
        ({"standard": "gb18484"}, "hydrogen_fluoride", 2.0),
    ],
)  # fmt: skip
def test_day_limits(attributes, parameter, expected):
    assert high(attributes, parameter, Period.DAY) == pytest.approx(expected) if expected else True
    assert (limit(attributes, parameter, Period.DAY) is None) == (expected is None)


@pytest.mark.parametrize(
    ("attributes", "parameter", "day_of", "period"),
    [
        (COAL, "stack_so2", date(2012, 1, 1), Period.HOUR),
        (COAL | EXISTING, "stack_so2", date(2014, 7, 1), Period.HOUR),
        (COAL, "hg_compounds", date(2015, 1, 1), Period.HOUR),
        (OIL_BOILER, "stack_so2", date(2014, 7, 1), Period.HOUR),
        (OIL_BOILER | EXISTING, "stack_so2", date(2015, 10, 1), Period.HOUR),
        (OIL_BOILER | EXISTING | {"size": "small"}, "stack_so2", date(2016, 7, 1), Period.HOUR),
        (KILN, "stack_so2", date(2014, 3, 1), Period.HOUR),
        (KILN | EXISTING, "stack_so2", date(2015, 7, 1), Period.HOUR),
        ({"standard": "gb18485"}, "stack_so2", date(2014, 7, 1), Period.DAY),
        ({"standard": "gb18485", "built": "existing"}, "stack_so2", date(2016, 1, 1), Period.DAY),
        ({"standard": "gb18484"}, "stack_so2", date(2021, 7, 1), Period.DAY),
        ({"standard": "gb18484", "built": "existing"}, "stack_so2", date(2022, 1, 1), Period.DAY),
        (SINTER, "stack_so2", date(2012, 10, 1), Period.HOUR),
        (SINTER | EXISTING, "stack_so2", date(2015, 1, 1), Period.HOUR),
        ({"standard": "gb16297"}, "stack_so2", date(1997, 1, 1), Period.HOUR),
        ({"standard": "gb18918", "grade": "1A"}, "cod", date(2003, 7, 1), Period.DAY),
        ({"standard": "gb8978", "grade": "1"}, "cod", date(1998, 1, 1), Period.DAY),
    ],
)  # fmt: skip
def test_a_limit_begins_on_its_day(attributes, parameter, day_of, period):
    assert high(attributes, parameter, period, date.fromordinal(day_of.toordinal() - 1)) is None
    assert high(attributes, parameter, period, day_of) is not None


def test_the_amendment_of_gb18918_is_marked_as_not_read_in_full():
    works = {"standard": "gb18918", "grade": "1A"}
    before = limit(works, "cod", Period.DAY, date(2026, 2, 28)).bound
    after = limit(works, "cod", Period.DAY, date(2026, 3, 1)).bound
    assert (before.edition, before.status) == ("GB 18918-2002", "verified")
    assert (after.edition, after.status) == ("GB 18918-2002（2026年修改单）", "memory")


def test_ultra_low_values_hold_from_their_notice_on():
    plant = COAL | {"level": "ultra_low"}
    assert high(plant, "stack_so2", on=date(2015, 11, 30)) == 100
    assert high(plant, "stack_so2", on=date(2015, 12, 1)) == 35


@pytest.mark.parametrize(
    ("more", "expected", "level", "reason"),
    [
        ({}, 100, "general", "GB 13223-2011表1的100"),
        ({"permit_stack_so2": 35}, 35, "permit", "排污许可证的35，严于GB 13223-2011表1的100"),
        ({"permit_stack_so2": 150}, 100, "general", None),
        ({"local_stack_so2": 50}, 50, "local", "地方标准的50，严于GB 13223-2011表1的100"),
        ({"local_stack_so2": 50, "permit_stack_so2": 50}, 50, "permit", None),
        ({"level": "special", "permit_stack_so2": 50}, 50, "permit", None),
        ({"level": "special", "local_stack_so2": 60}, 50, "special", None),
    ],
)
def test_the_stricter_counts_and_equal_ones_in_the_order_of_lookup(more, expected, level, reason):
    found = limit(COAL | more, "stack_so2")
    assert (found.bound.high, found.bound.level) == (expected, level)
    if reason is not None:
        assert found.reason_zh == reason


def test_a_laxer_permit_is_named_in_the_reason():
    found = limit(COAL | {"permit_stack_so2": 150}, "stack_so2")
    assert found.reason_zh == "GB 13223-2011表1的100，严于排污许可证的150"


def test_attributes_change_by_date():
    plant = COAL | {"permit_stack_so2": [{"value": 80}, {"from": "2025-01-01", "value": 35}]}
    assert high(plant, "stack_so2", on=date(2024, 12, 31)) == 80
    assert high(plant, "stack_so2", on=date(2025, 1, 1)) == 35


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (COAL, 6), ({"standard": "gb13223", "category": "natural_gas_boiler"}, 3),
        ({"standard": "gb13223", "category": "oil_turbine"}, 15), (COAL_BOILER, 9),
        ({"standard": "gb13271", "category": "gas_boiler"}, 3.5), (KILN, 10),
        (SINTER, 16), (PELLETS, 18),
        (COAL | {"reference_o2": 9}, 9),
    ],
)  # fmt: skip
def test_reference_oxygen(attributes, expected):
    assert limit(attributes, "smoke_dust").reference_o2 == expected


def test_charts_draw_the_limit_of_the_converted_concentration_and_no_range():
    lines = limit_lines(COAL | {"permit_stack_so2": 35}, TODAY)
    so2 = next(line for line in lines if line.parameter == "stack_so2_converted")
    assert (so2.value, so2.period, so2.clause) == (35, Period.HOUR, "排污许可证")
    water = limit_lines({"standard": "gb18918", "grade": "1A"}, TODAY)
    assert [line.value for line in water if line.parameter == "nh3n"] == [5, 8]
    assert not any(line.parameter == "ph" for line in water)
