"""The content of a packet, between ``CP=&&`` and ``&&``: items separated by ``;``, pairs of one item by ``,``.

A pair is ``factor-Suffix=value`` or a plain ``Field=value``. Read tolerantly: every way in which the printed standard
and real senders deviate is accepted and named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from lichen.hj212.deviations import warning

#: Suffixes whose value is a number (HJ 212-2017 table 4; RawAvg and the sample-check ones HJ 212-2025 table 5).
NUMBER_SUFFIXES = frozenset(
    ("Rtd", "ZsRtd", "Cou", "Min", "Avg", "Max", "ZsMin", "ZsAvg", "ZsMax", "RawAvg", "Data", "DayData", "NightData",
     "RS", "RT", "SampleRd", "StandardValue", "ResultType")
)  # fmt: skip
#: Suffixes that describe the other values of their item.
ATTRIBUTE_SUFFIXES = frozenset(("EFlag", "SampleTime", "CompleteTime", "SampleType"))
#: Every suffix of the standards. Info and SN carry text.
SUFFIXES = NUMBER_SUFFIXES | ATTRIBUTE_SUFFIXES | {"Flag", "Info", "SN"}
_BY_LOWER_CASE = {suffix.lower(): suffix for suffix in SUFFIXES}

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_PIECE = re.compile(r"[^;,=]*=\s*//.*?//\s*(?=[;,]|\Z)|[^;,]*", re.DOTALL)
# 2025 prints these two with a comma between plain fields; elsewhere the comma is a misprint (2017 C.22, C.23, C.41).
_COMMA_BY_STANDARD = ("1014", "3011")


class Reading(NamedTuple):
    """One value of a packet.

    Attributes
    ----------
    factor, stat : str
        ``w01018`` and ``Rtd``, as sent. Facility states are values too: ``SB1``, ``RS``.
    value : float or None
        None where the text is no number (process marks, site information, an empty value). Unit: as the station sends.
    text : str
        The value exactly as sent, without blanks around it: digits carry meaning.
    mark : str or None
        The data mark (``-Flag``) of the item; None = not sent.
    extra : tuple of (suffix, text)
        The item's SampleTime, EFlag, CompleteTime, SampleType.
    """

    factor: str
    stat: str
    value: float | None
    text: str
    mark: str | None = None
    extra: tuple[tuple[str, str], ...] = ()


class Content(NamedTuple):
    """What a packet's content says: plain fields (as sent, in order), readings, deviations."""

    fields: dict[str, str]
    values: tuple[Reading, ...]
    warnings: list[str]


def number(text: str) -> float | None:
    """The number a text writes in full, or None.

    >>> number("-0.052"), number("1e3"), number("nan"), number("")
    (-0.052, 1000.0, None, None)
    """
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def read_content(text: str, cn: str | None = None) -> Content:
    """Fields and readings of a content text; never raises.

    >>> fields, values, warnings = read_content("DataTime=20160801085857;w01018-Rtd=1.10,w01018-Flag=N")
    >>> fields, values[0].factor, values[0].value, values[0].text, values[0].mark, warnings
    ({'DataTime': '20160801085857'}, 'w01018', 1.1, '1.10', 'N', [])
    """
    reader = _Reader(cn)
    if text:
        if "//" in text:
            for piece, before in _pieces(text):
                reader.take(piece, before)
        else:
            for item in text.split(";"):
                before = ";"
                for piece in item.split(","):
                    reader.take(piece, before)
                    before = ","
    reader.end_item()
    return Content(reader.fields, reader.marked(), list(dict.fromkeys(reader.warnings)))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Pairs and the separator before each, in a text with ``//…//`` logs, which may hold separators."""
    at, before = 0, ";"
    while True:
        match = _PIECE.match(text, at)
        assert match is not None  # the second alternative matches nothing at all
        yield match.group(), before
        at = match.end()
        if at == len(text):
            return
        before = text[at]
        at += 1


@lru_cache(maxsize=4096)
def _factor_warning(factor: str) -> str | None:
    if len(factor) == 6 and factor[0].isupper() and factor[1:].isdigit():
        return warning("factor-case", factor)
    if len(factor) == 5 and factor.isdigit():
        return warning("factor-letter", factor)
    return None


@lru_cache(maxsize=4096)
def _split_name(name: str) -> tuple[str, str, str | None]:
    """Factor, suffix and a warning or None, of a name with a hyphen.

    >>> _split_name("LA-Rtd-Flag")[:2]
    ('LA', 'Flag')
    """
    factor, _, suffix = name.partition("-")
    note = _factor_warning(factor)
    if "-" in suffix:
        first, _, last = suffix.rpartition("-")
        if all(part in SUFFIXES for part in first.split("-")):
            suffix, note = last, warning("suffix-doubled", name)
        else:
            factor, suffix = f"{factor}-{first}", last
    if suffix not in SUFFIXES:
        known = _BY_LOWER_CASE.get(suffix.lower())
        if known is None:
            note = warning("suffix-unknown", suffix)
        else:
            suffix, note = known, warning("suffix-case", suffix)
    return factor, suffix, note


class _Reader:
    """Collects pairs; pairs of one factor that follow each other make one item, whatever separates them."""

    def __init__(self, cn: str | None) -> None:
        self.cn = cn
        self.fields: dict[str, str] = {}
        self.values: list[Reading] = []
        self.warnings: list[str] = []
        self._bare_mark: str | None = None
        self._was_plain = True
        self._factor: str | None = None
        self._item: dict[str, str] = {}  # suffix → text

    def take(self, piece: str, before: str) -> None:
        name, equals, value = piece.partition("=")
        if not equals:
            self._nameless(piece)
            return
        if name != (stripped := name.strip()):
            name = stripped
            self.warnings.append(warning("blank", name))
        if value != (stripped := value.strip()):
            value = stripped
            self.warnings.append(warning("blank", name))
        if value.startswith("//") and not (len(value) >= 4 and value.endswith("//")):
            self.warnings.append(warning("log-unclosed", name))
        if "-" not in name or name[0] == "-":
            self._plain(name, value, before)
            return
        factor, suffix, note = _split_name(name)
        if note:
            self.warnings.append(note)
        if factor != self._factor or suffix in self._item:
            if before == "," and (self._was_plain or factor != self._factor):
                self.warnings.append(warning("comma", f"before {name}"))
            self.end_item()
            self._factor = factor
        self._was_plain = False
        self._item[suffix] = value

    def _nameless(self, piece: str) -> None:
        if piece.strip():
            self.warnings.append(warning("item-without-equals", piece.strip()))
            self._keep(piece.strip(), "")
        else:
            self.warnings.append(warning("separator-trailing"))

    def _plain(self, name: str, value: str, before: str) -> None:
        if before == "," and not (self._was_plain and self.cn in _COMMA_BY_STANDARD):
            self.warnings.append(warning("comma", f"before {name}"))
        self.end_item()
        self._was_plain = True
        if name == "Flag":
            self.warnings.append(warning("flag-bare", value))
            self._bare_mark = value
        self._keep(name, value)

    def _keep(self, name: str, value: str) -> None:
        if name in self.fields:
            self.warnings.append(warning("field-repeated", name))
            count = 2
            while f"{name}#{count}" in self.fields:
                count += 1
            name = f"{name}#{count}"
        self.fields[name] = value

    def end_item(self) -> None:
        """Turns the collected pairs of one factor into readings, or into fields if none of them is a value."""
        item, factor = self._item, self._factor
        if factor is None:
            return
        self._item, self._factor = {}, None
        mark = item.pop("Flag", None)
        extra = tuple((suffix, item.pop(suffix)) for suffix in tuple(item) if suffix in ATTRIBUTE_SUFFIXES)
        if not item:
            if mark is not None:
                self._keep(f"{factor}-Flag", mark)
            for suffix, text in extra:
                self._keep(f"{factor}-{suffix}", text)
        for suffix, text in item.items():
            value = number(text)
            # A process condition (2025, p…) is told by a word; everything else with these suffixes is a number.
            if value is None and suffix in NUMBER_SUFFIXES and factor[0] != "p":
                self.warnings.append(warning("value-text" if text else "value-empty", f"{factor}-{suffix}"))
            self.values.append(Reading(factor, suffix, value, text, mark, extra))

    def marked(self) -> tuple[Reading, ...]:
        """The readings; a bare ``Flag=N`` marks those that have no mark of their own."""
        if self._bare_mark is None:
            return tuple(self.values)
        return tuple(r if r.mark is not None else r._replace(mark=self._bare_mark) for r in self.values)
