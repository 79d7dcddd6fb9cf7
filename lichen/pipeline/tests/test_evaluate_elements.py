"""`lichen evaluate` of every element with what people really write into tables."""

import csv
import io

import pytest

from lichen.elements import ELEMENTS
from lichen.pipeline.csv_table import UnusableInput
from lichen.pipeline.evaluate_csv import RESULT_COLUMNS, evaluate
from lichen.vocab.parameters import PARAMETERS

JUDGED = [element for element in ELEMENTS if element.evaluators]
elements = pytest.mark.parametrize("element", JUDGED, ids=lambda element: element.slug)
TIME = "2026-04-02 08:00"


def judged(element, text, **how):
    target = io.BytesIO()
    assert evaluate(element.slug, io.BytesIO(text.encode()), target, **how) == 0
    return list(csv.DictReader(io.StringIO(target.getvalue().decode(), newline="")))


def first_input(element):
    period = next(iter(element.evaluators))
    slugs = element.inputs[period]
    return next((slug for slug in slugs if not PARAMETERS[slug].may_be_negative), slugs[0]), str(period)


@elements
def test_every_row_comes_out_with_what_was_wrong_with_it(element):
    slug, period = first_input(element)
    cells = ["", "abc", "-5", "3 mg", "<0.5", "1e400", "7"]
    rows = "".join(f"{TIME},{cell},x{number},note\n" for number, cell in enumerate(cells))
    found = judged(element, f"time,{slug},unknown column,备注\n{rows}", period=period)
    assert [row["unknown column"] for row in found] == [f"x{number}" for number in range(len(cells))]
    assert [row[slug] for row in found] == cells
    assert set(RESULT_COLUMNS) <= set(found[0])
    notes = [row["note"] for row in found]
    assert notes[0], "an empty cell leaves nothing to judge, or an item missing"
    assert "不是数值" in notes[1]
    assert ("负值" in notes[2]) or PARAMETERS[slug].may_be_negative
    assert "带有单位" in notes[3]
    assert "带有单位" not in notes[4]
    assert "不是数值" in notes[5]


@elements
def test_what_cannot_be_judged_at_all_is_refused_with_the_columns_wanted(element):
    slug, period = first_input(element)
    with pytest.raises(UnusableInput, match=slug):
        judged(element, f"time,foo\n{TIME},1\n", period=period)
    with pytest.raises(UnusableInput, match="no column time"):
        judged(element, f"{slug}\n1\n", period=period)
    with pytest.raises(UnusableInput, match="is not judged by"):
        judged(element, f"time,{slug}\n{TIME},1\n", period="minute")
    with pytest.raises(UnusableInput, match="has no option"):
        judged(element, f"time,{slug}\n{TIME},1\n", options={"nonsense": "1"})


@elements
def test_an_option_that_is_not_allowed_is_said(element):
    slug, period = first_input(element)
    for option in element.options:
        if option.is_number:
            continue
        (row,) = judged(element, f"time,{slug},{option.slug}\n{TIME},1,nonsense\n", period=period)
        assert "nonsense" in row["note"], option.slug
        with pytest.raises(UnusableInput, match="must be one of"):
            judged(element, f"time,{slug}\n{TIME},1\n", options={option.slug: "nonsense"})


@elements
def test_a_time_that_is_none_is_said_and_the_row_kept(element):
    slug, period = first_input(element)
    found = judged(element, f"time,{slug}\nyesterday,1\n{TIME},1\n", period=period)
    assert "无法识别" in found[0]["note"]
    assert found[0]["class"] == ""
    assert len(found) == 2
