"""Values made of other values of the same interval: an element's derivations, for exactly what changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from lichen.elements.descriptor import Derivation, Element
from lichen.pipeline.frames import KEY, batch, runs
from lichen.pipeline.recomputation import Recomputation
from lichen.pipeline.samples import samples_of
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Source


def derive(element: Element, rule: Derivation, points: Sequence[int], work: Recomputation) -> None:
    """Append what follows from the inputs that changed and differs from what is in force; it joins `work.touched`."""
    touched = work.of(rule.period, Source.COMPUTED, points, rule.inputs).select("point", "time").unique()
    for run in runs(touched):
        made = derived(element, rule, run, work)
        known = work.read(
            rule.period, Source.COMPUTED, run["point"].unique(), work.names.codes(rule.parameters),
            int(run["time"].min()), int(run["time"].max()) + 1,  # type: ignore[arg-type]
        )  # fmt: skip
        same = (pl.col("flag") == pl.col("flag_known")) & pl.col("value").eq_missing(pl.col("value_known"))
        # What could never be made is no row: nobody measures its inputs there.
        said = pl.col("value").is_not_nan() | pl.col("flag_known").is_not_null()
        changed = made.join(known, on=KEY, how="left", suffix="_known").filter(said & ~same.fill_null(False))
        work.store.append(batch(changed, work.names, rule.period, work.version))
        work.touch(rule.period, Source.COMPUTED, made)


def derived(element: Element, rule: Derivation, intervals: pl.DataFrame, work: Recomputation) -> pl.DataFrame:
    """What a rule makes of the inputs in force, at intervals (columns ``point``, ``time``)."""
    intervals = intervals.sort("point", "time")
    made = rule.make(samples_of(element, rule.inputs, rule.period, intervals, work))
    parts = [
        intervals.with_columns(
            parameter=pl.lit(work.names.code(slug), pl.Int32),
            value=pl.Series(column),
            flag=pl.Series(np.where(np.isnan(column), Flag.MISSING, Flag.GOOD).astype(np.uint8)),
        ).select(*KEY, "value", "flag")
        for slug, column in made.items()
    ]
    return (
        pl.concat(parts)
        if parts
        else intervals.clear()
        .with_columns(parameter=pl.lit(None, pl.Int32), value=pl.lit(None, pl.Float64), flag=pl.lit(None, pl.UInt8))
        .select(*KEY, "value", "flag")
    )
