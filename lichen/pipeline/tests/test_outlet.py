"""An outlet through the whole road: marks, conversion to the reference oxygen, limits of its standard, and back."""

from contextlib import closing
from datetime import date

import numpy as np
import pytest

from lichen.elements import ELEMENT_BY_SLUG
from lichen.pipeline.testing import entry, mn
from lichen.pipeline.trace import why
from lichen.pipeline.worker import Worker
from lichen.store import open_store
from lichen.vocab.clock import HOUR_MS, day_start_ms
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Device, Point, Snapshot

SOURCES = ELEMENT_BY_SLUG["sources"]
START = day_start_ms(date(2026, 3, 2))
NOW = START + 40 * HOUR_MS
REGISTERED = {"reference_o2": 6, "permit_stack_so2": 35}
OUTLET = Point("D1", "1号排放口", "outlet 1", "sources", "gas_outlet", "城", attributes=REGISTERED)
DEVICE = Device(mn(1), "D1", st="31")
SNAPSHOT = Snapshot(1, (OUTLET,), (DEVICE,))
SO2, O2 = "a21026", "a19001"


@pytest.fixture
def store(tmp_path, ledger, monkeypatch):
    monkeypatch.setattr("lichen.pipeline.worker.now_ms", lambda: NOW)
    ledger.seal(
        *(entry(DEVICE, "2061", START + hour * HOUR_MS, {SO2: 40.0, O2: 9.0}) for hour in range(20)),
        entry(DEVICE, "2061", START + 20 * HOUR_MS, {SO2: 400.0, O2: 9.0}, mark="M"),
    )
    with closing(open_store(f"chdb://{tmp_path}/store")) as store:
        worker = Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT)
        while worker.step():
            pass
        yield store


def test_concentrations_are_converted_and_the_converted_hours_averaged(store, ledger):
    def read(period):
        found = store.range(START, NOW, parameters=["stack_so2_converted"], periods=[period], sources=[Source.COMPUTED])
        return found.value[~np.isnan(found.value)].tolist()

    assert read(Period.HOUR) == [50.0] * 20, "40 × (21 − 6)/(21 − 9)"
    assert read(Period.DAY) == [50.0]
    found = why(
        store, ledger.raw, SNAPSHOT, point="D1", name="stack_so2_converted", period=Period.HOUR, time=START, depth=3
    )
    assert (found.method, found.problems()) == ("derived", [])
    assert {part.name for part in found.parts} == {"stack_so2", "stack_oxygen"}
    assert found.parts[0].parts[0].packet.digits == "40.0"


def test_an_hour_that_is_marked_is_not_judged_and_says_so(store):
    results = store.results("sources", Period.HOUR, START, NOW)
    last = int(np.flatnonzero(results.time == START + 20 * HOUR_MS)[0])
    assert results.klass[last] == -1
    assert "标记" in results.note[last]


def test_what_is_above_the_permit_exceeds_by_so_many_times(store):
    results = store.results("sources", Period.HOUR, START, START + 1)
    assert results.exceeding == (("stack_so2",),)
    assert results.multiples["stack_so2"][0] == pytest.approx(50 / 35 - 1)
