"""Step 4: minutes → hours → eight-hour means → days → months, quarters and years, by the element's rules.

An interval is computed when it is over: after every step that touched one of its inputs (late and back-filled data
too), and once when it ends. Inputs are read back from the store, so whatever else is in force there (a person's
correction, a finding) counts. A row is appended only if its value or flag differs from the one in force.

Of an hour, minute data decide if there are any; else the hour value the station reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lichen.elements.descriptor import Aggregation, Element
from lichen.pipeline.combine import COMBINED
from lichen.pipeline.derive import derive
from lichen.pipeline.frames import KEY, Names, batch, no_keys, runs
from lichen.pipeline.intervals import COMPUTED, end_after, end_of, start_before, start_of
from lichen.pipeline.recomputation import Recomputation
from lichen.vocab.clock import HOUR_MS, beijing_day
from lichen.vocab.flags import LAST_USABLE, Flag
from lichen.vocab.periods import WIDTH_MS, Period, Source
from lichen.vocab.registry import Device, Snapshot


def aggregate(element: Element, work: Recomputation) -> None:
    """Compute and append what follows from what changed; the computed intervals join `work.touched`."""
    points = work.names.codes(point.id for point in work.snapshot.points if point.element == element.slug)
    if not points or not work.concerns(points):
        return
    rules = _Rules(element)
    to_derive = list(element.derivations)
    for position in range(rules.longest(work)):
        for one in [one for one in to_derive if one.period in rules.sources(position, work)]:
            derive(element, one, points, work)
            to_derive.remove(one)
        for rule, targets in rules.targets(position, work, points):
            _compute(rule, targets, work)
    for one in to_derive:
        derive(element, one, points, work)


def rules_of(element: Element, instant: int) -> tuple[Aggregation, ...]:
    """The element's rules in force on the Beijing day of an instant."""
    return element.aggregations(beijing_day(instant))


class _Rules:
    """The element's aggregations, by the day of the interval to be computed."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self._of_day: dict[int, tuple[Aggregation, ...]] = {}

    def on(self, day_start: int) -> tuple[Aggregation, ...]:
        if day_start not in self._of_day:
            self._of_day[day_start] = rules_of(self._element, day_start)
        return self._of_day[day_start]

    def longest(self, work: Recomputation) -> int:
        """How many rules there are on the day that has most."""
        return max(len(self.on(day)) for day in _days(work))

    def sources(self, position: int, work: Recomputation) -> set[Period]:
        """The periods that the rules at this position read."""
        return {self.on(day)[position].source for day in _days(work) if position < len(self.on(day))}

    def targets(
        self, position: int, work: Recomputation, points: Sequence[int]
    ) -> list[tuple[Aggregation, pl.DataFrame]]:
        """The intervals to be computed by the rules at this position of the days' lists, each with its rule."""
        found = []
        days = sorted(_days(work))
        for rule in dict.fromkeys(self.on(day)[position] for day in days if position < len(self.on(day))):
            targets = pl.concat([_touched_targets(rule, work, points), _ended_targets(rule, work, points)]).unique()
            if not len(targets):
                continue
            day = start_of(pl.col("time"), Period.DAY)
            in_force = [one for one in targets.select(day.unique()).to_series().to_list() if rule in self.on(one)]
            targets = targets.filter(day.is_in(in_force))
            if len(targets):
                found.append((rule, targets))
        return found


def _days(work: Recomputation) -> set[int]:
    """The first days of all intervals that can have changed: the rules of that day make an interval."""
    days = {start_before(work.closed_to, Period.DAY)}
    for rows in work.touched.values():
        days.update(rows.select(start_of(pl.col("time"), Period.DAY).unique()).to_series().to_list())
    days.add(start_before(work.closed_from, Period.DAY))
    return days | {start_before(day, period) for day in days for period in (Period.MONTH, Period.QUARTER, Period.YEAR)}


def inputs_of(rule: Aggregation) -> tuple[Source, int]:
    """Who makes the inputs of a rule, and how long each lasts (minutes, samples, months: taken as their start). [ms]"""
    return Source.COMPUTED if rule.source in COMPUTED else Source.REPORTED, WIDTH_MS.get(rule.source, 1)


def _targets_of(rule: Aggregation, inputs: pl.DataFrame) -> pl.DataFrame:
    """Each input with the start of every interval it enters, in column ``target``."""
    _, lasts = inputs_of(rule)
    if rule.method == "running_mean":
        starts = [pl.col("time") - back for back in range(0, WIDTH_MS[rule.target], lasts)]
        return inputs.with_columns(target=pl.concat_list(starts)).explode("target")
    # An eight-hour mean belongs to the day in which it ends, 24:00 included (HJ 633: 08:00 to 24:00).
    last = pl.col("time") + lasts - 1
    target = start_of(last, rule.target)
    end = last + 1 - target  # whole milliseconds: a quotient in hours is not exactly 8 at 08:00
    inputs = inputs.with_columns(target=target)
    if (rule.first_hour, rule.last_hour) != (0, 24):
        late, early = end >= rule.first_hour * HOUR_MS, end <= rule.last_hour * HOUR_MS
        # From 23 to 6 is a night: both ends of the calendar day.
        inputs = inputs.filter(late & early if rule.first_hour <= rule.last_hour else late | early)
    return inputs


def _touched_targets(rule: Aggregation, work: Recomputation, points: Sequence[int]) -> pl.DataFrame:
    source, _ = inputs_of(rule)
    read = _read_parameters(rule)
    inputs = [work.of(rule.source, source, points, read)]
    if source is Source.REPORTED:
        inputs.append(work.of(rule.target, Source.REPORTED, points, rule.parameters))
    targets = _named(rule, _targets_of(rule, pl.concat(inputs)), work.names)
    return targets.filter(end_of(pl.col("time"), rule.target) <= work.closed_to)


def _ended_targets(rule: Aggregation, work: Recomputation, points: Sequence[int]) -> pl.DataFrame:
    """The intervals that have just ended and have any input."""
    step = rule.source if rule.method == "running_mean" else rule.target
    last = start_before(work.closed_to, step)  # the last end
    if last <= work.closed_from:
        return no_keys()
    start = start_before(work.closed_from, step)
    if rule.method == "running_mean":
        start += WIDTH_MS[step] - WIDTH_MS[rule.target]
    source, _ = inputs_of(rule)
    read = work.names.codes(_read_parameters(rule))
    inputs = [work.read(rule.source, source, points, read, start, last)]
    if source is Source.REPORTED:
        inputs.append(work.read(rule.target, Source.REPORTED, points, read, start, last))
    targets = _named(rule, _targets_of(rule, pl.concat(inputs)), work.names)
    end = end_of(pl.col("time"), rule.target)
    return targets.filter((end > work.closed_from) & (end <= work.closed_to))


def _read_parameters(rule: Aggregation) -> tuple[str, ...]:
    return (rule.source_parameter,) if rule.source_parameter else rule.parameters


def _named(rule: Aggregation, inputs: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The intervals that inputs enter, under the name of the parameter computed."""
    targets = inputs.select("point", "parameter", time="target").unique()
    if rule.source_parameter is None:
        return targets.select(KEY)
    return pl.concat(
        [targets.with_columns(parameter=pl.lit(names.code(slug), pl.Int32)) for slug in rule.parameters]
    ).select(KEY)


def _compute(rule: Aggregation, targets: pl.DataFrame, work: Recomputation) -> None:
    for run in runs(targets):
        computed = values(rule, run, work)
        known = work.read(
            rule.target, Source.COMPUTED, run["point"].unique(), run["parameter"].unique(), _start(run), _stop(run)
        )
        same = (
            (pl.col("flag") == pl.col("flag_known"))
            & (pl.col("value").eq_missing(pl.col("value_known")))  # NaN equals NaN in Polars
        )
        changed = computed.join(known, on=KEY, how="left", suffix="_known").filter(~same.fill_null(False))
        work.store.append(batch(changed, work.names, rule.target, work.version))
        work.touch(rule.target, Source.COMPUTED, computed)


def _start(rows: pl.DataFrame) -> int:
    return int(rows["time"].min())  # type: ignore[arg-type]


def _stop(rows: pl.DataFrame) -> int:
    return int(rows["time"].max()) + 1  # type: ignore[arg-type]


def values(rule: Aggregation, targets: pl.DataFrame, work: Recomputation) -> pl.DataFrame:
    """What a rule makes of the inputs in force.

    Returns
    -------
    DataFrame
        The targets that have any input, with ``value`` and ``flag`` (NaN and MISSING where too few inputs are valid),
        ``inputs`` and ``valid`` (how many there are; of minutes: how many minutes are covered) and ``reported``
        (whether the station's own value for the interval was taken, because there is no minute).
    """
    source, _ = inputs_of(rule)
    points = targets["point"].unique()
    read = work.names.codes(_read_parameters(rule))
    if rule.source_parameter is None:
        read = [code for code in read if code in set(targets["parameter"].unique())]
    start, stop = _start(targets), end_after(_stop(targets) - 1, rule.target)
    if rule.unless is not None:
        targets = _without(rule, targets, work.read(rule.unless, Source.COMPUTED, points, read, start, stop))
    inputs = _targets_of(rule, work.read(rule.source, source, points, read, start, stop))
    if rule.source_parameter is not None:
        inputs = pl.concat(
            [inputs.with_columns(parameter=pl.lit(code, pl.Int32)) for code in work.names.codes(rule.parameters)]
        )
    into = ["point", "parameter", "target"]
    inputs = inputs.join(targets, left_on=into, right_on=KEY, how="semi").sort(*into, "time")
    found = targets.join(_means(rule, inputs, work), on=KEY, how="left").with_columns(
        pl.col("inputs", "valid").fill_null(0),
        pl.col("value").fill_null(float("nan")),
        pl.col("flag").fill_null(int(Flag.MISSING)),
        reported=pl.lit(False),
    )
    if source is Source.REPORTED:
        found = _or_reported(rule, found, work, points, read, start, stop)
    return found.filter(pl.col("inputs") > 0).select(*KEY, "value", "flag", "inputs", "valid", "reported").sort(KEY)


def _without(rule: Aggregation, targets: pl.DataFrame, better: pl.DataFrame) -> pl.DataFrame:
    """The targets of which there is no value over the period that goes before the rule's source."""
    into = better.select("point", "parameter", time=start_of(pl.col("time"), rule.target)).unique()
    return targets.join(into, on=KEY, how="anti")


def _means(rule: Aggregation, inputs: pl.DataFrame, work: Recomputation) -> pl.DataFrame:
    """One row for each run of inputs of the same target; the inputs lie in order of target and time.

    The same inputs give the same bits, whatever else is computed beside them.
    """
    minutes = _minutes(inputs, work) if rule.source is Period.MINUTE else np.ones(len(inputs), np.int64)
    heads = inputs.select("point", "parameter", time="target")
    first = np.flatnonzero(heads.select(pl.struct(KEY).rle_id().diff().ne_missing(0)).to_series().to_numpy())
    value, flag = inputs["value"].to_numpy(), inputs["flag"].to_numpy()
    usable = flag <= LAST_USABLE
    if not len(first):
        used = valid = np.empty(0, np.int64)
        result, worst = np.empty(0), np.empty(0, np.uint8)
    else:
        used = np.add.reduceat(usable.astype(np.int64), first)
        valid = np.add.reduceat(np.where(usable, minutes, 0), first)
        worst = np.maximum.reduceat(np.where(usable, flag, 0), first)
        value = np.where(inputs["below"].to_numpy(), value / 2, value)
        result = COMBINED[rule.method](value, usable, first, used)
    enough = valid >= rule.needed
    if rule.exceeds is not None:
        enough |= (used > 0) & (result > rule.exceeds)
    return heads[first].with_columns(
        value=pl.Series(np.where(enough, result, np.nan), dtype=pl.Float64),
        flag=pl.Series(np.where(enough, worst, Flag.MISSING), dtype=pl.UInt8),
        inputs=pl.Series(np.diff(np.append(first, len(inputs))), dtype=pl.Int64),
        valid=pl.Series(valid, dtype=pl.Int64),
    )


def _or_reported(
    rule: Aggregation,
    found: pl.DataFrame,
    work: Recomputation,
    points: Iterable[int],
    read: Iterable[int],
    start: int,
    stop: int,
) -> pl.DataFrame:
    """Where there is no minute at all, the value the station reported for the whole interval, if it may be used."""
    if not (found["inputs"] == 0).any():
        return found
    reported = work.read(rule.target, Source.REPORTED, points, read, start, stop)
    usable = pl.col("flag_reported") <= LAST_USABLE
    alone = (pl.col("inputs") == 0) & pl.col("flag_reported").is_not_null()
    return (
        found.join(reported, on=KEY, how="left", suffix="_reported")
        .with_columns(
            value=pl.when(alone & usable)
            .then(pl.col("value_reported"))
            .when(alone)
            .then(float("nan"))
            .otherwise(pl.col("value")),
            flag=pl.when(alone).then(pl.col("flag_reported")).otherwise(pl.col("flag")),
            inputs=pl.when(alone).then(1).otherwise(pl.col("inputs")),
            valid=pl.when(alone).then(usable.cast(pl.Int64)).otherwise(pl.col("valid")),
            reported=alone,
        )
        .drop("value_reported", "flag_reported")
    )


def _minutes(inputs: pl.DataFrame, work: Recomputation) -> NDArray[np.int64]:
    """How many minutes each minute value stands for, as its device is registered."""
    of_point = _devices(work.snapshot)
    point, time = inputs["point"].to_numpy(), inputs["time"].to_numpy()
    minutes = np.zeros(len(inputs), dtype=np.int64)
    usual = np.zeros(int(point.max(initial=-1)) + 1, dtype=np.int64)
    for code in np.unique(point).tolist():
        devices = of_point.get(work.names[code], ())
        if len({device.minute_interval for device in devices}) == 1:
            usual[code] = devices[0].minute_interval
            continue
        mine = point == code
        for device in devices:
            bound = mine.copy()
            if device.valid_from is not None:
                bound &= time >= device.valid_from
            if device.valid_until is not None:
                bound &= time < device.valid_until
            minutes[bound] = device.minute_interval
    return np.where(usual[point] > 0, usual[point], minutes)


def _devices(snapshot: Snapshot) -> Mapping[str, tuple[Device, ...]]:
    found: dict[str, tuple[Device, ...]] = {}
    for device in snapshot.devices:
        found[device.point] = (*found.get(device.point, ()), device)
    return found
