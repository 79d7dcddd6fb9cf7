"""The worker: real packets in real logs, the real engine, and every way in which packets arrive."""

from __future__ import annotations

import math
import random
import threading
import time as _time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lichen import __version__
from lichen.pipeline import worker as worker_module
from lichen.pipeline.acts import Act, Supersede
from lichen.pipeline.detect import Event, Exceedance, Fault, Judged, Observed
from lichen.pipeline.testing import Ledger, entry, network
from lichen.pipeline.worker import SETTLE_MS, Worker
from lichen.store import Store
from lichen.vocab.batch import PERSON, Series
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, day_start_ms
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot

from datetime import date  # isort: skip

DAY = day_start_ms(date(2026, 3, 2))
STEP = 5 * MINUTE_MS
SIX = {"so2": 10.0, "no2": 20.0, "co": 0.5, "o3": 60.0, "pm10": 50.0, "pm25": 30.0}
SNAPSHOT = network(2)
NOW = DAY + 3 * DAY_MS
MINUTE = Series("P1", "pm25", Period.MINUTE, Source.REPORTED)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the worker's wall clock; three days after the packets unless told otherwise."""

    def set_to(instant: int) -> None:
        monkeypatch.setattr(worker_module, "now_ms", lambda: instant)

    set_to(NOW)
    return set_to


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def work(store: Store, ledger: Ledger, events: list[Event]) -> Worker:
    return Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT, events.append)


def minutes(
    start: int, count: int, values: dict[str, float] | None = None, *, device: int = 0, **how: Any
) -> list[bytes]:
    """Five-minute packets of one device."""
    return [entry(SNAPSHOT.devices[device], "2051", start + n * STEP, values or SIX, **how) for n in range(count)]


def hours(values: Sequence[float], *, parameter: str = "pm25", start: int = DAY) -> list[bytes]:
    """Reported hours of the first device."""
    return [
        entry(SNAPSHOT.devices[0], "2061", start + n * HOUR_MS, {parameter: value}) for n, value in enumerate(values)
    ]


def around(value: float, count: int) -> list[float]:
    """Values that have this mean, two by two, and do not stand still."""
    return [value - 1 + 2 * (n % 2) for n in range(count)]


def computed(store: Store, parameter: str, period: Period, point: str = "P1") -> dict[int, tuple[float | None, int]]:
    """time → (value, flag)"""
    got = store.range(0, 1 << 42, points=[point], parameters=[parameter], periods=[period], sources=[Source.COMPUTED])
    return {
        int(t): (None if math.isnan(v) else float(v), int(f))
        for t, v, f in zip(got.time, got.value, got.flag, strict=True)
    }


def verdicts(store: Store, period: Period = Period.HOUR, point: str = "P1") -> dict[int, float | None]:
    """time → index"""
    got = store.results("air", period, 0, 1 << 42, points=[point])
    return {int(t): None if math.isnan(i) else float(i) for t, i in zip(got.time, got.index, strict=True)}


def catch_up(worker: Worker) -> None:
    while worker.step():
        pass


def test_minutes_make_an_hour_and_the_hour_is_judged(store: Store, ledger: Ledger, work: Worker) -> None:
    ledger.seal(*(packet for n in range(12) for packet in minutes(DAY + n * STEP, 1, {**SIX, "pm25": 30.0 + n})))
    assert work.step() == 12
    assert work.step() == 0
    assert computed(store, "pm25", Period.HOUR) == {DAY: (35.5, Flag.GOOD)}
    # HJ 633-2026: 1 h PM2.5 on the daily breakpoints: 36 (rounded) lies above 35 → 50 + (36-35)/(60-35)·50 = 52.
    assert verdicts(store) == {DAY: 52.0}
    result = store.latest_results("air", Period.HOUR)
    assert (result.edition[0], result.snapshot[0], result.code[0]) == ("HJ 633-2026", SNAPSHOT.hash, __version__)
    assert work.cursor.entries == 12


@pytest.mark.parametrize(("count", "value"), [(8, None), (9, 30.0), (12, 30.0)], ids=["40 min", "45 min", "60 min"])
def test_an_hour_needs_45_minutes(store: Store, ledger: Ledger, work: Worker, count: int, value: float | None) -> None:
    ledger.seal(*minutes(DAY, count))
    catch_up(work)
    flag = Flag.MISSING if value is None else Flag.GOOD
    assert computed(store, "pm25", Period.HOUR) == {DAY: (value, flag)}


@pytest.mark.parametrize("mark", ["D", "C", "Q7"])
def test_marked_values_enter_no_mean(store: Store, ledger: Ledger, work: Worker, mark: str) -> None:
    ledger.seal(*minutes(DAY, 9), *minutes(DAY + 9 * STEP, 3, {"pm25": 900.0}, mark=mark))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR)[DAY] == (30.0, Flag.GOOD)


def test_value_out_of_range_is_bad_and_a_fault(store: Store, ledger: Ledger, work: Worker, events: list[Event]) -> None:
    ledger.seal(*minutes(DAY, 11), *minutes(DAY + 11 * STEP, 1, {"pm25": 5000.0}))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR)[DAY] == (30.0, Flag.GOOD)
    faults = [event for event in events if isinstance(event, Fault)]
    assert [(f.kind, f.point, f.parameter, f.start) for f in faults] == [("range", "P1", "pm25", DAY + 11 * STEP)]


def test_reported_hour_counts_only_without_minutes(store: Store, ledger: Ledger, work: Worker) -> None:
    ledger.seal(*hours([99.0, 77.0]), *minutes(DAY, 12))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR) == {DAY: (30.0, Flag.GOOD), DAY + HOUR_MS: (77.0, Flag.GOOD)}
    ledger.seal(*minutes(DAY + HOUR_MS, 1))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR)[DAY + HOUR_MS] == (None, Flag.MISSING), "one minute is a minute"


def test_reported_hour_that_is_bad_is_no_value(store: Store, ledger: Ledger, work: Worker) -> None:
    ledger.seal(entry(SNAPSHOT.devices[0], "2061", DAY, {"pm25": 50.0}, mark="D"))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR) == {DAY: (None, Flag.BAD)}


@pytest.mark.parametrize(("count", "value"), [(19, None), (20, 9.5)])
def test_a_day_needs_20_hours(store: Store, ledger: Ledger, work: Worker, count: int, value: float | None) -> None:
    ledger.seal(*hours([float(n) for n in range(count)]))
    catch_up(work)
    assert computed(store, "pm25", Period.DAY)[DAY][0] == value


def test_ozone_runs_over_midnight_and_the_day_takes_the_largest(store: Store, ledger: Ledger, work: Worker) -> None:
    # Day 1: 100 throughout. From 00:00 of day 2 on 200: the mean that ends at 08:00 of day 2 is the first of only 200.
    ledger.seal(*hours(around(100.0, 24) + around(200.0, 24), parameter="o3"))
    catch_up(work)
    eight = computed(store, "o3", Period.H8)
    assert eight[DAY + 20 * HOUR_MS] == (150.0, Flag.GOOD)
    assert eight[DAY + 24 * HOUR_MS] == (200.0, Flag.GOOD)
    assert eight[DAY - 2 * HOUR_MS] == (100.0, Flag.GOOD), "six of eight hours"
    assert eight[DAY - 3 * HOUR_MS] == (None, Flag.MISSING), "five of eight hours"
    day = computed(store, "o3_8h", Period.DAY)
    # Means that end at 01:00 to 07:00 belong to no day: they hold hours of yesterday.
    assert (day[DAY], day[DAY + DAY_MS]) == ((100.0, Flag.GOOD), (200.0, Flag.GOOD))


@pytest.mark.parametrize(("count", "value"), [(18, None), (19, 110.0)], ids=["13 means", "14 means"])
def test_the_day_needs_14_means_that_end_from_8_on(
    store: Store, ledger: Ledger, work: Worker, count: int, value: float | None
) -> None:
    # With hours from 00:00 on, means with six hours end at 06:00 and later; those from 08:00 on count.
    ledger.seal(*hours([*around(100.0, count - 8), *[110.0] * 8], parameter="o3"))
    catch_up(work)
    assert computed(store, "o3_8h", Period.DAY)[DAY][0] == value


def test_few_means_count_when_they_exceed(store: Store, ledger: Ledger, work: Worker) -> None:
    # Six hours make three running means with enough hours; HJ 663, 6.1.2 asks for 14, unless the limit is exceeded.
    ledger.seal(*hours([170.0] * 8, parameter="o3", start=DAY + 8 * HOUR_MS))
    catch_up(work)
    assert computed(store, "o3_8h", Period.DAY)[DAY] == (170.0, Flag.GOOD)


def test_late_data_are_computed_into_hour_eight_hours_and_day(store: Store, ledger: Ledger, work: Worker) -> None:
    ledger.seal(*hours(around(10.0, 20), parameter="o3"), *hours(around(10.0, 20)))
    catch_up(work)
    before = computed(store, "pm25", Period.DAY)[DAY]
    ledger.seal(*hours([34.0], start=DAY + 21 * HOUR_MS), *hours([90.0], parameter="o3", start=DAY + 21 * HOUR_MS))
    catch_up(work)
    after = computed(store, "pm25", Period.DAY)[DAY]
    assert (before, after) == ((10.0, Flag.GOOD), (pytest.approx((20 * 10 + 34) / 21), Flag.GOOD))
    assert computed(store, "o3", Period.H8)[DAY + 15 * HOUR_MS][0] == pytest.approx((11 + 9 + 11 + 9 + 11 + 90) / 6)


def test_arriving_order_does_not_matter(store: Store, ledger: Ledger, work: Worker) -> None:
    packets = minutes(DAY, 36) + minutes(DAY, 24, {**SIX, "pm25": 44.0}, device=1)
    shuffled = packets[:]
    random.Random(7).shuffle(shuffled)
    ledger.seal(*shuffled)
    while work.step(5):
        pass
    assert {time: value for time, (value, _) in computed(store, "pm25", Period.HOUR).items()} == {
        DAY + n * HOUR_MS: 30.0 for n in range(3)
    }
    assert len(verdicts(store)) == 3
    assert len(verdicts(store, point="P2")) == 2


def test_same_packet_twice_counts_once(store: Store, ledger: Ledger, work: Worker) -> None:
    packets = minutes(DAY, 12)
    ledger.seal(*packets)
    catch_up(work)
    ledger.seal(*packets)
    catch_up(work)
    reported = store.range(DAY, DAY + HOUR_MS, parameters=["pm25"], sources=[Source.REPORTED])
    assert (len(reported), int(reported.version[0])) == (12, 13), "the newer packet is in force"
    series = Series("P1", "pm25", Period.HOUR, Source.COMPUTED)
    assert [version.version for version in store.versions(series, DAY)] == [12], "nothing changed, nothing appended"


def test_resent_packet_with_another_value_replaces_the_first(store: Store, ledger: Ledger, work: Worker) -> None:
    ledger.seal(*minutes(DAY, 12), *minutes(DAY, 1, {"pm25": 42.0}))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR)[DAY][0] == pytest.approx((11 * 30 + 42) / 12)
    series = MINUTE
    assert [version.value for version in store.versions(series, DAY)] == [42.0, 30.0]


def test_backfill_of_2025_replaces_nothing_newer_and_fills_the_hour(store: Store, ledger: Ledger) -> None:
    snapshot = network(1, edition="2025")
    worker = Worker(store, ledger.raw, ledger.acts, lambda: snapshot)
    device = snapshot.devices[0]
    fresh = [entry(device, "2051", DAY + n * STEP, {"pm25": 30.0}) for n in range(4)]
    late = [
        entry(device, "2051", DAY + n * STEP, {"pm25": 60.0}, received=DAY + DAY_MS, backfill=True)
        for n in range(4, 12)
    ]
    ledger.seal(*fresh)
    catch_up(worker)
    assert computed(store, "pm25", Period.HOUR)[DAY] == (None, Flag.MISSING)
    ledger.seal(*late)
    catch_up(worker)
    assert computed(store, "pm25", Period.HOUR)[DAY] == (50.0, Flag.GOOD)


def test_clock_far_ahead_is_a_fault_and_no_observation(
    store: Store, ledger: Ledger, work: Worker, events: list[Event]
) -> None:
    ledger.seal(entry(SNAPSHOT.devices[0], "2051", DAY + DAY_MS, SIX, received=DAY))
    catch_up(work)
    assert store.series() == ()
    assert work.refused == {"clock": 1}
    assert [(e.kind, e.point, e.detail) for e in events if isinstance(e, Fault)] == [("clock", "P1", str(DAY_MS))]


def test_hour_is_computed_when_it_is_over(
    store: Store, ledger: Ledger, work: Worker, clock: Callable[[int], None], events: list[Event]
) -> None:
    clock(DAY + 50 * MINUTE_MS)
    ledger.seal(*minutes(DAY, 10))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR) == {}
    clock(DAY + HOUR_MS + SETTLE_MS - 1)
    ledger.seal(*minutes(DAY + 10 * STEP, 2))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR) == {}
    clock(DAY + HOUR_MS + SETTLE_MS)
    assert work.step() == 0, "nothing came in"
    assert computed(store, "pm25", Period.HOUR) == {DAY: (30.0, Flag.GOOD)}
    assert [e.results.time.tolist() for e in events if isinstance(e, Judged)] == [[DAY]]


def test_hour_that_ended_while_nobody_worked_is_computed_after_the_start(
    store: Store, ledger: Ledger, work: Worker, clock: Callable[[int], None]
) -> None:
    clock(DAY + 50 * MINUTE_MS)
    ledger.seal(*minutes(DAY, 10))
    catch_up(work)
    clock(DAY + 3 * HOUR_MS)
    restarted = Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT)
    catch_up(restarted)
    assert computed(store, "pm25", Period.HOUR) == {DAY: (30.0, Flag.GOOD)}


def test_running_mean_is_computed_when_its_last_hour_brings_nothing(
    store: Store, ledger: Ledger, work: Worker, clock: Callable[[int], None]
) -> None:
    clock(DAY + 6 * HOUR_MS + 30 * MINUTE_MS)
    ledger.seal(*hours([80.0] * 6, parameter="o3"))
    catch_up(work)
    assert DAY not in computed(store, "o3", Period.H8)
    clock(DAY + 9 * HOUR_MS)
    work.step()
    assert computed(store, "o3", Period.H8)[DAY] == (80.0, Flag.GOOD)


def test_silent_and_missing_are_faults_when_the_hour_has_ended(
    store: Store, ledger: Ledger, work: Worker, clock: Callable[[int], None], events: list[Event]
) -> None:
    clock(DAY + 30 * MINUTE_MS)
    ledger.seal(*minutes(DAY, 5), *minutes(DAY, 1, device=1))
    catch_up(work)
    clock(DAY + HOUR_MS + SETTLE_MS)
    work.step()
    faults = {(e.kind, e.point, e.parameter) for e in events if isinstance(e, Fault)}
    assert ("missing", "P1", "pm25") in faults
    clock(DAY + 2 * HOUR_MS + SETTLE_MS)
    work.step()
    silent = [e for e in events if isinstance(e, Fault) and e.kind == "silent"]
    assert [(e.point, e.start) for e in silent] == [("P1", DAY + 4 * STEP), ("P2", DAY)]


def test_exceedance_is_told_with_parameters_and_clause(ledger: Ledger, work: Worker, events: list[Event]) -> None:
    ledger.seal(*minutes(DAY, 12, {**SIX, "o3": 250.0}))
    catch_up(work)
    (found,) = [event for event in events if isinstance(event, Exceedance)]
    assert (found.point, found.element, found.period, found.time, found.parameters) == (
        "P1", "air", Period.HOUR, DAY, ("o3",),
    )  # fmt: skip
    assert found.edition
    assert found.clause


def test_observed_is_told_once_a_point(ledger: Ledger, work: Worker, events: list[Event]) -> None:
    ledger.seal(*minutes(DAY, 3), *minutes(DAY, 1, device=1))
    catch_up(work)
    assert [event for event in events if isinstance(event, Observed)] == [
        Observed("P1", Period.MINUTE, DAY + 2 * STEP, 18),
        Observed("P2", Period.MINUTE, DAY, 6),
    ]


def order(time: int, value: float | None, parameter: str = "pm25") -> Act:
    series = MINUTE._replace(parameter=parameter)
    return Supersede(series, time, value, Flag.BAD if value is None else Flag.GOOD).act(
        by="li", reason="why not", at=NOW
    )


def test_superseded_value_is_in_force_and_the_hour_follows(store: Store, ledger: Ledger, work: Worker) -> None:
    ledger.seal(*minutes(DAY, 12))
    catch_up(work)
    ledger.act(Act("case.close", "7", "li", "settled", NOW))
    ledger.act(order(DAY, 90.0))
    assert work.step() == 2
    assert computed(store, "pm25", Period.HOUR)[DAY] == (35.0, Flag.GOOD)
    newest = store.versions(MINUTE, DAY)[0]
    assert (newest.version, newest.findings) == (PERSON + 1, (("review", Flag.GOOD, "why not", "li"),))
    assert verdicts(store)[DAY] == 50.0
    ledger.seal(*minutes(DAY, 1, {"pm25": 1.0}))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR)[DAY] == (35.0, Flag.GOOD), "a packet does not undo a person"


def test_invalidated_values_make_the_hour_missing(store: Store, ledger: Ledger, work: Worker) -> None:
    ledger.seal(*minutes(DAY, 9))
    catch_up(work)
    ledger.act(order(DAY, None))
    catch_up(work)
    assert computed(store, "pm25", Period.HOUR)[DAY] == (None, Flag.MISSING)


def test_unusable_act_is_passed_over_and_counted(store: Store, ledger: Ledger, work: Worker) -> None:
    ledger.acts.append([b"no entry at all"])
    ledger.act(Act("observation.supersede", "x", "li", "why", NOW, {}))
    ledger.act(order(DAY, 5.0))
    assert work.step() == 3
    assert work.refused == {"act": 2}
    assert [version.value for version in store.versions(MINUTE, DAY)] == [5.0]


def test_values_equal_too_long_are_suspect_until_late_data_say_otherwise(
    store: Store, ledger: Ledger, work: Worker, events: list[Event]
) -> None:
    # checks.csv: 12 equal hours of PM2.5. The last of them makes the row too long, also for those before it.
    ledger.seal(*hours([33.0] * 6 + [33.0] * 5))
    catch_up(work)
    reported = {"parameters": ["pm25"], "sources": [Source.REPORTED]}
    assert set(store.range(0, 1 << 42, **reported).flag.tolist()) == {Flag.GOOD}  # type: ignore[arg-type]
    ledger.seal(*hours([33.0], start=DAY + 11 * HOUR_MS))
    catch_up(work)
    assert set(store.range(0, 1 << 42, **reported).flag.tolist()) == {Flag.SUSPECT}  # type: ignore[arg-type]
    assert computed(store, "pm25", Period.HOUR)[DAY] == (None, Flag.SUSPECT)
    assert {(e.kind, e.start, e.stop) for e in events if isinstance(e, Fault) and e.kind == "stuck"} == {
        ("stuck", DAY, DAY + 11 * HOUR_MS)
    }
    ledger.seal(*hours([34.0], start=DAY + 5 * HOUR_MS))  # the sixth hour comes again, corrected
    catch_up(work)
    assert set(store.range(0, 1 << 42, **reported).flag.tolist()) == {Flag.GOOD}  # type: ignore[arg-type]
    assert computed(store, "pm25", Period.HOUR)[DAY] == (33.0, Flag.GOOD)


def test_step_cut_short_is_repeated_without_doubling(store: Store, ledger: Ledger) -> None:
    ledger.seal(*minutes(DAY, 12, {**SIX, "o3": 250.0}))
    seen: list[Event] = []

    def breaks(event: Event) -> None:
        seen.append(event)
        if isinstance(event, Exceedance) and len([e for e in seen if isinstance(e, Exceedance)]) == 1:
            raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError):
        Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT, breaks).step()
    assert store.cursor().entries == 0
    restarted = Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT, breaks)
    assert restarted.step() == 12
    keys = [event.key for event in seen if isinstance(event, Exceedance)]
    assert len(keys) == 2
    assert len(set(keys)) == 1, "told again, under the same key"
    assert len(store.range(0, 1 << 42, parameters=["pm25"], periods=[Period.MINUTE])) == 12
    assert len(store.versions(Series("P1", "pm25", Period.HOUR, Source.COMPUTED), DAY)) == 1


def test_run_follows_the_ledger_and_survives_a_failing_step(store: Store, ledger: Ledger) -> None:
    asked: list[int] = []

    def snapshot() -> Snapshot:
        asked.append(1)
        if len(asked) == 1:
            raise RuntimeError("no registry yet")
        return SNAPSHOT

    worker = Worker(store, ledger.raw, ledger.acts, snapshot)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        ledger.seal(*minutes(DAY, 12))
        worker.wake()
        deadline = _time.monotonic() + 30
        while worker.cursor.entries < 12 and _time.monotonic() < deadline:
            _time.sleep(0.02)
    finally:
        stop.set()
        worker.wake()
        thread.join(30)
    assert not thread.is_alive()
    assert computed(store, "pm25", Period.HOUR)[DAY] == (30.0, Flag.GOOD)


def test_a_late_packet_of_last_year_does_not_read_the_year_between(
    store: Store, ledger: Ledger, work: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans: list[int] = []
    read = store.range
    ledger.seal(*minutes(DAY, 12), *minutes(DAY - 300 * DAY_MS, 12))

    def watched(start: int, stop: int, **how: Any) -> Any:
        if how["periods"] != [Period.DAY]:  # a year's mean reads its days
            spans.append(stop - start)
        return read(start, stop, **how)

    monkeypatch.setattr(store, "range", watched)
    catch_up(work)
    assert max(spans) < 20 * DAY_MS
    assert set(computed(store, "pm25", Period.HOUR)) == {DAY, DAY - 300 * DAY_MS}


def test_empty_ledger(store: Store, work: Worker) -> None:
    assert work.step() == 0
    assert store.series() == ()
