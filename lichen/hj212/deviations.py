"""The words for every deviation from the standard that the readers of this package report.

A warning is one string, ``code: words``. Codes are stable (alarms and statistics may rest on them); the words may grow.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """Code → (中文, English), from deviations.csv."""
    text = files("lichen.hj212").joinpath("deviations.csv").read_text("utf-8")
    return {row["code"]: (row["zh"], row["en"]) for row in csv.DictReader(text.splitlines())}


@cache
def _plain(code: str) -> str:
    return f"{code}: {catalogue()[code][1]}"


def warning(code: str, detail: str = "") -> str:
    """The warning string for a code of the catalogue.

    >>> warning("crc-case")
    'crc-case: CRC in lower case'
    >>> warning("length", "declared 131, found 137")
    "length: declared length is not the segment's length: declared 131, found 137"
    """
    return f"{_plain(code)}: {detail}" if detail else _plain(code)


def code_of(text: str) -> str:
    """The stable code of a warning string.

    >>> code_of("crc-case: CRC in lower case")
    'crc-case'
    """
    return text.partition(":")[0]
