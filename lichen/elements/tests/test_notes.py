"""What elements say reads in English too: every note a verdict may carry, and every sentence and word of a report."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import lichen.elements
from lichen.elements import ELEMENT_BY_SLUG, ELEMENTS
from lichen.elements.descriptor import Element, Samples
from lichen.elements.notes import english
from lichen.elements.sources.instruments import comparison_test
from lichen.standards import Shelf, UnknownEdition
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period

ROOT = Path(lichen.elements.__file__).parent
HAN = re.compile(r"[\u3400-\u9fff]")
CHINESE = re.compile(r"[\u3400-\u9fff，；、：。（）～]")
DAYS = [date(1980, 1, 1), date(2005, 6, 1), date(2013, 2, 1), date(2020, 2, 1), date(2026, 8, 1), date(2031, 1, 1)]
ROWS, POINTS = 600, 30
MARKS = ("", "N", "D", "T", "F", "B", "C", "M", "S", "P", "?")
CONDITIONS = ("", "正常运行", "启炉", "停炉", "烘炉", "故障", "停运", "CEMS维护", "前所未见")

#: Calls whose Chinese and English stand beside each other.
BOTH_LANGUAGES = {
    "Column", "Report", "ResultClass", "Option", "Element", "LimitLine", "_Rule", "_report", "_choice", "_number",
    "_limit",
}  # fmt: skip
#: Chinese in the code that neither a note nor a report says as it stands.
NOT_SAID = {
    # clauses and editions, which are quoted as they are printed
    r".*(HJ|环大气|环办|津政办发|执行标准的限值表).*", "城市黑臭水体整治工作指南-2015", "标记规则",
    r"1 表\d+",
    # what is asked for, read from a registration
    "超低排放",
    # parts of what `LimitLine` says in both languages
    "1111?的1", "严于1", "与1相同",
    # parts of sentences that `test_what_is_put_together_of_parts` covers
    "明显", "有所", "好转", "变差", "绝对误差", "相对误差", "相对准确度", "参比均值.*", ".*空气吸收剂量率.*",
    "，当地.*", ".*正常水平", "受降水影响.*", ".*正在核实", ".*正在调查", "水体类型不明（河流或湖库）", "评价规则不明",
    "1，未评价",
}  # fmt: skip
elements = pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: element.slug)


def samples(element: Element, period: Period, day: date, edition: str | None, seed: int) -> Samples:
    """Anything that may come: missing, negative, beyond all ranges, below the detection limit, of any option."""
    rng = np.random.default_rng(seed)
    ranges = {check.parameter: (check.low, check.high) for check in element.checks}
    sparse = rng.choice([0.0, 0.3, 0.9, 1.0], ROWS)
    columns, below, marks = {}, {}, {}
    for slug in element.inputs[period]:
        low, high = ranges.get(slug, (0.0, 1000.0))
        values = np.choose(
            rng.integers(0, 5, ROWS),
            [
                rng.uniform(low, high, ROWS), high * 10.0 ** rng.uniform(-6, 0, ROWS), np.full(ROWS, low - 1.0),
                np.full(ROWS, -0.004 * high), np.full(ROWS, high * 3),
            ],
        )  # fmt: skip
        columns[slug] = np.where(rng.random(ROWS) < sparse, np.nan, values)
        below[slug] = rng.random(ROWS) < 0.1
        marks[slug] = np.where(rng.random(ROWS) < 0.7, "N", rng.choice(MARKS, ROWS))
    marks["working_condition"] = rng.choice(CONDITIONS, ROWS)
    options, point = {}, rng.integers(0, POINTS, ROWS)
    for option in element.options:
        if option.is_number:
            of_points = np.where(rng.random(POINTS) < 0.3, np.nan, 10.0 ** rng.uniform(-1, 2.5, POINTS))
        else:
            of_points = rng.integers(-1, len(option.choices), POINTS).astype(np.int16)
        options[option.slug] = of_points[point]
    time = day_start_ms(day) + 3_600_000 * rng.integers(0, 24, ROWS)
    return Samples(columns, time, edition, below, options, marks if element.reads_marks else {})


@cache
def notes_of(slug: str) -> frozenset[str]:
    """All notes of many samples: every period, every edition that judges, days of old and new rules."""
    element = ELEMENT_BY_SLUG[slug]
    tables = ROOT / slug / "tables"
    asked = [(None, day) for day in DAYS]
    if tables.is_dir():
        asked += [(edition.id, DAYS[-2]) for edition in Shelf.load(tables).editions]
    found = set()
    for period, evaluator in element.evaluators.items():
        for seed, (edition, day) in enumerate(asked):
            try:
                verdict = evaluator(samples(element, period, day, edition, seed))
            except UnknownEdition:  # tables that judge nothing
                continue
            found |= {verdict.notes[code] for code in set(verdict.note.tolist())}
    return frozenset(found - {""})


@elements
def test_every_note_is_in_english(element: Element) -> None:
    notes = notes_of(element.slug)
    assert notes
    assert {note: english(element.slug, note) for note in notes if CHINESE.search(english(element.slug, note))} == {}


@elements
def test_what_samples_did_not_reach_is_in_english(element: Element) -> None:
    seen = "；".join(notes_of(element.slug))
    silent = {}
    for file in [*(ROOT / element.slug).glob("*.py"), ROOT / "single_factor.py", ROOT / "site_reports.py"]:
        for text, parts in literals(ast.parse(file.read_text(encoding="utf-8"))):
            if all(part in seen for part in parts) or any(re.fullmatch(one, text) for one in NOT_SAID):
                continue
            if CHINESE.search(english(element.slug, text)):
                silent[text] = file.name
    assert silent == {}


@elements
def test_what_the_code_says_in_both_languages_stands_side_by_side(element: Element) -> None:
    lacking = []
    for file in (ROOT / element.slug).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or _called(node) not in BOTH_LANGUAGES:
                continue
            said = [_text(one) for one in node.args]
            first = next((at for at, one in enumerate(said) if one is not None and HAN.search(one[0])), None)
            if first is not None and (second := (*said, ("中", []))[first + 1]) is not None and HAN.search(second[0]):
                lacking.append((file.name, said))
    assert lacking == []


DOSE = "甲站环境γ辐射空气吸收剂量率为70.0～90.0 nGy/h，平均值80.0 nGy/h"
DOSE_EN = "甲站: absorbed dose rate in air of environmental gamma radiation 70.0 to 90.0 nGy/h, mean 80.0 nGy/h"


@pytest.mark.parametrize(
    ("slug", "said", "text"),
    [
        ("surface_water", "氨氮(0.2)、总磷、pH", "ammonia nitrogen (0.2), total phosphorus, pH"),
        ("surface_water", "总氮缺测；溶解氧为负，按缺测处理",
         "total nitrogen missing; dissolved oxygen negative: taken as missing"),
        ("surface_water", "水体类型不明（河流或湖库），未评价",
         "type of the water (river or lake) not known: not judged"),
        ("surface_water", "评价规则不明，未评价", "rules of evaluation not known: not judged"),
        ("surface_water", "明显好转", "obviously better"),
        ("surface_water", "有所变差", "somewhat worse"),
        ("surface_water", "轻度污染", "lightly polluted"),
        ("groundwater", "总α放射性超过Ⅲ类，应进行核素分析和评价；没有可评价的项目",
         "gross alpha radioactivity above class III: radionuclides are to be analysed and assessed; "
         "nothing that could be judged"),
        ("sea", "水质状况：极差", "state of the water: very poor"),
        ("ecology", "一般变化（变差）", "general change (worse)"),
        ("ecology", "三类", "EQI class 3"),
        ("sources", "1次/半年", "1 per half a year"),
        ("radiation", f"{DOSE}，当地参考范围为60.0～95.0 nGy/h，处于正常水平。",
         f"{DOSE_EN}, local range 60.0 to 95.0 nGy/h, at the normal level."),
        ("radiation", f"{DOSE}，高于本底水平，正在核实。", f"{DOSE_EN}, above the background, being verified."),
        ("radiation", f"{DOSE}，明显高于本底水平，正在调查。",
         f"{DOSE_EN}, well above the background, being investigated."),
        ("radiation", f"{DOSE}，受降水影响有所升高，未见异常。",
         f"{DOSE_EN}, raised by precipitation, nothing abnormal."),
        ("radiation", f"{DOSE}。", f"{DOSE_EN}."),
    ],
)  # fmt: skip
def test_what_is_put_together_of_parts(slug: str, said: str, text: str) -> None:
    assert english(slug, said) == text


def test_results_of_comparisons_are_in_english() -> None:
    pairs = np.array([20.0, 21.0, 19.5]), np.array([20.5, 20.0, 19.0])
    for item in ("stack_so2", "smoke_dust", "stack_oxygen", "stack_temperature"):
        assert not CHINESE.search(english("sources", comparison_test(item, *pairs)[1]))


def test_an_element_without_a_table_of_notes_says_what_is_stored() -> None:
    assert english("made_up", "前所未见；没有可评价的项目") == "前所未见; nothing that could be judged"


def literals(node: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """The Chinese texts in code, holes filled with 1, and their parts; without docstrings and what has its English."""
    if isinstance(node, ast.Call) and _called(node) in BOTH_LANGUAGES:
        return
    if isinstance(node, ast.keyword) and node.arg == "accepts":
        return
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        first, second = (_text(one) for one in node.elts)
        if first and second and HAN.search(first[0]) and not HAN.search(second[0]):
            return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
        return
    if (found := _text(node)) is not None and HAN.search(found[0]):
        yield found
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):
            yield from literals(child)


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def _text(node: ast.AST) -> tuple[str, list[str]] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value, [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "1" for part in node.values]
        return "".join(parts), [part for part in parts if HAN.search(part)]
    return None
