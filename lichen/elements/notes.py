"""What elements say, in English: notes of verdicts, and what their reports say.

Stored and sealed all this stays Chinese, as the standards are.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

from lichen.elements import ELEMENT_BY_SLUG
from lichen.standards import Row, Shelf
from lichen.vocab.parameters import PARAMETERS

_CHINESE = re.compile(r"[\u3400-\u9fff，；、：。（）～]")
_NO_NAMES: Mapping[str, str] = MappingProxyType({})
#: An item with what belongs to it: ``氨氮(0.2)``.
_BRACKETED = re.compile(r"(?P<word>.+?)[(（](?P<more>[^()（）]*)[)）]")


def english(element: str, said: str, names: Mapping[str, str] = _NO_NAMES) -> str:
    """What an element's evaluation or report says, in English.

    Each element says in its ``notes.csv`` how its sentences read in English, ``{name}`` standing for what differs from
    one to the next; those of the code that elements share are in the ``notes.csv`` beside them. Names of parameters,
    words of classes and options, and words of the element's tables are known from there.

    Parameters
    ----------
    element : str
        Slug.
    said : str
        As stored: Chinese parts joined by ``；``, or a list joined by ``、``. "" = nothing to say.
    names : mapping 中文 → English
        Of what no table knows: the points of a report, its cities.

    Returns
    -------
    str
        What is in no table, of an older version perhaps or the name of a place, stays as it was stored.

    Examples
    --------
    >>> english("air", "PM2.5、O3 8小时缺测，AQI取自其余项目；CO为负值，在仪器性能范围内，按0计").split("; ")[0]
    'PM2.5, 8-hour O3 missing: the AQI is that of the other items'
    >>> english("surface_water", "氨氮(0.2)、总磷"), english("surface_water", "缺水温，溶解氧未按饱和率评价")[:22]
    ('ammonia nitrogen (0.2), total phosphorus', 'no water temperature: ')
    >>> english("sea", "未评价的点位：甲湾、乙湾。", {"甲湾": "Jia Bay", "乙湾": "Yi Bay"})
    'Points not judged: Jia Bay, Yi Bay.'
    >>> english("air", ""), english("air", "前所未见")
    ('', '前所未见')
    """
    if not _CHINESE.search(said):
        return said
    if said in names:
        return names[said]
    words, sentences = _known(element)
    if said in words:
        return words[said]
    for pattern, text in sentences:
        if found := pattern.fullmatch(said):
            return text.format_map({name: english(element, part, names) for name, part in found.groupdict().items()})
    for mark, joint in (("；", "; "), ("、", ", ")):
        if mark in said:
            return joint.join(english(element, part, names) for part in said.split(mark))
    if found := _BRACKETED.fullmatch(said):
        return f"{english(element, found['word'], names)} ({english(element, found['more'], names)})"
    return said


@cache
def _known(slug: str) -> tuple[dict[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
    """Words, and sentences with something to fill in, of an element: its own before those that all share."""
    shared = resources.files("lichen.elements")
    folder = shared.joinpath(slug)
    rows = [*_rows(folder), *_rows(shared)]
    words = {parameter.name_zh: parameter.name_en for parameter in PARAMETERS.values()}
    words |= dict(_words_of_element(slug, folder))
    words |= {row["zh"]: row["en"] for row in reversed(rows) if "{" not in row["zh"]}
    return words, tuple((_pattern(row["zh"]), row["en"]) for row in rows if "{" in row["zh"])


def _words_of_element(slug: str, folder: Traversable) -> Iterator[tuple[str, str]]:
    if folder.joinpath("tables").is_dir():
        for edition in Shelf.load(folder.joinpath("tables")).editions:
            for table in edition.tables.values():
                yield from _words_of_rows(table.rows)
    element = ELEMENT_BY_SLUG.get(slug)
    if element is None:
        return
    yield from ((PARAMETERS[one].name_zh, PARAMETERS[one].name_en) for one in element.parameters)
    for row in _rows(folder, "parameters.csv"):
        if row["parameter"] in PARAMETERS and _CHINESE.search(row["symbol"]):
            yield row["symbol"], PARAMETERS[row["parameter"]].name_en
    for option in element.options:
        yield option.name_zh, option.name_en
        yield from option.choices.values()
    yield from element.point_kinds.values()
    yield from ((one.word, one.name_en) for one in element.classes)


def _words_of_rows(rows: tuple[Row, ...]) -> Iterator[tuple[str, str]]:
    """What stands in a column ``word`` or ``…_zh`` beside its ``…_en``."""
    if not rows:
        return
    for column in rows[0]:
        name = column.removesuffix("_zh")
        if f"{name}_en" in rows[0] and not column.endswith("_en"):
            yield from ((row[column], row[f"{name}_en"]) for row in rows)


def _rows(folder: Traversable, name: str = "notes.csv") -> list[dict[str, str]]:
    """A table of a folder; one that is not there has no rows."""
    file = folder.joinpath(name)
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) if file.is_file() else []


def _pattern(text: str) -> re.Pattern[str]:
    """The text, any words of one part where it has a ``{name}``."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^；]+?)", re.escape(text)))
