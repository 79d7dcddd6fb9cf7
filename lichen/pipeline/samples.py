"""What an element's rules take: values in force, detection limits, options of the points, the senders' marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen.elements.descriptor import Element, Option, Samples
from lichen.pipeline.recomputation import Recomputation
from lichen.vocab.flags import LAST_USABLE
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Point, attribute_at


def made_by(period: Period) -> Source:
    """Who makes the values that are judged: grab samples come in, means are computed."""
    return Source.REPORTED if period is Period.SAMPLE else Source.COMPUTED


def samples_of(
    element: Element, inputs: Sequence[str], period: Period, samples: pl.DataFrame, work: Recomputation
) -> Samples:
    """Samples (columns ``point``, ``time``) as the element's rules take them, from what is in force now."""
    start, stop = int(samples["time"].min()), int(samples["time"].max()) + 1  # type: ignore[arg-type]
    values = work.read(period, made_by(period), samples["point"].unique(), work.names.codes(inputs), start, stop)
    values = values.filter(pl.col("flag") <= LAST_USABLE).select("point", "time", "parameter", "value", "below")
    there = values.partition_by("parameter", as_dict=True, include_key=False)
    columns, below = {}, {}
    for slug in inputs:
        mine = there.get((work.names.code(slug),))
        if mine is None:  # of an element's hundred parameters few are measured at one point
            columns[slug] = np.full(len(samples), np.nan)
            continue
        joined = samples.join(mine, on=["point", "time"], how="left", maintain_order="left")
        columns[slug] = joined["value"].fill_null(float("nan")).to_numpy()
        limits = joined["below"].fill_null(False)
        if limits.any():
            below[slug] = limits.to_numpy()
    marks = _marks(inputs, period, samples, work) if element.reads_marks else {}
    return Samples(columns, samples["time"].to_numpy(), None, below, _options(element, samples, work), marks)


def _marks(
    inputs: Sequence[str], period: Period, samples: pl.DataFrame, work: Recomputation
) -> dict[str, NDArray[np.str_]]:
    """The senders' marks of the reported values of the same interval, also of those that may not be used."""
    start, stop = int(samples["time"].min()), int(samples["time"].max()) + 1  # type: ignore[arg-type]
    there = work.marks(period, samples["point"].unique(), work.names.codes(inputs), start, stop)
    of_parameter = there.select("point", "time", "parameter", "mark").partition_by(
        "parameter", as_dict=True, include_key=False
    )
    found = {}
    for slug in inputs:
        mine = of_parameter.get((work.names.code(slug),))
        if mine is not None:
            joined = samples.join(mine, on=["point", "time"], how="left", maintain_order="left")
            found[slug] = joined["mark"].fill_null("").to_numpy().astype(np.str_)
    return found


def _options(element: Element, samples: pl.DataFrame, work: Recomputation) -> dict[str, NDArray[Any]]:
    """What the registry says of each sample's point at its time; where it is silent, the kind of point may choose."""
    point, time = samples["point"].to_numpy(), samples["time"].to_numpy()
    rows_of = {code: np.flatnonzero(point == code) for code in np.unique(point).tolist()}
    registered = {code: work.snapshot.point_by_id.get(work.names[code]) for code in rows_of}
    found: dict[str, NDArray[Any]] = {}
    for option in element.options:
        saying = [
            (rows_of[code], one)
            for code, one in registered.items()
            if one is not None and (one.attributes.get(option.slug) not in (None, "") or one.kind in option.choices)
        ]
        if saying:
            found[option.slug] = _column(option, saying, time)
    return found


def _column(
    option: Option, saying: Sequence[tuple[NDArray[np.int64], Point]], time: NDArray[np.int64]
) -> NDArray[np.int16] | NDArray[np.float64]:
    """An option of all samples; the default where their points say nothing."""
    if option.is_number:
        numbers = np.full(len(time), float(option.default or "nan"))
        for rows, one in saying:
            said = attribute_at(one.attributes, option.slug, time[rows])
            numbers[rows] = [
                numbers[row] if value in (None, "") else _number(value) for row, value in zip(rows, said, strict=True)
            ]
        return numbers
    codes = np.full(len(time), option.code(str(option.default)), np.int16)
    for rows, one in saying:
        if one.kind in option.choices:
            codes[rows] = option.code(one.kind)
        said = attribute_at(one.attributes, option.slug, time[rows])
        codes[rows] = [
            codes[row] if value in (None, "") else option.code(str(value))
            for row, value in zip(rows, said, strict=True)
        ]
    return codes


def _number(value: Any) -> float:
    """NaN for what the registry should not have let in; the evaluator's note then says what is missing."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
