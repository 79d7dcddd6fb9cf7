"""Why this number: down to the digits, and wherever it does not fit."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lichen.hj212.content import Reading
from lichen.pipeline.acts import Act, Supersede
from lichen.pipeline.errors import NothingToTrace
from lichen.pipeline.testing import CODES, Ledger, entry, network
from lichen.pipeline.trace import PROBLEMS, Why, why
from lichen.pipeline.worker import Worker
from lichen.store import Store
from lichen.vocab.batch import PERSON, Series
from lichen.vocab.clock import HOUR_MS, MINUTE_MS
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source

DAY = 1_772_380_800_000  # 2026-03-02T00:00+08:00
STEP = 5 * MINUTE_MS
SNAPSHOT = network(1, units={CODES["so2"]: "mg/m3"})
DEVICE = SNAPSHOT.devices[0]
SIX = {"so2": 0.057, "no2": 20.0, "co": 0.5, "o3": 60.0, "pm10": 50.0, "pm25": 30.0}
MINUTE = Series("P1", "pm25", Period.MINUTE, Source.REPORTED)


@pytest.fixture
def filled(store: Store, ledger: Ledger) -> Worker:
    """An hour of minutes, taken in."""
    worker = Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT)
    for n in range(12):
        ledger.seal(entry(DEVICE, "2051", DAY + n * STEP, {**SIX, "pm25": 30.0 + n}))
    while worker.step():
        pass
    return worker


def ask(store: Store, ledger: Ledger, name: str, period: Period, time: int = DAY, **how: object) -> Why:
    return why(
        store, ledger.raw, SNAPSHOT, point="P1", name=name, period=period, time=time, acts_log=ledger.acts,
        **how,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.usefixtures("filled")
def test_verdict_down_to_the_digits(store: Store, ledger: Ledger) -> None:
    found = ask(store, ledger, "air", Period.HOUR)
    assert found.problems() == []
    assert (found.kind, found.value, found.deciding) == ("verdict", 52.0, ("pm25",))
    assert found.edition == "HJ 633-2026"
    assert (found.snapshot, bool(found.code), bool(found.clause)) == (SNAPSHOT.hash, True, True)
    assert [part.name for part in found.parts] == ["so2", "no2", "co", "o3", "pm10", "pm25"]
    hour = found.parts[-1]
    assert (hour.kind, hour.value, hour.method, hour.valid, hour.needed, hour.inputs) == (
        "computed", 35.5, "mean", 60, 45, 12,
    )  # fmt: skip
    assert "GB 3095-2026" in hour.clause
    minute = hour.parts[3]
    assert (minute.kind, minute.value, minute.version, minute.unit) == ("reported", 33.0, 4, "ug/m3")
    packet = minute.packet
    assert packet is not None
    assert (packet.index, packet.digits, packet.factor, packet.suffix) == (3, "33.0", "a34004", "Avg")
    assert packet.span is not None
    assert packet.text[slice(*packet.span)] == "33.0"
    assert packet.text.encode("latin-1").startswith(b"##")
    assert packet.station == DEVICE.mn
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.usefixtures("filled")
def test_unit_of_the_station_is_told(store: Store, ledger: Ledger) -> None:
    found = ask(store, ledger, "so2", Period.MINUTE, source=Source.REPORTED)
    assert found.packet is not None
    assert (found.value, found.unit, found.packet.digits, found.packet.unit) == (57.0, "ug/m3", "0.057", "mg/m3")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("depth", "levels"), [(0, 0), (1, 1), (2, 2), (9, 2)])
def test_depth(store: Store, ledger: Ledger, depth: int, levels: int) -> None:
    node, deep = ask(store, ledger, "air", Period.HOUR, depth=depth), 0
    while node.parts:
        node, deep = node.parts[0], deep + 1
    assert deep == levels


def put(store: Store, series: Series, value: float, version: int) -> None:
    """What somebody with access to the database could do."""
    batch = store.range(DAY, DAY + 1, points=[series.point], parameters=[series.parameter], periods=[series.period])
    row = batch.where(batch.code == batch.series.index(series))
    store.append(replace(row, value=np.array([value]), version=np.array([version], np.uint64)))


@pytest.mark.usefixtures("filled")
def test_value_altered_in_the_store_is_named(store: Store, ledger: Ledger) -> None:
    put(store, MINUTE, 3.0, 2)  # as if the second packet had said so; it speaks of another minute
    (first, *_) = ask(store, ledger, "pm25", Period.HOUR).problems()
    assert first.problem == "differs-from-inputs"
    found = ask(store, ledger, "pm25", Period.MINUTE, source=Source.REPORTED)
    assert found.problem == "no-such-packet"


def test_value_that_is_not_what_the_packet_says(store: Store, ledger: Ledger) -> None:
    # A worker that read something else than what was sealed: the store and everything above it agree with each other.
    said = [entry(DEVICE, "2051", DAY + n * STEP, {"pm25": 30.0 + n}) for n in range(12)]
    ledger.seal(*said)
    wrong = [entry(DEVICE, "2051", DAY, {"pm25": 3.0}), *said[1:]]
    Worker(store, _Log(wrong), ledger.acts, lambda: SNAPSHOT).step()
    found = ask(store, ledger, "pm25", Period.HOUR)
    assert [(p.time, p.value, p.problem, p.says) for p in found.problems()] == [(DAY, 3.0, "differs-from-packet", 30.0)]
    assert set(PROBLEMS) >= {p.problem for p in found.problems()}


@pytest.mark.usefixtures("filled")
def test_computed_value_altered_in_the_store_is_named(store: Store, ledger: Ledger) -> None:
    put(store, MINUTE._replace(period=Period.HOUR, source=Source.COMPUTED), 12.0, 13)
    found = ask(store, ledger, "air", Period.HOUR)
    assert [(p.kind, p.name, p.problem, p.says) for p in found.problems()] == [
        ("verdict", "air", "differs-from-inputs", 50.0),
        ("computed", "pm25", "differs-from-inputs", 35.5),
    ]


@pytest.mark.usefixtures("filled")
def test_version_beyond_the_ledger_is_named(store: Store, ledger: Ledger) -> None:
    put(store, MINUTE, 3.0, 999)
    assert ask(store, ledger, "pm25", Period.MINUTE, source=Source.REPORTED).problem == "no-such-packet"


def test_persons_value_leads_to_the_act(store: Store, ledger: Ledger, filled: Worker) -> None:
    ledger.act(Supersede(MINUTE, DAY, 90.0, Flag.GOOD).act(by="li", reason="a spider", at=DAY))
    filled.step()
    found = ask(store, ledger, "pm25", Period.MINUTE, source=Source.REPORTED)
    assert (found.kind, found.value, found.act, found.person, found.reason) == ("act", 90.0, 0, "li", "a spider")
    assert (found.versions, found.problem) == (2, "")
    assert ask(store, ledger, "pm25", Period.HOUR).problems() == []


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("sealed", "problem", "says"),
    [
        (None, "no-such-act", None),
        (Act("case.close", "7", "li", "settled", 0), "no-such-act", None),
        (Supersede(MINUTE, DAY + STEP, 90.0, Flag.GOOD).act(by="li", reason="why", at=0), "no-such-act", None),
        (Supersede(MINUTE, DAY, 91.0, Flag.GOOD).act(by="li", reason="why", at=0), "differs-from-act", 91.0),
    ],
    ids=["none", "another", "another minute", "another value"],
)
def test_persons_value_without_its_act_is_named(
    store: Store, ledger: Ledger, sealed: Act | None, problem: str, says: float | None
) -> None:
    if sealed is not None:
        ledger.act(sealed)
    store.supersede(MINUTE, DAY, act=0, value=90.0, flag=Flag.GOOD, reason="because", person="li")
    found = ask(store, ledger, "pm25", Period.MINUTE, source=Source.REPORTED)
    assert (found.version, found.problem, found.says) == (PERSON, problem, says)


def test_hour_that_the_station_reported(store: Store, ledger: Ledger) -> None:
    ledger.seal(entry(DEVICE, "2061", DAY, {"pm25": 41.0}))
    Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT).step()
    found = ask(store, ledger, "pm25", Period.HOUR)
    assert (found.method, found.needed, found.problem) == ("reported", None, "")
    assert [(part.kind, part.value) for part in found.parts] == [("reported", 41.0)]


def test_eight_hours_and_day_of_ozone(store: Store, ledger: Ledger) -> None:
    ledger.seal(*(entry(DEVICE, "2061", DAY + n * HOUR_MS, {"o3": 90.0 + n}) for n in range(24)))
    Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT).step()
    found = ask(store, ledger, "o3_8h", Period.DAY, depth=3)
    assert found.problems() == []
    assert (found.method, found.value, found.valid, found.needed, len(found.parts)) == ("max", 109.5, 17, 14, 17)
    assert found.parts[-1].time == DAY + 16 * HOUR_MS
    assert [part.value for part in found.parts[-1].parts] == [106.0 + n for n in range(8)]
    day = ask(store, ledger, "air", Period.DAY, depth=1)
    assert day.problems() == []
    assert [part.name for part in day.parts] == ["o3_8h"]


def test_encrypted_packet_is_shown_decrypted(store: Store, ledger: Ledger) -> None:
    snapshot = network(1, edition="2025", key="0123456789abcdef")
    packet = entry(snapshot.devices[0], "2051", DAY, {"pm25": 30.0}, key=b"0123456789abcdef")
    ledger.seal(packet)
    Worker(store, ledger.raw, ledger.acts, lambda: snapshot).step()
    found = why(
        store, ledger.raw, snapshot, point="P1", name="pm25", period=Period.MINUTE, time=DAY, source=Source.REPORTED
    )
    assert found.problem == ""
    assert found.packet is not None
    assert found.packet.encrypted
    assert found.packet.span is not None
    assert found.packet.text[slice(*found.packet.span)] == "30.0"
    assert b"a34004" not in packet


def test_span_points_at_the_value_that_counts(store: Store, ledger: Ledger) -> None:
    values = [Reading("a34004", "Avg", v, str(v), "N") for v in (7.0, 8.0)]
    other = Reading("a34002", "Avg", 7.0, "7.0", "N")
    ledger.seal(entry(DEVICE, "2051", DAY, [values[0], other, values[1]]))
    Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT).step()
    packet = ask(store, ledger, "pm25", Period.MINUTE, source=Source.REPORTED).packet
    assert packet is not None
    assert packet.span is not None
    assert packet.text[packet.span[0] - len("a34004-Avg=") : packet.span[1]] == "a34004-Avg=8.0"
    assert packet.text.index("a34004-Avg=7.0") < packet.span[0]


def test_no_such_number(store: Store, ledger: Ledger) -> None:
    with pytest.raises(NothingToTrace, match="no value"):
        ask(store, ledger, "pm25", Period.HOUR)
    with pytest.raises(NothingToTrace, match="no verdict"):
        ask(store, ledger, "air", Period.HOUR)


class _Log:
    def __init__(self, entries: list[bytes]) -> None:
        self._entries = entries

    @property
    def size(self) -> int:
        return len(self._entries)

    def read(self, start: int, stop: int) -> list[bytes]:
        return self._entries[start:stop]
