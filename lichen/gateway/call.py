"""The other side of the command desk: send one command to one device and tell what became of it.

Behind ``lichen device call MN CN [FIELD=VALUE …]``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lichen.gateway.errors import GatewayError
from lichen.hj212.commands import codes, find
from lichen.stream.client import Stream, connect
from lichen.stream.errors import StreamUnavailable

#: Four sendings ten seconds apart and two minutes of execution fit in. [s]
DEFAULT_TIMEOUT = 180.0
# Of several gateways only one holds the device: the others' "not here" is no answer before this has passed. [s]
_GRACE = 0.5


class CallError(GatewayError):
    """A command written so that it cannot be sent; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """What became of a command.

    Attributes
    ----------
    outcome : str
        ``done``, ``refused`` (9011 with another code than 1), ``failed`` (9012 with another code than 1),
        ``unreachable`` (no answer to any sending), ``expired`` (accepted, but no result), ``lost`` (the connection
        broke), ``offline``, ``unknown`` (offline and not registered), ``no-gateway``, ``timeout`` (ours), ``error``.
    code : str or None
        QnRtn where it was refused, else ExeRtn.
    steps : tuple of dict
        Everything that happened, see `lichen.gateway.desk`.
    message : str
        One Chinese sentence for a person.
    """

    mn: str
    cn: str
    outcome: str
    code: str | None
    steps: tuple[dict[str, Any], ...]
    message: str

    @property
    def ok(self) -> bool:
        return self.outcome == "done"

    @property
    def data(self) -> tuple[dict[str, Any], ...]:
        """The data packets the command brought."""
        return tuple(step for step in self.steps if step["step"] == "data")

    @property
    def took_ms(self) -> int:
        """From the acceptance to the last step. [ms]"""
        return self.steps[-1]["time"] - self.steps[0]["time"] if self.steps else 0


@dataclass(slots=True)
class _Course:
    steps: list[dict[str, Any]] = field(default_factory=list)
    offline: dict[str, Any] | None = None
    outcome: str = ""
    code: str | None = None
    error: str = ""

    def take(self, step: dict[str, Any]) -> bool:
        """Take one step; whether it was the last."""
        if step["step"] == "offline":
            if self.offline is None or step["known"]:
                self.offline = step
            return False
        self.steps.append(step)
        if step["step"] == "end":
            self.outcome, self.code = step["outcome"], step["code"]
        elif step["step"] == "error":
            self.outcome, self.error = "error", step["error"]
        return bool(self.outcome)


async def call(
    mn: str,
    cn: str,
    fields: Mapping[str, str] | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    *,
    by: str = "",
    stream: Stream | None = None,
    on_step: Callable[[dict[str, Any]], None] | None = None,
) -> CallResult:
    """Send a command and wait for its end.

    Parameters
    ----------
    mn, cn : str
        The device, and a request or notice of the command table from host to site.
    fields : mapping of str
        Content fields, e.g. ``{"BeginTime": "20260801000000", "EndTime": "20260801010000"}``.
    timeout : float
        How long to wait in all. [s] The dialogue itself goes on to its own end.
    by : str
        Who asks; sealed with the command.
    stream : Stream, optional
        Default: a connection of its own.
    on_step : callable, optional
        Told each step as it happens.

    Raises
    ------
    lichen.stream.errors.StreamError
        No stream.
    """
    if stream is None:
        async with await connect(name="call") as own:
            return await call(mn, cn, fields, timeout, by=by, stream=own, on_step=on_step)
    course = _Course()
    request = {"cn": cn, "fields": dict(fields or {}), "by": by}
    try:
        async with asyncio.timeout(timeout) as patience:
            loop = asyncio.get_running_loop()
            end = loop.time() + timeout
            async for step in stream.request(f"command.{mn}", request, timeout):
                last = course.take(step)
                if on_step is not None and step["step"] != "offline":
                    on_step(step)
                if last:
                    break
                waiting = course.offline is not None and not course.steps
                patience.reschedule(min(end, loop.time() + _GRACE) if waiting else end)
    except StreamUnavailable:
        course.outcome = "no-gateway"
    except TimeoutError:
        pass
    if not course.outcome:
        if course.offline is not None and not course.steps:
            course.outcome = "offline" if course.offline["known"] else "unknown"
        else:
            course.outcome = "timeout"
    return CallResult(mn, cn, course.outcome, course.code, tuple(course.steps), _words(mn, cn, course, timeout))


def call_device(
    mn: str,
    cn: str,
    assignments: Sequence[str] = (),
    timeout: float = DEFAULT_TIMEOUT,
    *,
    by: str = "",
    on_step: Callable[[dict[str, Any]], None] | None = None,
) -> CallResult:
    """The same for a command line: ``FIELD=VALUE`` words, and no event loop needed.

    Raises
    ------
    CallError
        A word is no ``FIELD=VALUE``, or no edition knows the command.
    """
    fields = {}
    for word in assignments:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise CallError(f"“{word}”不是“字段=值”的形式，例如 BeginTime=20260801000000。")
        fields[name] = value
    known = (find(cn, "down", edition) for edition in ("2005", "2017", "2025"))
    if not any(command.kind in ("request", "notice") for command in known if command):
        raise CallError(f"命令编码 {cn} 不是上位机可以下发的命令；编码见 HJ 212 的命令编码表，例如 1011、2051、3011。")
    return asyncio.run(call(mn, cn, fields, timeout, by=by, on_step=on_step))


def step_words(step: Mapping[str, Any]) -> str:
    """One step in Chinese, for showing progress.

    >>> step_words({"step": "reply", "time": 0, "code": "1"})
    '设备应答：准备执行请求（QnRtn=1）'
    """
    match step["step"]:
        case "accepted":
            return f"网关已受理，QN={step['qn']}"
        case "sent":
            return "命令已发出" if step["sending"] == 1 else f"未见应答，第 {step['sending']} 次发送"
        case "reply":
            return f"设备应答：{_code_words('QnRtn', step['code'])}"
        case "data":
            return f"收到数据 CN={step['cn']}" + (f"，数据时间 {step['data_time']}" if step["data_time"] else "")
        case "end":
            return f"结束：{_OUTCOMES.get(step['outcome'], step['outcome'])}"
        case _:
            return str(step.get("error", step["step"]))


_OUTCOMES = {
    "done": "执行成功", "refused": "设备拒绝", "failed": "执行失败", "unreachable": "设备无应答",
    "expired": "执行超时", "lost": "连接中断",
}  # fmt: skip


def _code_words(table: str, code: str | None) -> str:
    known = codes(table).get(code or "")
    return f"{known.zh if known else '标准未列出的代码'}（{table}={code}）"


def _words(mn: str, cn: str, course: _Course, timeout: float) -> str:
    command = next((c for e in ("2025", "2017", "2005") if (c := find(cn, "down", e))), None)
    what = f"命令 {cn}" + (f"（{command.zh}）" if command else "")
    match course.outcome:
        case "done":
            count = sum(step["step"] == "data" for step in course.steps)
            return f"{what}执行成功" + (f"，收到 {count} 个数据包。" if count else "。")
        case "refused":
            return f"设备拒绝了{what}：{_code_words('QnRtn', course.code)}。"
        case "failed":
            return f"设备未能完成{what}：{_code_words('ExeRtn', course.code)}。"
        case "unreachable":
            sent = sum(step["step"] == "sent" for step in course.steps)
            return f"{what}发送 {sent} 次，设备 {mn} 始终没有应答；请检查设备和网络后再试。"
        case "expired":
            return f"设备受理了{what}，但在规定时间内没有返回结果；请稍后查询或再次下发。"
        case "lost":
            return f"{what}执行过程中设备 {mn} 的连接中断；设备重新连接后再试。"
        case "offline":
            return f"设备 {mn} 当前不在线，{what}没有发出；设备连接后再试。"
        case "unknown":
            return f"设备 {mn} 没有登记，也没有连接；请核对 MN，或先在设备登记中认领它。"
        case "no-gateway":
            return "没有正在运行的网关；请先启动网关（lichen gateway）。"
        case "error":
            return f"{what}无法下发，请核对命令编码和字段是否适用于该设备的协议版本（{course.error}）。"
        case _:
            return f"等待 {timeout:.0f} 秒仍未结束；{what}可能仍在执行，稍后可在封存记录中查到结果。"
