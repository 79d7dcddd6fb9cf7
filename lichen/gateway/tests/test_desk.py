"""Commands to devices, and what devices begin themselves."""

import asyncio
import json

import pytest

from lichen.gateway.call import CallError, call, call_device, step_words
from lichen.hj212.message import answer, compose

MN = "010000A8900016F000169DC0"
OTHER = "010000A8900016F000169DC1"


@pytest.fixture
async def quick(gateway_with):
    return await gateway_with(command_timeout=0.3, command_retries=2, execution_timeout=1.0)


@pytest.fixture
async def device(quick, open_site):
    """A connection that has shown itself as `MN`."""
    site = await open_site(quick.port)
    await site.send(site.packet())
    await site.answer()
    return site


async def test_clock_is_read_with_every_step_told_and_the_command_sealed(device, stream, stored):
    told: list[dict] = []
    calling = asyncio.create_task(call(MN, "1011", stream=stream, by="值班员", on_step=told.append))
    request = await device.answer()
    assert (request.cn, request.mn, request.flag, request.st) == ("1011", MN, 5, "22")
    await device.send(answer(request, "9011", QnRtn="1"))
    await device.send(compose(cn="1011", mn=MN, st="22", qn=request.qn, fields={"SystemTime": "20260801000000"})[0])
    await device.send(answer(request, "9012", ExeRtn="1"))
    result = await calling
    assert (result.ok, result.outcome, result.code) == (True, "done", "1")
    assert [step["step"] for step in result.steps] == ["accepted", "sent", "reply", "data", "end"] == [
        step["step"] for step in told
    ]  # fmt: skip
    assert result.data[0]["fields"] == {"SystemTime": "20260801000000"}
    assert result.message == "命令 1011（提取现场机时间）执行成功，收到 1 个数据包。"
    entries = await stored()
    (sent,) = [entry for entry in entries if entry.verdict == "sent"]
    assert sent.body == request.frame.raw
    (note,) = [json.loads(entry.body) for entry in entries if entry.door == "gateway"]
    assert (note["command"], note["by"], note["qn"]) == ("1011", "值班员", request.qn)
    assert [entry.verdict for entry in entries if entry.door == "hj212"] == ["ok", "sent", "ok", "ok", "ok"]


async def test_back_fill_brings_packets_that_are_answered_too(device, stream):
    calling = asyncio.create_task(
        call(MN, "2051", {"BeginTime": "20260801000000", "EndTime": "20260801001000"}, stream=stream)
    )
    request = await device.answer()
    assert dict(request.fields) == {"BeginTime": "20260801000000", "EndTime": "20260801001000"}
    await device.send(answer(request, "9011", QnRtn="1"))
    for minute in (0, 5):
        await device.send(device.packet(cn="2051", content=f"DataTime=202608010{minute:02d}000;a34004-Avg=35.0"))
        assert (await device.answer()).cn == "9014"
    await device.send(answer(request, "9012", ExeRtn="1"))
    result = await calling
    assert [step["values"][0]["text"] for step in result.data] == ["35.0", "35.0"]


async def test_lost_command_is_sent_again_under_the_same_qn(device, stream):
    calling = asyncio.create_task(call(MN, "1061", stream=stream))
    first, second = await device.answer(), await device.answer()
    assert first.frame.raw == second.frame.raw
    await device.send(answer(second, "9011", QnRtn="1") + answer(second, "9012", ExeRtn="1"))
    result = await calling
    assert result.ok
    assert [step["sending"] for step in result.steps if step["step"] == "sent"] == [1, 2]


async def test_device_that_never_answers_is_given_up(device, stream):
    result = await call(MN, "1061", stream=stream)
    assert result.outcome == "unreachable"
    assert [step["step"] for step in result.steps] == ["accepted", "sent", "sent", "sent", "end"]
    assert "发送 3 次" in result.message
    await device.send(device.packet())  # and its data are taken as before
    for _ in range(3):
        assert (await device.answer()).cn == "1061"
    assert (await device.answer()).cn == "9014"


async def test_accepted_but_never_finished_is_expired(device, stream):
    calling = asyncio.create_task(call(MN, "3012", {"PolId": "a34004"}, stream=stream))
    await device.send(answer(await device.answer(), "9011", QnRtn="1"))
    assert (await calling).outcome == "expired"


@pytest.mark.parametrize(
    ("replies", "outcome", "words"),
    [
        ([("9011", {"QnRtn": "3"})], "refused", "PW 错误"),
        ([("9011", {"QnRtn": "1"}), ("9012", {"ExeRtn": "100"})], "failed", "ExeRtn=100"),
        ([("9012", {"ExeRtn": "1"})], "done", "执行成功"),
    ],
    ids=["9011 says no", "9012 says no", "no 9011"],
)
async def test_what_the_device_says_is_what_the_caller_hears(device, stream, replies, outcome, words):
    calling = asyncio.create_task(call(MN, "3011", {"PolId": "a34004"}, stream=stream))
    request = await device.answer()
    for cn, fields in replies:
        await device.send(answer(request, cn, **fields))
    result = await calling
    assert result.outcome == outcome
    assert words in result.message


async def test_notice_to_the_device_ends_with_its_9013(device, stream):
    calling = asyncio.create_task(call(MN, "2012", stream=stream))
    await device.send(answer(await device.answer(), "9013"))
    assert (await calling).ok


async def test_commands_to_one_device_wait_for_each_other(device, stream):
    calls = [asyncio.create_task(call(MN, cn, stream=stream)) for cn in ("1061", "1063")]
    seen: list[str] = []
    for _ in calls:
        request = await device.answer()
        seen.append(request.cn)
        await device.send(answer(request, "9011", QnRtn="1") + answer(request, "9012", ExeRtn="1"))
    assert sorted(seen) == ["1061", "1063"]
    assert all(result.ok for result in await asyncio.gather(*calls))


async def test_broken_connection_ends_the_call(device, stream):
    calling = asyncio.create_task(call(MN, "1011", stream=stream))
    await device.answer()
    await device.close()
    assert (await calling).outcome == "lost"


async def test_device_that_is_not_there(quick, stream):
    offline = await call(MN, "1011", stream=stream)
    assert (offline.outcome, offline.steps) == ("offline", ())
    assert "不在线" in offline.message
    assert (await call("010000A8900016F00016FFFF", "1011", stream=stream)).outcome == "unknown"


async def test_no_gateway_at_all(stream):
    result = await call(MN, "1011", stream=stream)
    assert result.outcome == "no-gateway"
    assert "lichen gateway" in result.message


@pytest.mark.parametrize(("cn", "fields"), [("2011;", {}), ("9999", {}), ("1062", {"RtdInterval": "3;0"})])
async def test_command_that_cannot_be_written_is_refused_before_it_is_sent(device, stream, cn, fields):
    result = await call(MN, cn, fields, stream=stream)
    assert result.outcome == "error"
    assert "无法下发" in result.message
    assert await device.silence()


@pytest.mark.parametrize(
    ("cn", "words", "problem"), [("1011", ["PolId"], "字段=值"), ("9014", [], "9014")], ids=["word", "command"]
)
def test_command_line_mistakes_are_told_in_chinese(cn, words, problem):
    with pytest.raises(CallError, match=problem):
        call_device(MN, cn, words)


def test_every_step_has_words():
    assert step_words({"step": "end", "time": 0, "outcome": "expired", "code": None}) == "结束：执行超时"
    assert step_words({"step": "sent", "time": 0, "sending": 2}) == "未见应答，第 2 次发送"


async def test_device_that_asks_for_the_time_gets_it(device, stored):
    await device.send(device.packet(cn="1013", content=""))
    assert (await device.answer()).cn == "9013"
    command = await device.answer()
    assert command.cn == "1012"
    assert len(command.fields["SystemTime"]) == 14
    assert [entry.verdict for entry in await stored()] == ["ok", "ok", "sent"]


async def test_heartbeats_and_key_requests_of_2025(quick, open_site, stream, eventually):
    site = await open_site(quick.port)
    await site.send(site.packet(mn=OTHER, cn="9015", flag=9, content=""))
    assert (await site.answer()).cn == "9013"
    await site.send(site.packet(mn=OTHER, cn="1014", flag=9, content="SKCreateTime=20260801000000000"))
    assert (await site.answer()).cn == "9013"

    async def told():
        return [event for subject, event in await stream.recent_events() if subject == "device.key_wanted"]

    assert (await eventually(told))[0]["mn"] == OTHER


async def test_initial_dialogue_sets_what_is_asked_for_once(gateway_with, open_site):
    gateway = await gateway_with(on_connect=("1012", "1062"), command_timeout=5.0)
    site = await open_site(gateway.port)
    await site.send(site.packet())
    seen: list[tuple] = []
    while len(seen) < 2:
        message = await site.answer()
        if message.cn == "9014":
            continue
        seen.append((message.cn, dict(message.fields)))
        await site.send(answer(message, "9011", QnRtn="1") + answer(message, "9012", ExeRtn="1"))
    assert [cn for cn, _ in seen] == ["1012", "1062"]
    assert seen[1][1] == {"RtdInterval": "60"}
    await site.close()
    again = await open_site(gateway.port)
    await again.send(again.packet())
    assert (await again.answer()).cn == "9014"
    assert await again.silence()
