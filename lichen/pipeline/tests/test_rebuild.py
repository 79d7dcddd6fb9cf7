"""`lichen rebuild`: the numbers follow from the ledger, not from how they came about."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from lichen.pipeline import worker as worker_module
from lichen.pipeline.acts import Supersede
from lichen.pipeline.rebuild import rebuild
from lichen.pipeline.testing import Ledger, entry, network
from lichen.pipeline.worker import Worker
from lichen.store import Store
from lichen.vocab.batch import Series
from lichen.vocab.clock import HOUR_MS, MINUTE_MS
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source

DAY = 1_772_380_800_000  # 2026-03-02T00:00+08:00
STEP = 5 * MINUTE_MS
SNAPSHOT = network(2)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    moment = {"at": DAY}
    monkeypatch.setattr(worker_module, "now_ms", lambda: moment["at"])
    return moment


def numbers(store: Store) -> dict[str, Any]:
    """Every number in force, with its flag, mark and verdict; computed versions differ and do not matter."""
    batch = store.range(0, 1 << 42, stats=None)
    observations = [
        (
            *batch.series[code], time, np.float64(value).tobytes(), flag, batch.marks[mark],
            version if batch.series[code].source is Source.REPORTED else None,
        )
        for code, time, value, flag, mark, version in zip(
            batch.code.tolist(), batch.time.tolist(), batch.value.tolist(), batch.flag.tolist(), batch.mark.tolist(),
            batch.version.tolist(), strict=True,
        )
    ]  # fmt: skip
    found: dict[str, Any] = {"observations": sorted(observations)}
    for period in (Period.HOUR, Period.DAY):
        results = store.results("air", period, 0, 1 << 42)
        found[period] = [
            (
                results.points[results.point[row]], int(results.time[row]), int(results.klass[row]),
                results.index[row].tobytes(), results.deciding[row], results.exceeding[row],
                {slug: sub[row].tobytes() for slug, sub in results.sub.items()}, results.edition[row],
                results.note[row], results.snapshot[row],
            )
            for row in range(len(results))
        ]  # fmt: skip
    return found


def act(time: int, value: float | None, parameter: str) -> bytes:
    series = Series("P1", parameter, Period.MINUTE, Source.REPORTED)
    order = Supersede(series, time, value, Flag.BAD if value is None else Flag.GOOD)
    return order.act(by="li", reason="a spider in the inlet", at=time + HOUR_MS).encode()


def test_rebuilt_numbers_are_identical(store: Store, ledger: Ledger, now: dict[str, int]) -> None:
    chance = random.Random(5)
    worker = Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT)

    def values() -> dict[str, float]:
        return {slug: round(chance.uniform(5, 180), 1) for slug in ("so2", "no2", "o3", "pm10", "pm25")} | {"co": 0.7}

    # Twenty hours as the stations reported them, then minutes until two hours into the next day, live.
    ledger.seal(*(entry(d, "2061", DAY + n * HOUR_MS, values()) for n in range(20) for d in SNAPSHOT.devices))
    late: list[bytes] = []
    for n in range(12 * 20, 12 * 26):
        time = DAY + n * STEP
        now["at"] = time + STEP + 1000
        for device in SNAPSHOT.devices:
            mark = chance.choice(["N"] * 15 + ["D", "Q7"])
            packet = entry(device, "2051", time, values(), received=now["at"], mark=mark)
            fate = chance.random()
            if fate < 0.08:
                late.append(packet)
            else:
                ledger.seal(packet, *([packet] if fate > 0.95 else []))
        if n == 12 * 22:
            ledger.acts.append([act(time - 3 * STEP, 5.0, "pm25"), act(time - 2 * STEP, None, "no2")])
        if n % 25 == 0 and late:
            chance.shuffle(late)
            ledger.seal(*late[: len(late) // 2])
            del late[: len(late) // 2]
        if n % 9 == 0:
            while worker.step(chance.choice([7, 50])):
                pass
    ledger.seal(*late)
    now["at"] = DAY + 30 * HOUR_MS
    while worker.step():
        pass
    live = numbers(store)
    seen: list[tuple[int, int]] = []
    done = rebuild(
        store, ledger.raw, ledger.acts, SNAPSHOT, lambda taken, total: seen.append((taken, total)), step_entries=60
    )
    assert numbers(store) == live
    assert len(live["observations"]) > 1300
    assert len(live[Period.DAY]) == 2, "the second day is not over"
    assert (done.entries, done.acts) == (ledger.raw.size, 2)
    assert seen[-1] == (ledger.raw.size, ledger.raw.size)
    rebuild(store, ledger.raw, ledger.acts, SNAPSHOT)
    assert numbers(store) == live, "and again, in one step"


def test_rebuild_forgets_what_the_ledger_does_not_know(store: Store, ledger: Ledger, now: dict[str, int]) -> None:
    now["at"] = DAY + 9 * HOUR_MS
    ledger.seal(*(entry(SNAPSHOT.devices[0], "2051", DAY + n * STEP, {"pm25": 30.0}) for n in range(12)))
    rebuild(store, ledger.raw, ledger.acts, SNAPSHOT)
    sound = numbers(store)
    forged = Worker(store, _Forged(ledger), ledger.acts, lambda: SNAPSHOT)
    assert forged.step() == 1
    assert numbers(store) != sound
    rebuild(store, ledger.raw, ledger.acts, SNAPSHOT)
    assert numbers(store) == sound


class _Forged:
    """A log with one entry more than was sealed."""

    def __init__(self, ledger: Ledger) -> None:
        self._raw = ledger.raw

    @property
    def size(self) -> int:
        return self._raw.size + 1

    def read(self, start: int, stop: int) -> list[bytes]:
        return [entry(SNAPSHOT.devices[0], "2051", DAY, {"pm25": 3.0})]
