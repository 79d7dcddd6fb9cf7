"""What was found out about observations after they were appended: automatic checks and people's reviews.

The flag in force of an observation is that of the newest review by a person, if there is one; else the largest of
its own flag and of the newest finding of every automatic check. A check withdraws a finding by a newer one
with `Flag.GOOD`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lichen.store.columns import instants, numbers, series_columns, series_of
from lichen.vocab.batch import PERSON, Batch, Series


@dataclass(frozen=True, slots=True)
class Findings:
    """n findings about versions of observations.

    Attributes
    ----------
    series : tuple of Series; code : ndarray (n,) int32
    time : ndarray (n,) int64
        Of the observation. [ms since 1970 UTC]
    version : ndarray (n,) uint64
        The version of the observation that was judged.
    check : tuple of str, length n
        Which check ("stuck", "review").
    entry : ndarray (n,) uint64
        When: entries and acts taken in; PERSON + act for a person's. Of one check on one version the largest holds.
    flag : ndarray (n,) uint8
    reason, person : tuple of str, length n
        A person's reason and account; "" for automatic checks.
    """

    series: tuple[Series, ...]
    code: NDArray[np.int32]
    time: NDArray[np.int64]
    version: NDArray[np.uint64]
    check: tuple[str, ...]
    entry: NDArray[np.uint64]
    flag: NDArray[np.uint8]
    reason: tuple[str, ...]
    person: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def none(cls) -> Findings:
        """No findings."""
        code, time = np.empty(0, np.int32), np.empty(0, np.int64)
        number, flag = np.empty(0, np.uint64), np.empty(0, np.uint8)
        return cls((), code, time, number, (), number, flag, (), ())

    def as_batch(self) -> Batch:
        """The observations the findings are about, without values, with the flags found."""
        n = len(self)
        return Batch(
            self.series,
            self.code,
            self.time,
            np.full(n, np.nan),
            self.flag,
            ("",),
            np.zeros(n, np.uint16),
            self.version,
        )


def to_flags(findings: Findings) -> pa.Table:
    """Rows of the table `flags`."""
    return pa.table(
        {
            **series_columns(findings.series, findings.code),
            "time": instants(findings.time),
            "version": findings.version,
            "check": pa.array(findings.check, pa.string()),
            "entry": findings.entry,
            "flag": findings.flag,
            "reason": pa.array(findings.reason, pa.string()),
            "person": pa.array(findings.person, pa.string()),
        }
    )


def to_findings(table: pa.Table) -> Findings:
    """The findings of rows of `flags`, lying together by series."""
    series, code = series_of(table)
    texts = (tuple(table.column(name).to_pylist()) for name in ("check", "reason", "person"))
    check, reason, person = texts
    return Findings(
        series, code, numbers(table, "time"), numbers(table, "version"), check, numbers(table, "entry"),
        numbers(table, "flag"), reason, person,
    )  # fmt: skip


def flags_in_force(batch: Batch, findings: Findings) -> NDArray[np.uint8]:
    """The flag of each row of a batch, the findings taken into account.

    Parameters
    ----------
    batch : Batch, n rows
    findings : Findings
        For each (series, time, version, check) only the newest. Those about other versions change nothing.

    Returns
    -------
    ndarray (n,) uint8
    """
    if not len(findings) or not len(batch):
        return batch.flag
    code_of = {series: code for code, series in enumerate(batch.series)}
    about = np.array([code_of.get(series, -1) for series in findings.series], dtype=np.int64)[findings.code]
    rows = _rows_at(batch, about, findings.time)
    order = rows[np.lexsort((batch.version[rows], batch.time[rows], batch.code[rows]))]
    if not len(order):
        return batch.flag
    key = _keys(batch.code[order], batch.time[order], batch.version[order])
    wanted = _keys(about, findings.time, findings.version)
    at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    known = key[at] == wanted
    row, entry, flag = order[at[known]], findings.entry[known], findings.flag[known]
    result = batch.flag.copy()
    automatic = entry < PERSON
    np.maximum.at(result, row[automatic], flag[automatic])
    by_person = np.flatnonzero(~automatic)
    by_person = by_person[np.argsort(entry[by_person], kind="stable")]
    result[row[by_person]] = flag[by_person]  # of repeated rows numpy keeps the last, the newest
    return result


def _rows_at(batch: Batch, code: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of the batch with one of these (code, time): few of many, found by one integer per row."""
    start = min(batch.time.min(), time.min())
    span = max(batch.time.max(), time.max()) - start + 1
    wanted = np.unique(code * span + (time - start))
    key = batch.code * span + (batch.time - start)
    return np.flatnonzero(wanted[np.minimum(np.searchsorted(wanted, key), len(wanted) - 1)] == key)


def _keys(code: NDArray[Any], time: NDArray[np.int64], version: NDArray[np.uint64]) -> NDArray[np.void]:
    keys = np.empty(len(time), dtype=[("code", np.int64), ("time", np.int64), ("version", np.uint64)])
    keys["code"], keys["time"], keys["version"] = code, time, version
    return keys
