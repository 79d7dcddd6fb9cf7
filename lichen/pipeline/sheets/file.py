"""A CSV or Excel file as rows of texts, every cell as it was written."""

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
    """All rows, the heads among them.

    Raises
    ------
    BadTable
        The file is too large, or neither CSV (UTF-8 or GB 18030) nor .xlsx.
    """
    if len(body) > MOST_BYTES:
        raise BadTable(
            Said("文件大于20 MB，请分成几个文件。", "The file is larger than 20 MB. Divide it into several.")
        )
    rows = _excel(body) if name.lower().endswith((".xlsx", ".xlsm")) else _csv(body)
    if len(rows) > MOST_ROWS + 1:
        raise BadTable(
            Said(
                f"超过{MOST_ROWS}行，请分成几个文件。",
                f"There are more than {MOST_ROWS} rows. Divide the file into several.",
            )
        )
    return rows


def _csv(body: bytes) -> list[list[str]]:
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


def _excel(body: bytes) -> list[list[str]]:
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
            rows.append([_text(cell) for cell in row])
            if len(rows) > MOST_ROWS + 1:
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
