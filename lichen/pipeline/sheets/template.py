"""Empty tables to fill in, one for each element."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Font

from lichen.elements.descriptor import Element
from lichen.pipeline.sheets.check import POINT_HEADS, TIME_HEADS, letter
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.units import text_of

#: Parameters without a unit have none in their head.
_NO_UNIT = {"", "1"}


def heads_of(element: Element, parameters: Sequence[str] | None = None) -> list[str]:
    """The heads of the columns, in Chinese; parameters with the unit in which they are kept.

    >>> from lichen.elements.air.element import AIR
    >>> heads_of(AIR)[:4]
    ['点位编码', '监测时间', '二氧化硫(µg/m³)', '二氧化氮(µg/m³)']
    """
    return [POINT_HEADS[1], TIME_HEADS[2], *(_head(slug) for slug in parameters or element.parameters)]


def _head(slug: str) -> str:
    parameter = PARAMETERS[slug]
    return parameter.name_zh if parameter.unit in _NO_UNIT else f"{parameter.name_zh}({text_of(parameter.unit)})"


def template(element: Element, ending: str) -> bytes:
    """An empty table: ``csv`` (UTF-8 with BOM) or ``xlsx``, the latter with a page that explains the columns."""
    heads = heads_of(element)
    if ending == "csv":
        out = io.StringIO()
        csv.writer(out).writerow(heads)
        return ("\ufeff" + out.getvalue()).encode()
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = element.name_zh
    page.append(heads)
    page.freeze_panes = "C2"
    for at, head in enumerate(heads):
        page.column_dimensions[letter(at)].width = max(12, 2 * len(head))
        page.cell(1, at + 1).font = Font(bold=True)
    about = book.create_sheet("说明 Notes")
    about.append(["列 column", "代码 slug", "English", "单位 unit"])
    about.append([heads[0], "point", "point code", ""])
    about.append([heads[1], "time", "start, Beijing time: 2026-03-01 08:00", ""])
    for slug in element.parameters:
        parameter = PARAMETERS[slug]
        about.append([parameter.name_zh, slug, parameter.name_en, text_of(parameter.unit)])
    about.append([])
    about.append(["低于检出限写 <0.01 或 0.01L；单位不同时写在表头括号里，如 氨氮(ug/L)。"])
    about.append(["Below the detection limit: <0.01 or 0.01L. Another unit stands in brackets in the head."])
    for width, name in ((28, "A"), (24, "B"), (40, "C"), (14, "D")):
        about.column_dimensions[name].width = width
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()
