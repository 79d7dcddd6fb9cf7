"""Tables as files to take away: CSV that spreadsheets read in Chinese, and Excel; moments in Beijing time."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from lichen.vocab.clock import BEIJING

TYPES = {"csv": "text/csv; charset=utf-8",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip
#: A spreadsheet would run such a cell as a formula, unless it is a number.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")
#: What an Excel page holds, and a cell of it.
_MOST_ROWS, _MOST_TEXT = 1_048_576, 32_767
_WIDEST = 60


def csv_response(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A CSV file to download: UTF-8 with a byte order mark."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([str(head) for head in header])
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return _file(name, "csv", ("\ufeff" + text.getvalue()).encode())


def file_response(name: str, ending: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A table as the file ``name.ending``.

    Parameters
    ----------
    name : str
        Without its ending.
    ending : str
        A key of `TYPES`.
    header : sequence
        The columns' heads.
    rows : iterable of sequence
        Texts, numbers, moments, truth values; None or NaN: nothing.

    Raises
    ------
    ValueError
        More rows than an Excel page holds.
    """
    if ending == "csv":
        return csv_response(f"{name}.csv", header, rows)
    return _file(f"{name}.xlsx", "xlsx", _excel(header, rows))


def plain(value: object) -> object:
    """A value as people read it: moments in Beijing time, truth in words, nothing as an empty text; numbers stay.

    >>> plain(None), plain(float("nan")), plain(3.5)
    ('', '', 3.5)
    """
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        is_whole = not (value.second or value.microsecond)
        return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M" if is_whole else "%Y-%m-%d %H:%M:%S")
    return str(value) if isinstance(value, Promise) else value


def _cell(cell: object) -> object:
    """A value for CSV; a text that begins like a formula after an apostrophe.

    >>> _cell(float("nan")), _cell("=1+1"), _cell(35.0), _cell("-3"), _cell("-3+1")
    ('', "'=1+1", 35.0, '-3', "'-3+1")
    """
    said = plain(cell)
    if isinstance(said, str) and said.startswith(_FORMULA) and not _NUMBER.fullmatch(said):
        return f"'{said}"
    return said


def _excel(header: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet()
    page.freeze_panes = "A2"
    heads = [WriteOnlyCell(page, str(head)) for head in header]
    for at, cell in enumerate(heads, 1):
        cell.font = Font(bold=True)
        page.column_dimensions[get_column_letter(at)].width = min(_WIDEST, max(14, 2 * len(str(cell.value))))
    page.append(heads)
    for count, row in enumerate(rows, 2):
        if count > _MOST_ROWS:
            raise ValueError(f"an Excel page holds {_MOST_ROWS} rows")
        page.append([_excel_cell(page, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _excel_cell(page: Any, value: object) -> Any:
    """Numbers and moments as such; every text as text, whatever it begins with."""
    if isinstance(value, datetime):
        cell = WriteOnlyCell(page, value.astimezone(BEIJING).replace(tzinfo=None))
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
        return cell
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value if math.isfinite(value) else None
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(plain(value)))[:_MOST_TEXT]
    if not text:
        return None
    cell = WriteOnlyCell(page, text)
    cell.data_type = "s"
    return cell


def _file(name: str, ending: str, data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type=TYPES[ending])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
