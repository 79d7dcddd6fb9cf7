"""What is appended is read back, once, in the newest version."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lichen.store import AsOf, Cursor, Findings, Results, Store, StoreError, StoreUnavailable, open_store
from lichen.vocab.batch import PERSON, Batch, Series
from lichen.vocab.clock import HOUR_MS, MINUTE_MS
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source

START = 1_772_323_200_000  # 2026-03-01T08:00+08:00
NAN = float("nan")
PM25 = Series("P1", "pm25", Period.MINUTE, Source.REPORTED)
O3 = Series("P1", "o3", Period.MINUTE, Source.REPORTED)


def batch(series: Sequence[Series], rows: Sequence[tuple[Any, ...]], marks: Sequence[str] = ("",)) -> Batch:
    """Rows are (code, time, value, flag, mark, version)."""
    columns = list(zip(*rows, strict=True))
    kinds = (np.int32, np.int64, np.float64, np.uint8, np.uint16, np.uint64)
    code, time, value, flag, mark, version = (np.array(c, dtype=k) for c, k in zip(columns, kinds, strict=True))
    return Batch(tuple(series), code, time, value, flag, tuple(marks), mark, version)


def rows_of(got: Batch) -> list[Any]:
    return [
        (got.series[c], int(t), None if np.isnan(v) else float(v), int(f), got.marks[m], int(n))
        for c, t, v, f, m, n in zip(got.code, got.time, got.value, got.flag, got.mark, got.version, strict=True)
    ]


def everything(store: Store, **how: Any) -> list[Any]:
    return rows_of(store.range(0, 1 << 42, stats=None, **how))


def test_batch_is_read_back(store: Store) -> None:
    store.append(
        batch(
            [PM25, O3],
            [
                (0, START, 35.5, Flag.GOOD, 1, 1),
                (1, START, float("nan"), Flag.MISSING, 2, 1),
                (0, START + 1, 36, Flag.BAD, 2, 2),
            ],
            ("", "N", "D"),
        )
    )
    assert everything(store) == [
        (O3, START, None, Flag.MISSING, "D", 1),
        (PM25, START, 35.5, Flag.GOOD, "N", 1),
        (PM25, START + 1, 36.0, Flag.BAD, "D", 2),
    ]


def test_same_rows_twice_count_once(store: Store) -> None:
    one = batch([PM25], [(0, START, 1, Flag.GOOD, 0, 1), (0, START + MINUTE_MS, 2, Flag.GOOD, 0, 2)])
    store.append(one)
    store.append(one)
    assert len(store.range(START, START + HOUR_MS)) == 2
    assert len(store.latest()) == 1
    assert [v.version for v in store.versions(PM25, START)] == [1]


def test_newest_version_is_in_force_and_all_are_kept(store: Store) -> None:
    store.append(batch([PM25], [(0, START, 2, Flag.GOOD, 0, 9)]))
    store.append(batch([PM25], [(0, START, 1, Flag.GOOD, 0, 4)]))  # late, but older
    assert everything(store) == [(PM25, START, 2.0, Flag.GOOD, "", 9)]
    assert [(v.version, v.value) for v in store.versions(PM25, START)] == [(9, 2.0), (4, 1.0)]


def test_filters(store: Store) -> None:
    other = Series("P2", "pm25", Period.HOUR, Source.COMPUTED, "max")
    store.append(batch([PM25, O3, other], [(i, START, i, Flag.GOOD, 0, 1) for i in range(3)]))
    assert {row[0] for row in everything(store, points=["P1"])} == {PM25, O3}
    assert {row[0] for row in everything(store, parameters=["pm25"])} == {PM25, other}
    assert {row[0] for row in everything(store, periods=[Period.HOUR])} == {other}
    assert {row[0] for row in everything(store, sources=[Source.COMPUTED])} == {other}
    assert everything(store, points=[]) == []
    assert len(store.range(START, START + 1)) == 2, "averages only, unless asked"
    assert len(store.range(START + 1, START + 2, stats=None)) == 0, "from inclusive, until exclusive"
    assert store.series() == (O3, PM25, other)


@pytest.mark.parametrize("name", ["it's", "a\\b", "tab\there", "two\nlines", "测点", "') OR 1=1 --", '"', "{point}"])
def test_names_are_data_not_sql(store: Store, name: str) -> None:
    series = Series(name, name, Period.MINUTE, Source.REPORTED)
    store.append(batch([series], [(0, START, 1, Flag.GOOD, 0, 1)], (name,)))
    assert rows_of(store.range(START, START + 1, points=[name, "other"], parameters=[name])) == [
        (series, START, 1.0, Flag.GOOD, name, 1)
    ]
    assert len(store.versions(series, START)) == 1
    assert len(store.latest(points=[name])) == 1


def test_latest_is_the_newest_time_then_the_newest_version(store: Store) -> None:
    store.append(batch([PM25], [(0, START + 5, 5, Flag.GOOD, 0, 7), (0, START, 9, Flag.GOOD, 0, 8)]))
    store.append(batch([PM25], [(0, START + 5, 6, Flag.GOOD, 0, 9), (0, START + 1, 7, Flag.GOOD, 0, 10)]))
    assert rows_of(store.latest()) == [(PM25, START + 5, 6.0, Flag.GOOD, "", 9)]


def test_finding_raises_the_flag_and_a_newer_one_withdraws_it(store: Store) -> None:
    store.append(batch([PM25], [(0, START, 1, Flag.UNCHECKED, 0, 1), (0, START + 1, 1, Flag.UNCHECKED, 0, 2)]))

    def found(check: str, entry: int, flag: int, person: str = "") -> Findings:
        return Findings(
            (PM25,), np.zeros(1, np.int32), np.array([START + 1]), np.array([2], np.uint64), (check,),
            np.array([entry], np.uint64), np.array([flag], np.uint8), ("looked",), (person,),
        )  # fmt: skip

    def flags() -> list[int]:
        return [row[3] for row in everything(store)]

    store.append_flags(found("stuck", 5, Flag.SUSPECT))
    store.append_flags(found("range", 6, Flag.BAD))
    assert flags() == [Flag.UNCHECKED, Flag.BAD]
    assert rows_of(store.latest())[0][3] == Flag.BAD
    store.append_flags(found("range", 7, Flag.GOOD))
    assert flags() == [Flag.UNCHECKED, Flag.SUSPECT]
    store.append_flags(found("review", PERSON + 3, Flag.GOOD, "li"))
    assert flags() == [Flag.UNCHECKED, Flag.GOOD], "a person outranks the checks"
    (version,) = store.versions(PM25, START + 1)
    assert (version.flag, version.own_flag) == (Flag.GOOD, Flag.UNCHECKED)
    assert ("review", Flag.GOOD, "looked", "li") in version.findings
    assert [r[3] for r in everything(store, as_of=AsOf(6, 0))] == [Flag.UNCHECKED, Flag.BAD]


def test_person_supersedes_and_outranks_later_packets(store: Store) -> None:
    store.append(batch([PM25], [(0, START, 1, Flag.GOOD, 0, 4)]))
    store.supersede(PM25, START, act=0, value=2.5, flag=Flag.GOOD, reason="typing error", person="li")
    store.append(batch([PM25], [(0, START, 3, Flag.GOOD, 0, 5)]))
    assert everything(store) == [(PM25, START, 2.5, Flag.GOOD, "", PERSON)]
    newest, *older = store.versions(PM25, START)
    assert newest.findings == (("review", Flag.GOOD, "typing error", "li"),)
    assert [v.version for v in older] == [5, 4]
    assert everything(store, as_of=AsOf(4, 0)) == [(PM25, START, 1.0, Flag.GOOD, "", 4)]
    assert everything(store, as_of=AsOf(5, 0)) == [(PM25, START, 3.0, Flag.GOOD, "", 5)]
    assert everything(store, as_of=AsOf(4, 1)) == [(PM25, START, 2.5, Flag.GOOD, "", PERSON)]


@pytest.mark.parametrize(
    "wrong", [{"reason": " "}, {"person": ""}, {"value": float("nan"), "flag": Flag.GOOD}], ids=lambda w: ",".join(w)
)
def test_supersede_refuses_half_an_act(store: Store, wrong: dict[str, Any]) -> None:
    act: dict[str, Any] = {"act": 0, "value": 1.0, "flag": Flag.GOOD, "reason": "why", "person": "li"} | wrong
    with pytest.raises(StoreError):
        store.supersede(PM25, START, **act)
    assert everything(store) == []


def results(rows: Sequence[tuple[Any, ...]]) -> Results:
    """Rows are (point, time, version, index)."""
    n = len(rows)
    points = tuple(sorted({row[0] for row in rows}))
    index = np.array([row[3] for row in rows], dtype=np.float64)
    return Results(
        "air", Period.HOUR, points, np.array([points.index(row[0]) for row in rows], np.int32),
        np.array([row[1] for row in rows]), np.array([row[2] for row in rows], np.uint64),
        np.where(np.isnan(index), -1, 1).astype(np.int8), index, (("pm25", "o3"),) * n, ((),) * n,
        {"pm25": index, "o3": np.full(n, np.nan)}, {"pm25": np.full(n, 0.5)},
        ("HJ 633-2026",) * n, ("5.2",) * n, ("",) * n, ("ab",) * n, ("0.1",) * n,
    )  # fmt: skip


def test_results_are_read_back_in_the_newest_version(store: Store) -> None:
    store.append_results(results([("P2", START, 3, 40), ("P1", START, 3, NAN), ("P1", START + HOUR_MS, 3, 60)]))
    store.append_results(results([("P1", START, 4, 55)]))
    got = store.results("air", Period.HOUR, START, START + 2 * HOUR_MS)
    assert [
        (got.points[p], int(t), int(v), float(i))
        for p, t, v, i in zip(got.point, got.time, got.version, got.index, strict=True)
    ] == [
        ("P1", START, 4, 55.0),
        ("P1", START + HOUR_MS, 3, 60.0),
        ("P2", START, 3, 40.0),
    ]
    assert got.sub["pm25"].tolist() == [55.0, 60.0, 40.0]
    assert "o3" not in got.sub, "an index nobody has is not kept"
    assert got.deciding == (("pm25", "o3"),) * 3
    assert got.exceeding == ((),) * 3
    assert got.multiples["pm25"].tolist() == [0.5, 0.5, 0.5]
    assert (got.edition[0], got.clause[0], got.snapshot[0], got.code[0]) == ("HJ 633-2026", "5.2", "ab", "0.1")
    latest = store.latest_results("air", Period.HOUR)
    assert [(latest.points[p], int(t)) for p, t in zip(latest.point, latest.time, strict=True)] == [
        ("P1", START + HOUR_MS),
        ("P2", START),
    ]
    assert len(store.results("air", Period.HOUR, START, START + HOUR_MS, points=["P2"])) == 1
    assert float(store.results("air", Period.HOUR, START, START + 1, as_of=AsOf(3, 0)).index[1]) == 40.0
    assert len(store.results("water", Period.HOUR, 0, 1 << 42)) == 0
    again = results([("P1", START, 9, 55), ("P1", START + HOUR_MS, 9, 61), ("P2", START, 9, 40)])
    assert got.same_verdict(again).tolist() == [True, False, True]


def test_cursor_grows(store: Store) -> None:
    assert store.cursor() == Cursor(0, 0, 0)
    store.save_cursor(Cursor(10, 2, START))
    store.save_cursor(Cursor(12, 2, START))
    store.save_cursor(Cursor(99, 0, 0), reader="other")
    assert store.cursor() == Cursor(12, 2, START)


def test_reset_empties_everything(store: Store) -> None:
    store.append(batch([PM25], [(0, START, 1, Flag.GOOD, 0, 1)]))
    store.append_results(results([("P1", START, 1, 1)]))
    store.save_cursor(Cursor(1, 0, 0))
    store.reset()
    assert (everything(store), len(store.latest()), store.cursor()) == ([], 0, Cursor())


def test_store_survives_close_and_open(store: Store, store_folder: Path) -> None:
    store.append(batch([PM25], [(0, START, 1, Flag.GOOD, 0, 1)]))
    store.close()
    with pytest.raises(StoreUnavailable):
        store.latest()
    again = open_store(f"chdb://{store_folder}")
    try:
        assert len(everything(again)) == 1
    finally:
        again.close()


def test_threads_append_and_read_at_once(store: Store) -> None:
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            series = Series(f"T{number}", "pm25", Period.MINUTE, Source.REPORTED)
            for step in range(5):
                store.append(batch([series], [(0, START + step, step, Flag.GOOD, 0, 1)]))
                assert len(store.range(START, START + 10, points=[series.point])) == step + 1
        except Exception as failed:  # handed to the main thread
            failures.append(failed)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(everything(store)) == 30


def test_many_months_in_one_batch(store: Store) -> None:
    times = [START + 31 * 24 * HOUR_MS * month for month in range(150)]
    store.append(batch([PM25], [(0, time, 1, Flag.GOOD, 0, 1) for time in times]))
    assert len(everything(store)) == 150


def test_unusual_values_keep_their_bits(store: Store) -> None:
    values = [0.0, -0.0, 1e-300, 1.7976931348623157e308, 0.1 + 0.2, -12.5, float("inf"), float("nan")]
    store.append(batch([PM25], [(0, START + i, v, Flag.GOOD, 0, 1) for i, v in enumerate(values)]))
    got = store.range(START, START + 100).value
    assert got.view(np.uint64).tolist() == np.array(values).view(np.uint64).tolist()


def test_empty_appends_do_nothing(store: Store) -> None:
    store.append(Batch.empty())
    store.append_results(results([("P1", START, 1, 1)]).where(np.zeros(1, bool)))
    assert everything(store) == []


def test_as_of_counts_acts_for_computed_rows(store: Store) -> None:
    computed = PM25._replace(source=Source.COMPUTED)
    store.append(batch([computed], [(0, START, 1, Flag.GOOD, 0, 4), (0, START, 2, Flag.GOOD, 0, 7)]))
    assert [row[2] for row in everything(store, as_of=AsOf(5, 1))] == [1.0]
    assert [row[2] for row in everything(store, as_of=AsOf(5, 2))] == [2.0]


def test_range_can_be_filtered_after_reading(store: Store) -> None:
    store.append(batch([PM25], [(0, START + i, i, Flag.GOOD, 0, 1) for i in range(4)]))
    got = store.range(START, START + 10)
    assert replace(got).where(got.value > 1).value.tolist() == [2.0, 3.0]


def test_months_are_those_of_beijing(store: Store) -> None:
    late = START - 8 * HOUR_MS - 1  # the last millisecond of February in Beijing
    store.append(batch([PM25], [(0, late, 1, Flag.GOOD, 0, 1), (0, START, 2, Flag.GOOD, 0, 2)]))
    assert store.months(points=["P1"], periods=[Period.MINUTE]) == ((2026, 2), (2026, 3))
    assert store.months(points=["P9"]) == ()
