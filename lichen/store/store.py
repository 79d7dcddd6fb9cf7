"""Observations, findings and results: append and read. Nothing is ever changed in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lichen.store import findings as _findings
from lichen.store import results as _results
from lichen.store.columns import SERIES, series_of, to_batch, to_newest, to_observations
from lichen.store.engine import Engine, Parameter, open_engine
from lichen.store.errors import StoreError
from lichen.store.findings import Findings, flags_in_force
from lichen.store.results import Results
from lichen.store.schema import drop, migrate
from lichen.vocab import settings
from lichen.vocab.batch import PERSON, Batch, Series
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period

_SERIES = ", ".join(SERIES)
_OBSERVATION = f"{_SERIES}, time, version, value, flag, mark"
_RESULT = (
    "element, period, point, time, version, klass, `index`, deciding, exceeding, sub, multiples, edition, clause, "
    "note, snapshot, code"
)
_SPAN = "time >= fromUnixTimestamp64Milli({start:Int64}) AND time < fromUnixTimestamp64Milli({stop:Int64})"
REVIEW = "review"


class AsOf(NamedTuple):
    """A past state of knowledge: the first `entries` of the raw log and the first `acts` of the acts log."""

    entries: int
    acts: int


class Cursor(NamedTuple):
    """How far a reader of the ledger has come.

    `entries` and `acts` are taken in; intervals that ended at or before `closed` [ms since 1970 UTC] are computed.
    """

    entries: int = 0
    acts: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an observation.

    `flag` is in force, `own_flag` as appended; `findings` are (check, flag, reason, person), newest of each check.
    """

    version: int
    value: float
    flag: int
    own_flag: int
    mark: str
    findings: tuple[tuple[str, int, str, str], ...]


class Store:
    """The observations, findings and results of an installation. Safe to use from many threads.

    Every append is idempotent: the same rows again change nothing that can be read.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        migrate(engine)

    # append

    def append(self, batch: Batch) -> None:
        """Take in observations; when it returns they survive a crash.

        Raises
        ------
        StoreError
            The engine refused; nothing, or part of the batch, was kept: append it again.
        """
        if len(batch):
            self._engine.insert("observations", to_observations(batch))
            self._engine.insert("newest", to_newest(batch))

    def append_flags(self, findings: Findings) -> None:
        """Take in findings about observations."""
        if len(findings):
            self._engine.insert("flags", _findings.to_flags(findings))

    def append_results(self, results: Results) -> None:
        """Take in verdicts."""
        if len(results):
            self._engine.insert("results", _results.to_table(results))
            self._engine.insert("newest_results", _results.to_newest(results))

    def supersede(
        self, series: Series, time: int, *, act: int, value: float, flag: int, reason: str, person: str, mark: str = ""
    ) -> None:
        """Put a person's value and flag above whatever devices and computations say.

        Parameters
        ----------
        series : Series
        time : int
            Start of the interval. [ms since 1970 UTC]
        act : int
            Index of the act in the acts log, where the same words are sealed.
        value : float
            NaN: there is no valid value; the flag then is MISSING or BAD.
        flag : int
            `Flag`.
        reason, person : str
            Why, and whose act it is; neither may be empty.

        Raises
        ------
        StoreError
            The reason or the person is missing, or a value that counts is not a number.
        """
        if not reason.strip() or not person.strip():
            raise StoreError(f"{series.point} {series.parameter}: superseding a value needs a reason and a person")
        if np.isnan(value) and flag < Flag.BAD:
            raise StoreError(
                f"{series.point} {series.parameter}: no value, so the flag must be BAD or MISSING, not {flag}"
            )
        version = np.array([PERSON + act], dtype=np.uint64)
        one, code, at = np.zeros(1, np.int32), np.zeros(1, np.int32), np.array([time], dtype=np.int64)
        flags = np.array([flag], dtype=np.uint8)
        self.append_flags(Findings((series,), code, at, version, (REVIEW,), version, flags, (reason,), (person,)))
        self.append(Batch((series,), code, at, np.array([value]), flags, (mark,), one.astype(np.uint16), version))

    # read

    def range(
        self,
        start: int,
        stop: int,
        *,
        points: Iterable[str] | None = None,
        parameters: Iterable[str] | None = None,
        periods: Iterable[str] | None = None,
        sources: Iterable[str] | None = None,
        stats: Iterable[str] | None = ("avg",),
        as_of: AsOf | None = None,
    ) -> Batch:
        """The observations in force in a span of time, each with its flag in force.

        Parameters
        ----------
        start, stop : int
            From inclusive, until exclusive. [ms since 1970 UTC]
        points, parameters, periods, sources, stats : iterable of str, optional
            Only these; None: any.
        as_of : AsOf, optional
            As it was known then; None: now. A computed row counts entries and acts together.

        Returns
        -------
        Batch
            In the order of series, then time.
        """
        condition, values = _series_filter(points, parameters, periods, sources, stats)
        condition += f" AND {_SPAN}"
        values |= {"start": start, "stop": stop}
        most = "if(source = 'computed', {taken_in:UInt64}, {entries:UInt64})"
        known, known_values = _known("version", as_of, most)
        table = self._engine.run(
            f"SELECT {_OBSERVATION} FROM observations WHERE {condition}{known} ORDER BY {_SERIES}, time, version",
            values | known_values,
        )
        batch = _newest_versions(to_batch(table))
        return self._with_findings(batch, condition, values, as_of)

    def latest(
        self,
        *,
        points: Iterable[str] | None = None,
        parameters: Iterable[str] | None = None,
        periods: Iterable[str] | None = None,
        sources: Iterable[str] | None = None,
        stats: Iterable[str] | None = ("avg",),
    ) -> Batch:
        """The newest observation of each series, one row a series. Arguments as for `range`."""
        condition, values = _series_filter(points, parameters, periods, sources, stats)
        newest = f"SELECT {_SERIES}, max(row) AS one FROM newest WHERE {condition} GROUP BY {_SERIES}"
        table = self._engine.run(
            f"SELECT {_SERIES}, one.time AS time, one.version AS version, one.value AS value, one.flag AS flag, "
            f"one.mark AS mark FROM ({newest}) ORDER BY {_SERIES}",
            values,
        )
        keys = f"SELECT {_SERIES}, one.time, one.version FROM ({newest})"
        about = f"{condition} AND ({_SERIES}, time, version) IN ({keys})"
        return self._with_findings(to_batch(table), about, values, None)

    def findings(
        self,
        start: int,
        stop: int,
        *,
        points: Iterable[str] | None = None,
        parameters: Iterable[str] | None = None,
        periods: Iterable[str] | None = None,
        check: str | None = None,
    ) -> Findings:
        """The newest finding of each check on each version of the observations in a span of time."""
        condition, values = _series_filter(points, parameters, periods, None, None)
        condition += f" AND {_SPAN}"
        values |= {"start": start, "stop": stop}
        if check is not None:
            condition += " AND check = {check:String}"
            values["check"] = check
        return self._findings(condition, values, None)

    def versions(self, series: Series, time: int) -> list[Version]:
        """Every version of one observation, the one in force first."""
        return self.history(series, time, time + 1).get(time, [])

    def history(self, series: Series, start: int, stop: int) -> dict[int, list[Version]]:
        """Every version of the observations of one series in a span of time, by time, the one in force first."""
        values: dict[str, Parameter] = {name: str(part) for name, part in zip(SERIES, series, strict=True)}
        condition = " AND ".join(f"{name} = {{{name}:String}}" for name in SERIES) + f" AND {_SPAN}"
        values |= {"start": start, "stop": stop}
        table = self._engine.run(
            f"SELECT {_OBSERVATION} FROM observations WHERE {condition} "
            "ORDER BY time, version DESC LIMIT 1 BY time, version",
            values,
        )
        batch, found = to_batch(table), self._findings(condition, values, None)
        flags = flags_in_force(batch, found)
        about: dict[tuple[int, int], list[tuple[str, int, str, str]]] = {}
        for row in range(len(found)):
            finding = (found.check[row], int(found.flag[row]), found.reason[row], found.person[row])
            about.setdefault((int(found.time[row]), int(found.version[row])), []).append(finding)
        history: dict[int, list[Version]] = {}
        for row in range(len(batch)):
            time, version = int(batch.time[row]), int(batch.version[row])
            history.setdefault(time, []).append(
                Version(
                    version, float(batch.value[row]), int(flags[row]), int(batch.flag[row]),
                    batch.marks[batch.mark[row]], tuple(about.get((time, version), ())),
                )
            )  # fmt: skip
        return history

    def results(
        self,
        element: str,
        period: Period,
        start: int,
        stop: int,
        *,
        points: Iterable[str] | None = None,
        as_of: AsOf | None = None,
    ) -> Results:
        """The verdicts in force on the intervals that start in a span of time, in the order of point, then time."""
        values: dict[str, Parameter] = {"element": element, "period": str(period), "start": start, "stop": stop}
        condition = f"element = {{element:String}} AND period = {{period:String}} AND {_SPAN}"
        if points is not None:
            condition += " AND point IN {points:Array(String)}"
            values["points"] = sorted(points)
        known, known_values = _known("version", as_of)
        return self._results(element, period, condition + known, values | known_values)

    def latest_results(self, element: str, period: Period, *, points: Iterable[str] | None = None) -> Results:
        """The newest verdict on each point."""
        values: dict[str, Parameter] = {"element": element, "period": str(period)}
        condition = "element = {element:String} AND period = {period:String}"
        if points is not None:
            condition += " AND point IN {points:Array(String)}"
            values["points"] = sorted(points)
        newest = f"SELECT point, max(time) FROM newest_results WHERE {condition} GROUP BY point"
        return self._results(element, period, f"{condition} AND (point, time) IN ({newest})", values)

    def series(
        self, *, points: Iterable[str] | None = None, periods: Iterable[str] | None = None
    ) -> tuple[Series, ...]:
        """Every series that has an observation."""
        condition, values = _series_filter(points, None, periods, None, None)
        table = self._engine.run(f"SELECT DISTINCT {_SERIES} FROM newest WHERE {condition} ORDER BY {_SERIES}", values)
        return series_of(table)[0]

    def months(
        self,
        *,
        points: Iterable[str] | None = None,
        periods: Iterable[str] | None = None,
        sources: Iterable[str] | None = None,
    ) -> tuple[tuple[int, int], ...]:
        """The months (year, month) of Beijing time that hold an observation, oldest first."""
        condition, values = _series_filter(points, None, periods, sources, None)
        table = self._engine.run(
            f"SELECT DISTINCT toYYYYMM(time, 'Asia/Shanghai') AS month FROM observations WHERE {condition} "
            "ORDER BY month",
            values,
        )
        return tuple(divmod(int(month), 100) for month in table.column("month").to_pylist())

    # the readers of the ledger

    def cursor(self, reader: str = "worker") -> Cursor:
        """How far the reader has come; the beginning if it never saved."""
        table = self._engine.run(
            "SELECT max(row).entries AS entries, max(row).acts AS acts, max(row).closed AS closed FROM cursors "
            "WHERE reader = {reader:String} GROUP BY reader",
            {"reader": reader},
        )
        if not table.num_rows:
            return Cursor()
        return Cursor(*(int(table.column(name)[0].as_py()) for name in Cursor._fields))

    def save_cursor(self, cursor: Cursor, reader: str = "worker") -> None:
        """Remember how far the reader has come. Call it after everything up to there was appended."""
        row = pa.StructArray.from_arrays(
            [
                pa.array([cursor.entries], pa.uint64()),
                pa.array([cursor.acts], pa.uint64()),
                pa.array([cursor.closed], pa.int64()),
            ],
            names=list(Cursor._fields),
        )
        self._engine.insert("cursors", pa.table({"reader": [reader], "row": row}))

    # the whole

    def reset(self) -> None:
        """Empty the store; the ledger can fill it again."""
        drop(self._engine)
        migrate(self._engine)

    def size(self) -> Mapping[str, tuple[int, int]]:
        """Rows and bytes on the disk, by table (rows written twice and not yet merged count twice)."""
        table = self._engine.run(
            "SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts "
            "WHERE active AND database = currentDatabase() GROUP BY table"
        )
        columns = (table.column(name).to_pylist() for name in ("table", "rows", "bytes"))
        return {name: (int(rows), int(size)) for name, rows, size in zip(*columns, strict=True)}

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def _with_findings(
        self, batch: Batch, condition: str, values: Mapping[str, Parameter], as_of: AsOf | None
    ) -> Batch:
        if not len(batch):
            return batch
        return replace(batch, flag=flags_in_force(batch, self._findings(condition, values, as_of)))

    def _findings(self, condition: str, values: Mapping[str, Parameter], as_of: AsOf | None) -> Findings:
        # Counting is a look at the parts' headers; most installations have few findings, many have none.
        if not self._engine.run("SELECT count() AS rows FROM flags")["rows"][0].as_py():
            return Findings.none()
        known, known_values = _known("entry", as_of)
        table = self._engine.run(
            f"SELECT {_SERIES}, time, version, check, entry, flag, reason, person FROM flags "
            f"WHERE {condition}{known} ORDER BY {_SERIES}, time, version, check, entry DESC "
            f"LIMIT 1 BY {_SERIES}, time, version, check",
            {**values, **known_values},
        )
        return _findings.to_findings(table)

    def _results(self, element: str, period: Period, condition: str, values: Mapping[str, Parameter]) -> Results:
        table = self._engine.run(
            f"SELECT {_RESULT} FROM results WHERE {condition} "
            "ORDER BY point, time, version DESC LIMIT 1 BY point, time",
            values,
        )
        return _results.to_results(element, period, table)


def open_store(url: str | None = None) -> Store:
    """The store of an address, its tables brought up to date.

    Parameters
    ----------
    url : str, optional
        ``chdb:///folder`` or ``clickhouse://user:password@host:8123/database``. None: `LICHEN_STORE_URL`, and if that
        is not set the embedded engine under the data folder.

    Raises
    ------
    StoreUnavailable
        The engine cannot be opened or reached.
    SchemaTooNew
        A newer Lichen has written here.
    """
    engine = open_engine(url or settings.store_url() or f"chdb://{settings.home().store}")
    try:
        return Store(engine)
    except BaseException:
        engine.close()
        raise


def _series_filter(*chosen: Iterable[str] | None) -> tuple[str, dict[str, Parameter]]:
    conditions = ["1"]
    values: dict[str, Parameter] = {}
    for name, names in zip(SERIES, chosen, strict=True):
        if names is not None:
            conditions.append(f"{name} IN {{{name}s:Array(String)}}")
            values[f"{name}s"] = _distinct(names)
    return " AND ".join(conditions), values


def _distinct(names: Iterable[str]) -> Sequence[str]:
    return sorted({str(name) for name in names})


def _known(column: str, as_of: AsOf | None, most: str = "{taken_in:UInt64}") -> tuple[str, dict[str, Parameter]]:
    """The condition that a row was known then; `most` is the largest version that no person made."""
    if as_of is None:
        return "", {}
    condition = f" AND ({column} <= {most} OR ({column} >= {{person:UInt64}} AND {column} < {{person_end:UInt64}}))"
    values: dict[str, Parameter] = {"taken_in": as_of.entries + as_of.acts, "entries": as_of.entries}
    return condition, values | {"person": PERSON, "person_end": PERSON + as_of.acts}


def _newest_versions(batch: Batch) -> Batch:
    """Of rows in the order of series, time, version: the last of each (series, time)."""
    if not len(batch):
        return batch
    last = np.ones(len(batch), dtype=bool)
    last[:-1] = (batch.code[1:] != batch.code[:-1]) | (batch.time[1:] != batch.time[:-1])
    return batch if last.all() else batch.where(last)
