from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.descriptor import Samples
from lichen.elements.noise.compliance import CLASSES, evaluate_day, evaluate_spot
from lichen.elements.noise.limits import PEAK, SUBJECT, ZONE, limits_of_point
from lichen.standards import UnknownEdition
from lichen.vocab.clock import HOUR_MS, day_start_ms

MAY = date(2026, 5, 1)


def sample(on=MAY, hour=0, edition=None, options=None, **columns):
    codes = {option.slug: option for option in (SUBJECT, ZONE, PEAK)}
    return Samples(
        {slug: np.array([value]) for slug, value in columns.items()},
        np.array([day_start_ms(on) + hour * HOUR_MS]), edition,
        options={slug: np.array([codes[slug].code(value)], np.int16) for slug, value in (options or {}).items()},
    )  # fmt: skip


def word(verdict):
    return CLASSES[verdict.klass[0]].word if verdict.klass[0] >= 0 else None


def said(verdict):
    return verdict.notes[verdict.note[0]]


# GB 3096-2008 table 1; GB 12348-2008 and GB 22337-2008 table 1; GB 12523-2011
LIMITS = [
    ("ambient", "0", 50, 40), ("ambient", "1", 55, 45), ("ambient", "2", 60, 50), ("ambient", "3", 65, 55),
    ("ambient", "4a", 70, 55), ("ambient", "4b", 70, 60),
    ("industry", "0", 50, 40), ("industry", "1", 55, 45), ("industry", "2", 60, 50), ("industry", "3", 65, 55),
    ("industry", "4", 70, 55), ("industry", "4a", 70, 55), ("industry", "4b", 70, 55),
    ("social", "0", 50, 40), ("social", "1", 55, 45), ("social", "2", 60, 50), ("social", "3", 65, 55),
    ("social", "4", 70, 55), ("construction", "", 70, 55),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "zone", "day", "night"), LIMITS, ids=lambda x: str(x))
def test_the_limit_itself_attains(subject, zone, day, night):
    options = {"noise_subject": subject, "zone": zone}
    assert word(evaluate_day(sample(options=options, ld=float(day), ln=float(night)))) == "达标"
    assert word(evaluate_day(sample(options=options, ld=day + 0.04, ln=night + 0.04))) == "达标"  # rounded first
    verdict = evaluate_day(sample(options=options, ld=day + 0.1, ln=float(night)))
    assert word(verdict) == "超标"
    assert [slug for slug in verdict.deciding if verdict.deciding[slug][0]] == ["ld"]
    verdict = evaluate_day(sample(options=options, ld=float(day), ln=night + 0.1))
    assert [slug for slug in verdict.exceeding if verdict.exceeding[slug][0]] == ["ln"]
    assert verdict.sub["ld"][0] == 0
    assert verdict.sub["ln"][0] == 1


@pytest.mark.parametrize(("hour", "night"), [(5, True), (6, False), (21, False), (22, True)])
def test_an_hour_is_judged_by_the_part_of_the_day(hour, night):
    verdict = evaluate_spot(sample(hour=hour, options={"zone": "2"}, leq=55.0))
    assert word(verdict) == ("超标" if night else "达标")


@pytest.mark.parametrize(
    ("weather", "judged"), [({"wind_speed": 4.9}, True), ({"wind_speed": 5.0}, False), ({"precipitation": 0.1}, False),
                            ({"precipitation": 0.0, "wind_speed": np.nan}, True)])  # fmt: skip
def test_unsuitable_weather_gives_no_verdict(weather, judged):
    verdict = evaluate_spot(sample(hour=12, options={"zone": "2"}, leq=70.0, lmax=90.0, **weather))
    assert (word(verdict) is not None) is judged
    assert judged or said(verdict) == "风速达到5 m/s或有降水，不符合测量气象条件，未评价"


@pytest.mark.parametrize(
    ("subject", "peak", "over", "expected"),
    [
        ("industry", "frequent", 10.0, "达标"), ("industry", "frequent", 10.1, "超标"),
        ("industry", "occasional", 15.0, "达标"), ("industry", "occasional", 15.1, "超标"),
        ("construction", "", 15.0, "达标"), ("construction", "", 15.1, "超标"),
        ("social", "", 40.0, "达标"), ("ambient", "", 40.0, "达标"),
    ],
)  # fmt: skip
def test_night_time_peaks(subject, peak, over, expected):
    options = {"noise_subject": subject, "zone": "2", "night_peak": peak}
    limit = 55.0 if subject == "construction" else 50.0
    assert word(evaluate_day(sample(options=options, ld=50.0, ln=45.0, lmax_night=limit + over))) == expected


def test_a_peak_in_a_functional_zone_is_told_and_not_counted():
    verdict = evaluate_day(sample(options={"zone": "1"}, ld=50.0, ln=40.0, lmax_night=60.1))
    assert verdict.exceeding["lmax_night"][0]
    assert not verdict.deciding["lmax_night"][0]
    assert said(verdict) == "夜间最大声级超过限值的幅度高于15 dB(A)，不计入达标评价（5.4）"


def test_a_peak_of_unknown_kind_is_judged_where_both_kinds_agree():
    options = {"noise_subject": "industry", "zone": "2"}
    between = evaluate_day(sample(options=options, ld=50.0, ln=45.0, lmax_night=62.0))
    assert (word(between), said(between)) == ("达标", "未登记夜间噪声为频发或偶发，最大声级未评价")
    assert word(evaluate_day(sample(options=options, ld=50.0, ln=45.0, lmax_night=65.1))) == "超标"


def test_peaks_count_in_spot_readings_of_the_night_only():
    options = {"noise_subject": "construction"}
    assert word(evaluate_spot(sample(hour=12, options=options, leq=50.0, lmax=100.0))) == "达标"
    assert word(evaluate_spot(sample(hour=23, options=options, leq=50.0, lmax=100.0))) == "超标"


@pytest.mark.parametrize(
    ("subject", "on", "edition"),
    [
        ("ambient", date(2008, 9, 30), ""), ("ambient", date(2008, 10, 1), "GB 3096-2008"),
        ("industry", date(2008, 9, 30), ""), ("industry", date(2008, 10, 1), "GB 12348-2008"),
        ("social", date(2008, 9, 30), ""), ("social", date(2008, 10, 1), "GB 22337-2008"),
        ("construction", date(2012, 6, 30), ""), ("construction", date(2012, 7, 1), "GB 12523-2011"),
        ("construction", date(2025, 12, 31), "GB 12523-2011"), ("construction", date(2026, 1, 1), "GB 12523-2025"),
    ],
)  # fmt: skip
def test_the_day_picks_the_edition(subject, on, edition):
    verdict = evaluate_day(sample(on, options={"noise_subject": subject, "zone": "2"}, ld=50.0, ln=40.0))
    assert verdict.edition[verdict.edition_code[0]] == edition
    assert word(verdict) == ("达标" if edition else None)
    assert edition or said(verdict) == "当日没有现行有效的标准，未评价"


def test_an_edition_by_name():
    options = {"noise_subject": "construction"}
    verdict = evaluate_day(sample(edition="GB 12523-2011", options=options, ld=50.0, ln=40.0))
    assert verdict.edition[verdict.edition_code[0]] == "GB 12523-2011"
    other = evaluate_day(sample(edition="GB 12523-2011", options={"zone": "2"}, ld=50.0, ln=40.0))
    assert (word(other), said(other)) == (None, "GB 12523-2011不适用于该评价对象，未评价")
    for wrong in ("GB 3096-1993", "HJ 640-2012"):
        with pytest.raises(UnknownEdition, match="GB 12348-2008"):
            evaluate_day(sample(edition=wrong, options=options, ld=50.0))


@pytest.mark.parametrize(
    ("options", "columns", "expected", "note"),
    [
        ({}, {"ld": 50.0, "ln": 40.0}, None, "未登记声环境功能区类别，未评价"),
        ({"zone": "4"}, {"ld": 50.0, "ln": 40.0}, None, "标准没有该类声环境功能区的限值，未评价"),
        ({"zone": "2"}, {"ld": 50.0}, "达标", "夜间等效声级缺测，仅评价昼间"),
        ({"zone": "2"}, {"ln": 50.1}, "超标", "昼间等效声级缺测，仅评价夜间"),
        ({"zone": "2"}, {}, None, "昼间、夜间等效声级均缺测，未评价"),
        ({"zone": "2"}, {"ld": -3.0, "ln": 40.0}, "达标", "昼间等效声级缺测，仅评价夜间"),
    ],
)
def test_what_is_missing_is_said(options, columns, expected, note):
    verdict = evaluate_day(sample(options=options, **columns))
    assert word(verdict) == expected
    assert note in said(verdict)


@given(st.floats(20, 100), st.floats(20, 100), st.floats(0, 20), st.sampled_from(list(ZONE.choices)))
def test_more_noise_is_never_better(day, night, more, zone):
    quiet = evaluate_day(sample(options={"zone": zone}, ld=day, ln=night)).klass[0]
    assert evaluate_day(sample(options={"zone": zone}, ld=day + more, ln=night)).klass[0] >= quiet
    assert evaluate_day(sample(options={"zone": zone}, ld=day, ln=night + more)).klass[0] >= quiet


def test_rows_do_not_depend_on_each_other():
    subjects = ("ambient", "industry", "social", "construction")
    zones = np.arange(40, dtype=np.int16) % 7
    days = np.array([day_start_ms(MAY - timedelta(days=300 * n)) for n in range(40)])
    rng = np.random.default_rng(3)
    all_of_it = {
        "columns": {
            "ld": rng.uniform(45, 75, 40),
            "ln": rng.uniform(35, 65, 40),
            "lmax_night": rng.uniform(50, 80, 40),
        },
        "options": {"zone": zones, "noise_subject": (np.arange(40, dtype=np.int16) % len(subjects))},
    }
    together = evaluate_day(Samples(time=days, **all_of_it))
    for row in range(40):
        alone = evaluate_day(
            Samples(time=days[row : row + 1],
                    **{kind: {slug: c[row : row + 1] for slug, c in of.items()} for kind, of in all_of_it.items()})
        )  # fmt: skip
        assert alone.klass[0] == together.klass[row]
        assert said(alone) == together.notes[together.note[row]]


@pytest.mark.parametrize(
    ("attributes", "on", "values", "clause"),
    [
        ({"zone": "2"}, date(2008, 9, 30), [], None),
        ({"zone": "2"}, date(2008, 10, 1), [60.0, 50.0], "GB 3096-2008 table 1"),
        ({"zone": [{"value": "2"}, {"from": "2026-05-01", "value": "3"}]}, MAY, [65.0, 55.0], "GB 3096-2008 table 1"),
        ({"zone": "4b", "noise_subject": "industry"}, MAY, [70.0, 55.0], "GB 12348-2008 table 1"),
        ({"noise_subject": "construction"}, MAY, [70.0, 55.0], "GB 12523-2025 limits of the site boundary"),
        ({}, MAY, [], None), ({"zone": "?"}, MAY, [], None), ({"zone": "2", "noise_subject": "?"}, MAY, [], None),
    ],
)  # fmt: skip
def test_limit_lines_of_a_point(attributes, on, values, clause):
    lines = limits_of_point(attributes, on)
    assert [line.value for line in lines] == values
    assert all(line.clause == clause for line in lines)
