"""The index, rule by rule. Limits are read off the printed tables by hand."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.air.aqi import aqi
from lichen.elements.air.element import AIR
from lichen.elements.descriptor import Samples
from lichen.standards import UnknownEdition
from lichen.vocab.clock import DAY_MS, HOUR_MS, day_start_ms
from lichen.vocab.periods import Period

OLD, NEW = "HJ 633-2012", "HJ 633-2026"
CLEAN = {"so2": 5.0, "no2": 10.0, "co": 0.5, "o3": 50.0, "o3_8h": 40.0, "pm10": 20.0, "pm25": 10.0}
SPRING = day_start_ms(date(2026, 3, 1))
FAR = day_start_ms(date(2031, 1, 1))


def names(flags, row):
    return tuple(slug for slug, rows in flags.items() if rows[row])


class One:
    """The verdict on one sample."""

    def __init__(self, period, edition=None, time=SPRING, **values):
        columns = {slug: np.array([value], dtype=float) for slug, value in values.items()}
        found = aqi(Samples(columns, np.array([time]), edition), period=period)
        self.index = found.index[0]
        self.word = AIR.classes[found.klass[0]].word if found.klass[0] >= 0 else None
        self.primary = names(found.deciding, 0)
        self.exceeding = names(found.exceeding, 0)
        self.sub = {slug: column[0] for slug, column in found.sub.items()}
        self.note = found.notes[found.note[0]]
        self.edition = found.edition[found.edition_code[0]]


def hour(edition=None, time=SPRING, **values):
    return One(Period.HOUR, edition, time, **{**CLEAN, **values})


def day(edition=None, time=SPRING, **values):
    return One(Period.DAY, edition, time, **{**CLEAN, **values})


COMMON = {
    ("day", "so2"): (50, 150, 475, 800, 1600, 2100, 2620),
    ("day", "no2"): (40, 80, 180, 280, 565, 750, 940),
    ("day", "co"): (2, 4, 14, 24, 36, 48, 60),
    ("day", "o3_8h"): (100, 160, 215, 265, 800),
    ("hour", "so2"): (150, 500, 650, 800),
    ("hour", "no2"): (100, 200, 700, 1200, 2340, 3090, 3840),
    ("hour", "co"): (5, 10, 35, 60, 90, 120, 150),
    ("hour", "o3"): (160, 200, 300, 400, 800, 1000, 1200),
}
PARTICLES = {
    OLD: {"pm10": (50, 150, 250, 350, 420, 500, 600), "pm25": (35, 75, 115, 150, 250, 350, 500)},
    NEW: {"pm10": (50, 120, 250, 350, 420, 500, 600), "pm25": (35, 60, 115, 150, 250, 350, 500)},
}
INDEX = (50, 100, 150, 200, 300, 400, 500)
CASES = [
    pytest.param(edition, period, slug, concentration, index, id=f"{edition} {clause} {period} {slug} {index}")
    for edition, clause in ((OLD, "table 1"), (NEW, "table 3"))
    for (period, slug), row in (
        *COMMON.items(),
        *(((period, slug), row) for period in ("hour", "day") for slug, row in PARTICLES[edition].items()),
    )
    for concentration, index in zip(row, INDEX, strict=False)
]


@pytest.mark.parametrize(("edition", "period", "slug", "concentration", "index"), CASES)
def test_at_below_and_above_each_breakpoint(edition, period, slug, concentration, index):
    judge = {"hour": hour, "day": day}[period]
    step = 0.1 if slug == "co" else 1
    assert judge(edition, **{slug: concentration}).sub[slug] == index
    assert judge(edition, **{slug: concentration - step}).sub[slug] <= index
    above = judge(edition, **{slug: concentration + step}).sub[slug]
    if concentration == {("hour", "so2"): 800, ("day", "o3_8h"): 800}.get((period, slug)):
        assert np.isnan(above) if edition == OLD else above == index
    else:
        assert above == 500 if index == 500 else above > index


# By hand: (100-50)/(75-35)*(61-35)+50 = 82.5; (100-50)/(60-35)*(60-35)+50 = 100;
# (150-100)/(115-60)*(61-60)+100 = 100.9; (100-50)/(4-2)*(2.1-2)+50 = 52.5.
@pytest.mark.parametrize(
    ("edition", "slug", "value", "index"),
    [(OLD, "pm25", 61, 83), (NEW, "pm25", 60, 100), (NEW, "pm25", 61, 101), (OLD, "co", 2.1, 53), (NEW, "co", 2.1, 53)],
)
def test_formula_1_rounds_up(edition, slug, value, index):
    assert day(edition, **{slug: value}).index == index


@pytest.mark.parametrize(
    ("time", "edition", "index"),
    [(SPRING - HOUR_MS, OLD, 83), (SPRING - 1, OLD, 83), (SPRING, NEW, 101), (FAR, NEW, 101)],
    ids=["2026-02-28 23:00", "last moment", "2026-03-01 00:00", "2031-01-01"],
)
def test_the_beijing_day_picks_the_edition(time, edition, index):
    found = hour(time=time, pm25=61)
    assert (found.edition, found.index) == (edition, index)


def test_a_table_may_cross_the_change_of_editions():
    time = SPRING + np.arange(-3, 3) * DAY_MS
    columns = {slug: np.full(6, x) for slug, x in {**CLEAN, "pm25": 61.0}.items()}
    found = aqi(Samples(columns, time), period=Period.DAY)
    assert found.index.tolist() == [83.0] * 3 + [101.0] * 3
    assert [found.edition[code] for code in found.edition_code] == [OLD] * 3 + [NEW] * 3


def test_before_the_first_edition_there_is_no_verdict_unless_asked_for():
    early = day_start_ms(date(2015, 12, 31))
    found = day(time=early)
    assert (found.index, found.word, found.edition) == (pytest.approx(np.nan, nan_ok=True), None, "")
    assert "没有现行有效的" in found.note
    assert day("2012", time=early).word == "优"
    with pytest.raises(UnknownEdition, match="known: HJ 633-2012, HJ 633-2026"):
        day("HJ 633-1999")


# HJ 633-2026, 4.2.2: GB/T 8170 before the index; the 2012 edition says nothing of it.
@pytest.mark.parametrize(
    ("slug", "value", "new", "old"),
    [("pm25", 60.5, 100, 82), ("pm25", 61.5, 102, 84), ("pm25", 35.4, 50, 51), ("co", 4.05, 100, 101)],
)
def test_the_new_edition_rounds_the_concentration_half_to_even(slug, value, new, old):
    assert day(NEW, **{slug: value}).sub[slug] == new
    assert day(OLD, **{slug: value}).sub[slug] == old


def test_so2_of_an_hour_above_800():
    old, new = hour(OLD, so2=801), hour(NEW, so2=801)
    assert np.isnan(old.sub["so2"])
    assert (old.index, old.primary, old.exceeding) == (20, (), ("so2",))  # PM10 of CLEAN: 20
    assert "不计算1小时分指数" in old.note
    assert (new.sub["so2"], new.index, new.primary) == (200, 200, ("so2",))
    assert "分指数取200" in new.note


def test_o3_of_eight_hours_above_800():
    old, new = day(OLD, o3_8h=801, o3=900), day(NEW, o3_8h=801, o3=900)
    assert np.isnan(old.sub["o3_8h"])
    assert (old.index, old.primary) == (350, ("o3",))
    assert "以1小时分指数计" in old.note
    assert (new.index, new.primary) == (300, ("o3_8h",))
    assert np.isnan(new.sub["o3"])  # no daily item any more


def test_a_day_has_seven_items_in_2012_and_six_in_2026():
    assert day(OLD, o3=200).index == 100
    assert day(NEW, o3=200).index == 20  # PM10 of CLEAN


def test_an_hour_takes_six_one_hour_values():
    assert hour(OLD, o3_8h=300).primary == hour(NEW, o3_8h=300).primary == ()
    assert hour(OLD, pm25=75).index == 100


def test_a_missing_item():
    # 5.3.1 of 2026: the rest is published above 100 only
    calm, foul = hour(NEW, co=np.nan, pm25=60), hour(NEW, co=np.nan, pm25=61)
    assert np.isnan(calm.index)
    assert (calm.word, calm.primary, calm.sub["pm25"]) == (None, (), 100)
    assert "不发布AQI" in calm.note
    assert (foul.index, foul.word) == (101, "轻度污染")
    assert "5.3.1" in foul.note
    old = hour(OLD, co=np.nan, pm25=60)
    assert (old.index, old.note) == (82, "CO缺测，AQI取自其余项目")


def test_nothing_at_all():
    for edition in (OLD, NEW):
        found = One(Period.HOUR, edition)
        assert np.isnan(found.index)
        assert (found.word, found.primary, found.note) == (None, (), "各项均缺测，无AQI")


def test_the_index_begins_at_0_or_1():
    nothing = dict.fromkeys(CLEAN, 0.0)
    assert hour(OLD, **nothing).index == 0
    assert hour(NEW, **nothing).index == 1
    assert hour(OLD, **nothing).word == hour(NEW, **nothing).word == "优"


@pytest.mark.parametrize(
    ("index", "word"),
    [
        (50, "优"), (51, "良"), (100, "良"), (101, "轻度污染"), (150, "轻度污染"), (151, "中度污染"), (200, "中度污染"),
        (201, "重度污染"), (300, "重度污染"), (301, "严重污染"), (500, "严重污染"),
    ],
)  # fmt: skip
def test_classes(index, word):
    # NO2 of an hour: 100 → 50, 200 → 100, 700 → 150, 1200 → 200, 2340 → 300, 3090 → 400, 3840 → 500
    inverse = np.interp(index, (0, 50, 100, 150, 200, 300, 400, 500), (0, 100, 200, 700, 1200, 2340, 3090, 3840))
    found = hour(NEW, no2=np.floor(inverse))
    assert (found.index, found.word) == (index, word)


def test_official_colours():
    assert [(one.word, one.rgb) for one in AIR.classes] == [
        ("优", (0, 228, 0)), ("良", (255, 255, 0)), ("轻度污染", (255, 126, 0)), ("中度污染", (255, 0, 0)),
        ("重度污染", (153, 0, 76)), ("严重污染", (126, 0, 35)),
    ]  # fmt: skip


def test_primary_pollutants_above_50_and_ties_in_order():
    assert hour(NEW, pm10=50, pm25=35).primary == ()
    assert hour(NEW, pm10=51).primary == ("pm10",)
    assert hour(NEW, so2=500, no2=200, co=10, o3=200, pm10=120, pm25=60).primary == (
        "so2", "no2", "co", "o3", "pm10", "pm25",
    )  # fmt: skip
    assert day(OLD, o3=200, o3_8h=160).primary == ("o3", "o3_8h")


def test_exceeding():
    assert day(NEW, pm25=60, no2=80).exceeding == ()
    assert day(NEW, pm25=61, no2=81).exceeding == ("no2", "pm25")
    assert hour(NEW, pm25=61).exceeding == ("pm25",)
    # GB 3095-2026, table 1: NO2 50 and PM2.5 50 a day from 2031; the index stays what it is
    assert day(time=FAR - DAY_MS, pm25=51, no2=51).exceeding == ()
    found = day(time=FAR, pm25=51, no2=51)
    assert (found.exceeding, found.index) == (("no2", "pm25"), 82)


def test_negative_values():
    near, far = hour(NEW, so2=-3), hour(NEW, so2=-99, pm25=100)
    assert (near.sub["so2"], near.index) == (0, 20)
    assert "按0计" in near.note
    assert np.isnan(far.sub["so2"])
    assert "按缺测计" in far.note


def test_beyond_the_table_the_index_stays_500():
    found = hour(NEW, pm10=10_000)
    assert (found.index, found.word) == (500, "严重污染")
    assert "PM10高于600" in found.note
    assert hour(NEW, pm10=np.inf).index == 500


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="pm25 has 2 rows"):
        aqi(Samples({"pm25": np.zeros(2)}, np.array([SPRING])), period=Period.HOUR)


@pytest.mark.parametrize("period", [Period.HOUR, Period.DAY])
@pytest.mark.parametrize("edition", [OLD, NEW])
@given(data=st.data())
def test_the_index_never_falls_when_a_concentration_rises(edition, period, data):
    concentration = st.floats(0, 790)
    base = {slug: data.draw(concentration) for slug in AIR.inputs[period]}
    slug = data.draw(st.sampled_from(AIR.inputs[period]))
    rising = np.sort(np.array(data.draw(st.lists(concentration, min_size=2, max_size=20))))
    columns = {name: np.full(len(rising), value) for name, value in base.items()} | {slug: rising}
    found = aqi(Samples(columns, np.full(len(rising), SPRING), edition), period=period)
    assert (np.diff(found.index) >= 0).all()
    assert (np.diff(found.klass) >= 0).all()


@pytest.mark.parametrize("edition", [OLD, NEW])
@given(st.lists(st.tuples(*[st.one_of(st.just(np.nan), st.floats(-200, 5000))] * 6), min_size=1, max_size=30))
def test_samples_do_not_touch_each_other(edition, samples):
    slugs = AIR.inputs[Period.HOUR]
    columns = {slug: np.array([sample[at] for sample in samples]) for at, slug in enumerate(slugs)}
    together = aqi(Samples(columns, np.full(len(samples), SPRING), edition), period=Period.HOUR)
    for row, sample in enumerate(samples):
        alone = One(Period.HOUR, edition, **dict(zip(slugs, sample, strict=True)))
        np.testing.assert_equal(together.index[row], alone.index)
        assert together.notes[together.note[row]] == alone.note
        assert names(together.deciding, row) == alone.primary
        assert (together.klass[row] < 0) == np.isnan(together.index[row])
        assert np.isnan(alone.index) or 0 <= alone.index <= 500
