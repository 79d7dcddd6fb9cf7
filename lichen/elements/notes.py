"""What the notes of verdicts say in English. Stored and sealed they stay Chinese, as the standards are."""

import csv
import re
from functools import cache
from importlib import resources


def english(element: str, note: str) -> str:
    """A note of an element's evaluation in English.

    Each element says in its ``notes.csv`` how the parts of its notes read in English, ``{name}`` standing for what
    differs from note to note.

    Parameters
    ----------
    element : str
        Slug.
    note : str
        As stored: Chinese parts joined by ``；``. "" = nothing to say.

    Returns
    -------
    str
        A part that is not in the table, of an older version perhaps, stays as it was stored.

    Examples
    --------
    >>> english("air", "PM2.5、O3 8小时缺测，AQI取自其余项目；CO为负值，在仪器性能范围内，按0计").split("; ")[0]
    'PM2.5, 8-hour O3 missing: the AQI is that of the other items'
    >>> english("air", ""), english("air", "前所未见")
    ('', '前所未见')
    """
    return "; ".join(_part(element, part) for part in note.split("；"))


def _part(element: str, part: str) -> str:
    for pattern, said in _table(element):
        if found := pattern.fullmatch(part):
            return said.format_map({name: _listed(element, text) for name, text in found.groupdict().items()})
    return part


def _listed(element: str, names: str) -> str:
    return ", ".join(_part(element, name) for name in names.split("、"))


@cache
def _table(element: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    text = resources.files(f"lichen.elements.{element}").joinpath("notes.csv").read_text(encoding="utf-8")
    return tuple((_pattern(row["zh"]), row["en"]) for row in csv.DictReader(text.splitlines()))


def _pattern(text: str) -> re.Pattern[str]:
    """The text, any words where it has a ``{name}``."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(text)))
