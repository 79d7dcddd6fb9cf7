"""Host commands over a real connection: each is answered, carried out and ended as the standard draws it."""

import dataclasses

import pytest

from lichen.hj212 import compose
from lichen.hj212.commands import commands
from lichen.hj212.simulator import Fault, SimulatedDevice, Simulator, Synthetic, load_devices, spoil
from lichen.hj212.simulator.execute import NOTICES, REQUESTS
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, SECOND_MS, format_digits, now_ms, parse_digits


@pytest.fixture
async def talk(serving, simulating):
    """A host, a connected device of edition 2025 with a key, and the device's own state."""
    (device,) = load_devices(1, edition="2025", encrypt=True)
    simulated = SimulatedDevice(device, Synthetic("22", "s"), uploads={"2081": 0}, seed="s")
    async with serving([device]) as host:
        simulator = Simulator("127.0.0.1", host.port, [simulated], reconnect_s=(0.02, 0.1))
        async with simulating(simulator):
            await host.until(lambda: host.got("2081"))

            async def say(cn, fields=None, **options):
                return await host.command(device.mn, cn, fields, edition="2025", **options)

            yield host, simulated, say


def ends_well(replies):
    assert [message.cn for message in replies] == ["9011", "9012"]
    assert replies[0].fields["QnRtn"] == "1"
    assert {message.st for message in replies} == {"91"}
    assert not any(message.needs_answer for message in replies)
    return replies[1].fields["ExeRtn"] == "1"


def span(begin, end):
    return {"BeginTime": format_digits(begin), "EndTime": format_digits(end)}


async def test_timeout_and_retries(talk):
    _, simulated, say = talk
    assert ends_well(await say("1000", {"OverTime": "7", "ReCount": "2"}))
    assert (simulated.session.overtime, simulated.session.recount) == (7000, 2)


async def test_the_clock_is_told_and_set(talk):
    host, simulated, say = talk
    assert ends_well(await say("1011"))
    told = parse_digits(host.got("1011")[0].fields["SystemTime"])
    assert abs(told - now_ms()) < 20 * SECOND_MS
    assert ends_well(await say("1012", {"SystemTime": format_digits(now_ms() + HOUR_MS)}))
    assert 59 * MINUTE_MS < simulated.skew_ms <= HOUR_MS
    assert ends_well(await say("1011", {"PolId": "a34004"}))
    assert host.got("1011")[-1].fields["PolId"] == "a34004"


async def test_intervals_are_told_and_set(talk):
    host, _, say = talk
    assert ends_well(await say("1062", {"RtdInterval": "45"}))
    assert ends_well(await say("1061"))
    assert host.got("1061")[0].fields["RtdInterval"] == "45"
    assert ends_well(await say("1064", {"MinInterval": "10"}))
    assert ends_well(await say("1063"))
    assert host.got("1063")[0].fields["MinInterval"] == "10"
    assert not ends_well(await say("1064", {"MinInterval": "7"}))
    assert not ends_well(await say("1062", {"RtdInterval": "29"}))


async def test_a_new_password_counts_after_the_interaction(talk):
    _, simulated, say = talk
    old = simulated.session.pw
    assert ends_well(await say("1072", {"NewPW": "a1b2c3"}))
    refused = await say("1011", pw=old)
    assert [(message.cn, message.fields["QnRtn"]) for message in refused] == [("9011", "3")]
    assert ends_well(await say("1011", pw="a1b2c3"))


async def test_a_new_key_encrypts_from_then_on(talk):
    host, simulated, say = talk
    device = host.devices[simulated.mn]
    old, new = device.key.encode(), b"0123456789abcdef"
    fields = {"SKCreateTime": format_digits(now_ms(), 17), "NewSK": new.decode()}
    assert ends_well(await say("1014", fields, key=old))
    begin = now_ms() - HOUR_MS
    assert ends_well(await say("2051", span(begin, begin + 5 * MINUTE_MS)))
    assert host.broken  # the host has not taken the new key over yet
    assert not host.got("2051")
    host.devices[simulated.mn] = dataclasses.replace(device, key=new.decode(), previous_key=device.key)
    assert ends_well(await say("2051", span(begin, begin + 5 * MINUTE_MS)))
    assert host.got("2051")[0].encrypted


async def test_real_time_upload_starts_and_stops(talk):
    host, simulated, say = talk
    simulated.realtime_ms = 50
    assert ends_well(await say("2011"))
    await host.until(lambda: len(host.got("2011")) >= 3)
    assert [message.cn for message in await say("2012")] == ["9013"]
    assert "2011" not in simulated.uploads
    assert ends_well(await say("2021"))
    await host.until(lambda: host.got("2021"))
    assert [message.cn for message in await say("2022")] == ["9013"]


@pytest.mark.parametrize(("cn", "count"), [("2051", 24), ("2061", 5), ("2031", 2), ("2041", 2)])
async def test_history_comes_from_the_devices_own_memory(talk, cn, count):
    host, _, say = talk
    width = {"2051": 5 * MINUTE_MS, "2061": HOUR_MS}.get(cn, 24 * HOUR_MS)
    end = (now_ms() + 8 * HOUR_MS) // width * width - 8 * HOUR_MS - width
    assert ends_well(await say(cn, span(end - (count - 1) * width, end)))
    found = host.got(cn)
    assert [message.time_ms for message in found] == [end - n * width for n in reversed(range(count))]
    assert len({message.qn for message in found}) == count
    assert all(not message.needs_answer and message.values for message in found)


async def test_history_never_reaches_into_the_future_or_fails_silently(talk):
    host, _, say = talk
    ahead = now_ms() + HOUR_MS
    replies = await say("2061", span(ahead, ahead + 3 * HOUR_MS))
    assert replies[-1].fields["ExeRtn"] == "100"
    assert (await say("2061", span(ahead, ahead - HOUR_MS)))[-1].fields["ExeRtn"] == "3"
    assert not host.got("2061")


@pytest.mark.parametrize("cn", ["3011", "3013"])
async def test_hands_on_work_marks_the_instruments_data(talk, cn):
    host, simulated, say = talk
    assert ends_well(await say(cn, {"PolId": "a34004"}))
    simulated.realtime_ms = 50
    assert ends_well(await say("2011"))
    await host.until(lambda: host.got("2011"))
    marks = {value.factor: value.mark for value in host.got("2011")[-1].values}
    assert marks["a34004"] == ("C" if cn == "3011" else "M")
    assert marks["a34002"] == "N"


@pytest.mark.parametrize("cn", ["3012", "3022", "3024"])
async def test_sampling_commands_are_carried_out(talk, cn):
    _, _, say = talk
    assert ends_well(await say(cn, {"PolId": "a34004"}))


async def test_a_standard_check_reports_its_result(talk):
    host, _, say = talk
    assert ends_well(await say("3024", {"PolId": "a21026"}))
    await host.until(lambda: host.got("2062"))
    assert {value.stat for value in host.got("2062")[0].values} == {"SampleRd", "StandardValue", "ResultType"}


async def test_identity_delay_and_information(talk):
    host, simulated, say = talk
    assert ends_well(await say("3019", {"PolId": "a34004"}))
    assert host.got("3019")[0].values[0].text == simulated.mn
    assert ends_well(await say("3018", {"PolId": "a34004"}))
    assert host.got("3018")[0].fields["Stime"] == "40"
    assert ends_well(await say("3021", {"PolId": "a34004", "InfoId": "i13004"}, items=["i13004-Info=169.5"]))
    assert ends_well(await say("3020", {"PolId": "a34004", "InfoId": "i13004"}))
    assert host.got("3020")[0].values[0].text == "169.5"
    assert host.got("3020")[0].encrypted
    assert ends_well(await say("3020", {"InfoId": "i21001"}))
    assert "i13004" in host.got("3020")[-1].values[0].text
    assert (await say("3020", {"InfoId": "i13999"}))[-1].fields["ExeRtn"] == "100"


async def test_a_repeated_request_is_answered_again_but_done_once(talk):
    _, simulated, say = talk
    qn = now_ms()
    first = await say("3013", {"PolId": "a34004"}, qn=qn)
    again = await say("3013", {"PolId": "a34004"}, qn=qn)
    assert ends_well(first)
    assert again[-1].frame.raw == first[-1].frame.raw
    assert simulated.counts.commands["3013"] == 1


@pytest.mark.parametrize(
    ("cn", "options", "code"),
    [("1011", {"pw": "000000"}, "3"), ("1099", {}, "8"), ("3016", {}, "8")],
    ids=["password", "unknown", "not-in-2025"],
)
async def test_what_it_will_not_do_is_refused(talk, cn, options, code):
    _, _, say = talk
    replies = await say(cn, **options)
    assert [(message.cn, message.fields["QnRtn"]) for message in replies] == [("9011", code)]


async def test_a_request_with_a_wrong_crc_is_refused(talk):
    host, simulated, _ = talk
    (frame,) = compose(cn="1011", mn=simulated.mn, st="22", pw=simulated.session.pw, qn=now_ms(), needs_answer=True)
    host.by_mn[simulated.mn].transport.write(spoil(Fault.WRONG_CRC, frame))
    await host.until(lambda: host.got("9011"))
    assert host.got("9011")[0].fields["QnRtn"] == "9"


async def test_2017_keeps_its_retained_samples_and_sampling_periods(serving, simulating):
    (device,) = load_devices(1, st="32")
    simulated = SimulatedDevice(device, Synthetic("32", "s"), uploads={"2081": 0}, seed="s")
    async with serving([device]) as host, simulating(Simulator("127.0.0.1", host.port, [simulated])):
        await host.until(lambda: host.got("2081"))
        assert ends_well(await host.command(device.mn, "3015"))
        assert host.got("3015")[0].fields["VaseNo"] == "1"
        fields = {"PolId": "w01018", "CstartTime": "080000", "Ctime": "4"}
        assert ends_well(await host.command(device.mn, "3016", fields))
        assert ends_well(await host.command(device.mn, "3017", {"PolId": "w01018"}))
        assert host.got("3017")[0].fields["CstartTime"] == "080000"
        refused = await host.command(device.mn, "1014", {"SKCreateTime": "1", "NewSK": "0" * 16})
        assert refused[0].fields["QnRtn"] == "8"


def test_every_host_command_of_2017_and_2025_can_be_carried_out():
    down = [c for c in commands() if c.direction == "down" and {"2017", "2025"} & set(c.editions)]
    assert {c.cn for c in down if c.kind == "request"} == set(REQUESTS)
    assert {c.cn for c in down if c.kind == "notice"} == set(NOTICES)
