from datetime import date

import numpy as np
import pytest

from lichen.elements.descriptor import Samples, Site, Survey
from lichen.elements.ecology.ei import INDICES
from lichen.elements.ecology.element import ECOLOGY
from lichen.elements.ecology.grades import CLASSES
from lichen.elements.ecology.judgement import evaluate
from lichen.elements.ecology.reports import REPORTS
from lichen.elements.ecology.shelf import SHELF
from lichen.standards import UnknownEdition
from lichen.vocab.clock import day_start_ms
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period

FIVE = dict(zip(INDICES, (60.0, 80.0, 40.0, 20.0, 10.0), strict=True))
REPORT = {report.slug: report.make for report in REPORTS}


def judge(on, edition=None, **columns):
    samples = Samples(
        {slug: np.array([value]) for slug, value in columns.items()}, np.array([day_start_ms(on)]), edition
    )
    verdict = evaluate(samples)
    word = CLASSES[verdict.klass[0]].word if verdict.klass[0] >= 0 else None
    return word, float(verdict.index[0]), verdict.edition[verdict.edition_code[0]], verdict.notes[verdict.note[0]]


def test_ei_of_its_indices():
    assert judge(date(2018, 1, 1), **FIVE) == ("良", 68.0, "HJ 192-2015", "")
    lowered = judge(date(2018, 1, 1), **FIVE, environmental_restriction_level=2.0)
    assert lowered == ("一般", 54.9, "HJ 192-2015", "")


def test_a_published_ei_counts_where_an_index_is_missing():
    assert judge(date(2018, 1, 1), ei=60.0)[:2] == ("良", 60.0)
    assert judge(date(2018, 1, 1), **FIVE | {"ei": 60.0})[1] == 68.0
    assert judge(date(2018, 1, 1), **FIVE | {"ei": 60.0})[3] == "填报的EI与分指数计算值不一致，以计算值为准"
    assert judge(date(2018, 1, 1), **FIVE | {"ei": 68.04})[3] == ""


@pytest.mark.parametrize(
    ("on", "word", "edition"),
    [
        (date(2015, 3, 12), None, ""), (date(2015, 3, 13), "良", "HJ 192-2015"),
        (date(2020, 12, 31), "良", "HJ 192-2015"),
        (date(2021, 1, 1), "三类", "EQI 2021 (trial)"),
    ],
)  # fmt: skip
def test_the_day_picks_the_index(on, word, edition):
    found = judge(on, **FIVE, eqi=50.0)
    assert (found[0], found[2]) == (word, edition)
    if word == "三类":
        assert found[3] == "EQI与EI的等级不可比，以EQI评价"
    if word is None:
        assert found[3] == "当年没有现行有效的评价办法，未评价；可指定版本"


def test_an_edition_by_name():
    assert judge(date(2024, 1, 1), "HJ 192-2015", **FIVE, eqi=50.0)[0] == "良"
    assert judge(date(2010, 1, 1), "HJ 192-2015", **FIVE)[0] == "良"
    assert judge(date(2019, 1, 1), "EQI 2021 (trial)", **FIVE, eqi=50.0)[0] == "三类"
    with pytest.raises(UnknownEdition, match="HJ 192-2015"):
        judge(date(2024, 1, 1), "BMWP revised", eqi=50.0)


@pytest.mark.parametrize(
    ("columns", "note"),
    [
        ({}, "没有EQI，EI的分指数不全，未评价"),
        (FIVE | {"water_density_index": np.nan}, "没有EQI，EI的分指数不全，未评价"),
        (FIVE | {"land_stress_index": -1.0}, "有数值不在0至100之间，按缺测计；没有EQI，EI的分指数不全，未评价"),
        (
            FIVE | {"environmental_restriction_level": 1.0},
            "环境限制等级只认0、2、3，EI未计算；没有EQI，EI的分指数不全，未评价",
        ),
    ],
)
def test_what_is_missing_is_said(columns, note):
    word, index, edition, said = judge(date(2019, 1, 1), **columns)
    assert (word, edition, said) == (None, "", note)
    assert np.isnan(index)


def survey(period, years, **columns):
    sites = tuple(Site(str(n), f"区{n}", "", "region") for n in range(len(next(iter(columns.values())))))
    time = np.array([day_start_ms(date(year, 1, 1)) for year in years])
    arrays = {slug: np.array(c, dtype=np.float64) for slug, c in columns.items()}
    return Survey(sites, period, time, arrays, {}, np.full((len(sites), len(years)), -1, np.int8))


def test_change_never_compares_the_two_indices():
    nan = np.nan
    years = [2014, 2015, 2018, 2020, 2021, 2024]
    ei = [[10, 60, 66, 64, nan, nan], [nan] * 6]
    eqi = [[nan, nan, nan, 50, 54.0, 55.0], [nan] * 4 + [60, 55.9]]
    table = REPORT["change"](survey(Period.YEAR, years, ei=ei, eqi=eqi))
    assert table.rows == (
        ("区0", "EQI", "2021", 54.0, "三类", "2024", 55.0, "二类", 1.0, "轻微变化（变好）", None),
        ("区0", "EI", "2015", 60.0, "良", "2020", 64.0, "良", 4.0, "明显变化（变好）", "较大波动"),
        ("区1", "EQI", "2021", 60.0, "二类", "2024", 55.9, "二类", pytest.approx(-4.1), "明显变化（变差）", None),
    )
    with pytest.raises(ValueError, match="没有两年以上"):
        REPORT["change"](survey(Period.YEAR, [2020, 2021], ei=[[60.0, nan]]))


def test_the_last_survey_of_each_plot():
    nan = np.nan
    table = REPORT["diversity"](
        survey(
            Period.SAMPLE,
            [2024, 2025],
            shannon_index=[[1.0, 1.2], [nan, nan], [2.0, nan]],
            bmwp=[[50, nan]] + [[nan, nan]] * 2,
        )
    )
    assert [row[:2] for row in table.rows] == [("区0", "2025-01-01"), ("区2", "2024-01-01")]
    assert [row[3] for row in table.rows] == [1.2, 2.0]
    assert [row[7] for row in table.rows] == [50.0, None]
    assert [column.slug for column in table.columns][2:] == [
        "species_count", "shannon_index", "simpson_index", "margalef_index", "pielou_index", "bmwp", "aspt",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="县域自然生态指标"):
        REPORT["county"](survey(Period.YEAR, [2024], ei=[[60.0]]))


def test_the_descriptor_is_whole():
    assert set(ECOLOGY.inputs[Period.YEAR]) <= set(ECOLOGY.parameters) <= set(PARAMETERS)
    assert {check.parameter for check in ECOLOGY.checks} <= set(ECOLOGY.parameters)
    assert len({klass.word for klass in CLASSES}) == 10
    (years,) = ECOLOGY.aggregations(date(2026, 1, 1))
    assert (years.source, years.target, years.parameters) == (Period.SAMPLE, Period.YEAR, ECOLOGY.inputs[Period.YEAR])


@pytest.mark.parametrize("table", [t for edition in SHELF.editions for t in edition.tables.values()],
                         ids=lambda t: f"{t.edition} {t.name}")  # fmt: skip
def test_every_row_names_its_clause_and_how_sure_it_is(table):
    assert len(table)  # loading has checked that each row has both
