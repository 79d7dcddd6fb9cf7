"""A CSV or Excel file as rows of cells: the one reader of spreadsheets."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lichen.pipeline.sheets.said import BadTable, Said

MOST_ROWS = 50_000
MOST_BYTES = 20_000_000
#: An .xlsx is a ZIP file; what it unpacks to is bounded too. [bytes]
_MOST_UNPACKED = 400_000_000


def rows_of(name: str, body: bytes) -> list[list[str]]:
    """All rows as texts, every cell as it was written, the heads among them; else as `cells_of`."""
    return [[_text(cell) for cell in row] for row in cells_of(name, body)]


def cells_of(name: str, body: bytes, *, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> list[list[Any]]:
    """All rows, the heads among them: texts of a CSV file, and what Excel holds (texts, numbers, moments, None).

    Parameters
    ----------
    name : str
        Of the file; .xlsx is read as Excel.
    body : bytes
    most_rows, most_bytes : int
        Without the heads; of the file.

    Raises
    ------
    BadTable
        The file is too large, or neither CSV (UTF-8 or GB 18030) nor .xlsx.
    """
    if len(body) > most_bytes:
        size = most_bytes // 1_000_000
        raise BadTable(
            Said(f"文件大于{size} MB，请分成几个文件。", f"The file is larger than {size} MB. Divide it into several.")
        )
    is_excel = name.lower().endswith((".xlsx", ".xlsm"))
    rows: list[list[Any]] = _excel(body, most_rows) if is_excel else _csv(body)
    if len(rows) > most_rows + 1:
        raise BadTable(
            Said(
                f"超过{most_rows}行，请分成几个文件。",
                f"There are more than {most_rows} rows. Divide the file into several.",
            )
        )
    return rows


def _csv(body: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            continue
        try:
            return list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as broken:
            raise BadTable(
                Said(
                    f"CSV文件有误（{broken}），请检查引号。",
                    f"The CSV file is broken ({broken}). Check its quotation marks.",
                )
            ) from broken
    raise BadTable(
        Said(
            "既不是CSV文件（UTF-8或GB 18030），也不是Excel文件（.xlsx）。请另存为其中一种。",
            "This is neither a CSV file (UTF-8 or GB 18030) nor an Excel file (.xlsx). Save it as one.",
        )
    )


def _excel(body: bytes, most_rows: int) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
        if unpacked > _MOST_UNPACKED:
            raise BadTable(
                Said(
                    "Excel文件解压后过大，请把数据行复制到模板中。",
                    "The Excel file unpacks to too much. Copy the rows into the template.",
                )
            )
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as broken:
        raise BadTable(
            Said("无法打开Excel文件，请重新另存为.xlsx。", "The Excel file cannot be opened. Save it again as .xlsx.")
        ) from broken
    try:
        rows = []
        for row in book.worksheets[0].iter_rows(values_only=True):
            rows.append(list(row))
            if len(rows) > most_rows + 1:
                break
        return rows
    finally:
        book.close()


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)
