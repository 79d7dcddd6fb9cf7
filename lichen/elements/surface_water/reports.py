"""Tables over many sites: sections, rivers, basins, cities, lakes, sources, ranking, change, trend, loads."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from lichen.elements.descriptor import Column, Evaluation, Floats, Report, Samples, Survey, Table
from lichen.elements.surface_water import black_odorous, ranking, trophic
from lichen.elements.surface_water.area import Area, against_class_iii, evaluate_area, main_pollutants
from lichen.elements.surface_water.classify import (
    AUTO_ITEMS,
    CLASSES,
    EVALUATION,
    MANUAL_ITEMS,
    NUMBER,
    REFERENCE_ITEMS,
    TARGET,
    WATER_BODY,
    WORSE_THAN_V,
    single_factor,
    source_table,
)
from lichen.elements.surface_water.load_tables import border_balance, section_loads
from lichen.elements.surface_water.shelf import SHELF, SYMBOL
from lichen.elements.surface_water.statistics import change_of_shares, change_of_state, mean, trend
from lichen.elements.surface_water.survey import grouped, only, registered, site_samples, this_year_and_last
from lichen.vocab.parameters import PARAMETERS as ALL_PARAMETERS
from lichen.vocab.periods import Period
from lichen.vocab.units import text_of

_MEANS = (Period.HOUR, Period.DAY, Period.MONTH, Period.QUARTER, Period.YEAR, Period.SAMPLE)
_CLAUSE = f"{EVALUATION.id}; {SHELF.of(NUMBER)[-1].id}"
_LAKE = list(WATER_BODY.choices).index("lake")
_SITE = Column("site", "断面（点位）", "section (point)")
_CLASS = Column("class", "水质类别", "class")
_STATE = Column("state", "水质状况", "state")
_POLLUTANTS = Column("main_pollutants", "主要污染指标（超标倍数）", "main pollutants (times exceeded)")

Cell = str | float | None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _word(klass: int) -> str | None:
    return CLASSES[klass].word if klass >= 0 else None


def _state(klass: int) -> str | None:
    return CLASSES[klass].level if klass >= 0 else None


def _joined(words: Iterable[object]) -> str:
    return "、".join(str(one) for one in words)


def _left_out(silent: int, what: str) -> tuple[str, ...]:
    return (f"{silent}个点位未登记{what}，未列入。",) if silent else ()


def _measured(slug: str) -> Column:
    parameter = ALL_PARAMETERS[slug]
    unit = "" if parameter.unit == "1" else text_of(parameter.unit)
    return Column(slug, SYMBOL[slug], parameter.name_en, unit, parameter.decimals)


def _halved(survey: Survey) -> dict[str, Floats]:
    """The means of the sites as they enter calculations: half the detection limit for what is below it."""
    samples = site_samples(survey)
    return {slug: samples.halved(slug) for slug in samples.columns}


def _attains(verdict: Evaluation, row: int, target: int) -> str | None:
    if verdict.klass[row] < 0 or target < 0:
        return None
    beyond = any(bool(flags[row]) for flags in verdict.exceeding.values())
    return "否" if beyond else "是"


def sections(survey: Survey) -> Table:
    """Each section by its mean over the time of the survey (断面水质评价)."""
    samples = site_samples(survey)
    verdict, third = single_factor(samples), against_class_iii(samples)
    target = samples.choice(TARGET)
    rows: list[tuple[Cell, ...]] = []
    last = int(survey.time[-1])
    means = [samples.halved(slug) for slug in AUTO_ITEMS]
    for row, site in enumerate(survey.sites):
        klass = int(verdict.klass[row])
        rows.append((
            site.name_zh, registered(site, "river", last) or None, _word(klass), _state(klass),
            CLASSES[target[row]].word,
            _attains(verdict, row, target[row]),
            _joined(SYMBOL[slug] for slug, flags in verdict.deciding.items() if flags[row]) or None,
            _joined(main_pollutants(third, row)) or None,
            *(_number(value[row]) for value in means),
            verdict.notes[verdict.note[row]] or None,
        ))  # fmt: skip
    columns = (
        _SITE, Column("river", "河流", "river"), _CLASS, _STATE, Column("target", "目标类别", "target class"),
        Column("attains", "达标", "on target"), Column("deciding", "定类项目", "deciding"), _POLLUTANTS,
        *(_measured(slug) for slug in AUTO_ITEMS), Column("note", "说明", "note"),
    )  # fmt: skip
    return Table(columns, tuple(rows), _CLAUSE, "second hand")


_AREA_COLUMNS = (
    Column("sections", "断面数", "sections", "", 0),
    *(Column(f"class_{k}", f"{one.word}类", f"class {one.name_en}", "%", 1) for k, one in enumerate(CLASSES)),
    Column("good", "Ⅰ~Ⅲ类", "classes I to III", "%", 1),
    _STATE,
    Column("by", "评价方式", "judged by"),
    Column("main_pollutants", "主要污染指标（超标倍数或断面超标率）", "main pollutants (times exceeded, or share)"),
    Column("on_target", "达标断面比例", "sections on target", "%", 1),
)


def _area_cells(area: Area, verdict: Evaluation, rows: np.ndarray) -> tuple[Cell, ...]:
    n = area.sections
    beyond = np.zeros(len(verdict.klass), bool)
    for flags in verdict.exceeding.values():
        beyond |= flags
    judged = rows[verdict.klass[rows] >= 0]
    return (
        float(n), *(_number(100 * count / n if n else np.nan) for count in area.counts), _number(area.good),
        area.state or None, None if not n else "断面均值" if area.klass >= 0 else "类别比例",
        _joined(area.pollutants) or None, _number(100 * float((~beyond[judged]).mean()) if n else np.nan),
    )  # fmt: skip


def _areas(survey: Survey, name: str, name_zh: str, name_en: str) -> Table:
    samples = site_samples(survey)
    verdict = single_factor(samples)
    groups, silent = grouped(survey, name)
    rows = []
    for word, members in groups.items():
        chosen = np.array(members)
        rows.append((word, *_area_cells(evaluate_area(samples, chosen), verdict, chosen)))
    if len(groups) > 1:
        every = np.array(sorted(position for members in groups.values() for position in members))
        rows.append(("合计", *_area_cells(evaluate_area(samples, every), verdict, every)))
    columns = (Column(name, name_zh, name_en), *_AREA_COLUMNS)
    return Table(columns, tuple(rows), _CLAUSE, "conflict", _left_out(silent, name_zh))


def rivers(survey: Survey) -> Table:
    """Rivers by their sections (河流水质评价): fewer than five by the mean, others by the shares of classes."""
    return _areas(survey, "river", "河流", "river")


def basins(survey: Survey) -> Table:
    """Basins by their sections (流域水质评价)."""
    return _areas(survey, "basin", "流域", "basin")


def cities(survey: Survey) -> Table:
    """Cities by their sections and lake points."""
    return _areas(survey, "city", "城市", "city")


def lakes(survey: Survey) -> Table:
    """Lakes and reservoirs by the mean over their points, with total nitrogen alone and the trophic state."""
    groups, silent = grouped(survey, "lake")
    everything = site_samples(survey)
    rows: list[tuple[Cell, ...]] = []
    missing: set[str] = set()
    as_rivers: list[str] = []
    for word, members in groups.items():
        part = only(survey, members)
        means = {slug: np.atleast_1d(mean(slug, column)) for slug, column in _halved(part).items()}
        options = {slug: codes[members[:1]] for slug, codes in everything.options.items()}
        one = Samples(means, everything.time[:1], options=options)
        verdict = against_class_iii(one)
        alone = {slug: verdict.sub[slug][0] for slug in REFERENCE_ITEMS if slug in verdict.sub}
        there = [slug for slug in trophic.ITEMS if slug in means and not np.isnan(means[slug][0])]
        index = np.array([np.nan])
        if len(there) == len(trophic.ITEMS):
            index = trophic.tli(means)
        if (one.choice(WATER_BODY) != _LAKE).any():
            as_rivers.append(word)
        missing.update(set(trophic.ITEMS) - set(there))
        nitrogen = alone.get("tn", np.nan)
        rows.append((
            word, float(len(members)), _word(int(verdict.klass[0])), _state(int(verdict.klass[0])),
            _joined(main_pollutants(verdict, 0)) or None, None if np.isnan(nitrogen) else _word(int(nitrogen)),
            _number(index[0]), trophic.state(index)[0] or None,
        ))  # fmt: skip
    columns = (
        Column("lake", "湖库", "lake or reservoir"), Column("points", "点位数", "points", "", 0), _CLASS, _STATE,
        _POLLUTANTS, Column("tn_class", "总氮类别（单独评价）", "class of total nitrogen, on its own"),
        Column("tli", "综合营养状态指数", "trophic level index", "", 1),
        Column("trophic_state", "营养状态", "trophic state"),
    )  # fmt: skip
    notes = _left_out(silent, "湖库")
    if as_rivers:
        notes += (f"水体类型登记为河流（或未登记），按河流的总磷限值评价：{_joined(as_rivers)}。",)
    if missing:
        notes += (f"部分湖库缺{_joined(SYMBOL[s] for s in trophic.ITEMS if s in missing)}，未计算综合营养状态指数。",)
    return Table(columns, tuple(rows), _CLAUSE, "second hand", notes)


def sources(survey: Survey) -> Table:
    """Drinking-water sources by GB 3838 tables 1, 2 and 3, and the two rates of compliance."""
    chosen = [k for k, site in enumerate(survey.sites) if site.kind == "drinking_source"]
    if not chosen:
        raise ValueError("所选点位中没有饮用水水源地。请选择类型为饮用水水源地的点位。")
    part = only(survey, chosen)
    samples = site_samples(part, rules="source")
    verdict = single_factor(samples)
    target = samples.choice(TARGET)
    rows: list[tuple[Cell, ...]] = []
    counted = {*MANUAL_ITEMS, *source_table(SHELF.of(NUMBER)[-1].id).by_parameter}
    measured = sum(~np.isnan(column) for slug, column in samples.columns.items() if slug in counted) + np.zeros(
        len(chosen)
    )
    good, all_volume, good_volume = 0, 0.0, 0.0
    silent = 0
    for row, site in enumerate(part.sites):
        attains = _attains(verdict, row, target[row])
        text = registered(site, "abstraction", int(survey.time[-1]))
        volume = _volume(text, site.name_zh)
        silent += np.isnan(volume)
        if attains is not None:
            good += attains == "是"
            all_volume += 0 if np.isnan(volume) else volume
            good_volume += volume if attains == "是" and not np.isnan(volume) else 0
        beyond = [slug for slug, flags in verdict.exceeding.items() if flags[row]]
        rows.append((
            site.name_zh, _word(int(verdict.klass[row])), attains, float(measured[row]),
            _joined(_beyond(slug, verdict, row) for slug in beyond) or None, _number(volume),
            verdict.notes[verdict.note[row]] or None,
        ))  # fmt: skip
    judged = int((verdict.klass >= 0).sum())
    notes = [f"达标水源地{good}个，共评价{judged}个，达标率{100 * good / judged:.1f}%。"] if judged else []
    if all_volume:
        share = 100 * good_volume / all_volume
        notes.append(f"达标取水量{good_volume:g}万吨，总取水量{all_volume:g}万吨，水量达标率{share:.1f}%。")
    if silent:
        notes.append(f"{silent}个水源地未登记取水量，未计入水量达标率。")
    columns = (
        Column("source", "水源地", "source"), _CLASS, Column("attains", "达标", "on target"),
        Column("items", "参评项目数", "items judged", "", 0),
        Column("exceeding", "超标项目（超标倍数）", "exceeding (times exceeded)"),
        Column("abstraction", "取水量", "abstraction", "10⁴ t", 1), Column("note", "说明", "note"),
    )  # fmt: skip
    return Table(columns, tuple(rows), f"{SHELF.of(NUMBER)[-1].id} clause 5", "verified", tuple(notes))


def _volume(text: str, name: str) -> float:
    try:
        return float(text) if text else np.nan
    except ValueError:
        raise ValueError(f"水源地{name}的取水量登记为“{text}”，应为数字（万吨）。请改正登记后重试。") from None


def _beyond(slug: str, verdict: Evaluation, row: int) -> str:
    times = verdict.multiples[slug][row] if slug in verdict.multiples else np.nan
    return SYMBOL[slug] + ("" if np.isnan(times) else f"({times:.2f})")


def _city_index(survey: Survey, members: list[int]) -> tuple[float, int, int, tuple[str, ...]]:
    part = only(survey, members)
    samples, columns = site_samples(part), _halved(part)
    lake = samples.choice(WATER_BODY) == _LAKE
    parts = []
    for chosen in (~lake, lake):
        parts.append({
            slug: float(mean(slug, columns[slug][chosen])) for slug in ranking.ITEMS if slug in columns
        } if chosen.any() else {})  # fmt: skip
    items = tuple(slug for slug in ranking.ITEMS if any(not np.isnan(part.get(slug, np.nan)) for part in parts))
    index = ranking.cwqi(parts[0], parts[1], int((~lake).sum()), int(lake.sum()))
    return index if items else np.nan, int((~lake).sum()), int(lake.sum()), items


def city_ranking(survey: Survey) -> Table:
    """Cities ranked by their water quality index (城市水质指数排名), the best first."""
    groups, silent = grouped(survey, "city")
    found = [(word, *_city_index(survey, members)) for word, members in groups.items()]
    places = ranking.ranks(np.array([one[1] for one in found]))
    pairs = sorted(zip(places, found, strict=True), key=lambda pair: (pair[0] is None, pair[0] or 0))
    rows = tuple(
        (None if place is None else float(place), word, _number(index), float(river), float(lake), float(len(items)))
        for place, (word, index, river, lake, items) in pairs
    )
    notes = _left_out(silent, "城市")
    if len({items for *_, items in found}) > 1:
        notes += ("各城市参评项目不同，指数不完全可比。",)
    columns = (
        Column("rank", "名次", "rank", "", 0), Column("city", "城市", "city"),
        Column("cwqi", "城市水质指数", "city water quality index", "", 4),
        Column("sections", "河流断面数", "river sections", "", 0), Column("points", "湖库点位数", "lake points", "", 0),
        Column("items", "参评项目数", "items", "", 0),
    )  # fmt: skip
    return Table(columns, rows, ranking.RANKING.id, "memory", notes)


def improvement_ranking(survey: Survey) -> Table:
    """Cities ranked by the change of their index on the same months of the year before, the most improved first."""
    now, base = this_year_and_last(survey)
    groups, silent = grouped(survey, "city")
    left_out, found = [], []
    for word, members in groups.items():
        if all(_excellent(part, members) for part in (now, base)):
            left_out.append(word)
            continue
        index, before = _city_index(now, members)[0], _city_index(base, members)[0]
        found.append((word, index, before, float(ranking.change(np.array([index]), np.array([before]))[0])))
    places = ranking.ranks(np.array([one[3] for one in found]))
    pairs = sorted(zip(places, found, strict=True), key=lambda pair: (pair[0] is None, pair[0] or 0))
    rows = tuple(
        (None if place is None else float(place), one[0], *(_number(value) for value in one[1:]))
        for place, one in pairs
    )
    notes = _left_out(silent, "城市")
    if left_out:
        notes += (f"两期断面均达到Ⅱ类及以上且达标，不参加变化排名：{_joined(left_out)}。",)
    columns = (
        Column("rank", "名次", "rank", "", 0), Column("city", "城市", "city"),
        Column("cwqi", "城市水质指数", "city water quality index", "", 4),
        Column("base", "上年同期", "same months of last year", "", 4), Column("change", "变化", "change", "%", 2),
    )  # fmt: skip
    return Table(columns, rows, ranking.RANKING.id, "memory", notes)


def _excellent(survey: Survey, members: list[int]) -> bool:
    verdict = single_factor(site_samples(only(survey, members)))
    beyond = any(flags.any() for flags in verdict.exceeding.values())
    best = [one.word for one in CLASSES].index("Ⅱ")
    return bool((verdict.klass >= 0).all() and (verdict.klass <= best).all()) and not beyond


def section_change(survey: Survey) -> Table:
    """Sections against the same months of the year before."""
    now, base = this_year_and_last(survey)
    after, before = (single_factor(site_samples(part)).klass for part in (now, base))
    rows = []
    for row, site in enumerate(survey.sites):
        both = after[row] >= 0 and before[row] >= 0
        words = change_of_state(CLASSES[before[row]].level, CLASSES[after[row]].level) if both else None
        rows.append((site.name_zh, _word(before[row]), _word(after[row]), words))
    columns = (
        _SITE, Column("before", "上年同期类别", "class in the same months of last year"),
        Column("after", "本期类别", "class"), Column("change", "变化", "change"),
    )  # fmt: skip
    return Table(columns, tuple(rows), f"{EVALUATION.id} change of state", "verified")


def basin_change(survey: Survey) -> Table:
    """Basins against the same months of the year before, by the shares of classes."""
    now, base = this_year_and_last(survey)
    groups, silent = grouped(survey, "basin")
    rows = []
    for word, members in groups.items():
        chosen = np.array(members)
        after, before = (evaluate_area(site_samples(part), chosen) for part in (now, base))
        both = bool(after.sections and before.sections)
        words = change_of_shares((before.good, after.good), (before.worse, after.worse)) if both else None
        rows.append((word, *(_number(x) for x in (before.good, after.good, before.worse, after.worse)), words))
    worse = CLASSES[WORSE_THAN_V].word
    columns = (
        Column("basin", "流域", "basin"), Column("good_before", "上年同期Ⅰ~Ⅲ类", "I to III, last year", "%", 1),
        Column("good", "Ⅰ~Ⅲ类", "I to III", "%", 1),
        Column("worse_before", f"上年同期{worse}类", "worse than V, last year", "%", 1),
        Column("worse", f"{worse}类", "worse than V", "%", 1), Column("change", "变化", "change"),
    )  # fmt: skip
    return Table(columns, tuple(rows), f"{EVALUATION.id} change by shares", "memory", _left_out(silent, "流域"))


def trends(survey: Survey) -> Table:
    """Whether items rise or fall over the intervals, by Spearman's rank correlation (five or more intervals)."""
    words = {"rising": "显著上升", "falling": "显著下降", "": "无显著变化"}
    rows = []
    for row, site in enumerate(survey.sites):
        for slug in AUTO_ITEMS:
            if slug == "ph" or slug not in survey.columns:
                continue
            values = survey.columns[slug][row]
            if slug in survey.below:
                values = np.where(survey.below[slug][row], values / 2, values)
            try:
                found = trend(values)
            except ValueError:
                continue
            rows.append(
                (site.name_zh, SYMBOL[slug], float(found.n), found.coefficient, found.critical, words[found.direction])
            )
    if not rows:
        raise ValueError("每个点位的有效期数都不足5期，无法做趋势检验。请放宽时间范围。")
    columns = (
        _SITE, Column("item", "项目", "item"), Column("n", "期数", "periods", "", 0),
        Column("coefficient", "秩相关系数", "rank correlation", "", 3),
        Column("critical", "临界值（0.05）", "critical value (0.05)", "", 3), Column("trend", "趋势", "trend"),
    )  # fmt: skip
    return Table(columns, tuple(rows), f"{EVALUATION.id} trend", "memory", ("有效期数不足5期的项目未列。",))


def black_and_odorous(survey: Survey) -> Table:
    """Urban waters by the grades of black and odorous waters, from their means."""
    means = _halved(survey)
    columns = {slug: means[slug] for slug in black_odorous.TABLE.by_parameter if slug in means}
    if not columns:
        raise ValueError("没有透明度、溶解氧、氧化还原电位或氨氮的数据，无法判定黑臭水体。")
    code = black_odorous.grade(columns)
    rows = tuple(
        (site.name_zh, black_odorous.GRADES[code[row]] if code[row] >= 0 else None,
         *(_number(column[row]) for column in columns.values()))
        for row, site in enumerate(survey.sites)
    )  # fmt: skip
    heads = (
        Column("site", "点位", "point"),
        Column("grade", "黑臭级别", "grade"),
        *(_measured(slug) for slug in columns),
    )
    return Table(heads, rows, black_odorous.EDITION.id, black_odorous.EDITION.status)


def _report(
    slug: str, name_zh: str, name_en: str, make: Callable[[Survey], Table], periods: tuple[Period, ...] = _MEANS
) -> Report:
    return Report(slug, name_zh, name_en, periods, make)


_TIMED = (Period.HOUR, Period.DAY)
REPORTS = (
    _report("sections", "断面水质评价表", "sections", sections),
    _report("rivers", "河流水质评价表", "rivers", rivers),
    _report("basins", "流域水质评价表", "basins", basins),
    _report("cities", "城市水质评价表", "cities", cities),
    _report("lakes", "湖库水质与营养状态评价表", "lakes and reservoirs", lakes),
    _report("sources", "饮用水水源地水质达标表", "drinking-water sources", sources),
    _report("city_ranking", "城市水质指数排名", "ranking of cities", city_ranking),
    _report("improvement_ranking", "城市水质变化排名", "ranking by improvement", improvement_ranking, (Period.MONTH,)),
    _report("section_change", "断面水质同比变化", "sections against last year", section_change, (Period.MONTH,)),
    _report("basin_change", "流域水质同比变化", "basins against last year", basin_change, (Period.MONTH,)),
    _report("trends", "断面水质变化趋势", "trends", trends, (Period.MONTH, Period.QUARTER, Period.YEAR)),
    _report("section_loads", "断面污染物通量", "loads", section_loads, _TIMED),
    _report("border_balance", "跨界断面通量平衡", "cross-border balance", border_balance, _TIMED),
    _report("black_and_odorous", "城市黑臭水体判定表", "black and odorous waters", black_and_odorous),
)
