"""Packets become observations: point, parameter, unit, flag and time."""

from __future__ import annotations

import math

import pytest

from lichen.hj212.content import Reading
from lichen.pipeline.decode import decode
from lichen.pipeline.normalise import CLOCK_TOLERANCE_MS, Normalised, normalise
from lichen.pipeline.testing import CODES, entry, mn, network
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Device, Snapshot

START = 1_772_323_200_000  # 2026-03-01T08:00+08:00
SNAPSHOT = network()
DEVICE = SNAPSHOT.devices[0]


def read(*entries: bytes, snapshot: Snapshot = SNAPSHOT) -> Normalised:
    return normalise(decode(entries, 10, snapshot))


def rows(found: Normalised) -> dict[tuple[str, str], tuple[float, int, str]]:
    """(parameter, stat) → (value, flag, mark)"""
    batch = found.batch
    return {
        (batch.series[c].parameter, batch.series[c].stat): (float(v), int(f), batch.marks[m])
        for c, v, f, m in zip(batch.code, batch.value, batch.flag, batch.mark, strict=True)
    }


def of_device(**changes: object) -> tuple[Snapshot, Device]:
    snapshot = network(**changes)  # type: ignore[arg-type]
    return snapshot, snapshot.devices[0]


@pytest.mark.parametrize(
    ("cn", "period", "time", "start"),
    [
        ("2011", Period.REALTIME, START + 61_000, START + 61_000),
        ("2051", Period.MINUTE, START + 61_000, START + MINUTE_MS),
        ("2061", Period.HOUR, START + 61_000, START),
        ("2031", Period.DAY, START, START - 8 * HOUR_MS),
    ],
)
def test_command_gives_the_period_and_time_is_its_start(cn: str, period: Period, time: int, start: int) -> None:
    batch = read(entry(DEVICE, cn, time, {"pm25": 35.5}, received=time + DAY_MS)).batch
    assert batch.series == (("P1", "pm25", period, Source.REPORTED, "avg"),)
    assert (batch.time.tolist(), batch.value.tolist(), batch.version.tolist()) == ([start], [35.5], [11])


def test_suffixes_become_statistics() -> None:
    values = [Reading("a34004", stat, float(n), str(n), "N") for n, stat in enumerate(("Avg", "Min", "Max", "Cou"))]
    found = rows(read(entry(DEVICE, "2051", START, values)))
    assert {stat: value[0] for (_, stat), value in found.items()} == {"avg": 0, "min": 1, "max": 2, "cou": 3}


def test_converted_values_are_their_own_statistic() -> None:
    snapshot, device = of_device(st="31")
    values = [Reading("a21026", "Avg", 30.0, "30.0", "N"), Reading("a21026", "ZsAvg", 35.0, "35.0", "N")]
    found = rows(read(entry(device, "2051", START, values), snapshot=snapshot))
    assert {key: value[0] for key, value in found.items()} == {("stack_so2", "avg"): 30, ("stack_so2", "zsavg"): 35}


@pytest.mark.parametrize(
    ("unit", "sent", "stored"), [("mg/m3", 0.057, 57.0), ("µg/m³", 57.0, 57.0), ("ppb", 10.0, 26.184344983)]
)
def test_registered_unit_is_converted(unit: str, sent: float, stored: float) -> None:
    snapshot, device = of_device(units={CODES["so2"]: unit})
    found = rows(read(entry(device, "2051", START, {"so2": sent}), snapshot=snapshot))
    assert found["so2", "avg"][0] == pytest.approx(stored, rel=1e-9)


def test_conversion_leaves_no_binary_noise() -> None:
    snapshot, device = of_device(units={CODES["so2"]: "mg/m3"})
    assert rows(read(entry(device, "2051", START, {"so2": 0.057}), snapshot=snapshot))["so2", "avg"][0] == 57.0


def test_unit_that_cannot_be_converted_is_refused() -> None:
    snapshot, device = of_device(units={CODES["so2"]: "kPa"})
    found = read(entry(device, "2051", START, {"so2": 1.0, "no2": 2.0}), snapshot=snapshot)
    assert found.refused == {"unit": 1}
    assert list(rows(found)) == [("no2", "avg")]


def test_alias_of_the_station() -> None:
    snapshot, device = of_device(aliases={"x9": "a34004"}, units={"x9": "mg/m3"})
    assert rows(read(entry(device, "2051", START, {"x9": 0.035}), snapshot=snapshot)) == {
        ("pm25", "avg"): (35.0, Flag.UNCHECKED, "N")
    }


@pytest.mark.parametrize(
    ("mark", "flag"),
    [("N", Flag.UNCHECKED), (None, Flag.UNCHECKED), ("D", Flag.BAD), ("C", Flag.BAD), ("Q7", Flag.SUSPECT)],
)
def test_mark_is_kept_and_gives_the_flag(mark: str | None, flag: Flag) -> None:
    found = rows(read(entry(DEVICE, "2051", START, {"pm25": 35.0}, mark=mark)))
    assert found["pm25", "avg"] == (35.0, flag, mark or "")


@pytest.mark.parametrize(("mark", "flag"), [("N", Flag.MISSING), ("D", Flag.BAD)])
def test_value_that_is_no_number_is_kept_as_missing(mark: str, flag: Flag) -> None:
    value, found, said = rows(read(entry(DEVICE, "2051", START, {"pm25": "--"}, mark=mark)))["pm25", "avg"]
    assert (math.isnan(value), found, said) == (True, flag, mark)


def test_uncomputable_conversion_of_2025_is_not_a_huge_value() -> None:
    # HJ 212-2025, 8.1.1 d: with too much oxygen the largest number of the data type is sent (N5.2: 99999.99).
    snapshot, device = of_device(edition="2025", st="31")
    values = [Reading("a21026", "ZsAvg", 99999.99, "99999.99", "N"), Reading("a21026", "Avg", 9.0, "9.0", "N")]
    found = rows(read(entry(device, "2051", START, values), snapshot=snapshot))
    assert math.isnan(found["stack_so2", "zsavg"][0])
    assert found["stack_so2", "zsavg"][1] == Flag.BAD
    assert found["stack_so2", "avg"][:2] == (9.0, Flag.UNCHECKED)


def test_what_is_no_observation_is_counted() -> None:
    ahead = entry(DEVICE, "2051", START + CLOCK_TOLERANCE_MS + 1000, {"pm25": 1.0}, received=START)
    within = entry(DEVICE, "2051", START + CLOCK_TOLERANCE_MS, {"pm25": 1.0}, received=START)
    found = read(
        entry(DEVICE, "2021", START, [Reading("SB1", "RS", 1.0, "1")]),
        entry(DEVICE, "2051", None, {"pm25": 1.0}),
        entry(DEVICE, "2051", START, {"zz999": 1.0}),
        entry(DEVICE, "2051", START, {"pm25": 1.0}, verdict="crc"),
        entry(DEVICE, "2051", START, {"pm25": 1.0}, verdict="unknown"),
        ahead,
        within,
    )
    assert found.refused == {"command": 1, "time": 1, "factor": 1, "crc": 1, "unknown": 1, "clock": 1}
    assert found.ahead == {"P1": CLOCK_TOLERANCE_MS + 1000}
    assert found.batch.version.tolist() == [17]


def test_device_nobody_registered_is_not_used() -> None:
    stranger = Device(mn(99), "P99")
    assert read(entry(stranger, "2051", START, {"pm25": 1.0})).refused == {"unbound": 1}


def test_factor_twice_in_a_packet_counts_once() -> None:
    values = [Reading("a34004", "Avg", 1.0, "1.0", "N"), Reading("a34004", "Avg", 2.0, "2.0", "N")]
    found = read(entry(DEVICE, "2051", START, [values[0], Reading("a34002", "Avg", 9.0, "9.0", "N"), values[1]]))
    assert rows(found)["pm25", "avg"][0] == 2.0
    assert len(found.batch) == 2


def moved_device() -> Snapshot:
    """One logger that moved from P1 to P2 at START, and got another key."""
    keys = {"edition": "2025", "minute_interval": 5}
    return Snapshot(
        1,
        network(2).points,
        (
            Device(mn(1), "P1", valid_until=START, key="1111111111111111", **keys),  # type: ignore[arg-type]
            Device(mn(1), "P2", valid_from=START, key="2222222222222222", **keys),  # type: ignore[arg-type]
        ),
    )


def test_binding_at_receipt_decides_point_and_key() -> None:
    snapshot = moved_device()
    old, new = snapshot.devices
    entries = [
        entry(old, "2051", START - HOUR_MS, {"pm25": 1.0}, received=START - 1, key=b"1" * 16),
        entry(new, "2051", START, {"pm25": 2.0}, received=START, key=b"2" * 16),
        entry(old, "2051", START - HOUR_MS, {"no2": 3.0}, received=START - 1, key=b"1" * 16),
        entry(new, "2051", START, {"pm25": 9.0}, received=START, key=b"1" * 16),  # the old key, too late
    ]
    found = read(*entries, snapshot=snapshot)
    batch = found.batch
    assert [
        (batch.series[c].point, batch.series[c].parameter, float(v), int(n))
        for c, v, n in zip(batch.code, batch.value, batch.version, strict=True)
    ] == [("P1", "pm25", 1.0, 11), ("P2", "pm25", 2.0, 12), ("P1", "no2", 3.0, 13)]
    assert sum(found.refused.values()) == 1


def test_backfill_is_an_observation_like_any_other() -> None:
    snapshot, device = of_device(edition="2025")
    late = entry(device, "2051", START, {"pm25": 1.0}, received=START + 9 * DAY_MS, backfill=True)
    assert read(late, snapshot=snapshot).batch.time.tolist() == [START]


def test_no_entries() -> None:
    found = read()
    assert (len(found.batch), found.refused) == (0, {})
