"""What is answered, with what, and what is sealed with which verdict."""

import json

import pytest

from lichen.hj212.frame import build_frame
from lichen.hj212.message import compose
from lichen.vocab.registry import Device, Snapshot

MN = "010000A8900016F000169DC0"
OTHER = "010000A8900016F000169DC1"
CRYPTIC = "010000A8900016F000169DC2"
KEY = b"0123456789abcdef"
STRANGER = "010000A8900016F00016FFFF"


@pytest.mark.parametrize(
    ("flag", "answer_flag"), [(1, 0), (5, 4), (9, 8), (7, 4)], ids=["2005", "2017", "2025", "2017 numbered"]
)
async def test_data_that_ask_are_answered_when_sealed(site, stored, flag, answer_flag):
    packet = site.packet(flag=flag)
    for _ in range(2):  # the first binds the connection, the second goes the short way
        await site.send(packet)
        answer = await site.answer()
        assert (answer.cn, answer.st, answer.mn, answer.pw, answer.flag) == ("9014", "91", MN, "123456", answer_flag)
        assert f"QN={answer.qn};".encode() in packet
        assert (await stored())[-1].body == packet
    entry = (await stored())[-1]
    assert (entry.door, entry.station, entry.verdict) == ("hj212", MN, "ok")


async def test_data_that_do_not_ask_are_sealed_without_an_answer(site, stored, eventually):
    await site.send(site.packet(flag=4))
    assert await site.silence()
    assert [entry.verdict for entry in await stored()] == ["ok"]


async def test_numbered_packets_each_get_their_answer(site):
    values = [f"a{n:05d}-Rtd={n}.0,a{n:05d}-Flag=N" for n in range(80)]
    frames = compose(cn="2011", mn=MN, st="22", qn="20260801000000000", needs_answer=True, items=values)
    assert len(frames) > 1
    await site.send(b"".join(frames))
    assert [(await site.answer()).cn for _ in frames] == ["9014"] * len(frames)


@pytest.mark.parametrize("cn", ["9015", "1013"])
async def test_notices_are_answered_with_9013(open_site, gateway, cn):
    site = await open_site(gateway.port)
    await site.send(site.packet(mn=OTHER, cn=cn, flag=9, content=""))
    assert (await site.answer()).cn == "9013"


async def test_unknown_command_that_asks_is_answered(site):
    await site.send(site.packet(cn="2083"))
    assert (await site.answer()).cn == "9014"
    await site.send(site.packet(cn="8888"))
    assert (await site.answer()).cn == "9014"


async def test_pieces_and_heaps_are_cut_right(site, stored):
    packets = [site.packet() for _ in range(20)]
    for byte in packets[0]:
        await site.send(bytes((byte,)))
    assert (await site.answer()).cn == "9014"
    await site.send(b"".join(packets[1:]))
    for _ in packets[1:]:
        assert (await site.answer()).cn == "9014"
    assert [entry.body for entry in await stored()] == packets


async def test_sender_without_line_ends_is_answered_after_a_silence(site):
    await site.send(site.packet()[:-2])
    assert (await site.answer()).cn == "9014"


async def test_encrypted_content_is_checked_with_the_devices_key(site, stored):
    for _ in range(2):
        await site.send(
            compose(
                cn="2011", mn=CRYPTIC, st="22", qn="20260801000000000", edition="2025", needs_answer=True,
                items=["a34004-Rtd=35.0,a34004-Flag=N"], key=KEY,
            )[0]
        )  # fmt: skip
        answer = await site.answer()
        assert (answer.cn, answer.flag) == ("9014", 8)
    assert {entry.verdict for entry in await stored()} == {"ok"}


def spoiled(packet):
    return packet[:-6] + (b"0000" if packet[-6:-2] != b"0000" else b"C0C1") + b"\r\n"


@pytest.mark.parametrize("bound", [False, True], ids=["first", "later"])
@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (spoiled, "crc"),
        (lambda p: b"##0009" + p[6:], "length"),
        (lambda p: p.replace(b"PW=123456", b"PW=654321"), "crc"),
    ],
    ids=["crc", "length", "byte"],
)
async def test_broken_frames_are_sealed_and_not_answered(site, stored, spoil, verdict, bound):
    if bound:
        await site.send(site.packet())
        await site.answer()
    broken = spoil(site.packet())
    await site.send(broken)
    assert await site.silence()
    entry = (await stored())[-1]
    assert (entry.verdict, entry.body, entry.station) == (verdict, broken, MN if bound else "")


async def test_wrong_password_is_sealed_and_not_answered(site, stored):
    await site.send(site.packet(pw="000000"))
    assert await site.silence()
    assert [entry.verdict for entry in await stored()] == ["password"]
    await site.send(site.packet())
    assert (await site.answer()).cn == "9014"


async def test_one_connection_speaks_for_one_device(site, stored):
    await site.send(site.packet())
    await site.answer()
    await site.send(site.packet(mn=OTHER))
    assert await site.silence()
    entry = (await stored())[-1]
    assert (entry.verdict, entry.station) == ("unbound", MN)


async def test_request_with_a_wrong_crc_gets_the_protocols_own_code(site):
    await site.send(spoiled(site.packet(cn="1062", content="RtdInterval=30")))
    answer = await site.answer()
    assert (answer.cn, answer.fields["QnRtn"]) == ("9011", "9")


async def test_frames_that_cannot_name_a_sender_are_structure(site, stored):
    await site.send(build_frame(b"ST=22;CN=2011;Flag=5;CP=&&x-Rtd=1&&"))
    assert await site.silence()
    assert [entry.verdict for entry in await stored()] == ["structure"]


async def test_unknown_device_is_quarantined_listed_and_can_be_claimed(site, stream, stored, devices, eventually):
    await site.send(site.packet(mn=STRANGER))
    await site.send(site.packet(mn=STRANGER))
    assert await site.silence()
    assert [entry.verdict for entry in await stored()] == ["unknown", "unknown"]

    async def record():
        text = await stream.kv_get(f"unclaimed.{STRANGER}")
        return text and json.loads(text)

    listed = await eventually(record)
    assert (listed["mn"], listed["count"], listed["cn"], listed["edition"]) == (STRANGER, 2, "2011", "2017")
    assert listed["first_seen"] <= listed["last_seen"]
    assert STRANGER in listed["last_frame"]
    (event,) = [event for subject, event in await stream.recent_events() if subject == "device.unclaimed"]
    assert event["mn"] == STRANGER

    await stream.put_snapshot(Snapshot(2, (), (*devices, Device(STRANGER, "P1", password="123456"))))

    async def is_off_the_list():
        return await stream.kv_get(f"unclaimed.{STRANGER}") is None

    await eventually(is_off_the_list)
    await site.send(site.packet(mn=STRANGER))
    assert (await site.answer()).cn == "9014"


async def test_device_that_is_disabled_is_quarantined_from_then_on(site, gateway, stream, stored, eventually):
    await site.send(site.packet())
    await site.answer()
    generation = gateway.directory.generation
    await stream.put_snapshot(Snapshot(2, (), (Device(MN, "P1", password="123456", enabled=False),)))
    await eventually(lambda: gateway.directory.generation > generation)
    await site.send(site.packet())
    assert await site.silence()
    assert [entry.verdict for entry in await stored()] == ["ok", "unknown"]


async def test_changed_password_holds_at_once(site, gateway, stream, stored, eventually):
    await site.send(site.packet())
    await site.answer()
    generation = gateway.directory.generation
    await stream.put_snapshot(Snapshot(2, (), (Device(MN, "P1", password="999999"),)))
    await eventually(lambda: gateway.directory.generation > generation)
    await site.send(site.packet())
    assert await site.silence()
    await site.send(site.packet(pw="999999"))
    assert (await site.answer()).cn == "9014"
    assert [entry.verdict for entry in await stored()] == ["ok", "password", "ok"]


async def test_device_that_comes_back_takes_over(gateway, open_site, stream, stored, eventually):
    old, new = await open_site(gateway.port), await open_site(gateway.port)
    for site in (old, new):
        await site.send(site.packet())
        await site.answer()
    assert await old.is_closed()
    await new.send(new.packet())
    assert (await new.answer()).cn == "9014"
    assert json.loads(next(e for e in await stored() if e.door == "gateway").body)["closed"] == "replaced"

    async def told():
        return [event for subject, event in await stream.recent_events() if subject == "device.online"]

    assert (await eventually(told))[0]["devices"][0]["mn"] == MN
    online = [answer async for answer in stream.request("gateway.online", {}, 1.0)]
    assert [device["mn"] for device in online[0]["devices"]] == [MN]
    await new.close()

    async def told_of_leaving():
        return [event for subject, event in await stream.recent_events() if subject == "device.offline"]

    assert (await eventually(told_of_leaving))[0]["devices"][0]["mn"] == MN


async def test_works_without_a_registry_and_quarantines_everything(site, stream, gateway, stored, eventually):
    generation = gateway.directory.generation
    await stream.kv_delete("snapshot")
    await eventually(lambda: gateway.directory.generation > generation)
    await site.send(site.packet())
    assert await site.silence()
    assert [entry.verdict for entry in await stored()] == ["unknown"]
