"""Each fault does what its name says, and readers see it."""

import re

import pytest

from lichen.hj212 import FrameReader, parse
from lichen.hj212.deviations import catalogue, code_of
from lichen.hj212.simulator import KINDS, Fault, FaultPlan, fault_plan, spoil
from lichen.hj212.simulator.device import SimulatedDevice
from lichen.hj212.simulator.simulate import load_devices
from lichen.hj212.simulator.values import Synthetic
from lichen.vocab.clock import MINUTE_MS, parse_digits

NOON = parse_digits("20260310120000")


def frame(edition="2017", encrypt=False):
    (device,) = load_devices(1, edition=edition, encrypt=encrypt)
    simulated = SimulatedDevice(device, Synthetic("22", "s"), uploads={}, answered=True)
    simulated.back_fill("2051", NOON, NOON + 5 * MINUTE_MS, 5 * MINUTE_MS)
    return simulated.connected(NOON + 6 * MINUTE_MS), device


@pytest.mark.parametrize("fault", Fault)
def test_a_spoiled_packet_reads_as_its_kind_says(fault):
    good, _ = frame()
    kind = KINDS[fault]
    reader = FrameReader()
    messages = [parse(one) for one in reader.feed(spoil(fault, good)) + reader.close()]
    assert messages[0].error == kind.error
    if kind.warning:
        assert kind.warning in {code_of(text) for message in messages for text in message.warnings}
    if kind.error is None:
        assert parse(FrameReader().feed(good)[0]).values[0] in messages[0].values or fault in (
            Fault.BARE_FLAG,
            Fault.DOUBLED_SUFFIX,
        )


@pytest.mark.parametrize("fault", Fault)
def test_the_next_good_packet_survives(fault):
    good, _ = frame()
    reader = FrameReader()
    frames = reader.feed(spoil(fault, good) + good) + reader.close()
    assert frames[-1].ok
    assert frames[-1].raw.endswith(good)
    assert b"".join(one.raw for one in frames) == spoil(fault, good) + good


@pytest.mark.parametrize("fault", [fault for fault in Fault if not KINDS[fault].plain_only])
def test_frame_faults_also_spoil_encrypted_packets(fault):
    good, device = frame("2025", encrypt=True)
    reader = FrameReader()
    messages = [parse(one, key=device.key.encode()) for one in reader.feed(spoil(fault, good)) + reader.close()]
    if KINDS[fault].error is None:
        assert all(message.ok and message.encrypted for message in messages)
    else:
        assert not messages[0].ok or "structure" in {code_of(text) for text in messages[0].warnings}


def test_every_fault_has_a_kind_with_both_names_and_a_known_warning():
    assert set(KINDS) == set(Fault)
    for kind in KINDS.values():
        assert re.search(r"[一-鿿]", kind.zh)
        assert kind.en.isascii()
        assert not kind.warning or kind.warning in catalogue()


def test_the_plan_is_drawn_from_its_seed():
    plan = FaultPlan({Fault.WRONG_CRC: 0.25, Fault.NO_TAIL: 0.25}, "a")
    picks = [plan.pick("MN", n) for n in range(2000)]
    assert picks == [FaultPlan({Fault.WRONG_CRC: 0.25, Fault.NO_TAIL: 0.25}, "a").pick("MN", n) for n in range(2000)]
    assert picks != [FaultPlan({Fault.WRONG_CRC: 0.25, Fault.NO_TAIL: 0.25}, "b").pick("MN", n) for n in range(2000)]
    assert 400 < picks.count(Fault.WRONG_CRC) < 600
    assert 800 < picks.count(None) < 1200


def test_an_encrypted_packet_is_spared_faults_that_rewrite_it():
    plan = FaultPlan({Fault.NO_QN: 1.0}, "a")
    assert plan.pick("MN", 1, encrypted=True) is None
    assert plan.pick("MN", 1) is Fault.NO_QN


@pytest.mark.parametrize("shares", [{Fault.NO_QN: -0.1}, {Fault.NO_QN: 1.1}, {Fault.NO_QN: 0.6, Fault.NO_FLAG: 0.6}])
def test_impossible_probabilities_are_refused(shares):
    with pytest.raises(ValueError, match="fault"):
        FaultPlan(shares)


@pytest.mark.parametrize("text", ["nonsense=0.1", "wrong_crc", "wrong_crc=often"])
def test_an_unreadable_plan_is_refused_with_the_names(text):
    with pytest.raises(ValueError, match="names: all, wrong_crc"):
        fault_plan(text, "s")
