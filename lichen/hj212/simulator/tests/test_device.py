"""One device without sockets: schedule, answers, resends, memory, determinism."""

import pytest

from lichen.hj212 import FrameReader, answer, parse
from lichen.hj212.simulator import Fault, FaultPlan, SimulatedDevice, Synthetic, load_devices
from lichen.hj212.simulator.values import CHANNELS
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, parse_digits

NOON = parse_digits("20260310120000")
UPLOADS = {
    "2081": 0, "1013": 0, "2011": 10 * MINUTE_MS, "2021": HOUR_MS, "2051": 5 * MINUTE_MS, "2061": HOUR_MS,
    "2031": DAY_MS, "2041": DAY_MS,
}  # fmt: skip
UPLOADS_2025 = UPLOADS | {"9015": HOUR_MS, "2111": 5 * MINUTE_MS, "2062": DAY_MS, "2013": HOUR_MS, "1014": 0, "1001": 0}


def make(edition="2017", st="22", *, encrypt=False, seed="s", **options):
    (device,) = load_devices(1, seed=seed, edition=edition, st=st, encrypt=encrypt)
    return SimulatedDevice(device, Synthetic(st, seed), seed=seed, **options), device


def read(data, device):
    key = device.key.encode() or None
    return [parse(frame, key=key, registered=device.edition) for frame in FrameReader().feed(data)]


def run(simulated, start=NOON, length=DAY_MS + HOUR_MS):
    """Everything a device sends in that time to a host that answers at once."""
    out, now = b"", start
    sent = simulated.connected(start)
    while True:
        while sent:
            out += sent
            wanted = [message for message in map(parse, FrameReader().feed(sent)) if message.needs_answer]
            sent = b"".join(simulated.receive(answer(message, "9014"), now) for message in wanted)
        when = simulated.next_wake()
        if when is None or when >= start + length:
            return out
        now = max(when, now)
        sent = simulated.wake(now)


@pytest.mark.parametrize("st", sorted(CHANNELS))
@pytest.mark.parametrize(("edition", "encrypt"), [("2017", False), ("2025", False), ("2025", True)])
def test_every_upload_parses_clean(st, edition, encrypt):
    uploads = UPLOADS if edition == "2017" else UPLOADS_2025
    simulated, device = make(edition, st, encrypt=encrypt, uploads=uploads, answered=False)
    messages = read(run(simulated), device)
    assert {message.cn for message in messages} == set(uploads)
    assert [message for message in messages if message.error or message.warnings] == []
    assert {message.encrypted for message in messages if message.cn.startswith("2")} == {encrypt}


def test_a_2005_device_sends_what_2005_knows():
    simulated, device = make("2005", uploads={"2011": 60_000, "2051": 5 * MINUTE_MS}, answered=False)
    messages = read(run(simulated, length=HOUR_MS), device)
    assert {message.edition for message in messages} == {"2005"}
    assert all(message.ok for message in messages)


def test_interval_data_carry_the_start_of_an_interval_that_has_ended():
    simulated, device = make(uploads={"2051": 5 * MINUTE_MS, "2061": HOUR_MS, "2031": DAY_MS}, answered=False)
    widths = {"2051": 5 * MINUTE_MS, "2061": HOUR_MS, "2031": DAY_MS}
    for message in read(run(simulated), device):
        width = widths[message.cn]
        assert (message.time_ms + 8 * HOUR_MS) % width == 0
        assert message.time_ms + width <= parse_digits(message.qn) <= message.time_ms + width + 20_000


@pytest.mark.parametrize("seed", ["a", "b"])
def test_the_same_seed_gives_the_same_bytes(seed):
    plan = FaultPlan(dict.fromkeys(Fault, 0.01), seed)
    runs = [run(make(seed=seed, faults=plan, answered=False)[0], length=3 * HOUR_MS) for _ in range(2)]
    assert runs[0] == runs[1]


def test_another_seed_gives_other_bytes():
    assert run(make(seed="a", answered=False)[0], length=HOUR_MS) != run(
        make(seed="b", answered=False)[0], length=HOUR_MS
    )


def test_qns_never_repeat():
    simulated, device = make(uploads={"2011": 1, "2051": 5 * MINUTE_MS}, answered=False, segment_limit=300)
    messages = read(run(simulated, length=500), device)
    assert len({message.qn for message in messages}) == len(messages) > 400


def test_split_packets_repeat_their_time_and_keep_every_item():
    whole, device = make(uploads={"2051": 5 * MINUTE_MS}, answered=False)
    split, _ = make(uploads={"2051": 5 * MINUTE_MS}, answered=False, segment_limit=300)
    one = read(run(whole, length=5 * MINUTE_MS), device)
    several = read(run(split, length=5 * MINUTE_MS), device)
    assert len(one) == 1
    assert len(several) > 1
    assert [message.pno for message in several] == list(range(1, len(several) + 1))
    assert {message.pnum for message in several} == {len(several)}
    assert {message.time_ms for message in several} == {one[0].time_ms}
    assert [value for message in several for value in message.values] == list(one[0].values)


def test_it_waits_for_the_answer_and_resends_the_same_packet():
    simulated, device = make(uploads={"2051": 5 * MINUTE_MS})
    simulated.connected(NOON)
    due = simulated.next_wake()
    first = simulated.wake(due)
    assert simulated.waiting == 1
    assert simulated.wake(due + 9_999) == b""
    assert simulated.next_wake() == due + 10_000
    again = simulated.wake(due + 10_000)
    assert again == first
    (message,) = read(again, device)
    simulated.receive(answer(message, "9014"), due + 10_100)
    assert (simulated.waiting, simulated.counts.resent, simulated.counts.answered) == (0, 1, 1)


def test_after_the_last_retry_it_gives_the_link_up_and_keeps_the_data():
    simulated, device = make(uploads={"2051": 5 * MINUTE_MS})
    simulated.connected(NOON)
    now = simulated.next_wake()
    first = simulated.wake(now)
    for _ in range(3):
        now += 10_000
        assert simulated.wake(now) == first
    assert not simulated.wants_close
    assert simulated.wake(now + 10_000) == b""
    assert simulated.wants_close
    simulated.disconnected(now + 10_000)
    late = simulated.connected(now + 20_000)
    assert read(late, device)[0].time_ms == read(first, device)[0].time_ms


@pytest.mark.parametrize(("edition", "rf"), [("2017", None), ("2025", 1)])
def test_what_a_break_held_back_is_sent_late_and_marked_in_2025(edition, rf):
    simulated, device = make(edition, uploads={"2011": 60_000, "2051": 5 * MINUTE_MS}, answered=False)
    simulated.connected(NOON)
    simulated.disconnected(NOON + 1_000)
    now = NOON + 1_000
    while (when := simulated.next_wake()) < NOON + HOUR_MS:
        now = when
        assert simulated.wake(now) == b""
    messages = read(simulated.connected(NOON + HOUR_MS), device)
    late = [message for message in messages if message.cn == "2051"]
    assert [message.time_ms for message in late] == [NOON + n * 5 * MINUTE_MS for n in range(-1, 11)]
    assert {message.rf for message in late} == {rf}
    assert not [message for message in messages if message.cn == "2011" and message.time_ms < NOON + HOUR_MS - 60_000]
    assert simulated.counts.back_filled == 12


def test_intervals_that_ended_while_it_slept_go_out_late():
    simulated, device = make("2025", uploads={"2051": 5 * MINUTE_MS}, answered=False)
    simulated.connected(NOON)
    messages = read(simulated.wake(NOON + 21 * MINUTE_MS), device)
    fresh, *late = messages
    assert (fresh.time_ms, fresh.rf) == (NOON + 15 * MINUTE_MS, None)
    assert [(message.time_ms, message.rf) for message in late] == [(NOON + n * 5 * MINUTE_MS, 1) for n in (-1, 0, 1, 2)]


def test_fresh_data_go_before_history():
    simulated, device = make(uploads={"2051": 5 * MINUTE_MS})
    simulated.back_fill("2051", NOON - HOUR_MS, NOON - 10 * MINUTE_MS, 5 * MINUTE_MS)
    sent = read(simulated.connected(NOON), device)
    simulated.wake(NOON + 30_000)
    answered = read(simulated.receive(answer(sent[0], "9014"), NOON + 30_000), device)
    assert sent[0].time_ms == NOON - HOUR_MS
    assert answered[0].time_ms == NOON - 5 * MINUTE_MS


def test_a_full_memory_forgets_the_oldest_and_counts_it():
    simulated, device = make(uploads={"2051": 5 * MINUTE_MS}, answered=False, memory=3)
    simulated.connected(NOON)
    simulated.disconnected(NOON)
    while (when := simulated.next_wake()) < NOON + HOUR_MS:
        simulated.wake(when)
    assert simulated.counts.dropped == 9
    assert [m.time_ms for m in read(simulated.connected(NOON + HOUR_MS), device)] == [
        NOON + n * 5 * MINUTE_MS for n in (8, 9, 10)
    ]


def test_a_clock_that_is_wrong_shows_in_every_time():
    right, device = make(uploads={"2011": 60_000}, answered=False)
    ahead, _ = make(uploads={"2011": 60_000}, answered=False, skew_ms=90_000)
    times = [read(run(one, length=MINUTE_MS), device)[0] for one in (right, ahead)]
    assert 0 <= parse_digits(times[0].qn) - NOON < 60_000
    assert 90_000 <= parse_digits(times[1].qn) - NOON < 150_000


def test_a_window_lets_several_packets_wait():
    simulated, device = make(uploads={}, window=4)
    simulated.back_fill("2051", NOON - HOUR_MS, NOON, 5 * MINUTE_MS)
    assert len(read(simulated.connected(NOON), device)) == 4


def test_a_spoiled_packet_is_resent_clean():
    plan = FaultPlan({Fault.WRONG_CRC: 1.0}, "s")
    simulated, device = make(uploads={"2051": 5 * MINUTE_MS}, faults=plan)
    simulated.connected(NOON)
    due = simulated.next_wake()
    assert [message.error for message in read(simulated.wake(due), device)] == ["crc"]
    assert [message.error for message in read(simulated.wake(due + 10_000), device)] == [None]
    assert simulated.counts.faults == {"wrong_crc": 1}


def test_no_window_is_refused():
    with pytest.raises(ValueError, match="window 0"):
        make(window=0)
