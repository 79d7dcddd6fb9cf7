"""Cells of a table as numbers and choices, and what is to be said about those that are neither (in Chinese)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen.elements.descriptor import Option
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.units import text_of

_NUMBER_WITH_UNIT = r"^[+-]?\d+(\.\d+)?\s*[\p{L}%°µμ][^\d]*.*$"
#: Has the form of a number, but none that a float holds.
_TOO_LARGE = r"^[+-]?\d+(\.\d+)?[eE][+-]?\d+$"
#: Below the detection limit, which stands beside: ``<0.01``, ``＜0.01``, ``0.01L``.
_BELOW = r"^(?:[<＜]\s*(\d*\.?\d+)|(\d*\.?\d+)\s*[Ll])$"
#: Below a detection limit that nobody names.
_NOT_DETECTED = r"(?i)^(?:n\.?d\.?|未检出|未检测出|<\s*dl|＜\s*dl|bdl)$"


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column as numbers.

    Attributes
    ----------
    values : ndarray (n,) float64
        NaN = none. Below the detection limit: the limit.
    below : ndarray (n,) bool
    remarks : list of pl.Series
        About the cells that are not usable: a text each row, null = nothing to say.
    """

    values: NDArray[np.float64]
    below: NDArray[np.bool_]
    remarks: list[pl.Series]


def numbers(cells: pl.Series, slug: str) -> Numbers:
    """The usable numbers of a parameter's column.

    >>> found = numbers(pl.Series("nh3n", ["0.31", "<0.025", "0.01L", "ND", "12 mg", None]), "nh3n")
    >>> found.values.tolist(), found.below.tolist()
    ([0.31, 0.025, 0.01, nan, nan, nan], [False, True, True, False, False, False])
    """
    stripped = cells.str.strip_chars()
    values = stripped.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().copy()
    text = (stripped.fill_null("") != "").to_numpy() & ~np.isfinite(values)
    below = np.zeros(len(values), np.bool_)
    remarks: list[pl.Series] = []
    if text.any():
        filled = stripped.fill_null("")
        limits = filled.str.extract_groups(_BELOW)
        limit = pl.coalesce(limits.struct.field("1"), limits.struct.field("2")).cast(pl.Float64, strict=False)
        given = pl.select(limit).to_series().fill_null(float("nan")).to_numpy()
        below = text & np.isfinite(given)
        values[below] = given[below]
        text &= ~below
        unit = text_of(PARAMETERS[slug].unit)
        wanted = f"单位须为 {unit}" if unit not in ("", "1") else "本项没有单位"
        for pattern, said in (
            (_NOT_DETECTED, f"”没有给出检出限，按缺测计（请写成 <检出限，如 <0.01，{wanted}）"),
            (_TOO_LARGE, "”不是数值，按缺测计"),
            (_NUMBER_WITH_UNIT, f"”带有单位，按缺测计（只写数值，{wanted}）"),
            ("", "”不是数值，按缺测计"),
        ):
            rows = text & filled.str.contains(pattern).to_numpy()
            if rows.any():
                remarks.append(remark(cells, rows, f"{slug}的“", said))
            values[rows] = np.nan
            text &= ~rows
    if not PARAMETERS[slug].may_be_negative:
        negative = values < 0
        if negative.any():
            remarks.append(remark(cells, negative, f"{slug}的“", "”是负值，按缺测计"))
            values[negative] = np.nan
    return Numbers(values, below, remarks)


def option_column(cells: pl.Series, option: Option) -> tuple[NDArray[np.int16] | NDArray[np.float64], list[pl.Series]]:
    """An option's column, as `lichen.elements.descriptor.Samples.options` takes it; an empty cell is the default."""
    stripped = cells.str.strip_chars()
    given = (stripped.fill_null("") != "").to_numpy()
    if option.is_number:
        values = stripped.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().copy()
        bad = given & ~np.isfinite(values)
        values[~given] = float(option.default or "nan")
        allowed = "一个数" + (f"，单位 {text_of(option.unit)}" if option.unit else "")
        return values, [remark(cells, bad, f"{option.slug}“", f"”无效，应为{allowed}")] if bad.any() else []
    default = option.code(str(option.default))
    distinct = stripped.fill_null("").unique().to_list()
    code_of = {text: default if text == "" else option.code(text) for text in distinct}
    codes = stripped.fill_null("").replace_strict(code_of, return_dtype=pl.Int16).to_numpy()
    bad = given & (codes < 0)
    if not bad.any():
        return codes, []
    allowed = "、".join(f"{value}（{words[0]}）" for value, words in option.choices.items())
    return codes, [remark(cells, bad, f"{option.slug}“", f"”无效，应为：{allowed}")]


def remark(cells: pl.Series, rows: NDArray[np.bool_], before: str, after: str) -> pl.Series:
    """A text around the cell, in the rows concerned; null in the others."""
    text = before + cells.fill_null("") + after
    return pl.select(pl.when(pl.lit(pl.Series(rows))).then(pl.lit(text))).to_series()


def remark_on_all(text: str, n: int) -> pl.Series:
    """The same text in every row."""
    return pl.repeat(text, n, dtype=pl.String, eager=True)
