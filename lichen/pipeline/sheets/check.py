"""A table of results, read and checked cell by cell; nothing is guessed, and every fault is said at once."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lichen.elements.descriptor import Element
from lichen.pipeline.csv_time import instants
from lichen.pipeline.intervals import start_before
from lichen.pipeline.sheets.entry import Column, Head, Row
from lichen.pipeline.sheets.file import rows_of
from lichen.pipeline.sheets.observe import in_unit, value_of
from lichen.pipeline.sheets.said import BadTable, Fault, Said
from lichen.vocab import units
from lichen.vocab.clock import beijing
from lichen.vocab.parameters import PARAMETERS, Parameter
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point, Snapshot

POINT_HEADS = ("point", "点位编码", "点位编号", "点位", "断面编码", "断面", "站点编码", "地块编码", "排放口编码")
TIME_HEADS = ("time", "采样时间", "监测时间", "时间", "采样日期", "监测日期")
#: Over which periods results may be brought; the rest is computed.
PERIODS = {
    Period.SAMPLE: Said("采样", "a sample"),
    Period.HOUR: Said("小时", "an hour"),
}
_UNIT = re.compile(r"^(.*?)\s*[(（\[]\s*([^()（）\[\]]+?)\s*[)）\]]\s*$")
_NUMBER_THEN_UNIT = re.compile(r"[<＜]?\s*[+-]?\d*\.?\d+\s*[^\d\s.].*")
_NOT_DETECTED = re.compile(r"n\.?d\.?|未检出|未检测出|bdl|[<＜]\s*dl", re.IGNORECASE)

_WRITE_NUMBER = Said(
    "只写数字，如0.31；低于检出限写<0.01。", "Write digits only, like 0.31; below the detection limit <0.01."
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A table after checking.

    Attributes
    ----------
    head : Head
    good : tuple of Row
        The rows without a fault, as they would be taken in.
    faults : tuple of Fault
        In the order of the file.
    rows : int
        How many rows there are in all.
    left_out : tuple of str
        Heads of columns that nobody knows; each is a fault too.
    """

    head: Head
    good: tuple[Row, ...]
    faults: tuple[Fault, ...]
    rows: int
    left_out: tuple[str, ...]


def check(
    name: str,
    body: bytes,
    element: Element,
    snapshot: Snapshot,
    *,
    period: Period = Period.SAMPLE,
    by: str,
    now: int,
    reach: Container[str] | None = None,
) -> Checked:
    """Read a file of results of one element.

    The first row names the columns: one for the point (`POINT_HEADS`), one for the time (`TIME_HEADS`, without offset
    Beijing time), and parameters by slug, Chinese or English name or HJ 212 code, with the unit in brackets where it is
    not ours: ``氨氮(ug/L)``.

    Parameters
    ----------
    name : str
        Of the file; .xlsx is read as Excel.
    body : bytes
    element : Element
    snapshot : Snapshot
        The points there are.
    period : Period
        What the results stand for, one of `PERIODS`; the time is then the start of the interval.
    by : str
        The account that brings it.
    now : int
        [ms since 1970 UTC]; later results are faults.
    reach : container of point ids, optional
        Of which points this account may bring results; None: of all.

    Raises
    ------
    BadTable
        The file is no table, or lacks the columns without which no row can be read.
    """
    if period not in PERIODS:
        allowed = ", ".join(PERIODS)
        raise BadTable(
            Said(
                f"不接收按{period}的结果，可选：{allowed}。",
                f"Results by the {period} are not taken; allowed: {allowed}.",
            )
        )
    rows = rows_of(name, body)
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise BadTable(Said("文件是空的，请从模板开始。", "The file is empty. Begin with the template."))
    heads = _Heads(rows[0], element)
    checking = _Rows(heads, element, snapshot, period, now, reach)
    good, count = [], 0
    times = instants(pl.Series([row[heads.time] if heads.time < len(row) else "" for row in rows[1:]], dtype=pl.String))
    for number, (row, time) in enumerate(zip(rows[1:], times.tolist(), strict=True), start=2):
        if any(cell.strip() for cell in row):
            count += 1
            found = checking.row(number, [*row, *[""] * (len(rows[0]) - len(row))], time)
            if found is not None:
                good.append(found)
    if not count:
        raise BadTable(Said("只有表头，没有数据行。", "The file has heads but no rows."))
    head = Head(name, element.slug, str(period), by, tuple(column for _, column in heads.columns))
    faults = (*heads.faults, *checking.faults)
    return Checked(head, tuple(good), faults, count, tuple(fault.value for fault in heads.faults))


def letter(place: int) -> str:
    """A column's letters, as spreadsheets count.

    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    place += 1
    found = ""
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


class _Heads:
    """Which column is what; raises `BadTable` without point, time or any parameter."""

    def __init__(self, heads: Sequence[str], element: Element) -> None:
        self.texts = [head.strip() for head in heads]
        self.columns: list[tuple[int, Column]] = []
        self.faults: list[Fault] = []
        names = _names(element)
        self.point, self.time = self._one(POINT_HEADS), self._one(TIME_HEADS)
        for at, text in enumerate(self.texts):
            if not text or at in (self.point, self.time):
                continue
            self._add(at, text, names, element)
        if not self.columns:
            few = "、".join(PARAMETERS[slug].name_zh for slug in element.parameters[:8])
            raise BadTable(
                Said(
                    f"没有可识别的项目列。{element.name_zh}的项目如：{few}。请使用模板。",
                    f"No column names a parameter of {element.name_en}. Take the template.",
                )
            )

    def _one(self, allowed: Sequence[str]) -> int:
        found = [at for at, text in enumerate(self.texts) if text.casefold() in allowed]
        if len(found) != 1:
            raise BadTable(
                Said(
                    f"应有且只有一列是：{'、'.join(allowed)}（现有{len(found)}列）。请使用模板。",
                    f"Exactly one column must be headed {' or '.join(allowed)}, not {len(found)}. Take the template.",
                )
            )
        return found[0]

    def _add(self, at: int, text: str, names: Mapping[str, Sequence[Parameter]], element: Element) -> None:
        cell = f"{letter(at)}1"
        found, unit = _named(text, names)
        if len(found) != 1:
            self.faults.append(Fault(cell, text, text, *_unnamed(found, element)))
            return
        (parameter,) = found
        try:
            known = _unit_name(unit, parameter)
            in_unit(1.0, Column(cell, parameter.slug, known))
        except units.UnknownUnit:
            wanted = units.text_of(parameter.unit)
            rule = Said(f"单位“{unit}”不能换算成{wanted}。", f"The unit {unit!r} cannot become {wanted}.")
            remedy = Said(f"换算成{wanted}后再写。", f"Convert the values to {wanted}.")
            self.faults.append(Fault(cell, text, text, rule, remedy))
            return
        if any(column.parameter == parameter.slug for _, column in self.columns):
            rule = Said(f"{parameter.name_zh}有两列。", f"There are two columns of {parameter.name_en}.")
            self.faults.append(Fault(cell, text, text, rule, Said("只留一列。", "Keep one of them.")))
            return
        self.columns.append((at, Column(letter(at), parameter.slug, known)))


def _named(text: str, names: Mapping[str, Sequence[Parameter]]) -> tuple[Sequence[Parameter], str]:
    """The parameters that a head may name, and the unit it says ("" = ours). Of several with one name (氟化物 in gas
    and in water) the unit in brackets chooses."""
    found = names.get(_plain(text), ())
    bracket = _UNIT.match(text)
    if found or not bracket:
        return found, ""
    found, unit = names.get(_plain(bracket[1]), ()), bracket[2]
    if len(found) > 1:
        found = [one for one in found if unit in (one.unit, units.text_of(one.unit))] or found
    return found, unit


def _unnamed(found: Sequence[Parameter], element: Element) -> tuple[Said, Said]:
    """Rule and remedy where a head names no parameter, or several."""
    if found:
        slugs = ", ".join(f"{one.slug} ({units.text_of(one.unit)})" for one in found)
        return (
            Said(f"有几个项目都叫这个名字：{slugs}。", f"Several parameters have this name: {slugs}."),
            Said("用代码作列名，或在括号里写其单位。", "Head the column with the code, or add its unit in brackets."),
        )
    return (
        Said(f"不是{element.name_zh}的项目。", f"This is no parameter of {element.name_en}."),
        Said("改成模板中的列名，或删去这一列。", "Name it as the template does, or remove the column."),
    )


def _unit_name(text: str, parameter: Parameter) -> str:
    """The name of the unit a head says; as people read it ours is known in any case."""
    is_ours = text in ("", parameter.unit, units.text_of(parameter.unit))
    return parameter.unit if is_ours else units.unit(text).name


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-－]", "", text).casefold()


def _names(element: Element) -> Mapping[str, Sequence[Parameter]]:
    """The parameters of an element by every name a column may have; a slug names its own only."""
    found: dict[str, list[Parameter]] = {}
    for slug in element.parameters:
        parameter = PARAMETERS[slug]
        for name in {_plain(one) for one in (parameter.name_zh, parameter.name_en, parameter.code) if one}:
            found.setdefault(name, []).append(parameter)
    return found | {_plain(slug): [PARAMETERS[slug]] for slug in element.parameters}


class _Rows:
    """Checks row after row; remembers what was there before."""

    def __init__(
        self,
        heads: _Heads,
        element: Element,
        snapshot: Snapshot,
        period: Period,
        now: int,
        reach: Container[str] | None,
    ) -> None:
        self._heads = heads
        self._element = element
        self._period = period
        self._now = now
        self._reach = reach
        points = [point for point in snapshot.points if point.element == element.slug]
        self._points = {point.id: point for point in points}
        for point in points:
            self._points.setdefault(point.name_zh, point)
        self._elsewhere = snapshot.point_by_id
        self._seen: dict[tuple[str, int], int] = {}
        self.faults: list[Fault] = []

    def row(self, number: int, cells: Sequence[str], time: float) -> Row | None:
        """The row as it would be taken in, or None if it has a fault."""
        before = len(self.faults)
        point = self._point(number, cells)
        instant = self._instant(number, cells, time, point)
        for at, column in self._heads.columns:
            self.faults.extend(self._cell(number, at, column, cells[at].strip()))
        if not any(cells[at].strip() for at, _ in self._heads.columns):
            self._say(
                number,
                self._heads.columns[0][0],
                cells,
                Said("这一行没有任何结果。", "The row has no result."),
                Said("填写结果，或删去这一行。", "Fill in results, or remove the row."),
            )
        if point is not None and instant is not None:
            first = self._seen.setdefault((point.id, instant), number)
            if first != number:
                self._say(
                    number,
                    self._heads.time,
                    cells,
                    Said(f"与第{first}行同一点位、同一时间。", f"Row {first} has the same point and time."),
                    Said("合并成一行，或改正时间。", "Make one row of the two, or correct the time."),
                )
        if len(self.faults) > before or point is None or instant is None:
            return None
        texts = tuple(cells[at].strip() for at, _ in self._heads.columns)
        return Row(number, point.id, beijing(instant).isoformat(), texts)

    def _point(self, number: int, cells: Sequence[str]) -> Point | None:
        text = cells[self._heads.point].strip()
        point = self._points.get(text)
        if point is not None and (self._reach is None or point.id in self._reach):
            return point
        if point is not None:
            rule = Said("这个点位不归您填报。", "Results of this point are not yours to bring.")
            remedy = Said("删去这一行，或请管理员调整权限。", "Remove the row, or ask the administrator.")
        elif not text:
            rule, remedy = (
                Said("缺点位。", "The point is missing."),
                Said("填写点位编码。", "Fill in the point's code."),
            )
        elif text in self._elsewhere:
            rule = Said(f"这个点位不属于{self._element.name_zh}。", f"This is no point of {self._element.name_en}.")
            remedy = Said("改正编码，或换一个要素导入。", "Correct the code, or import under its own element.")
        else:
            rule = Said("没有登记这个点位。", "No such point is registered.")
            remedy = Said("改正编码，或先登记点位。", "Correct the code, or register the point first.")
        self._say(number, self._heads.point, cells, rule, remedy)
        return None

    def _instant(self, number: int, cells: Sequence[str], time: float, point: Point | None) -> int | None:
        wrong = self._time_fault(time, point)
        if wrong is None:
            return int(time)
        self._say(number, self._heads.time, cells, *wrong)
        return None

    def _time_fault(self, time: float, point: Point | None) -> tuple[Said, Said] | None:
        """Rule and remedy."""
        if math.isnan(time):
            rule = Said("不是时间。", "This is no time.")
            return rule, Said("写成2026-03-01 08:00（北京时间）。", "Write it like 2026-03-01 08:00 (Beijing time).")
        if time > self._now:
            return Said("时间在未来。", "The time lies in the future."), Said("改正时间。", "Correct the time.")
        if self._period is not Period.SAMPLE and start_before(int(time), self._period) != time:
            zh, en = PERIODS[self._period]
            rule = Said(f"不是{zh}的开始时刻。", f"This is not the start of {en}.")
            return rule, Said("写时段的开始时刻，如2026-03-01 08:00。", "Write the start of the interval.")
        if point is not None and not (
            (point.valid_from is None or point.valid_from <= time)
            and (point.valid_until is None or time < point.valid_until)
        ):
            rule = Said("这个点位当时没有启用。", "The point was not in service at that time.")
            return rule, Said("改正时间或点位。", "Correct the time or the point.")
        return None

    def _cell(self, number: int, at: int, column: Column, text: str) -> Iterator[Fault]:
        if not text:
            return
        parameter = PARAMETERS[column.parameter]
        value, _ = value_of(text)
        unit = units.text_of(column.unit)
        if not np.isnan(value):
            if value >= 0 or parameter.may_be_negative:
                return
            rule = Said(f"{parameter.name_zh}不能是负值。", f"{parameter.name_en} cannot be negative.")
            remedy = Said(
                "改正数值；低于检出限写<检出限。", "Correct the value; below the detection limit write <limit."
            )
        elif _NOT_DETECTED.fullmatch(text):
            rule = Said("没有给出检出限。", "The detection limit is not given.")
            remedy = Said(f"写成<检出限，如<0.01（{unit}）。", f"Write < and the limit, like <0.01 ({unit}).")
        elif _NUMBER_THEN_UNIT.fullmatch(text):
            rule = Said(f"格内带有单位；本列按{unit}计。", f"The cell holds a unit; the column is in {unit}.")
            remedy = Said(
                "单位写在表头括号里，格内只写数字。", "Put the unit in brackets into the head; digits only in the cell."
            )
        else:
            rule, remedy = Said("不是数值。", "This is no number."), _WRITE_NUMBER
        yield Fault(f"{letter(at)}{number}", self._heads.texts[at], text[:60], rule, remedy)

    def _say(self, number: int, at: int, cells: Sequence[str], rule: Said, remedy: Said) -> None:
        self.faults.append(Fault(f"{letter(at)}{number}", self._heads.texts[at], cells[at].strip()[:60], rule, remedy))
