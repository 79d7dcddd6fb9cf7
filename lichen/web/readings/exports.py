"""Tables as CSV files: UTF-8 with a byte order mark, so that spreadsheets read Chinese; times in Beijing time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from django.http import HttpResponse

#: A spreadsheet would run such a cell as a formula.
_FORMULA = ("=", "+", "@", "\t", "\r")


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A CSV file to download."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cell(cell: object) -> object:
    """None and NaN as an empty cell; a text that begins like a formula after an apostrophe.

    >>> _cell(float("nan")), _cell("=1+1"), _cell(35.0)
    ('', "'=1+1", 35.0)
    """
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell
