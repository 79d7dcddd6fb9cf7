"""Sub-packets come together in any order, or are reported as incomplete."""

from hypothesis import given
from hypothesis import strategies as st

from lichen.hj212.compose import compose
from lichen.hj212.frame import frame_of
from lichen.hj212.message import parse
from lichen.hj212.split import Joiner

ITEMS = [f"a{number:05d}-Avg=1.0,a{number:05d}-Flag=N" for number in range(120)]


def messages(time_ms=0, mn="X"):
    frames = compose(cn="2061", mn=mn, st="31", qn=0, time_ms=time_ms, items=ITEMS)
    return [parse(frame_of(frame)) for frame in frames]


PARTS = messages()


@given(st.permutations(PARTS))
def test_any_order(parts):
    joiner = Joiner()
    found = [joiner.add(part, now=0) for part in parts]
    assert found[:-1] == [None] * (len(parts) - 1)
    joined = found[-1]
    assert joined is not None
    assert joined.is_complete
    assert [reading.factor for reading in joined.values] == [f"a{number:05d}" for number in range(120)]
    assert joiner.pending == 0


def test_groups_do_not_mix():
    joiner = Joiner()
    for parts in (messages(), messages(3_600_000), messages(mn="Y")):
        for part in parts[1:]:
            assert joiner.add(part, now=0) is None
    assert joiner.pending == 3


def test_a_missing_part_is_reported_after_the_timeout():
    joiner = Joiner(timeout=60_000)
    joiner.add(PARTS[0], now=0)
    joiner.add(PARTS[2], now=10_000)
    assert joiner.expire(now=69_999) == []
    (joined,) = joiner.expire(now=70_000)
    assert not joined.is_complete
    assert joined.messages == (PARTS[0], PARTS[2])
    assert joined.missing == tuple(n for n in range(1, len(PARTS) + 1) if n not in (1, 3))
    assert joiner.pending == 0


def test_a_repeated_part_counts_once():
    joiner = Joiner()
    assert joiner.add(PARTS[0], now=0) is None
    assert joiner.add(PARTS[0], now=0) is None
    rest = [joiner.add(part, now=0) for part in PARTS[1:]]
    assert rest[-1] is not None
    assert len(rest[-1].messages) == len(PARTS)


def test_too_many_groups_push_out_the_oldest():
    joiner = Joiner(limit=2)
    for hour in range(4):
        joiner.add(messages(hour * 3_600_000)[0], now=0)
    assert [joined.group.time_ms for joined in joiner.expire(now=0)] == [0, 3_600_000]
    assert joiner.pending == 2


def test_whole_and_broken_packets_are_not_collected():
    joiner = Joiner()
    (whole,) = compose(cn="2061", mn="X", st="31", qn=0)
    assert joiner.add(parse(frame_of(whole)), now=0) is None
    assert joiner.add(parse(frame_of(PARTS[0].frame.raw[:-6] + b"0000\r\n")), now=0) is None
    assert joiner.pending == 0
